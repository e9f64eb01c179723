/*
 * price.h - what is asked for: pure functions of configuration, day and load.
 *
 *     work = configured * load ^ load-exponent * 2 ^ (days since deprecated-since / doubling)
 *
 * for each suite makes the price list of a moment; factors (listener, recipient, circuit) make the
 * effort of one stamp of it.
 */
#ifndef PRICE_H
#define PRICE_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/conf.h"
#include "pow/match.h"
#include "pow/offer.h"

struct price_list {             /* a value */
    double work[OP_SUITES_MAX]; /* expected evaluations, by op_suite_index; 0 = not accepted */
};

/* A load multiplier as this configuration lets it count: 1 if prices are fixed, else 1..ceiling. */
double price_load(const struct conf *conf, double load);

/* The list at unix second `at` under this load multiplier, as far as it counts.
 * Work is at most that of the suite's effort_max. */
void price_list(const struct conf *conf, int64_t at, double load, struct price_list *list_r);

/* What the calendar and the load make of a suite's work: factors of at least 1. */
double price_age_factor(const struct conf_suite *row, int64_t at);
double price_load_factor(const struct conf *conf, const struct conf_suite *row, double load);

/* Deprecated, by the registry or since a day of the configuration? */
bool price_deprecated(const struct conf *conf, const struct op_suite *suite, int64_t at);

/* What a circuit's factor counts for under this load: strangers, by load and circuit together, make
 * nothing dearer than the ceiling. */
double price_circuit_factor(const struct conf *conf, double load, double factor);

/* The least effort for this work times a factor, 1..suite->effort_max (which stands for what is not
 * a number, too); 0 if work is 0. */
uint64_t price_effort(const struct op_suite *suite, double work, double factor);

/* The terms that a stamp has to meet: `lowest` is the cheapest list of the grace period. */
void price_terms(const struct conf *conf, const struct price_list *lowest, double factor,
                 int64_t now, struct op_terms *terms_r);

/* The list as offers without quotes, best first: in the order of the registry, deprecated suites
 * last. */
void price_offers(const struct conf *conf, const struct price_list *list, double factor,
                  int64_t now, struct op_offers *offers_r);

#endif
