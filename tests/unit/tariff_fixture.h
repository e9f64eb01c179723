/*
 * tariff_fixture.h - what the tests of the adaptive price share: hours of mail in virtual time.
 */
#ifndef TARIFF_FIXTURE_H
#define TARIFF_FIXTURE_H

#include <math.h>

#include "milter/tariff.h"
#include "price_fixture.h"
#include "random.h"

#define MINUTE 60
#define HOUR   3600

/* A site that has seen `per_hour` messages for so many hours, minute by minute. */
static inline void run(struct tariff *tariff, const struct conf *conf, double per_hour, int hours,
                       uint64_t *seed)
{
    int64_t start = tariff->seen;
    double owed = 0;

    for (int i = 1; i <= hours * 60; i++) {
        double arrivals;
        owed += per_hour / 60;
        arrivals = floor(owed);
        owed -= arrivals;
        tariff_advance(tariff, conf, arrivals, start + (int64_t)i * MINUTE, random_next(seed));
    }
}

static inline double lowest(const struct tariff *tariff, const struct conf *conf, int64_t now,
                            const char *suite)
{
    struct price_list list;

    tariff_lowest(tariff, conf, now, &list);
    return list.work[price_fixture_index(suite)];
}

#endif
