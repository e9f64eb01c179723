/*
 * histogram.c - counts into buckets, and adds them up for a reader. Knows neither what is counted
 * nor how it is written. The sum wraps at 2^64 of the small unit: 584 years of nanoseconds.
 */
#include "milter/histogram.h"

static size_t bucket_of(const struct histogram_scale *scale, uint64_t value)
{
    size_t index = 0;
    while (index < scale->bounds && value > scale->first << index)
        index++;
    return index;
}

void histogram_observe(struct histogram *histogram, const struct histogram_scale *scale,
                       uint64_t value)
{
    atomic_fetch_add_explicit(&histogram->bucket[bucket_of(scale, value)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum, value, memory_order_relaxed);
}

/* Each bucket is read once, and the count is their sum: what is counted meanwhile may be missing,
 * but never shows in one number and lacks in another of the view, but for the sum. */
void histogram_read(const struct histogram *histogram, const struct histogram_scale *scale,
                    struct histogram_view *view_r)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= scale->bounds; i++) {
        count += atomic_load_explicit(&histogram->bucket[i], memory_order_relaxed);
        if (i < scale->bounds)
            view_r->at_most[i] = count;
    }
    view_r->count = count;
    view_r->sum =
        (double)atomic_load_explicit(&histogram->sum, memory_order_relaxed) / scale->divisor;
}

double histogram_bound(const struct histogram_scale *scale, size_t index)
{
    return (double)(scale->first << index) / scale->divisor;
}
