/*
 * bench_libargon2.h - the yardstick: Argon2id by libargon2 as it is shipped, called the plain way.
 *
 * For comparison alone. No stamp is minted or judged with it.
 */
#ifndef TOOLS_BENCH_LIBARGON2_H
#define TOOLS_BENCH_LIBARGON2_H

#include "pow/suite.h"

/* Evaluations a second by one thread, each with memory of its own as a plain call has it. 0 if it
 * fails (no memory). At least one evaluation, however long it takes. */
double bench_libargon2_rate(const struct op_suite *suite, double seconds);

#endif
