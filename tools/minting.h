/*
 * minting.h - mints one stamp after the other as planned, with progress.
 */
#ifndef TOOLS_MINTING_H
#define TOOLS_MINTING_H

#include "pow/mint.h"
#include "tools/plan.h"
#include "tools/progress.h"

struct minting {
    struct plan plan;
    struct progress progress;
    uint32_t date;
};

/* Plans and lowers the priority; ends the run as xplan_make does. */
void xminting_init(struct minting *minting, const struct options *options, size_t recipients);

/* Lowers the priority of the process, by 0 to 19, for good. */
void minting_lower_priority(int by);

/* As planned by somebody else. */
void minting_init(struct minting *minting, const struct plan *plan, const struct options *options,
                  size_t recipients);

OP_MUST_USE enum op_err minting_next(struct minting *minting, const struct op_recipient *rcpt,
                                     struct op_mint_result *result_r);

/* Ends the run with 75 if the time limit is over or memory is short, 70 if the machinery fails. */
void xminting_next(struct minting *minting, const struct op_recipient *rcpt,
                   struct op_mint_result *result_r);

#endif
