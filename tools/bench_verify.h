/*
 * bench_verify.h - what a server spends on one stamp, honest or not, from its text to the verdict.
 *
 * Processor time of one core, with a worker that is kept, as a server keeps it. The ledger is not
 * in it: that is a matter of the disk.
 */
#ifndef TOOLS_BENCH_VERIFY_H
#define TOOLS_BENCH_VERIFY_H

#include "pow/err.h"
#include "pow/suite.h"

struct bench_verify { /* seconds */
    double honest;    /* all sampled puzzles are evaluated */
    double junk;      /* random octets: refused at the seal, where the suite has one */
    double sealed;    /* junk that has paid for a seal: one puzzle is evaluated */
};

/* Each of the three for about so many seconds; longer where one verification takes that long. */
OP_MUST_USE enum op_err bench_verify_measure(const struct op_suite *suite, double seconds,
                                             struct bench_verify *verify_r);

#endif
