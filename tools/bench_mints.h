/*
 * bench_mints.h - how the luck of mints is spread: what theory says, and what a trial shows.
 */
#ifndef TOOLS_BENCH_MINTS_H
#define TOOLS_BENCH_MINTS_H

#include <stddef.h>

#include "pow/err.h"
#include "pow/suite.h"

/* Runs `count` mints of this effort with SHA-256 in place of the suite's function, and writes how
 * many evaluations each took. Searches are real; one that would be too long is made shorter, and
 * counted in proportion. The same outcome every time. */
OP_MUST_USE enum op_err bench_mints_try(const struct op_suite *suite, uint64_t effort, size_t count,
                                        double *evals_r);

/* The density of a mint's evaluations at x: Gamma, of shape k and scale d. */
double bench_mints_density(const struct op_suite *suite, uint64_t effort, double x);

#endif
