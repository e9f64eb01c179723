/*
 * market.c - keeps the tariff in memory and in the ledger's store.
 *
 * A tick reads the shared record, advances it and puts it back if it is still the same, as often as
 * a neighbour is faster, within bounds. Where nothing but time has passed there is nothing to
 * store, and the disk may sleep. What is not stored is no state: each tick starts anew from the
 * last record that was shared, with all arrivals since, so that without a store the load is never
 * more than one step away from what the site knows.
 */
#include "milter/market.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "milter/tariff_record.h"
#include "pow/bytes.h"
#include "pow/sha256.h"

#define NOTE      "tariff"
#define TRIES_MAX 16     /* of one tick; nodes tick once a minute */
#define ARRIVAL   0x1p20 /* units that an arrival of weight 1 is counted in */

_Static_assert(TARIFF_RECORD_MAX <= LEDGER_NOTE_MAX, "a tariff must fit into a note");

struct market {
    struct ledger *ledger;
    atomic_uint_fast64_t arrivals; /* not yet in a shared record, in units */
    pthread_mutex_t ticking;       /* one tick at a time; guards shared */
    struct tariff shared;          /* as the store last showed it */
    pthread_mutex_t lock;          /* guards view; held no longer than a look takes */
    struct tariff view;            /* shared, advanced to the last tick */
};

/* For the jitter: from what no stranger knows, the record to the octet and the arrivals since. */
static uint64_t chance(const char *note, size_t len, uint64_t arrivals, int64_t now)
{
    struct op_sha256 hash;
    uint8_t numbers[16], digest[OP_SHA256_LEN];

    op_store_be64(numbers, arrivals);
    op_store_be64(numbers + 8, (uint64_t)now);
    op_sha256_init(&hash);
    op_sha256_add(&hash, numbers, sizeof numbers);
    op_sha256_add(&hash, note, len);
    op_sha256_final(&hash, digest);
    return op_load_be64(digest);
}

static void show(struct market *market, const struct tariff *tariff)
{
    pthread_mutex_lock(&market->lock);
    market->view = *tariff;
    pthread_mutex_unlock(&market->lock);
}

static bool idle(const struct tariff *before, const struct tariff *after, uint64_t arrivals)
{
    return arrivals == 0 && before->next == after->next &&
           memcmp(&before->list, &after->list, sizeof before->list) == 0;
}

/* One attempt: *done_r false if a neighbour was faster. *tariff_r: the record, advanced. A record
 * that cannot be read, damaged or of another version, is replaced by what we know. */
static enum ledger_err attempt(struct market *market, const struct conf *conf, int64_t now,
                               struct tariff *tariff_r, bool *done_r)
{
    char old[LEDGER_NOTE_MAX], new[TARIFF_RECORD_MAX];
    size_t old_len = 0;
    uint64_t arrivals = atomic_load(&market->arrivals);
    enum ledger_err err = ledger_note_get(market->ledger, NOTE, old, &old_len);
    bool stored = err == LEDGER_OK && tariff_record_parse(old, old_len, &market->shared);

    *tariff_r = market->shared;
    tariff_advance(tariff_r, conf, (double)arrivals / ARRIVAL, now,
                   chance(old, old_len, arrivals, now));
    *done_r = stored && idle(&market->shared, tariff_r, arrivals);
    if (err != LEDGER_OK || *done_r)
        return err;
    err = ledger_note_put(market->ledger, NOTE, old, old_len, new,
                          tariff_record_format(tariff_r, new), done_r);
    if (err != LEDGER_OK || !*done_r)
        return err;
    atomic_fetch_sub(&market->arrivals, arrivals);
    market->shared = *tariff_r;
    return LEDGER_OK;
}

bool market_tick(struct market *market, const struct conf *conf, int64_t now)
{
    struct tariff tariff;
    enum ledger_err err = LEDGER_OK;
    bool done = false;

    pthread_mutex_lock(&market->ticking);
    for (int i = 0; i < TRIES_MAX && err == LEDGER_OK && !done; i++)
        err = attempt(market, conf, now, &tariff, &done);
    show(market, &tariff);
    pthread_mutex_unlock(&market->ticking);
    return err == LEDGER_OK && done;
}

struct market *market_new(struct ledger *ledger, const struct conf *conf, int64_t now)
{
    struct market *market = calloc(1, sizeof *market);

    if (market == NULL)
        return NULL;
    market->ledger = ledger;
    atomic_init(&market->arrivals, 0);
    pthread_mutex_init(&market->ticking, NULL);
    pthread_mutex_init(&market->lock, NULL);
    tariff_init(&market->shared, conf, now);
    (void)market_tick(market, conf, now); /* if it fails, the next one tells */
    return market;
}

void market_free(struct market *market)
{
    if (market == NULL)
        return;
    pthread_mutex_destroy(&market->lock);
    pthread_mutex_destroy(&market->ticking);
    free(market);
}

void market_arrival(struct market *market, double weight)
{
    double counted = isnan(weight) ? 1 : fmin(fmax(weight, 0), 1);

    atomic_fetch_add(&market->arrivals, (uint64_t)lround(counted * ARRIVAL));
}

void market_prices(struct market *market, const struct conf *conf, int64_t now,
                   struct market_prices *prices_r)
{
    pthread_mutex_lock(&market->lock);
    prices_r->load = tariff_load(&market->view, conf);
    prices_r->rate = market->view.rate;
    tariff_lowest(&market->view, conf, now, &prices_r->lowest);
    pthread_mutex_unlock(&market->lock);
    price_list(conf, now, prices_r->load, &prices_r->list);
}
