/*
 * courier_mint.c - the work of a trip. Limits are checked in the slot and not before: where a
 * demand is large that means to measure this machine, which is work itself.
 *
 * Anybody can have a server that refuses each stamp and asks for another, and anybody can have us
 * send him bounces. So each destination has a credit, of its own for bounces: what strangers send
 * in its name does not use up what it has for our mail.
 */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "pow/effort.h"
#include "tools/courier_trip.h"
#include "tools/credit.h"
#include "tools/fail.h"
#include "tools/minting.h"
#include "tools/slots.h"
#include "tools/span.h"
#include "tools/stopwatch.h"

#define COURIER_CREDIT 2 /* times the longest mint, for who takes no stamp */

static uint32_t courier_limit_s(const struct courier_trip *trip)
{
    const struct sender *conf = trip->courier->conf;

    if (courier_is_bounce(trip) && conf->bounce_time_s < conf->max_time_s)
        return conf->bounce_time_s;
    return conf->max_time_s;
}

/* A slot, held or waited for. Nobody is kept on the line by a wait, and nobody waits to mint what
 * nobody has asked for. */
static enum slots_result courier_take_slot(struct courier_trip *trip, struct slot *slot_r)
{
    const struct courier *courier = trip->courier;
    const struct slots_wish wish = {.directory = courier->state,
                                    .whose = trip->account,
                                    .count = courier->conf->minters,
                                    .low = courier_is_bounce(trip)};
    enum slots_result result = slots_take(&wish, 0, slot_r);

    if (result != SLOTS_BUSY || trip->unasked)
        return result;
    courier_disconnect(trip);
    return slots_take(&wish, courier_limit_s(trip), slot_r);
}

static bool courier_plan(struct courier_trip *trip, const struct op_offers *offers,
                         struct plan *plan_r)
{
    struct plan_limits limits = trip->courier->limits;
    char why[PLAN_TEXT_MAX];
    enum op_err err;

    limits.max_time_s = courier_limit_s(trip);
    switch (plan_choose(&limits, offers, plan_r, why, &err)) {
    case PLAN_CHOSEN:
        return true;
    case PLAN_BEYOND:
        if (err != OP_OK)
            return courier_end(trip, EX_TEMPFAIL, "4.3.0", "%s", why);
        return courier_end(trip, EX_UNAVAILABLE, "5.7.1",
                           "the demand is beyond this sender's limits: %s with effort %llu: %s. "
                           "%s said: %s",
                           plan_r->suite->name, (unsigned long long)plan_r->effort, why,
                           trip->destination, trip->outcome.text);
    case PLAN_UNKNOWN:
        break;
    }
    return courier_end(trip, EX_UNAVAILABLE, "5.7.1",
                       "the server asks for suites or efforts that are unknown or refused here. "
                       "%s said: %s",
                       trip->destination, trip->outcome.text);
}

static bool courier_minted(struct courier_trip *trip, const struct plan *plan, enum op_err err)
{
    char limit[SPAN_MAX];

    if (err == OP_OK)
        return true;
    if (err != OP_ERR_TIMEOUT)
        return courier_end(trip, EX_TEMPFAIL, "4.3.0", "minting: %s", op_err_str(err));
    span_format(plan->max_time_s, limit);
    return courier_end(trip, EX_TEMPFAIL, "4.3.0", "the stamp was not minted within %s", limit);
}

bool courier_doubts(const struct courier_trip *trip)
{
    return purse_doubted(trip->courier->purse, trip->destination, time(NULL));
}

bool courier_is_bounce(const struct courier_trip *trip)
{
    return trip->job->from[0] == '\0';
}

/* What cannot be counted is minted all the same: a full disk stops no mail. */
static void courier_charge(const struct courier_trip *trip, double seconds)
{
    if (!credit_add(trip->courier->state, trip->account, time(NULL), seconds))
        fail_note("the time spent on a stamp cannot be noted: %s", strerror(errno));
}

void courier_credit(const struct courier_trip *trip)
{
    if (!credit_clear(trip->courier->state, trip->account))
        fail_note("that a stamp was taken cannot be noted: %s", strerror(errno));
}

/* Only the first such stamp until the doubt is over: it must not pay to refuse many. */
void courier_forgive(const struct courier_trip *trip)
{
    if (!trip->unasked || trip->charged_s == 0 || courier_doubts(trip))
        return;
    courier_charge(trip, -trip->charged_s);
    if (!purse_doubt(trip->courier->purse, trip->destination))
        fail_note("that a stamp was in vain cannot be noted: %s", strerror(errno));
}

static bool courier_end_credit(struct courier_trip *trip, const struct credit *credit,
                               double wait_s)
{
    char spent[SPAN_MAX], wait[SPAN_MAX];

    span_format(credit->spent_s, spent);
    span_format(wait_s, wait);
    return courier_end(trip, EX_TEMPFAIL, "4.7.1",
                       "%s has had %s of minting and has taken no stamp since; there will be "
                       "enough for this one in %s. %s said: %s",
                       trip->route->host, spent, wait, trip->destination, trip->outcome.text);
}

/* Is enough left for it? And no more than that will be spent, whatever it takes. */
static bool courier_afford(struct courier_trip *trip, struct plan *plan)
{
    int64_t now = time(NULL);
    struct credit credit;
    double needed_s;

    credit_read(trip->courier->state, trip->account, now, &credit);
    double limit_s = COURIER_CREDIT * (double)courier_limit_s(trip);
    double left_s = limit_s - credit.spent_s;
    enum op_err err = plan_seconds(plan, 1, left_s, &needed_s);
    if (err != OP_OK)
        return courier_end(trip, EX_TEMPFAIL, "4.3.0", "calibration: %s", op_err_str(err));
    if (left_s < needed_s)
        return courier_end_credit(trip, &credit, credit_wait_s(&credit, now, limit_s - needed_s));
    plan->max_time_s = fmin(plan->max_time_s, left_s);
    return true;
}

/* What a laptop takes is charged before: who ends this process in the midst of it has had that. */
static enum op_err courier_work(struct courier_trip *trip, const struct plan *plan,
                                struct op_mint_result *result_r)
{
    double charged_s = op_effort_to_seconds(plan->suite, plan->effort);
    double begin = stopwatch_read(CLOCK_MONOTONIC);
    struct minting minting;

    courier_charge(trip, charged_s);
    minting_init(&minting, plan, trip->courier->options, 1);
    enum op_err err = minting_next(&minting, &trip->job->address->recipient, result_r);
    trip->charged_s = stopwatch_read(CLOCK_MONOTONIC) - begin;
    courier_charge(trip, trip->charged_s - charged_s);
    return err;
}

static bool courier_mint_planned(struct courier_trip *trip, const struct plan *plan)
{
    const struct op_recipient *rcpt = &trip->job->address->recipient;
    struct op_mint_result result;
    bool kept;

    if (op_effort_to_seconds(plan->suite, plan->effort) > COURIER_SHORT_S)
        courier_disconnect(trip);
    if (!courier_minted(trip, plan, courier_work(trip, plan, &result)))
        return false;
    trip->report->minted++;
    trip->idle = trip->smtp != NULL;
    trip->held = purse_keep(trip->courier->purse, rcpt, trip->job->letter->identity, &result.stamp,
                            time(NULL), &kept);
    if (!kept) {
        trip->unkept = errno;
        fail_note("the stamp cannot be kept for another try: %s", strerror(trip->unkept));
    }
    return true;
}

/* Others may have spent the credit during the wait. */
static bool courier_mint_in_turn(struct courier_trip *trip, const struct op_offers *offers)
{
    struct plan plan;

    if (!courier_plan(trip, offers, &plan))
        return false;
    if (!courier_afford(trip, &plan))
        return trip->unasked; /* to ask costs nothing */
    return courier_mint_planned(trip, &plan);
}

bool courier_mint(struct courier_trip *trip, const struct op_offers *offers)
{
    struct slot slot;
    bool on = false;

    if (courier_limit_s(trip) == 0)
        return courier_end(trip, EX_UNAVAILABLE, "5.7.1",
                           "no stamp is minted for a bounce here. %s said: %s", trip->destination,
                           trip->outcome.text);
    switch (courier_take_slot(trip, &slot)) {
    case SLOTS_TAKEN:
        on = courier_mint_in_turn(trip, offers);
        slots_give(slot);
        return on;
    case SLOTS_BUSY:
        return trip->unasked || courier_end(trip, EX_TEMPFAIL, "4.3.2",
                                            "other stamps are being minted; no turn in time");
    case SLOTS_FAILED:
        break;
    }
    return courier_end(trip, EX_TEMPFAIL, "4.3.0", "%s/slots: %s", trip->courier->state,
                       strerror(errno));
}
