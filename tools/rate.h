/*
 * rate.h - how many evaluations a second does this machine make?
 */
#ifndef TOOLS_RATE_H
#define TOOLS_RATE_H

#include "pow/err.h"
#include "pow/suite.h"

#define RATE_CALIBRATE_S 0.6 /* enough for an estimate within some percent */

/* Mints for about `seconds` with an effort that is out of reach and counts; longer where one
 * evaluation takes that long. Faulting in memory at the start is not counted. `max_mem` as in
 * mint.h. */
OP_MUST_USE enum op_err rate_measure(const struct op_suite *suite, unsigned threads,
                                     uint64_t max_mem, double seconds, double *rate_r);

#endif
