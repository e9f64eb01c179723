/*
 * selftest.h - does this build, on this processor, compute the known answers?
 *
 * To be called once at start, before a stamp is judged or minted: a wrong hash would turn honest
 * senders away without anybody noticing.
 */
#ifndef OP_SELFTEST_H
#define OP_SELFTEST_H

#include "pow/err.h"

/* ERR_SELFTEST with *what_r (unless NULL) = a static name of the part that failed. Takes
 * milliseconds and at most 16 MiB for the time of the call. */
OP_MUST_USE enum op_err op_selftest(const char **what_r);

#endif
