/*
 * check.h - the judgement on a whole message, at its end: all recipients paid, or none served.
 *
 * Claims each stamp in the ledger, verifies it inside the gate, and spends all of them in one step.
 * Knows neither libmilter nor SMTP.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/gate.h"
#include "milter/ledger.h"
#include "milter/metrics.h"
#include "milter/msg.h"
#include "pow/key.h"

/* Stamps of one recipient that are tried in the ledger. A sender who was refused sends the old
 * stamp along with a new one; more than a handful is somebody who makes us search. */
#define CHECK_TRIES_MAX 4
/* Times that one message may queue at the gate. The worker is kept between stamps of one suite, so
 * that honest mail queues once; a message that needs more is sent away, and its verified stamps
 * stay verified for the retry. */
#define CHECK_ENTRIES_MAX 4

struct check_means { /* borrowed */
    const struct op_key *key;
    struct ledger *ledger;
    struct gate *gate;
    int64_t now;             /* unix seconds */
    uint64_t token;          /* of this message, see ledger_reserve */
    double (*clock)(void);   /* seconds, for measuring how long a verification takes */
    struct metrics *metrics; /* where that is told */
    bool (*tick)(void *arg); /* called at least every GATE_TICK_S while waiting or verifying; false:
                                nobody waits for the answer any more */
    void *arg;
};

struct check_result {
    enum outcome outcome;
    enum op_verdict verdict; /* UNPAID: of the recipient whose stamp came furthest; else PASS */
    const struct op_suite *suite; /* PASS: of the stamp with the least work; else NULL */
    uint64_t work;                /* ... its work */
    unsigned paid;                /* PASS: stamps that have not paid for this message before */
    unsigned replies;             /* PASS: recipients for whom a reply token stood in */
    bool burnt; /* a proof has failed, just now and not before: it is in the ledger since */
    uint8_t recipient[MSG_RECIPIENTS_MAX]; /* enum op_verdict for each recipient of the message */
};

void check_message(const struct msg *msg, const struct check_means *means,
                   struct check_result *result_r);

#endif
