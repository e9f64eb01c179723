/*
 * tally.h - what a message counts for: in the price of its circuit, in the load, and in the number
 * of bounces that a circuit may send at their price.
 */
#ifndef TALLY_H
#define TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/check.h"
#include "milter/circuits.h"
#include "milter/market.h"
#include "milter/msg.h"

struct tally { /* of one message; what it points to is borrowed */
    const struct conf *conf;
    const struct scope_client *client;
    struct circuits *circuits;
    struct market *market;
    const struct price_list *list; /* in force when the message began */
    const struct msg *msg;
    unsigned bounces; /* recipients at the price of bounces */
    double cap;       /* on such, of one circuit */
    int64_t now;      /* unix seconds */
    unsigned claimed; /* by tally_begin; 0 before */
};

/* Before the message is judged: each of its recipients was found to be below the cap, but messages
 * that came at the same time may have reached it since. False: they have, and it must not pass. */
OP_MUST_USE bool tally_begin(struct tally *tally);

/* After that, also if it failed, once the message's fate is known. */
void tally_end(const struct tally *tally, const struct check_result *check);

#endif
