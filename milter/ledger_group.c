/*
 * ledger_group.c - the queue of jobs and who runs it. It knows nothing of what a job is.
 */
#include "milter/ledger_group.h"

#include <time.h>

void ledger_group_init(struct ledger_group *group, void (*run)(void *, struct ledger_group_job *),
                       void *arg)
{
    pthread_condattr_t monotonic;
    *group = (struct ledger_group){.run = run, .arg = arg};
    group->last = &group->first;
    pthread_mutex_init(&group->lock, NULL);
    pthread_cond_init(&group->idle, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&group->come, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void ledger_group_clear(struct ledger_group *group)
{
    pthread_cond_destroy(&group->come);
    pthread_cond_destroy(&group->idle);
    pthread_mutex_destroy(&group->lock);
}

/* With the lock held: waits until those are queued who were here at the end of the last run, not
 * long. */
static void gather(struct ledger_group *group)
{
    if (group->queued >= group->expected)
        return;
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += LEDGER_GROUP_GATHER_NS;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    while (group->queued < group->expected &&
           pthread_cond_timedwait(&group->come, &group->lock, &end) == 0)
        ;
}

/* Cuts the jobs that can be run together off the head of the queue. */
static struct ledger_group_job *take_batch(struct ledger_group *group)
{
    struct ledger_group_job *batch = group->first, *end = batch;
    size_t weight = batch->weight;
    group->queued--;
    while (end->next && !end->alone && !end->next->alone &&
           weight + end->next->weight <= LEDGER_GROUP_WEIGHT_MAX) {
        end = end->next;
        weight += end->weight;
        group->queued--;
    }
    group->first = end->next;
    if (!group->first)
        group->last = &group->first;
    end->next = NULL;
    return batch;
}

/* With the lock held, which is given up while the jobs run. */
static void run_batch(struct ledger_group *group)
{
    group->running = true;
    gather(group);
    struct ledger_group_job *batch = take_batch(group);
    pthread_mutex_unlock(&group->lock);
    group->run(group->arg, batch);
    pthread_mutex_lock(&group->lock);
    group->running = false;
    group->expected = group->queued;
    while (batch) { /* a job may be gone as soon as the lock is */
        struct ledger_group_job *next = batch->next;
        batch->done = true;
        batch = next;
        group->expected++;
    }
    pthread_cond_broadcast(&group->idle);
}

void ledger_group_submit(struct ledger_group *group, struct ledger_group_job *job)
{
    job->done = false;
    job->next = NULL;
    pthread_mutex_lock(&group->lock);
    *group->last = job;
    group->last = &job->next;
    if (++group->queued >= group->expected)
        pthread_cond_signal(&group->come);
    while (!job->done) {
        if (group->running)
            pthread_cond_wait(&group->idle, &group->lock);
        else
            run_batch(group);
    }
    pthread_mutex_unlock(&group->lock);
}
