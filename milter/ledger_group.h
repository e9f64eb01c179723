/*
 * ledger_group.h - many callers, one commit. Internal to the ledger.
 *
 * Callers put their jobs into a queue and wait. The first who finds nobody at work takes the jobs
 * that are queued and runs them together; while it does, the next ones queue up. There is no thread
 * of its own. Jobs are run in the order of their coming.
 *
 * Callers who have just been served tend to come back at once, one after the other, and the first
 * of them would run alone. So the runner waits, for a fraction of what a commit takes, until as
 * many have come as were there when the last run ended. A lone caller waits for nobody.
 */
#ifndef LEDGER_GROUP_H
#define LEDGER_GROUP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define LEDGER_GROUP_WEIGHT_MAX 4096  /* of jobs run together: bounds how long one run takes */
#define LEDGER_GROUP_GATHER_NS  60000 /* longest wait for others; a commit takes 300 us and more */

struct ledger_group_job { /* embedded as first member of the caller's own */
    size_t weight;
    bool alone; /* never run together with others */
    /* the group's: */
    bool done;
    struct ledger_group_job *next;
};

struct ledger_group {
    void (*run)(void *arg, struct ledger_group_job *batch); /* batch: linked by next, never empty */
    void *arg;
    /* the group's: */
    pthread_mutex_t lock;
    pthread_cond_t idle; /* a run is over */
    pthread_cond_t come; /* as many are queued as are expected */
    bool running;
    size_t queued, expected;
    struct ledger_group_job *first, **last;
};

void ledger_group_init(struct ledger_group *group, void (*run)(void *, struct ledger_group_job *),
                       void *arg);
void ledger_group_clear(struct ledger_group *group); /* nobody may be inside */

/* Returns when the job has been run, by this thread or another. */
void ledger_group_submit(struct ledger_group *group, struct ledger_group_job *job);

#endif
