/*
 * keeper.c - housekeeping, once a minute. Decides only what is too old; the ledger knows how to
 * forget and the gate what is idle. A purge goes in small batches, so that messages are never kept
 * waiting for long.
 */
#include "milter/keeper.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "milter/log.h"
#include "pow/date.h"
#include "pow/match.h"

#define PERIOD_S 60
#define BATCH    1000 /* entries in one step: some milliseconds */

struct keeper {
    struct service *service;
    pthread_t thread;
    pthread_mutex_t lock; /* guards stopping */
    pthread_cond_t wake;
    bool stopping;
    bool failing;    /* the last purge failed and has been reported */
    uint32_t purged; /* all entries before this date are gone */
};

uint32_t keeper_horizon(int64_t now, uint32_t validity_s, uint32_t skew_s)
{
    const struct op_terms terms = {.validity_s = validity_s};
    int64_t oldest = now - skew_s; /* what the slowest clock says */
    int64_t day = oldest - validity_s - OP_DAY_S;
    while (op_match_expiry(op_date_from_time(day), &terms) < oldest)
        day += OP_DAY_S;
    return op_date_from_time(day);
}

/* Waits up to `seconds`; false if the keeper is to stop. */
static bool rest(struct keeper *keeper, time_t seconds)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += seconds;
    int error = 0;

    pthread_mutex_lock(&keeper->lock);
    while (!keeper->stopping && error == 0 && seconds > 0)
        error = pthread_cond_timedwait(&keeper->wake, &keeper->lock, &deadline);
    bool go_on = !keeper->stopping;
    pthread_mutex_unlock(&keeper->lock);
    return go_on;
}

/* Once for each date: most of the time there is nothing to do, and the disk may sleep. */
static void purge(struct keeper *keeper)
{
    const struct conf *conf = service_conf(keeper->service);
    uint32_t horizon = keeper_horizon(time(NULL), conf->validity_s, conf->clock_skew_s);
    enum ledger_err err = LEDGER_OK;
    bool more = horizon > keeper->purged;

    conf_unref(conf);
    while (more && err == LEDGER_OK && rest(keeper, 0))
        err = ledger_purge(service_ledger(keeper->service), horizon, BATCH, &more);
    if (err != LEDGER_OK && !keeper->failing)
        log_line(LOG_LEVEL_WARNING, "ledger: old entries cannot be removed: %s",
                 ledger_err_str(err));
    keeper->failing = err != LEDGER_OK;
    if (err == LEDGER_OK && !more && horizon > keeper->purged)
        keeper->purged = horizon;
}

static void *keep(void *arg)
{
    struct keeper *keeper = arg;
    do {
        purge(keeper);
        gate_trim(service_gate(keeper->service));
    } while (rest(keeper, PERIOD_S));
    return NULL;
}

static void release(struct keeper *keeper)
{
    pthread_cond_destroy(&keeper->wake);
    pthread_mutex_destroy(&keeper->lock);
    free(keeper);
}

struct keeper *keeper_start(struct service *service)
{
    pthread_condattr_t attr;
    struct keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return NULL;
    keeper->service = service;
    pthread_mutex_init(&keeper->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->wake, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&keeper->thread, NULL, keep, keeper) == 0)
        return keeper;
    release(keeper);
    return NULL;
}

void keeper_stop(struct keeper *keeper)
{
    if (!keeper)
        return;
    pthread_mutex_lock(&keeper->lock);
    keeper->stopping = true;
    pthread_cond_signal(&keeper->wake);
    pthread_mutex_unlock(&keeper->lock);
    pthread_join(keeper->thread, NULL);
    release(keeper);
}
