/*
 * judge.h - judges stamps as their receiver would, but without a ledger and with all puzzles
 * checked.
 */
#ifndef TOOLS_JUDGE_H
#define TOOLS_JUDGE_H

#include "pow/match.h"
#include "pow/worker.h"
#include "tools/options.h"

#define JUDGE_SKEW_S 43200 /* how far ahead a sender's clock may be: as in onionpow-milter */

struct judge {
    struct op_terms terms;
    struct op_worker *worker[OP_SUITES_MAX]; /* made when first needed */
};

void judge_init(struct judge *judge, const struct options *options);
void judge_clear(struct judge *judge);

/* The worker for a suite; ends the run with EX_TEMPFAIL if there is no memory for it. Belongs to
 * judge. */
struct op_worker *xjudge_worker(struct judge *judge, const struct op_suite *suite);

/* Every check, the dear ones last. */
enum op_verdict xjudge_stamp(struct judge *judge, const struct op_stamp *stamp,
                             const struct op_recipient *rcpt);

#endif
