/*
 * orphan.c - see orphan.h. The kernel's signal for this (PR_SET_PDEATHSIG) is no help: a parent of
 * another user, as Postfix's pipe(8) is, has not the right to send it.
 */
#include "tools/orphan.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define ORPHAN_LOOK_MS 500

static void *orphan_run(void *parent)
{
    const struct timespec look = {0, ORPHAN_LOOK_MS * 1000000L};

    while (getppid() == (pid_t)(intptr_t)parent)
        nanosleep(&look, NULL);
    _exit(EX_TEMPFAIL);
}

void orphan_watch(void)
{
    void *parent = (void *)(intptr_t)getppid();
    sigset_t all, old;
    pthread_t thread;

    sigfillset(&all); /* signals are for the others: slots.c waits for one */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (pthread_create(&thread, NULL, orphan_run, parent) == 0)
        pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}
