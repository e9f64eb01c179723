/*
 * plan.h - what is minted, and whether it may be: suite, effort, threads and limits, from the
 * options, the server's offer and the machine.
 *
 * The sender guards itself: a demand beyond --max-time or --max-mem is refused, not obeyed.
 */
#ifndef TOOLS_PLAN_H
#define TOOLS_PLAN_H

#include "pow/err.h"
#include "pow/offer.h"
#include "pow/stamp.h"
#include "tools/options.h"

#define PLAN_TEXT_MAX 256 /* octets of a reason, NUL included */

struct plan {
    const struct op_suite *suite;
    uint64_t effort;
    uint8_t quote_len; /* as in struct op_stamp */
    uint8_t quote[OP_QUOTE_LEN];
    unsigned threads;
    uint64_t max_mem;  /* octets */
    double max_time_s; /* for each stamp */
    double rate;       /* evaluations a second; 0: not measured */
};

/* What the sender allows. */
struct plan_limits {
    const struct op_suite *suite; /* no other; NULL: any */
    const bool *refuse;           /* suites that are not minted, by op_suite_index; NULL: none */
    unsigned threads;             /* 0: all */
    uint64_t max_mem;             /* octets; 0: half of the machine's */
    double max_time_s;            /* for each stamp */
};

struct plan_limits plan_limits(const struct options *options);

/* Threads and memory alone: what bench needs too. Says so if memory allows fewer threads than
 * wanted. At least 1, which may still be too much for *max_mem_r: see plan_has_memory. */
unsigned plan_threads(const struct plan_limits *limits, const struct op_suite *suite,
                      uint64_t *max_mem_r);

/* Does one evaluation fit into so much memory? */
bool plan_has_memory(const struct op_suite *suite, uint64_t max_mem);

enum plan_choice {
    PLAN_CHOSEN,
    PLAN_BEYOND,  /* every offer is beyond the limits; the plan is that of the first */
    PLAN_UNKNOWN, /* nothing is offered that is known, and not refused, here */
};

/* The first offer, in the server's order, that is within the limits. why_r is for BEYOND: what the
 * first would take. *err_r is not OP_OK if the machine's speed could not be measured; then the
 * choice is BEYOND. */
enum plan_choice plan_choose(const struct plan_limits *limits, const struct op_offers *offers,
                             struct plan *plan_r, char why_r[PLAN_TEXT_MAX], enum op_err *err_r);

/* The seconds that nine of ten such mints take, one after the other. The speed of this machine is
 * measured only if the work could take more than enough_s even on a slow one. */
OP_MUST_USE enum op_err plan_seconds(struct plan *plans, size_t count, double enough_s,
                                     double *seconds_r);

/* For so many recipients. Ends the run with 64 (options that contradict each other), 65 (no offer
 * in the text), 66 (no such file) or 69 (beyond the limits, or no offer that is acceptable here).
 */
void xplan_make(const struct options *options, size_t recipients, struct plan *plan_r);

#endif
