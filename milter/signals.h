/*
 * signals.h - signals as events that one thread waits for.
 *
 * libmilter starts a thread that takes SIGHUP and SIGTERM by sigwait(3) and stops at either. On
 * Linux a signal to the process goes to its main thread as long as that does not block it, so the
 * main thread leaves them unblocked, and everything else is started between signals_block and
 * signals_unblock.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>
#include <stdbool.h>

enum signals_event {
    SIGNALS_RELOAD, /* HUP, USR1 */
    SIGNALS_STOP,   /* TERM, INT */
    SIGNALS_ENDED,  /* signals_post */
};

/* To be called once, by the main thread. False with errno. SIGPIPE is ignored from then on. */
bool signals_open(void);

void signals_block(sigset_t *old_r); /* threads made now inherit: all blocked */
void signals_unblock(const sigset_t *old);

enum signals_event signals_wait(void);       /* blocks; several of one kind may come as one */
void signals_post(enum signals_event event); /* from any thread */

#endif
