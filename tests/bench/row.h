/* row.h - the table of a bench: "name value want ok|LOW min..max", judged by the median of rounds.
 */
#ifndef BENCH_ROW_H
#define BENCH_ROW_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROW_ROUNDS 5

static inline double row_now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline int row_compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static inline void row_print(const char *name, double value, const char *want, const char *verdict)
{
    printf("%-44s %12.2f %14s %-3s", name, value, want, verdict);
}

/* A figure that is told and not judged. */
static inline void row_tell(const char *name, double value)
{
    row_print(name, value, "-", "-");
    putchar('\n');
    fflush(stdout);
}

/* One figure; true if it falls short. */
static inline bool row_least(const char *name, double value, double least)
{
    char want[32];
    snprintf(want, sizeof want, ">=%.2f", least);
    row_print(name, value, want, value >= least ? "ok" : "LOW");
    putchar('\n');
    fflush(stdout);
    return !(value >= least);
}

static inline bool row_rounds(const char *name, const double value[ROW_ROUNDS], const char *sign,
                              double bound)
{
    double sorted[ROW_ROUNDS];
    char want[32] = "-";
    for (int i = 0; i < ROW_ROUNDS; i++)
        sorted[i] = value[i];
    qsort(sorted, ROW_ROUNDS, sizeof *sorted, row_compare);
    double median = sorted[ROW_ROUNDS / 2];
    bool low = *sign == '>' ? !(median >= bound) : *sign == '<' && !(median <= bound);
    if (*sign != '-')
        snprintf(want, sizeof want, "%s%.2f", sign, bound);
    row_print(name, median, want, *sign == '-' ? "-" : low ? "LOW" : "ok");
    printf(" %.2f..%.2f\n", sorted[0], sorted[ROW_ROUNDS - 1]);
    fflush(stdout);
    return low;
}

/* The median of rounds, at least or at most so much; true if it falls short. */
static inline bool row_median_least(const char *name, const double value[ROW_ROUNDS], double least)
{
    return row_rounds(name, value, ">=", least);
}

static inline bool row_median_most(const char *name, const double value[ROW_ROUNDS], double most)
{
    return row_rounds(name, value, "<=", most);
}

static inline void row_median_tell(const char *name, const double value[ROW_ROUNDS])
{
    (void)row_rounds(name, value, "-", 0);
}

#endif
