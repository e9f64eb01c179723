/*
 * keeper.c - the list of chores, and when each is due. What a chore does is decided elsewhere; it
 * may take seconds, during which the others wait.
 */
#include "milter/keeper.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "milter/conf_warn.h"
#include "milter/log.h"
#include "milter/purger.h"
#include "milter/textfile.h"

#define MINUTE_S    60
#define DAY_MINUTES (24 * 60)

struct keeper {
    struct service *service;
    struct status *status;
    struct purger *purger;
    bool warned;                           /* the first time is over */
    bool market_failing, textfile_failing; /* told once, not every minute */
    pthread_t thread;
    pthread_mutex_t lock; /* guards stopping */
    pthread_cond_t wake;
    bool stopping;
};

/*
 * Chores
 */

static int64_t steady_clock(void)
{
    struct timespec time;
    clock_gettime(CLOCK_BOOTTIME, &time); /* goes on while the machine sleeps */
    return time.tv_sec;
}

static void purge(struct keeper *keeper, const struct conf *conf, int64_t now)
{
    purger_step(keeper->purger, conf, now, steady_clock());
}

static void trim(struct keeper *keeper, const struct conf *conf, int64_t now)
{
    (void)conf;
    (void)now;
    gate_trim(service_gate(keeper->service));
}

static void price(struct keeper *keeper, const struct conf *conf, int64_t now)
{
    bool failing = !market_tick(service_site(keeper->service)->market, conf, now);

    if (failing && !keeper->market_failing)
        log_line(LOG_LEVEL_WARNING,
                 "the price cannot be stored: it goes on, but a restart would forget it");
    keeper->market_failing = failing;
}

static void export(struct keeper *keeper, const struct conf *conf, int64_t now)
{
    char why[CONF_WHY_MAX];
    bool failing;

    (void)now;
    if (conf->metrics.textfile[0] == '\0')
        return;
    failing =
        !textfile_write(conf->metrics.textfile, status_write, keeper->status, why, sizeof why);
    if (failing && !keeper->textfile_failing)
        log_line(LOG_LEVEL_WARNING, "%s", why);
    keeper->textfile_failing = failing;
}

static void say(void *arg, const char *sentence)
{
    (void)arg;
    log_line(LOG_LEVEL_WARNING, "%s", sentence);
}

/* What comes with time; at a start daemon.c has said everything. */
static void warn(struct keeper *keeper, const struct conf *conf, int64_t now)
{
    if (keeper->warned)
        conf_warn_calendar(conf, now, say, NULL);
    keeper->warned = true;
}

static const struct chore {
    unsigned minutes; /* between two times; the first is at the start */
    void (*run)(struct keeper *keeper, const struct conf *conf, int64_t now);
} chores[] = {
    {1, purge}, {1, trim}, {1, price}, {1, export}, {DAY_MINUTES, warn},
};

/*
 * The thread
 */

/* Waits for a minute; false if the keeper is to stop. */
static bool rest(struct keeper *keeper)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += MINUTE_S;
    int error = 0;

    pthread_mutex_lock(&keeper->lock);
    while (!keeper->stopping && error == 0)
        error = pthread_cond_timedwait(&keeper->wake, &keeper->lock, &deadline);
    bool go_on = !keeper->stopping;
    pthread_mutex_unlock(&keeper->lock);
    return go_on;
}

static void *keep(void *arg)
{
    struct keeper *keeper = arg;
    uint64_t minute = 0;
    do {
        const struct conf *conf = service_conf(keeper->service);
        for (size_t i = 0; i < sizeof chores / sizeof *chores; i++) {
            if (minute % chores[i].minutes == 0)
                chores[i].run(keeper, conf, time(NULL));
        }
        conf_unref(conf);
        minute++;
    } while (rest(keeper));
    return NULL;
}

static void release(struct keeper *keeper)
{
    pthread_cond_destroy(&keeper->wake);
    pthread_mutex_destroy(&keeper->lock);
    purger_free(keeper->purger);
    free(keeper);
}

struct keeper *keeper_start(struct service *service, struct status *status)
{
    pthread_condattr_t attr;
    struct keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return NULL;
    keeper->service = service;
    keeper->status = status;
    keeper->purger = purger_new(service_ledger(service));
    pthread_mutex_init(&keeper->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->wake, &attr);
    pthread_condattr_destroy(&attr);
    if (keeper->purger && pthread_create(&keeper->thread, NULL, keep, keeper) == 0)
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
