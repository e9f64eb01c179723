/* status.c - asks each part of the daemon how it is, for the metrics. */
#include "milter/status.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "milter/metrics.h"

struct status {
    struct service *service;
    int64_t started;
    atomic_uint_fast64_t reloads, failed;
};

struct status *status_new(struct service *service, int64_t started)
{
    struct status *status = calloc(1, sizeof *status);

    if (status == NULL)
        return NULL;
    status->service = service;
    status->started = started;
    atomic_init(&status->reloads, 0);
    atomic_init(&status->failed, 0);
    return status;
}

void status_free(struct status *status)
{
    free(status);
}

void status_reloaded(struct status *status, bool done)
{
    atomic_fetch_add(done ? &status->reloads : &status->failed, 1);
}

static void read_gate(const struct conf *conf, struct gate *gate, struct metrics_gauges *gauges)
{
    struct gate_stats stats;

    gate_stats_get(gate, &stats);
    gauges->gate_busy = stats.busy;
    gauges->gate_threads = stats.threads;
    gauges->gate_waiting = stats.waiting;
    gauges->gate_queue = conf->verify.queue;
    gauges->gate_memory = stats.memory;
    gauges->gate_memory_max = conf->verify.max_memory;
    gauges->gate_saturated = stats.saturated;
}

static void read_minter(const struct conf *conf, struct minter *minter,
                        struct metrics_gauges *gauges)
{
    struct minter_stats stats;

    minter_stats_get(minter, &stats);
    gauges->minter_busy = stats.busy;
    gauges->minter_messages = conf->mint.messages;
    gauges->minter_waiting = stats.waiting;
    gauges->minter_queue = conf->mint.queue;
    gauges->minter_stamps = stats.stamps;
}

static void read_ledger(struct ledger *ledger, struct metrics_gauges *gauges)
{
    struct ledger_stats stats;

    gauges->ledger_known = ledger_stats_get(ledger, &stats) == LEDGER_OK;
    if (!gauges->ledger_known)
        return;
    gauges->ledger_entries = stats.entries;
    gauges->ledger_bytes = stats.bytes;
    gauges->ledger_max_bytes = stats.max_bytes;
}

static void read_prices(const struct conf *conf, struct market *market, int64_t now,
                        struct metrics_gauges *gauges)
{
    struct market_prices prices;

    market_prices(market, conf, now, &prices);
    gauges->load = prices.load;
    gauges->load_max = conf->price.ceiling;
    for (size_t i = 0; i < op_suite_count(); i++)
        gauges->price_work[i] = prices.list.work[i];
}

void status_write(void *arg, FILE *out)
{
    struct status *status = arg;
    const struct session_site *site = service_site(status->service);
    const struct conf *conf = service_conf(status->service);
    int64_t now = (int64_t)time(NULL);
    struct metrics_gauges gauges = {
        .started = status->started,
        .reloads = atomic_load(&status->reloads),
        .reloads_failed = atomic_load(&status->failed),
        .sessions = service_sessions(status->service),
        .circuits = circuits_count(site->circuits, conf, now),
    };

    read_gate(conf, service_gate(status->service), &gauges);
    read_minter(conf, site->minter, &gauges);
    read_ledger(service_ledger(status->service), &gauges);
    read_prices(conf, site->market, now, &gauges);
    metrics_format(site->metrics, &gauges, out);
    conf_unref(conf);
}
