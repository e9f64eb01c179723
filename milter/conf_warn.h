/*
 * conf_warn.h - what is allowed in a configuration and yet worth a word: for -n, and for the log at
 * a start, a reload, and once a day.
 *
 * Pure: `now` comes in as an argument, and each sentence goes to the caller.
 */
#ifndef CONF_WARN_H
#define CONF_WARN_H

#include <stdint.h>

#include "milter/conf.h"

#define CONF_WARN_MAX 512 /* octets of a sentence, NUL included */

typedef void conf_warn_say(void *arg, const char *sentence);

/* Everything there is to say at unix second `now`. */
void conf_warn_all(const struct conf *conf, int64_t now, conf_warn_say *say, void *arg);

/* That part of it which comes with time: suites that are refused within 30 days, or already. */
void conf_warn_calendar(const struct conf *conf, int64_t now, conf_warn_say *say, void *arg);

#endif
