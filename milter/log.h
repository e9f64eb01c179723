/*
 * log.h - lines for the operator: syslog (facility mail), or standard error with journald's
 * priority prefixes where that is the journal.
 */
#ifndef LOG_H
#define LOG_H

#include "milter/conf.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Call once, and again at reload. Before that, lines go to standard error. */
void log_open(enum conf_log target, enum log_level most);

/* One line, without a line break at its end. Control characters and non-ASCII octets in it are
 * written as \xHH, so that no input can forge a line. May be called from any thread. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
