/*
 * exporter.h - serves the metrics over HTTP: GET /metrics, for one who scrapes now and then.
 */
#ifndef EXPORTER_H
#define EXPORTER_H

#include <stddef.h>
#include <stdio.h>

#include "milter/conf.h"

struct exporter;

/* Listens at conf->metrics.listen, which is not "", and starts a thread, all signals blocked in it,
 * that calls write(arg, out) for the text at each request. NULL with a sentence in why_r. To be
 * called by the main thread: a socket in the file system is made under a umask. */
struct exporter *exporter_start(const struct conf *conf, void (*write)(void *arg, FILE *out),
                                void *arg, char *why_r, size_t why_size);

/* Ends the thread, after the call of `write` that it may be in, and removes the socket. NULL is
 * fine. */
void exporter_stop(struct exporter *exporter);

#endif
