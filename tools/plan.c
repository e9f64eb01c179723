/*
 * plan.c - decides what to mint before any of it is minted.
 *
 * Memory is compared with the limit at once. Time needs a measurement, which is made only where the
 * work could be too much even for a slow machine: small stamps are not kept waiting.
 */
#include "tools/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pow/effort.h"
#include "pow/mint.h"
#include "pow/offer.h"
#include "pow/units.h"
#include "pow/worker.h"
#include "tools/demand.h"
#include "tools/fail.h"
#include "tools/input.h"
#include "tools/machine.h"
#include "tools/rate.h"
#include "tools/span.h"

/* The slowest machine that is reckoned with: a tenth of a slow core of today. */
#define PLAN_SLOW_KIB_S   81920.0  /* Argon2 memory filled a second */
#define PLAN_SLOW_EVALS_S 100000.0 /* where a suite needs no memory */

bool plan_has_memory(const struct op_suite *suite, uint64_t max_mem)
{
    return op_worker_mem(suite) <= max_mem;
}

struct plan_limits plan_limits(const struct options *options)
{
    return (struct plan_limits){.suite = options->suite,
                                .threads = options->threads,
                                .max_mem = options->max_mem,
                                .max_time_s = options->max_time_s};
}

unsigned plan_threads(const struct plan_limits *limits, const struct op_suite *suite,
                      uint64_t *max_mem_r)
{
    struct machine machine;

    machine_read("", &machine);
    uint64_t mem = op_worker_mem(suite);
    uint64_t max_mem = limits->max_mem != 0 ? limits->max_mem : machine.memory / 2;
    uint64_t room = max_mem;
    if (limits->max_mem == 0 && machine.available < room)
        room = machine.available;
    unsigned wanted = limits->threads != 0 ? limits->threads : machine.threads;
    unsigned threads = wanted <= OP_MINT_THREADS_MAX ? wanted : OP_MINT_THREADS_MAX;
    if (mem > 0 && room / mem < threads)
        threads = room / mem > 0 ? (unsigned)(room / mem) : 1;
    if (threads < wanted && mem <= max_mem)
        fail_note("%u of %u threads: there is no memory for more", threads, wanted);
    *max_mem_r = max_mem;
    return threads;
}

static void xplan_check_options(const struct options *options)
{
    const char *hint = "give one of --work, --seconds, --offer";

    if ((options->work != 0) + (options->seconds > 0) + (options->offer != NULL) > 1)
        fail_exit(EX_USAGE, hint, "--work, --seconds and --offer exclude each other");
}

/* Measured when it is first asked for, once in a run for a suite and so many threads: who plans for
 * many recipients does not measure for each. */
static enum op_err plan_measure(struct plan *plan)
{
    static struct {
        unsigned threads;
        double rate;
    } known[OP_SUITES_MAX];
    size_t i = op_suite_index(plan->suite);
    enum op_err err = OP_OK;

    if (known[i].threads != plan->threads)
        err = rate_measure(plan->suite, plan->threads, plan->max_mem, RATE_CALIBRATE_S,
                           &known[i].rate);
    if (err != OP_OK)
        return err;
    known[i].threads = plan->threads;
    plan->rate = known[i].rate;
    return OP_OK;
}

static void xplan_measured(enum op_err err)
{
    if (err == OP_ERR_NOMEM)
        fail_exit(EX_TEMPFAIL, "use fewer --threads", "calibration: %s", op_err_str(err));
    if (err != OP_OK)
        fail_exit(EX_SOFTWARE, NULL, "calibration: %s", op_err_str(err));
}

static double plan_evals(const struct plan *plan)
{
    return op_effort_quantile(plan->suite->puzzles, plan->effort, 0.9);
}

static double plan_slow_s(const struct plan *plan)
{
    const struct op_suite *suite = plan->suite;
    double slow = suite->mem_kib > 0 ? PLAN_SLOW_KIB_S / suite->mem_kib : PLAN_SLOW_EVALS_S;

    return plan_evals(plan) / slow;
}

enum op_err plan_seconds(struct plan *plans, size_t count, double enough_s, double *seconds_r)
{
    double seconds = 0;

    for (size_t i = 0; i < count; i++)
        seconds += plan_slow_s(&plans[i]);
    if (seconds > enough_s) {
        seconds = 0;
        for (size_t i = 0; i < count; i++) {
            enum op_err err = plan_measure(&plans[i]);
            if (err != OP_OK)
                return err;
            seconds += plan_evals(&plans[i]) / plans[i].rate;
        }
    }
    *seconds_r = seconds;
    return OP_OK;
}

/* Does it fit into the limits? If not, why_r says in words what it would take; *err_r says whether
 * that could be found out. */
static bool plan_fits(struct plan *plan, char why_r[PLAN_TEXT_MAX], enum op_err *err_r)
{
    const struct op_suite *suite = plan->suite;
    double needed_s;

    *err_r = OP_OK;
    if (!plan_has_memory(suite, plan->max_mem)) {
        char needed[OP_UNITS_MAX], limit[OP_UNITS_MAX];
        op_size_format(op_worker_mem(suite), needed);
        op_size_format(plan->max_mem & ~(UINT64_C(0xfffff)), limit); /* whole MiB */
        snprintf(why_r, PLAN_TEXT_MAX, "it needs %s of memory and the limit is %s", needed, limit);
        return false;
    }
    *err_r = plan_seconds(plan, 1, plan->max_time_s, &needed_s);
    if (*err_r != OP_OK) {
        snprintf(why_r, PLAN_TEXT_MAX, "calibration: %s", op_err_str(*err_r));
        return false;
    }
    if (needed_s <= plan->max_time_s)
        return true;
    char needed[SPAN_MAX], limit[SPAN_MAX];
    span_format(needed_s, needed);
    span_format(plan->max_time_s, limit);
    snprintf(why_r, PLAN_TEXT_MAX, "it may take %s with %u thread%s and the limit is %s", needed,
             plan->threads, plan->threads == 1 ? "" : "s", limit);
    return false;
}

static _Noreturn void xplan_refuse(const struct plan *plan, const char *why)
{
    fail_exit(EX_UNAVAILABLE, "--max-time and --max-mem raise the limits",
              "%s with effort %llu (work %llu): %s", plan->suite->name,
              (unsigned long long)plan->effort,
              (unsigned long long)op_effort_to_work(plan->suite, plan->effort), why);
}

static void xplan_from_work(const struct options *options, struct plan *plan)
{
    const struct plan_limits limits = plan_limits(options);
    const struct op_suite *suite = options->suite != NULL ? options->suite : op_suite_default();
    char why[PLAN_TEXT_MAX];
    enum op_err err;

    plan->suite = suite;
    plan->threads = plan_threads(&limits, suite, &plan->max_mem);
    plan->effort = suite->effort_default;
    if (options->work != 0)
        plan->effort = op_effort_from_work(suite, options->work);
    if (options->seconds > 0 && plan_has_memory(suite, plan->max_mem)) {
        xplan_measured(plan_measure(plan));
        double work = plan->rate * options->seconds;
        plan->effort = op_effort_from_work(suite, work < 9e18 ? (uint64_t)work : UINT64_MAX / 2);
    }
    if (plan->effort > suite->effort_max)
        fail_exit(EX_USAGE, NULL, "%s: no stamp can carry that much work; the most is %llu",
                  suite->name, (unsigned long long)op_effort_to_work(suite, suite->effort_max));
    bool fits = plan_fits(plan, why, &err);
    xplan_measured(err);
    if (!fits)
        xplan_refuse(plan, why);
}

/* Of several demands the first is met: whoever has more gives them one by one. */
static void xplan_read_offers(const char *text, struct op_offers *offers_r)
{
    struct demand_list list = {0};
    char *file = NULL;
    size_t len = strlen(text);

    if (*text == '@')
        text = file = xinput_text(text + 1, DEMAND_INPUT_MAX, &len);
    demand_find(&list, text, len);
    free(file);
    if (list.count == 0)
        fail_exit(EX_DATAERR, "an offer looks like onionpow:1:argon2id-16m/512",
                  "--offer: there is no offer in the text");
    if (list.count > 1)
        fail_note("--offer: the first of %zu demands; \"onionpow demand\" shows them all",
                  list.count);
    *offers_r = list.demands[0].offers;
    demand_clear(&list);
}

static void plan_take_offer(const struct plan_limits *limits, const struct op_offer *offer,
                            struct plan *plan)
{
    *plan = (struct plan){.suite = offer->suite,
                          .effort = offer->effort,
                          .quote_len = offer->quote_len,
                          .max_time_s = limits->max_time_s};
    memcpy(plan->quote, offer->quote, sizeof plan->quote);
    plan->threads = plan_threads(limits, offer->suite, &plan->max_mem);
}

enum plan_choice plan_choose(const struct plan_limits *limits, const struct op_offers *offers,
                             struct plan *plan_r, char why_r[PLAN_TEXT_MAX], enum op_err *err_r)
{
    struct plan first = {0};
    char why[PLAN_TEXT_MAX];

    *err_r = OP_OK;
    for (size_t i = 0; i < offers->count && *err_r == OP_OK; i++) {
        const struct op_suite *suite = offers->offer[i].suite;
        if ((limits->suite != NULL && suite != limits->suite) ||
            (limits->refuse != NULL && limits->refuse[op_suite_index(suite)]))
            continue;
        plan_take_offer(limits, &offers->offer[i], plan_r);
        if (plan_fits(plan_r, why, err_r))
            return PLAN_CHOSEN;
        if (first.suite == NULL || *err_r != OP_OK) {
            first = *plan_r;
            memcpy(why_r, why, sizeof why);
        }
    }
    *plan_r = first;
    return first.suite != NULL ? PLAN_BEYOND : PLAN_UNKNOWN;
}

static void xplan_from_offer(const struct options *options, struct plan *plan)
{
    const struct plan_limits limits = plan_limits(options);
    struct op_offers offers;
    char why[PLAN_TEXT_MAX];
    enum op_err err;

    xplan_read_offers(options->offer, &offers);
    enum plan_choice choice = plan_choose(&limits, &offers, plan, why, &err);
    xplan_measured(err);
    switch (choice) {
    case PLAN_CHOSEN:
        return;
    case PLAN_BEYOND:
        xplan_refuse(plan, why);
    case PLAN_UNKNOWN:
        break;
    }
    if (options->suite != NULL)
        fail_exit(EX_UNAVAILABLE, "leave --suite out to take what is offered",
                  "the server does not offer %s", options->suite->name);
    fail_exit(EX_UNAVAILABLE, "a newer onionpow may know them; \"onionpow suites\" lists these",
              "the server asks for suites or efforts that are unknown here");
}

void xplan_make(const struct options *options, size_t recipients, struct plan *plan_r)
{
    *plan_r = (struct plan){.max_time_s = options->max_time_s};
    xplan_check_options(options);
    if (options->offer != NULL)
        xplan_from_offer(options, plan_r);
    else
        xplan_from_work(options, plan_r);
    if (plan_r->quote_len > 0 && recipients > 1) {
        /* A quote holds for the one recipient that it was given for, and does not say for whom. */
        fail_note("the offer's quote is for one recipient of several: left out");
        plan_r->quote_len = 0;
    }
}
