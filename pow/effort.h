/*
 * effort.h - effort and work.
 *
 * Effort d is the expected number of evaluations for one puzzle; work W = k * d for a stamp. A
 * puzzle is solved with probability 1/d per evaluation, so the evaluations for m puzzles follow
 * (nearly) a Gamma distribution of shape m and scale d, and the standard deviation of W is W /
 * sqrt(k).
 */
#ifndef OP_EFFORT_H
#define OP_EFFORT_H

#include <stdbool.h>
#include <stdint.h>

#include "pow/suite.h"

/* Does the evaluation x solve a puzzle of effort d? x * d < 2^64 in 128 bits: exact and linear. */
static inline bool op_effort_met(uint64_t x, uint64_t effort)
{
    __extension__ typedef unsigned __int128 u128;
    return (uint64_t)(((u128)x * effort) >> 64) == 0;
}

uint64_t op_effort_to_work(const struct op_suite *suite,
                           uint64_t effort); /* saturates at UINT64_MAX */

/* The least effort whose work is at least `work`; 1 for 0. May be above suite->effort_max. */
uint64_t op_effort_from_work(const struct op_suite *suite, uint64_t work);

/* The same in seconds of the reference laptop (FORMAT.md section 5), for people to read. */
double op_effort_to_seconds(const struct op_suite *suite, uint64_t effort);

/* Evaluations that solve `puzzles` puzzles of this effort with probability p (0 < p < 1), by the
 * Wilson-Hilferty approximation (PNAS 17, 1931): within 3 % for p in 0.05..0.99 (for one puzzle, in
 * 0.25..0.99). 0 for no puzzles. */
double op_effort_quantile(unsigned puzzles, uint64_t effort, double p);

#endif
