/*
 * histogram.h - how often a value was how large: buckets whose bounds double.
 *
 * Values are whole numbers of a small unit, so that counting is one atomic addition or two, from
 * any thread, without a lock.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BOUNDS_MAX 40

struct histogram_scale { /* a constant that a histogram is always used with */
    uint64_t first;      /* bound of the first bucket, inclusive; each next one is twice as high */
    size_t bounds;       /* at most HISTOGRAM_BOUNDS_MAX; one bucket more takes what is higher */
    double divisor;      /* counted units in a shown one: 1e9 if nanoseconds are shown as seconds */
};

struct histogram { /* all zero: empty */
    atomic_uint_fast64_t bucket[HISTOGRAM_BOUNDS_MAX + 1], sum;
};

struct histogram_view {                     /* a value; cumulative and consistent in itself */
    uint64_t at_most[HISTOGRAM_BOUNDS_MAX]; /* values up to the bound */
    uint64_t count;
    double sum; /* in shown units */
};

void histogram_observe(struct histogram *histogram, const struct histogram_scale *scale,
                       uint64_t value);
void histogram_read(const struct histogram *histogram, const struct histogram_scale *scale,
                    struct histogram_view *view_r);
double histogram_bound(const struct histogram_scale *scale, size_t index); /* in shown units */

#endif
