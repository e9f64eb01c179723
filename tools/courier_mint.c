/*
 * courier_mint.c - the work of a trip. Limits are checked in the slot and not before: where a
 * demand is large that means to measure this machine, which is work itself.
 */
#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "pow/effort.h"
#include "tools/courier_trip.h"
#include "tools/fail.h"
#include "tools/minting.h"
#include "tools/slots.h"
#include "tools/span.h"

/* A slot, held or waited for. Nobody is kept on the line by a wait. */
static bool courier_take_slot(struct courier_trip *trip, int *slot_r)
{
    const struct courier *courier = trip->courier;
    const struct sender *conf = courier->conf;
    enum slots_result result = slots_take(courier->state, conf->minters, 0, slot_r);

    if (result == SLOTS_BUSY) {
        courier_disconnect(trip);
        result = slots_take(courier->state, conf->minters, conf->max_time_s, slot_r);
    }
    if (result == SLOTS_BUSY)
        courier_end(trip, EX_TEMPFAIL, "4.3.2", "other stamps are being minted; no turn in time");
    else if (result == SLOTS_FAILED)
        courier_end(trip, EX_TEMPFAIL, "4.3.0", "%s/slots: %s", courier->state, strerror(errno));
    return result == SLOTS_TAKEN;
}

static bool courier_plan(struct courier_trip *trip, const struct op_offers *offers,
                         struct plan *plan_r)
{
    const struct courier *courier = trip->courier;
    char why[PLAN_TEXT_MAX];
    enum op_err err;

    switch (plan_choose(&courier->limits, offers, courier->conf->refuse, plan_r, why, &err)) {
    case PLAN_CHOSEN:
        return true;
    case PLAN_BEYOND:
        if (err != OP_OK)
            courier_end(trip, EX_TEMPFAIL, "4.3.0", "%s", why);
        else
            courier_end(trip, EX_UNAVAILABLE, "5.7.1",
                        "the demand is beyond this sender's limits: %s with effort %llu: %s. "
                        "%s said: %s",
                        plan_r->suite->name, (unsigned long long)plan_r->effort, why,
                        trip->destination, trip->outcome.text);
        return false;
    case PLAN_UNKNOWN:
        break;
    }
    courier_end(trip, EX_UNAVAILABLE, "5.7.1",
                "the server asks for suites or efforts that are unknown or refused here. "
                "%s said: %s",
                trip->destination, trip->outcome.text);
    return false;
}

static bool courier_minted(struct courier_trip *trip, enum op_err err)
{
    char limit[SPAN_MAX];

    if (err == OP_OK)
        return true;
    if (err == OP_ERR_TIMEOUT) {
        span_format(trip->courier->conf->max_time_s, limit);
        courier_end(trip, EX_TEMPFAIL, "4.3.0", "the stamp was not minted within %s", limit);
    } else {
        courier_end(trip, EX_TEMPFAIL, "4.3.0", "minting: %s", op_err_str(err));
    }
    return false;
}

static bool courier_mint_planned(struct courier_trip *trip, const struct plan *plan)
{
    const struct courier *courier = trip->courier;
    const struct op_recipient *rcpt = &trip->job->address->recipient;
    struct op_mint_result result;
    struct minting minting;
    bool kept;

    if (op_effort_to_seconds(plan->suite, plan->effort) > COURIER_SHORT_S)
        courier_disconnect(trip);
    minting_init(&minting, plan, &courier->limits, 1);
    if (!courier_minted(trip, minting_next(&minting, rcpt, &result)))
        return false;
    trip->report->minted++;
    trip->idle = trip->smtp != NULL;
    trip->held = purse_keep(courier->purse, rcpt, trip->job->letter->identity, &result.stamp,
                            time(NULL), &kept);
    if (!kept)
        fail_note("the stamp cannot be kept for another try: %s", strerror(errno));
    return true;
}

bool courier_mint(struct courier_trip *trip, const struct op_offers *offers)
{
    struct plan plan;
    int slot;

    if (!courier_take_slot(trip, &slot))
        return false;
    bool minted = courier_plan(trip, offers, &plan) && courier_mint_planned(trip, &plan);
    slots_give(slot);
    return minted;
}
