/*
 * proposal.h - what a bounce proposes: to send a message again to those who ask for a stamp.
 *
 * Anybody can write a bounce. So it may cost no more than the limits of the options, all recipients
 * together, and what would let a forger have mail sent is refused. All functions that end the run
 * say why.
 */
#ifndef TOOLS_PROPOSAL_H
#define TOOLS_PROPOSAL_H

#include "tools/bounce.h"
#include "tools/options.h"
#include "tools/original.h"
#include "tools/plan.h"

struct proposal {
    const struct options *options;
    struct bounce bounce;
    struct original original;
    struct rcptlist asked;            /* of --rcpt */
    const struct bounce_item **items; /* those who get it again; each with an offer that is known */
    size_t count;
    char sender[OP_RECIPIENT_MAX]; /* of the envelope; "" before xproposal_check */
    struct plan *plans;            /* one for each item; NULL before xproposal_plan */
};

/* Reads the bounce, and --message. */
void xproposal_read(struct proposal *proposal_r, const struct options *options);

/* May it be sent, as far as one can see? Else it is for the user to say so by options. */
void xproposal_check(struct proposal *proposal);

/* Is each demand within the limits, and are all of them together? Else none is met. */
void xproposal_plan(struct proposal *proposal);

void proposal_clear(struct proposal *proposal);

#endif
