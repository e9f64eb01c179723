/*
 * mfi.h - the way in from libmilter: the callbacks of a connection's life.
 *
 * Reads what libmilter hands over, asks the decision code, and has act.c carry out its answer.
 * libmilter has no argument for its callbacks, so the service is kept in one pointer of mfi.c, set
 * once.
 */
#ifndef MFI_H
#define MFI_H

#include <stdbool.h>

#include "milter/service.h"

/* Registers the filter and opens the socket of the configuration ("local:/path" ..., mode
 * socket_mode). False with a sentence in why_r. The service is borrowed until mfi_run has returned.
 */
bool mfi_open(struct service *service, const struct conf *conf, char why_r[CONF_WHY_MAX]);

/* Serves until libmilter ends; false if it failed. libmilter starts a thread that takes SIGHUP and
 * SIGTERM by sigwait, so the caller blocks these in this thread and handles them elsewhere. */
bool mfi_run(void);

#endif
