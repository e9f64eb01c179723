/*
 * refusal.h - what the sender of a message is told that is turned away at its end: for an unpaid
 * one, who lacks payment, what is asked for, and the quotes that keep this price for a while.
 *
 * Pure; the words are reply.h's.
 */
#ifndef REFUSAL_H
#define REFUSAL_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/check.h"
#include "milter/msg.h"
#include "milter/price.h"
#include "milter/reply.h"

struct refusal_terms { /* borrowed */
    const struct conf *conf;
    const struct op_key *key;      /* of the quotes */
    const struct price_list *list; /* in force */
    double factor;                 /* on it, but for the recipient's own */
    bool bounce;                   /* one of the recipients is at the price of bounces */
    int64_t now;                   /* unix seconds */
};

/* msg: NULL if there was no memory for it. */
void refusal_make(const struct refusal_terms *terms, const struct msg *msg,
                  const struct check_result *check, struct reply *reply_r);

#endif
