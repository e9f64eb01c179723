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
 *
 * A stamp of too little work is good for one thing: the message that it has paid for already,
 * coming again after the price has risen.
 *
 * A recipient without a stamp may be paid for by a reply token. Each use of one is an entry of the
 * ledger like a stamp's, with nothing to verify.
 */
#include "milter/check.h"

#include <string.h>

#include "pow/effort.h"
#include "pow/verify.h"

enum hold {
    HOLD_FOUND,    /* verified before, not reserved by us */
    HOLD_AGAIN,    /* has paid for this very message before */
    HOLD_RESERVED, /* ours, not verified (yet) */
    HOLD_VERIFIED, /* ours and good */
};

struct claim {
    struct ledger_key key;
    const struct op_stamp *stamp; /* NULL: a use of a reply token */
    size_t recipient;             /* index in the message */
    enum hold hold;
};

struct run { /* one message's way through the ledger and the gate */
    const struct msg *msg;
    const struct check_means *means;
    uint8_t print[FINGERPRINT_LEN];
    struct op_worker *worker; /* NULL: outside the gate */
    unsigned entries;
    size_t recipient;                       /* whose payment is being looked for */
    struct claim claim[MSG_RECIPIENTS_MAX]; /* one for each recipient that is paid for */
    size_t count;
    bool burnt; /* a proof has failed */
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
    case GATE_GONE:
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
        (void)means->tick(means->arg); /* one stamp more: it is short */
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
    double start = means->clock();
    if (op_verify(claim->stamp, means->key, run->worker, verdict_r) != OP_OK)
        return OUTCOME_INTERNAL;
    metrics_verification(means->metrics, claim->stamp->suite, means->clock() - start);
    if (*verdict_r == OP_VERDICT_PASS) {
        claim->hold = HOLD_VERIFIED;
        return OUTCOME_PASS;
    }
    if (ledger_burn(means->ledger, &claim->key, means->token, means->now) != LEDGER_OK)
        return OUTCOME_LEDGER;
    run->count--; /* it is not held any more */
    run->burnt = true;
    return OUTCOME_UNPAID;
}

/* Reserves what `key` stands for as the next claim. PASS: held, and if it is HOLD_RESERVED nobody
 * has verified it yet. UNPAID: *verdict_r says why. BUSY, or trouble of our own. */
static enum outcome reserve(struct run *run, const struct ledger_key *key,
                            const struct op_stamp *stamp, enum op_verdict *verdict_r)
{
    const struct check_means *means = run->means;
    struct claim *claim = &run->claim[run->count];
    enum ledger_state state;

    *claim = (struct claim){
        .key = *key, .stamp = stamp, .recipient = run->recipient, .hold = HOLD_FOUND};
    if (ledger_reserve(means->ledger, key, run->print, means->token, means->now, &state) !=
        LEDGER_OK)
        return OUTCOME_LEDGER;
    switch (state) {
    case LEDGER_RESERVED_NEW:
        claim->hold = HOLD_RESERVED;
        run->count++;
        return OUTCOME_PASS;
    case LEDGER_SPENT_SAME:
        claim->hold = HOLD_AGAIN;
        run->count++;
        return OUTCOME_PASS;
    case LEDGER_PASSED:
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

/* Tries one stamp. */
static enum outcome claim_stamp(struct run *run, const struct op_stamp *stamp,
                                enum op_verdict *verdict_r)
{
    struct ledger_key key = {.date = stamp->date};
    enum outcome outcome;

    op_stamp_id(stamp, key.id);
    outcome = reserve(run, &key, stamp, verdict_r);
    if (outcome != OUTCOME_PASS || run->claim[run->count - 1].hold != HOLD_RESERVED)
        return outcome;
    return verify(run, &run->claim[run->count - 1], verdict_r);
}

static bool holds(const struct run *run, const struct ledger_key *key)
{
    for (size_t i = 0; i < run->count; i++) {
        if (run->claim[i].key.date == key->date &&
            memcmp(run->claim[i].key.id, key->id, sizeof key->id) == 0)
            return true;
    }
    return false;
}

/* Finds a use that is left of the message's reply tokens; each recipient takes one of its own. */
static enum outcome claim_reply(struct run *run)
{
    const struct msg *msg = run->msg;
    enum op_verdict verdict;
    bool busy = false;

    for (size_t i = 0; i < msg->token_count; i++) {
        for (unsigned use = 0; use < msg->terms.uses; use++) {
            struct ledger_key key;
            enum outcome outcome;
            token_use_key(&msg->token[i], use, &key);
            if (holds(run, &key))
                continue;
            outcome = reserve(run, &key, NULL, &verdict);
            if (outcome == OUTCOME_PASS && run->claim[run->count - 1].hold == HOLD_RESERVED)
                run->claim[run->count - 1].hold = HOLD_VERIFIED;
            if (outcome != OUTCOME_UNPAID && outcome != OUTCOME_BUSY)
                return outcome;
            busy = busy || outcome == OUTCOME_BUSY;
        }
    }
    return busy ? OUTCOME_BUSY : OUTCOME_UNPAID;
}

/* Tries the stamps of one recipient until one can be used. Busy is told before spent: it may pass
 * later. */
static enum outcome claim_stamps(struct run *run, size_t recipient, enum op_verdict *verdict_r)
{
    const struct msg *msg = run->msg;
    unsigned tries = 0;
    enum op_verdict best = OP_VERDICT_MISSING;
    bool busy = false;

    for (size_t i = 0; i < msg->candidate_count && tries < CHECK_TRIES_MAX; i++) {
        enum op_verdict verdict = OP_VERDICT_MISSING;
        enum outcome outcome;
        if (msg->candidate[i].recipient != recipient || msg->candidate[i].weak)
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

/* Has one of the weak stamps paid for this very message before? */
static enum outcome claim_again(struct run *run, size_t recipient)
{
    const struct msg *msg = run->msg;
    const struct check_means *means = run->means;
    enum op_verdict verdict;
    unsigned tries = 0;

    for (size_t i = 0; i < msg->candidate_count && tries < CHECK_TRIES_MAX; i++) {
        const struct op_stamp *stamp = &msg->candidate[i].stamp;
        struct ledger_key key = {.date = stamp->date};
        enum outcome outcome;
        if (msg->candidate[i].recipient != recipient || !msg->candidate[i].weak)
            continue;
        tries++;
        op_stamp_id(stamp, key.id);
        outcome = reserve(run, &key, stamp, &verdict);
        if (outcome == OUTCOME_LEDGER)
            return outcome;
        if (outcome != OUTCOME_PASS)
            continue;
        if (run->claim[run->count - 1].hold == HOLD_AGAIN)
            return OUTCOME_PASS;
        run->count--; /* not held: somebody's, or nobody's */
        if (run->claim[run->count].hold == HOLD_RESERVED)
            (void)ledger_release(means->ledger, &key, means->token);
    }
    return OUTCOME_UNPAID;
}

/* Whoever has no stamp that would do: by what costs us nothing but a look into the ledger. */
static enum outcome claim_cheaply(struct run *run, size_t recipient)
{
    enum outcome outcome = claim_again(run, recipient);

    if (outcome != OUTCOME_UNPAID || run->msg->recipient[recipient].elsewhere)
        return outcome;
    return claim_reply(run);
}

/* By a stamp; if that has been used up, by other means. A failed proof is not mended by these. */
static enum outcome claim_recipient(struct run *run, size_t recipient, enum op_verdict *verdict_r)
{
    enum outcome outcome = claim_stamps(run, recipient, verdict_r);

    if (outcome != OUTCOME_UNPAID || *verdict_r == OP_VERDICT_PROOF)
        return outcome;
    return claim_cheaply(run, recipient);
}

/* Those who have no stamp come first: if they cannot be served, nothing has to be verified. */
static enum outcome claim_all(struct run *run, struct check_result *result)
{
    const struct msg *msg = run->msg;
    enum outcome outcome = OUTCOME_PASS;

    for (size_t i = 0; i < msg->recipient_count && outcome == OUTCOME_PASS; i++) {
        if (msg->recipient[i].best == OP_VERDICT_PASS)
            continue;
        run->recipient = i;
        outcome = claim_cheaply(run, i);
        if (outcome != OUTCOME_UNPAID)
            result->recipient[i] = OP_VERDICT_PASS;
    }
    for (size_t i = 0; i < msg->recipient_count && outcome == OUTCOME_PASS; i++) {
        enum op_verdict verdict = OP_VERDICT_PASS;
        if (msg->recipient[i].best != OP_VERDICT_PASS)
            continue;
        run->recipient = i;
        outcome = claim_recipient(run, i, &verdict);
        if (outcome == OUTCOME_UNPAID)
            result->recipient[i] = (uint8_t)verdict;
    }
    return outcome;
}

/* Why did the ledger not let us spend this one? Another message was faster, or our lease is over.
 * A reply token may have a use left, which the retry will find. */
static enum outcome culprit_outcome(struct run *run, size_t culprit, struct check_result *result)
{
    const struct check_means *means = run->means;
    const struct ledger_key *key = &run->claim[culprit].key;
    enum ledger_state state;

    if (ledger_reserve(means->ledger, key, run->print, means->token, means->now, &state) !=
        LEDGER_OK)
        return OUTCOME_LEDGER;
    if (state == LEDGER_SPENT_OTHER && run->claim[culprit].stamp != NULL) {
        result->recipient[run->claim[culprit].recipient] = OP_VERDICT_SPENT;
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
        if (claim->hold == HOLD_FOUND || claim->hold == HOLD_AGAIN)
            continue;
        if (claim->hold == HOLD_VERIFIED &&
            ledger_pass(means->ledger, &claim->key, means->token, means->now) == LEDGER_OK)
            continue;
        (void)ledger_release(means->ledger, &claim->key, means->token);
    }
}

static void add_up(const struct claim *claim, struct check_result *result)
{
    const struct op_stamp *stamp = claim->stamp;
    uint64_t work;

    if (stamp == NULL) {
        result->replies++;
        return;
    }
    result->paid += claim->hold != HOLD_AGAIN;
    work = op_effort_to_work(stamp->suite, stamp->effort);
    if (result->suite == NULL || work < result->work) {
        result->suite = stamp->suite;
        result->work = work;
    }
}

static enum outcome judge(const struct msg *msg, const struct check_means *means,
                          struct check_result *result)
{
    struct run run = {.msg = msg, .means = means};
    enum outcome outcome;

    fingerprint_final(&msg->print, run.print);
    outcome = claim_all(&run, result);
    result->burnt = run.burnt;
    gate_exit(&run);
    if (outcome == OUTCOME_PASS)
        outcome = spend_all(&run, result);
    if (outcome != OUTCOME_PASS) {
        settle(&run);
        return outcome;
    }
    for (size_t i = 0; i < run.count; i++)
        add_up(&run.claim[i], result);
    return OUTCOME_PASS;
}

/* UNPAID if one of the recipients has no stamp that passed the cheap tests, and there is nothing
 * else to try. */
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
    return msg->token_count > 0 || msg->weak ? OUTCOME_PASS : outcome;
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
