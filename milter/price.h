/*
 * price.h - what is asked for: a pure function of the configuration and the listener.
 */
#ifndef PRICE_H
#define PRICE_H

#include <stdint.h>

#include "milter/conf.h"
#include "pow/match.h"
#include "pow/offer.h"

/* The least effort of a stamp of this suite, 1..suite->effort_max; 0 if the suite is not accepted.
 */
uint64_t price_effort(const struct conf *conf, const struct conf_listener *listener,
                      const struct op_suite *suite);

/* The terms that a stamp has to meet at `now` (unix seconds). */
void price_terms(const struct conf *conf, const struct conf_listener *listener, int64_t now,
                 struct op_terms *terms_r);

/* The same as offers, best first: in the order of the registry, deprecated suites last. */
void price_offers(const struct op_terms *terms, struct op_offers *offers_r);

/* Seconds that a laptop of four cores needs for a stamp of this effort; 0 if that is not known. */
double price_seconds(const struct op_suite *suite, uint64_t effort);

#endif
