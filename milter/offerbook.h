/*
 * offerbook.h - reads the offers that "onionpow deliver" has heard of and keeps in its directory of
 * state. Never writes there.
 */
#ifndef OFFERBOOK_H
#define OFFERBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pow/offer.h"

#define OFFERBOOK_AGE_S 86400 /* how long an offer is good */

/* What the server of this domain, at port 25, has offered of late. False: nothing is known.
 * domain: a lower-case A-label; NUL-terminated. */
bool offerbook_find(const char *directory, const char *domain, int64_t now,
                    struct op_offers *offers_r);

/* Can it be read at all? Else why_r says what cannot, and why. */
bool offerbook_readable(const char *directory, char *why_r, size_t why_size);

#endif
