/* tally.c - see tally.h. */
#include "milter/tally.h"

/* A message that has nothing to pay with is refused in any case, and must not drive others out of
 * the table of circuits by a claim. */
static bool can_pass(const struct msg *msg)
{
    return msg->recipient_count == 0 || msg->candidate_count > 0 || msg->token_count > 0;
}

bool tally_begin(struct tally *tally)
{
    if (tally->bounces == 0 || !can_pass(tally->msg))
        return true;
    if (!circuits_claim_bounces(tally->circuits, tally->conf, tally->client, tally->now,
                                tally->bounces, tally->cap))
        return false;
    tally->claimed = tally->bounces;
    return true;
}

static void note(const struct tally *tally, enum circuit_event event)
{
    circuits_note(tally->circuits, tally->conf, tally->client, tally->now, event);
}

static void note_accepted(const struct tally *tally, const struct check_result *check)
{
    unsigned messages = tally->bounces;

    if (tally->claimed > 0)
        circuits_accept_bounces(tally->circuits, tally->conf, tally->client, tally->now,
                                tally->claimed);
    if (messages == 0 && check->paid > 0)
        messages = 1;
    while (messages-- > 0)
        note(tally, CIRCUIT_ACCEPTED);
}

static void note_refused(const struct tally *tally, const struct check_result *check)
{
    if (tally->claimed > 0)
        circuits_return_bounces(tally->circuits, tally->client, tally->claimed);
    if (check->burnt) /* now: to show the same stamp again costs nobody anything */
        note(tally, CIRCUIT_FAILED);
}

/* What a stamp tells of the load: less than one that paid what is listed, if it was quoted less. */
static double weight(const struct tally *tally, const struct check_result *check)
{
    double listed = tally->list->work[op_suite_index(check->suite)];

    return listed > (double)check->work ? (double)check->work / listed : 1.0;
}

void tally_end(const struct tally *tally, const struct check_result *check)
{
    if (check->outcome == OUTCOME_PASS || check->outcome == OUTCOME_EXEMPT)
        note_accepted(tally, check);
    else
        note_refused(tally, check);
    for (unsigned i = 0; i < check->paid; i++)
        market_arrival(tally->market, weight(tally, check));
}
