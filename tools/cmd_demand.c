/*
 * cmd_demand.c - onionpow demand: what servers ask for, out of whatever the answer has become.
 *
 * Prints and judges nothing: whether a demand is acceptable is for mint to say.
 */
#include <stdlib.h>
#include <string.h>

#include "pow/effort.h"
#include "pow/quote.h"
#include "tools/cmd.h"
#include "tools/demand.h"
#include "tools/fail.h"
#include "tools/input.h"
#include "tools/out.h"
#include "tools/plan.h"
#include "tools/rate.h"

struct cmd_demand_speed { /* of this machine; measured when it is first asked for */
    const struct options *options;
    double rate[OP_SUITES_MAX]; /* evaluations a second; 0: not measured; < 0: it cannot */
};

static double cmd_demand_measure(const struct options *options, const struct op_suite *suite)
{
    const struct plan_limits limits = plan_limits(options);
    uint64_t max_mem;
    unsigned threads = plan_threads(&limits, suite, &max_mem);
    double rate;

    if (!plan_has_memory(suite, max_mem) ||
        rate_measure(suite, threads, max_mem, RATE_CALIBRATE_S, &rate) != OP_OK)
        return -1;
    return rate;
}

/* Below 0: this machine cannot meet it at all. */
static double cmd_demand_seconds(struct cmd_demand_speed *speed, const struct op_offer *offer)
{
    double *rate = &speed->rate[op_suite_index(offer->suite)];

    if (*rate == 0)
        *rate = cmd_demand_measure(speed->options, offer->suite);
    return *rate > 0 ? (double)op_effort_to_work(offer->suite, offer->effort) / *rate : -1;
}

static void cmd_demand_token(const struct op_offer *offer, char token_r[OP_OFFER_TEXT_MAX])
{
    struct op_offers one = {.offer = {*offer}, .count = 1};

    op_offers_format(&one, token_r);
}

static void cmd_demand_print(struct cmd_demand_speed *speed, const struct demand *demand)
{
    for (size_t i = 0; i < demand->offers.count; i++) {
        const struct op_offer *offer = &demand->offers.offer[i];
        double here = cmd_demand_seconds(speed, offer);
        char token[OP_OFFER_TEXT_MAX], seconds[32] = "-";
        cmd_demand_token(offer, token);
        if (here >= 0)
            snprintf(seconds, sizeof seconds, "%.1f", here);
        out_text(stdout, demand->known ? demand->recipient.text : "-",
                 demand->known ? demand->recipient.len : 1);
        printf("\t%s\t%llu\t%.1f\t%s\t%s\n", offer->suite->name,
               (unsigned long long)op_effort_to_work(offer->suite, offer->effort),
               op_effort_to_seconds(offer->suite, offer->effort), seconds, token);
    }
    if (demand->offers.unknown > 0)
        fail_note("offers of suites or efforts that are not known here: %u",
                  demand->offers.unknown);
}

static void cmd_demand_print_json_offer(struct cmd_demand_speed *speed,
                                        const struct op_offer *offer)
{
    double here = cmd_demand_seconds(speed, offer);
    char token[OP_OFFER_TEXT_MAX];

    cmd_demand_token(offer, token);
    printf("{\"suite\":\"%s\",\"effort\":%llu,\"work\":%llu,\"seconds\":%.3f,", offer->suite->name,
           (unsigned long long)offer->effort,
           (unsigned long long)op_effort_to_work(offer->suite, offer->effort),
           op_effort_to_seconds(offer->suite, offer->effort));
    if (here >= 0)
        printf("\"seconds_here\":%.3f,", here);
    else
        fputs("\"seconds_here\":null,", stdout);
    if (offer->quote_len > 0)
        printf("\"quoted_until\":%lld,", (long long)op_quote_expiry(offer->quote));
    else
        fputs("\"quoted_until\":null,", stdout);
    printf("\"token\":\"%s\"}", token);
}

static void cmd_demand_print_json(struct cmd_demand_speed *speed, const struct demand *demand)
{
    fputs("{\"schema\":1,\"recipient\":", stdout);
    if (demand->known)
        out_json_string(stdout, demand->recipient.text, demand->recipient.len);
    else
        fputs("null", stdout);
    fputs(",\"offers\":[", stdout);
    for (size_t i = 0; i < demand->offers.count; i++) {
        if (i > 0)
            putchar(',');
        cmd_demand_print_json_offer(speed, &demand->offers.offer[i]);
    }
    printf("],\"unknown\":%u,\"text\":", demand->offers.unknown);
    out_json_string(stdout, demand->text, strlen(demand->text));
    fputs("}\n", stdout);
}

static int cmd_demand_run(const struct options *options)
{
    struct cmd_demand_speed speed = {.options = options};
    struct demand_list list = {0};
    size_t len;

    if (options->arg_count > 1)
        fail_exit(EX_USAGE, NULL, "demand: one FILE at the most");
    char *text =
        xinput_text(options->arg_count == 1 ? options->args[0] : NULL, DEMAND_INPUT_MAX, &len);
    demand_find(&list, text, len);
    free(text);
    for (size_t i = 0; i < list.count; i++) {
        if (options->json)
            cmd_demand_print_json(&speed, &list.demands[i]);
        else
            cmd_demand_print(&speed, &list.demands[i]);
    }
    bool found = list.count > 0;
    demand_clear(&list);
    return found ? EX_OK : FAIL_JUDGED;
}

const struct cmd cmd_demand = {
    .name = "demand",
    .verb = OPTIONS_DEMAND,
    .args = "[FILE]",
    .summary = "find what a server asks for, in a reply, a log or a bounce",
    .text = "Finds demands in a server's reply, a line of a mail log, a bounce, or a mail\n"
            "that carries one of these. Prints a line for each offer, best first: for\n"
            "whom (\"-\" if that is not said), suite, work, seconds on the reference laptop,\n"
            "seconds on this machine (measured now; \"-\" if it cannot), and the offer in a\n"
            "form that \"mint --offer\" takes; separated by tabs. Exits with 1 if there is\n"
            "no demand.\n",
    .example = "  onionpow demand bounce.eml\n"
               "  journalctl -u postfix | onionpow demand --json\n",
    .files = true,
    .selftest = true,
    .run = cmd_demand_run,
};
