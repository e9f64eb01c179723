/*
 * bench.h - what is measured of a suite on this machine.
 *
 * Measurements and nothing else: what rests on assumptions is in bench_cost.h, and how it is shown
 * in bench_text.h, bench_json.h and bench_plot.h.
 */
#ifndef TOOLS_BENCH_H
#define TOOLS_BENCH_H

#include "pow/kernel.h"
#include "pow/suite.h"
#include "tools/bench_verify.h"
#include "tools/progress.h"

struct bench_kernel { /* of the task that dominates the suite */
    const char *name;
    bool active;
    double rate; /* evaluations a second, one thread */
};

struct bench {
    const struct op_suite *suite;
    uint64_t effort; /* of the stamps that are spoken of */
    unsigned threads;
    uint64_t max_mem; /* octets that may be used */
    struct bench_kernel kernels[OP_KERNELS_MAX];
    size_t kernel_count;
    double rate_one, rate_all; /* evaluations a second by one thread and by all, active kernel */
    double libargon2;          /* the same by plain libargon2, one thread; 0: not measured */
    double memcpy_rate;        /* octets a second, blocks of the suite's memory; 0: not measured */
    uint64_t peak;             /* octets resident at the most; 0: the system does not tell */
    struct bench_verify verify;
};

double bench_work(const struct bench *bench);

/* Seconds that a share p of all mints takes at most, with all threads. */
double bench_mint_s(const struct bench *bench, double p);

/* Octets of block memory written a second at so many evaluations. */
double bench_written(const struct bench *bench, double rate);

/* `suite` to `max_mem` are filled in by the caller; all else is measured here, each figure for so
 * many seconds, with the active kernels. The other kernels' rates stay 0. */
void xbench_measure(struct bench *bench, double seconds, struct progress *progress);

/* The other kernels' rates. The active ones are active no more afterwards: this comes last. */
void xbench_measure_kernels(struct bench *benches, size_t count, double seconds,
                            struct progress *progress);

#endif
