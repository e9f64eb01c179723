/*
 * signals.h - signals as events that one thread waits for.
 *
 * Everything else is started between signals_block and signals_unblock, so that only the main
 * thread gets them. libmilter starts a thread that takes SIGHUP and SIGTERM by sigwait(3), blocked
 * or not, and stops at either: signals.c has a sigwait of its own, with which that thread gets
 * none.
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
