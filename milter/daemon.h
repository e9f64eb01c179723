/*
 * daemon.h - the filter's life from start to stop.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include <stdbool.h>
#include <stddef.h>

#include "milter/conf.h"

struct daemon_spec {  /* the command line; borrowed for the daemon's life */
    const char *path; /* of the configuration */
    const char *const *overrides;
    size_t override_count;
    bool verbose;
};

/* Serves until a signal stops it. Borrows one reference of conf, with which it starts. Returns a
 * status of sysexits.h if it could not start. A daemon that has served ends the process itself. */
int daemon_run(const struct daemon_spec *spec, const struct conf *conf);

#endif
