/*
 * conf_build.h - a configuration in the making, and its life as a counted snapshot. Internal to the
 * conf files.
 */
#ifndef CONF_BUILD_H
#define CONF_BUILD_H

#include <stddef.h>

#include "milter/conf.h"
#include "milter/conf_key.h"

struct conf *
conf_build_new(void); /* all defaults, one reference (conf_unref); NULL: out of memory */

/* Appends a listener of all defaults. NULL: out of memory. The others may move. */
struct conf_listener *conf_build_listener(struct conf *conf, const char *name);

/* The struct in which the keys of a block are: conf itself, a suite, a listener. NULL: no such
 * title. The title is NULL for a block without; a listener's exempt block has the listener's. Valid
 * until the next listener is added. */
void *conf_build_base(struct conf *conf, enum conf_key_block block, const char *title);

/* The work that takes the reference laptop this long. */
uint64_t conf_build_work(const struct op_suite *suite, double seconds);

/* When all keys are set: what follows from them. The work of each suite, from seconds or by default
 * if it was not given, and as a multiple of k, since a stamp has k puzzles of one effort. */
void conf_build_settle(struct conf *conf);

/* The titles that conf_build_base knows in a block, separated by commas. */
void conf_build_titles(const struct conf *conf, enum conf_key_block block, char *text_r,
                       size_t size);

#endif
