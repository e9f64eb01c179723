/*
 * tariff.h - the adaptive price: a load multiplier that follows accepted mail, slowly; and what the
 * prices were during the grace period.
 *
 * Pure: time, arrivals and chance come in as arguments, so that the daemon and the simulation run
 * the same rule. One record of a site; market.h keeps it in the ledger's store.
 *
 *     demand = exponentially weighted rate of accepted, stamped mail (time constant: window), each
 *              message counted with the load that it paid for
 *     about once an hour: load *= clamp(sqrt(demand / target) / load, 1/1.15, 1.15), in 1..ceiling
 *
 * Senders of a given power send half as much at twice the price: their demand is the same at any
 * load, so the load finds it without a swing. A mere count (with a sixth root) lags behind the load
 * and overshoots. demand / target without the root adds up: mail that comes at any price, however
 * little more than the target, would end at the ceiling for `target` stamps an hour. With the root
 * the load becomes what the mail is in targets, and to hold load m takes m * target stamps an hour
 * at price m. Highest load in a simulation, ceiling 1000, count / without / with the root:
 *
 *     20 targets bought for a day, whatever they cost           250 /   88 / 10
 *     power for 20 targets at load 1, four days                 117 /   49 / 4.6
 *     the same with quotes from calm days                      1000 /  587 / 4.6
 *     1.2 targets bought, twelve days                          1000 / 1000 / 1.3
 *     1.2 targets of honest mail, thirty days                    32 /   32 / 1.3
 *
 * With fixed prices the load stays 1; the averages and the past are kept all the same.
 */
#ifndef TARIFF_H
#define TARIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "milter/conf.h"
#include "milter/price.h"

#define TARIFF_STEP     1.15 /* the most that one step changes the load by, either way */
#define TARIFF_TICK_S   3600 /* between steps, give or take TARIFF_JITTER_S */
#define TARIFF_JITTER_S 600
#define TARIFF_GAP_S    (2 * TARIFF_TICK_S) /* longer without an advance: see tariff_advance */
#define TARIFF_TIME_MAX (INT64_C(1) << 40)  /* of a clock, in unix seconds: the year 36812 */
#define TARIFF_PAST_MAX 32 /* price lists remembered; the grace period is at most the window */

struct tariff_past { /* a list that was in force */
    int64_t until;   /* unix seconds; it began where the one before it ended */
    struct price_list list;
};

struct tariff {                               /* a value */
    double load;                              /* multiplier */
    double demand, rate;                      /* an hour: as above; without the load */
    int64_t seen;                             /* up to when arrivals are counted in */
    int64_t next;                             /* when the next step is due */
    struct price_list list;                   /* in force */
    struct tariff_past past[TARIFF_PAST_MAX]; /* oldest first */
    size_t past_count;
};

/* A new site: load 1, no past. */
void tariff_init(struct tariff *tariff, const struct conf *conf, int64_t now);

/* Takes `arrivals` more accepted messages into account (finite, at least 0; one that paid only a
 * share of the listed price is that share), steps if it is time (one step at most, however far the
 * clock has moved), and puts the list of `now` into force, the former one into the past. chance:
 * uniform, for the jitter.
 *
 * A clock that is behind by less than a tick is a neighbour's: the record's time stands still. A
 * longer way back, or a gap of more than TARIFF_GAP_S, moves the record along, so that no step and
 * no end of a grace period comes of it. */
void tariff_advance(struct tariff *tariff, const struct conf *conf, double arrivals, int64_t now,
                    uint64_t chance);

/* The multiplier as this configuration lets it count: see price_load. */
double tariff_load(const struct tariff *tariff, const struct conf *conf);

/* For each suite the cheapest that was in force within the grace period before `now`, or is, by the
 * record or by this configuration. */
void tariff_lowest(const struct tariff *tariff, const struct conf *conf, int64_t now,
                   struct price_list *lowest_r);

#endif
