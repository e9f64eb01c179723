/*
 * proposal.c - see proposal.h. The checks that are free come first; what measures this machine is
 * work, and comes when nothing else is left to ask.
 */
#include "tools/proposal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/courier.h"
#include "tools/fail.h"
#include "tools/input.h"
#include "tools/recipients.h"
#include "tools/span.h"

#define PROPOSAL_RAISE "--max-time and --max-mem raise the limits; --rcpt picks others"

/* The bounce's, or that of --message, which must be the same mail as far as the bounce can tell. */
static void xproposal_original(struct proposal *proposal)
{
    const struct dsn *dsn = &proposal->bounce.dsn;
    const char *name = proposal->options->message;
    struct original returned = {.len = 0};
    size_t len;

    bool any = dsn->message != NULL && original_read(dsn->message, dsn->message_len, &returned);
    if (name != NULL) {
        char *text = xinput_text(name, DEMAND_INPUT_MAX, &len);
        if (!original_read(text, len, &proposal->original))
            fail_exit(EX_DATAERR, NULL, "%s: this is no message", name);
        free(text);
        if (!any || returned.id[0] == '\0' || strcmp(returned.id, proposal->original.id) != 0)
            fail_exit(EX_DATAERR, NULL, "%s: the bounce is about another message: %s, not %s", name,
                      any && returned.id[0] != '\0' ? returned.id : "one without a Message-ID",
                      proposal->original.id[0] != '\0' ? proposal->original.id : "one without");
        original_clear(&returned);
        return;
    }
    if (!any || dsn->original != DSN_ORIGINAL_WHOLE)
        fail_exit(EX_DATAERR, "--message names a file with the message, as you have sent it",
                  any ? "the bounce does not return the whole message"
                      : "the bounce does not return the message");
    proposal->original = returned;
}

static bool proposal_is_asked(const struct proposal *proposal, const struct op_recipient *rcpt)
{
    return proposal->asked.count == 0 || rcptlist_has(&proposal->asked, rcpt);
}

/* Notes why the others do not get it. */
static void xproposal_choose(struct proposal *proposal)
{
    const struct bounce *bounce = &proposal->bounce;

    proposal->items = xmalloc(bounce->count * sizeof *proposal->items);
    for (size_t i = 0; i < bounce->count; i++) {
        const struct bounce_item *item = &bounce->items[i];
        const struct op_recipient *rcpt = &item->about->recipient;
        if (!proposal_is_asked(proposal, rcpt))
            continue;
        if (item->fate == BOUNCE_UNPAID)
            proposal->items[proposal->count++] = item;
        else
            fail_note("%s %s: left out", item->about->spelled, bounce_fate_str(item->fate));
    }
    if (proposal->count == 0)
        fail_exit(FAIL_JUDGED, NULL, "the bounce tells of no recipient that asks for a stamp");
}

static void xproposal_check_offers(const struct proposal *proposal)
{
    for (size_t i = 0; i < proposal->count; i++) {
        if (proposal->items[i]->demand.offers.count == 0)
            fail_exit(EX_UNAVAILABLE, "--rcpt picks others",
                      "%s: the server asks for suites or efforts that are unknown here",
                      proposal->items[i]->about->spelled);
    }
}

void xproposal_read(struct proposal *proposal_r, const struct options *options)
{
    size_t len;
    char *text =
        xinput_text(options->arg_count == 1 ? options->args[0] : NULL, DEMAND_INPUT_MAX, &len);

    *proposal_r = (struct proposal){.options = options};
    if (!bounce_read(text, len, &proposal_r->bounce))
        fail_exit(EX_DATAERR,
                  "\"onionpow demand\" finds demands in other texts, \"onionpow stamp\" "
                  "puts stamps on a message",
                  "the input is no bounce: it has no delivery report");
    free(text);
    xrecipients_add(&proposal_r->asked, options->rcpts, options->rcpt_count);
    xproposal_original(proposal_r);
    xproposal_choose(proposal_r);
    xproposal_check_offers(proposal_r);
}

/* A forger may know a message, and want it for himself: who is not named in it must be named by the
 * user. */
static void xproposal_check_recipients(const struct proposal *proposal)
{
    for (size_t i = 0; i < proposal->count; i++) {
        const struct op_recipient *rcpt = &proposal->items[i]->about->recipient;
        if (!rcptlist_has(&proposal->original.addressees, rcpt) &&
            !rcptlist_has(&proposal->asked, rcpt))
            fail_exit(
                EX_DATAERR,
                "if you did write to this address (as Bcc, or by a list), name it with --rcpt",
                "%s: the message does not name this recipient; the bounce may be forged",
                proposal->items[i]->about->spelled);
    }
}

/* The envelope sender is whom the bounce went to; it should be who wrote the message. */
static void xproposal_check_sender(struct proposal *proposal)
{
    const struct dsn *dsn = &proposal->bounce.dsn;
    const char *given = proposal->options->sender, *why;

    if (given == NULL && !dsn->has_sender)
        fail_exit(EX_DATAERR, "name it with --sender",
                  "the bounce does not tell the sender of the message");
    if (given == NULL && !rcptlist_has(&proposal->original.authors, &dsn->sender))
        fail_exit(EX_DATAERR, "if the message is yours, name its envelope sender with --sender",
                  "the message is not from %s, whom the bounce went to; it may be forged",
                  dsn->sender_spelled);
    const char *sender = given != NULL ? given : dsn->sender_spelled;
    if (!courier_sender_valid(sender, &why))
        fail_exit(given != NULL ? EX_USAGE : EX_DATAERR, NULL, "--sender %s: %s", sender, why);
    snprintf(proposal->sender, sizeof proposal->sender, "%s", sender);
}

void xproposal_check(struct proposal *proposal)
{
    xproposal_check_recipients(proposal);
    xproposal_check_sender(proposal);
}

static void xproposal_choose_offer(const struct proposal *proposal, size_t i)
{
    const struct bounce_item *item = proposal->items[i];
    const char *rcpt = item->about->spelled;
    const struct plan_limits limits = plan_limits(proposal->options);
    struct plan *plan = &proposal->plans[i];
    char why[PLAN_TEXT_MAX];
    enum op_err err;

    enum plan_choice choice = plan_choose(&limits, &item->demand.offers, plan, why, &err);
    if (err != OP_OK)
        fail_exit(EX_TEMPFAIL, NULL, "%s: %s", rcpt, why);
    if (choice != PLAN_CHOSEN)
        fail_exit(EX_UNAVAILABLE, PROPOSAL_RAISE, "%s: %s with effort %llu: %s", rcpt,
                  plan->suite->name, (unsigned long long)plan->effort, why);
}

void xproposal_plan(struct proposal *proposal)
{
    double limit_s = proposal->options->max_time_s, seconds;
    char needed[SPAN_MAX], limit[SPAN_MAX];

    proposal->plans = xmalloc(proposal->count * sizeof *proposal->plans);
    for (size_t i = 0; i < proposal->count; i++)
        xproposal_choose_offer(proposal, i);
    enum op_err err = plan_seconds(proposal->plans, proposal->count, limit_s, &seconds);
    if (err != OP_OK)
        fail_exit(EX_TEMPFAIL, NULL, "calibration: %s", op_err_str(err));
    if (seconds <= limit_s)
        return;
    span_format(seconds, needed);
    span_format(limit_s, limit);
    fail_exit(EX_UNAVAILABLE, PROPOSAL_RAISE,
              "the stamps for %zu recipients may take %s and the limit is %s", proposal->count,
              needed, limit);
}

void proposal_clear(struct proposal *proposal)
{
    bounce_clear(&proposal->bounce);
    original_clear(&proposal->original);
    rcptlist_clear(&proposal->asked);
    free(proposal->items);
    free(proposal->plans);
}
