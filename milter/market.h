/*
 * market.h - the site's tariff as the daemon uses it: shared by threads, kept in the ledger's store
 * and so, where nodes share a store, by nodes.
 *
 * If the store cannot be reached the last known tariff goes on, and arrivals wait to be counted.
 */
#ifndef MARKET_H
#define MARKET_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/ledger.h"
#include "milter/tariff.h"

struct market;

/* Reads the stored tariff, or begins one; ticks. Borrows the ledger. NULL: out of memory. */
struct market *market_new(struct ledger *ledger, const struct conf *conf, int64_t now);
void market_free(struct market *market); /* NULL is fine */

/* One more message was accepted for work. weight: the share of the listed price that it has paid,
 * less than 1 with an older, lower quote; what is above 1, or not a number, counts as 1, what is
 * below 0 as 0. Any thread; takes no lock. */
void market_arrival(struct market *market, double weight);

/* Counts arrivals in, steps if it is time, stores. Once a minute and after a reload. False: the
 * store failed (the tariff goes on in memory). */
bool market_tick(struct market *market, const struct conf *conf, int64_t now);

struct market_prices { /* a value */
    double load;
    double rate;                    /* arrivals per hour, averaged over the window */
    struct price_list list, lowest; /* in force; cheapest of the grace period */
};
/* Of this moment, by the record and this snapshot of the configuration. Any thread. */
void market_prices(struct market *market, const struct conf *conf, int64_t now,
                   struct market_prices *prices_r);

#endif
