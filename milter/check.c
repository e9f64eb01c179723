/*
 * check.c - from the cheap facts of a message to its outcome.
 *
 * First the facts alone: if a recipient has no candidate, neither ledger nor gate is touched. Then
 * one recipient after the other: reserve a stamp, verify it if nobody has yet, hold it. When all
 * are held, one spend. If it ends before that, what was verified is recorded as such, so that the
 * retry does not pay again:
 *
 *     reserved, not verified -> release      verified -> pass      proof failed -> burn
 *
 * A failed proof, new or remembered, ends the message: what else it carries is not worth our work.
 */
#include "milter/check.h"

#include <string.h>

#include "pow/effort.h"
#include "pow/verify.h"

enum hold {
    HOLD_FOUND,    /* verified before, not reserved by us */
    HOLD_RESERVED, /* ours, not verified (yet) */
    HOLD_VERIFIED, /* ours and good */
};

struct claim {
    struct ledger_key key;
    const struct op_stamp *stamp;
    enum hold hold;
};

struct run { /* one message's way through the ledger and the gate */
    const struct msg *msg;
    const struct check_means *means;
    uint8_t print[FINGERPRINT_LEN];
    struct op_worker *worker; /* NULL: outside the gate */
    unsigned entries;
    struct claim claim[MSG_RECIPIENTS_MAX]; /* one for each recipient, in their order */
    size_t count;
};

_Static_assert(LEDGER_FINGERPRINT_LEN == FINGERPRINT_LEN, "the ledger keeps whole fingerprints");
_Static_assert(LEDGER_SPEND_MAX >= MSG_RECIPIENTS_MAX, "one spend for all recipients");

static void gate_exit(struct run *run)
{
    if (run->worker != NULL)
        gate_leave(run->means->gate, run->worker);
    run->worker = NULL;
}

static enum outcome gate_failure(enum gate_err err)
{
    switch (err) {
    case GATE_OK:
        return OUTCOME_PASS;
    case GATE_SATURATED:
    case GATE_CLOSED:
        return OUTCOME_SATURATED;
    case GATE_TOO_BIG:
    case GATE_NOMEM:
        return OUTCOME_INTERNAL;
    }
    return OUTCOME_INTERNAL;
}

/* Has a worker of the suite at hand. */
static enum outcome gate_pass(struct run *run, const struct op_suite *suite)
{
    const struct check_means *means = run->means;

    if (run->worker != NULL && op_worker_suite(run->worker) == suite) {
        means->tick(means->arg);
        return OUTCOME_PASS;
    }
    gate_exit(run);
    if (run->entries == CHECK_ENTRIES_MAX)
        return OUTCOME_SATURATED;
    run->entries++;
    return gate_failure(gate_enter(means->gate, suite, means->tick, means->arg, &run->worker));
}

/* The dear test of a stamp that we have reserved. */
static enum outcome verify(struct run *run, struct claim *claim, enum op_verdict *verdict_r)
{
    const struct check_means *means = run->means;
    enum outcome outcome = gate_pass(run, claim->stamp->suite);

    if (outcome != OUTCOME_PASS)
        return outcome;
    if (op_verify(claim->stamp, means->key, run->worker, verdict_r) != OP_OK)
        return OUTCOME_INTERNAL;
    if (*verdict_r == OP_VERDICT_PASS) {
        claim->hold = HOLD_VERIFIED;
        return OUTCOME_PASS;
    }
    if (ledger_burn(means->ledger, &claim->key, means->token, means->now) != LEDGER_OK)
        return OUTCOME_LEDGER;
    run->count--; /* it is not held any more */
    return OUTCOME_UNPAID;
}

/* Tries one stamp: PASS: held. UNPAID: *verdict_r says why. BUSY, or trouble of our own. */
static enum outcome claim_stamp(struct run *run, const struct op_stamp *stamp,
                                enum op_verdict *verdict_r)
{
    const struct check_means *means = run->means;
    struct claim *claim = &run->claim[run->count];
    enum ledger_state state;

    claim->stamp = stamp;
    claim->hold = HOLD_FOUND;
    claim->key.date = stamp->date;
    op_stamp_id(stamp, claim->key.id);
    if (ledger_reserve(means->ledger, &claim->key, run->print, means->token, means->now, &state) !=
        LEDGER_OK)
        return OUTCOME_LEDGER;
    switch (state) {
    case LEDGER_RESERVED_NEW:
        run->count++;
        claim->hold = HOLD_RESERVED;
        return verify(run, claim, verdict_r);
    case LEDGER_PASSED:
    case LEDGER_SPENT_SAME:
        run->count++;
        return OUTCOME_PASS;
    case LEDGER_BUSY:
        return OUTCOME_BUSY;
    case LEDGER_SPENT_OTHER:
        *verdict_r = OP_VERDICT_SPENT;
        return OUTCOME_UNPAID;
    case LEDGER_BURNT:
        *verdict_r = OP_VERDICT_PROOF;
        return OUTCOME_UNPAID;
    case LEDGER_OUTDATED:
        *verdict_r = OP_VERDICT_EXPIRED;
        return OUTCOME_UNPAID;
    }
    return OUTCOME_LEDGER;
}

/* Tries the stamps of one recipient until one can be used. Busy is told before spent: it may pass
 * later. */
static enum outcome claim_recipient(struct run *run, size_t recipient, enum op_verdict *verdict_r)
{
    const struct msg *msg = run->msg;
    unsigned tries = 0;
    enum op_verdict best = OP_VERDICT_MISSING;
    bool busy = false;

    for (size_t i = 0; i < msg->candidate_count && tries < CHECK_TRIES_MAX; i++) {
        enum op_verdict verdict = OP_VERDICT_MISSING;
        enum outcome outcome;
        if (msg->candidate[i].recipient != recipient)
            continue;
        tries++;
        outcome = claim_stamp(run, &msg->candidate[i].stamp, &verdict);
        if (verdict > best)
            best = verdict;
        if (outcome == OUTCOME_UNPAID && verdict != OP_VERDICT_PROOF)
            continue;
        if (outcome == OUTCOME_BUSY) {
            busy = true;
            continue;
        }
        *verdict_r = verdict;
        return outcome;
    }
    *verdict_r = best;
    return busy ? OUTCOME_BUSY : OUTCOME_UNPAID;
}

static enum outcome claim_all(struct run *run, struct check_result *result)
{
    for (size_t i = 0; i < run->msg->recipient_count; i++) {
        enum op_verdict verdict = OP_VERDICT_PASS;
        enum outcome outcome = claim_recipient(run, i, &verdict);
        if (outcome == OUTCOME_UNPAID)
            result->recipient[i] = (uint8_t)verdict;
        if (outcome != OUTCOME_PASS)
            return outcome;
    }
    return OUTCOME_PASS;
}

/* Why did the ledger not let us spend this one? Another message was faster, or our lease is over.
 */
static enum outcome culprit_outcome(struct run *run, size_t culprit, struct check_result *result)
{
    const struct check_means *means = run->means;
    const struct ledger_key *key = &run->claim[culprit].key;
    enum ledger_state state;

    if (ledger_reserve(means->ledger, key, run->print, means->token, means->now, &state) !=
        LEDGER_OK)
        return OUTCOME_LEDGER;
    if (state == LEDGER_SPENT_OTHER) {
        result->recipient[culprit] = OP_VERDICT_SPENT;
        return OUTCOME_UNPAID;
    }
    if (state == LEDGER_RESERVED_NEW && run->claim[culprit].hold == HOLD_FOUND)
        run->claim[culprit].hold =
            HOLD_RESERVED; /* forgotten meanwhile, and ours by this question */
    return OUTCOME_BUSY;
}

static enum outcome spend_all(struct run *run, struct check_result *result)
{
    const struct check_means *means = run->means;
    struct ledger_key keys[MSG_RECIPIENTS_MAX];
    bool spent;
    size_t culprit;

    for (size_t i = 0; i < run->count; i++)
        keys[i] = run->claim[i].key;
    if (ledger_spend(means->ledger, keys, run->count, run->print, means->token, means->now, &spent,
                     &culprit) != LEDGER_OK)
        return OUTCOME_LEDGER;
    return spent ? OUTCOME_PASS : culprit_outcome(run, culprit, result);
}

/* The message is not accepted: gives back what is held. What cannot be recorded as verified is
 * released, and verified once more at the retry: dearer for us, the same for the sender. Should
 * that fail too, the lease runs out. */
static void settle(struct run *run)
{
    const struct check_means *means = run->means;

    for (size_t i = 0; i < run->count; i++) {
        const struct claim *claim = &run->claim[i];
        if (claim->hold == HOLD_FOUND)
            continue;
        if (claim->hold == HOLD_VERIFIED &&
            ledger_pass(means->ledger, &claim->key, means->token, means->now) == LEDGER_OK)
            continue;
        (void)ledger_release(means->ledger, &claim->key, means->token);
    }
}

static enum outcome judge(const struct msg *msg, const struct check_means *means,
                          struct check_result *result)
{
    struct run run = {.msg = msg, .means = means};
    enum outcome outcome;

    fingerprint_final(&msg->print, run.print);
    outcome = claim_all(&run, result);
    gate_exit(&run);
    if (outcome == OUTCOME_PASS)
        outcome = spend_all(&run, result);
    if (outcome != OUTCOME_PASS) {
        settle(&run);
        return outcome;
    }
    for (size_t i = 0; i < run.count; i++) {
        const struct op_stamp *stamp = run.claim[i].stamp;
        uint64_t work = op_effort_to_work(stamp->suite, stamp->effort);
        if (result->suite == NULL || work < result->work) {
            result->suite = stamp->suite;
            result->work = work;
        }
    }
    return OUTCOME_PASS;
}

/* UNPAID if one of the recipients has no stamp that passed the cheap tests. */
static enum outcome cheap_outcome(const struct msg *msg, struct check_result *result)
{
    enum outcome outcome = OUTCOME_PASS;

    if (msg->trouble != OUTCOME_PASS)
        return msg->trouble;
    if (msg->recipient_count == 0)
        return OUTCOME_EXEMPT;
    for (size_t i = 0; i < msg->recipient_count; i++) {
        result->recipient[i] = (uint8_t)msg->recipient[i].best;
        if (result->recipient[i] != OP_VERDICT_PASS)
            outcome = OUTCOME_UNPAID;
    }
    return outcome;
}

void check_message(const struct msg *msg, const struct check_means *means,
                   struct check_result *result_r)
{
    memset(result_r, 0, sizeof *result_r);
    result_r->outcome = cheap_outcome(msg, result_r);
    if (result_r->outcome == OUTCOME_PASS)
        result_r->outcome = judge(msg, means, result_r);
    if (result_r->outcome != OUTCOME_UNPAID)
        return;
    for (size_t i = 0; i < msg->recipient_count; i++) {
        if (result_r->recipient[i] > result_r->verdict)
            result_r->verdict = (enum op_verdict)result_r->recipient[i];
    }
}
