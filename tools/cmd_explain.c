/*
 * cmd_explain.c - onionpow explain: what a stamp or an offer says, and each check with its result.
 *
 * Each check is made on its own, so that a stamp with several faults shows all of them; verify
 * makes them in the order of a server and stops at the first.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pow/effort.h"
#include "pow/offer.h"
#include "pow/units.h"
#include "tools/cmd.h"
#include "tools/explain.h"
#include "tools/fail.h"
#include "tools/input.h"
#include "tools/out.h"
#include "tools/recipients.h"

#define CMD_EXPLAIN_MAX (64 * 1024) /* octets of input */

static void cmd_explain_offer(struct explain *explain, const struct op_offer *offer, size_t number)
{
    char name[32], quote[32], memory[OP_UNITS_MAX];

    snprintf(name, sizeof name, "offer %zu", number);
    snprintf(quote, sizeof quote, "quote %zu", number);
    op_size_format((uint64_t)offer->suite->mem_kib * 1024, memory);
    explain_field(explain, name,
                  "%s, effort %llu: %u puzzles, work %llu, %.3g s of a laptop's time, memory %s%s",
                  offer->suite->name, (unsigned long long)offer->effort, offer->suite->puzzles,
                  (unsigned long long)op_effort_to_work(offer->suite, offer->effort),
                  op_effort_to_seconds(offer->suite, offer->effort), memory,
                  offer->quote_len > 0 ? "" : ", without a quote");
    if (offer->quote_len > 0)
        explain_quote(explain, quote, offer->quote);
}

static int cmd_explain_offers(struct explain *explain, const char *text, size_t len)
{
    struct op_offers offers;
    bool found = op_offers_find(text, len, &offers);

    explain_start(explain, "offers");
    if (found) {
        for (size_t i = 0; i < offers.count; i++)
            cmd_explain_offer(explain, &offers.offer[i], i + 1);
        if (offers.unknown > 0)
            explain_field(explain, "unknown",
                          "offers of suites or efforts that are not known here: %u",
                          offers.unknown);
    }
    explain_check(explain, "syntax", found ? EXPLAIN_PASS : EXPLAIN_FAIL, "%s",
                  found ? "a well-formed list of offers" : "no well-formed list of offers");
    return explain_end(explain);
}

static int cmd_explain_stamp(struct explain *explain, const struct options *options,
                             const char *text, size_t len)
{
    struct op_stamp stamp;
    struct judge judge;
    struct rcptlist list = {0};
    const char *why = NULL;

    xrecipients_add(&list, options->rcpts, options->rcpt_count);
    recipients_unpin(&list);
    enum op_verdict verdict = op_stamp_parse(text, len, &stamp, &why);
    explain_start(explain, "stamp");
    if (verdict != OP_VERDICT_PASS) {
        explain_check(explain, "syntax", EXPLAIN_FAIL, "%s%s%s", op_verdict_text(verdict),
                      why != NULL ? ": " : "", why != NULL ? why : "");
    } else {
        judge_init(&judge, options);
        explain_stamp(explain, &stamp);
        explain_check(explain, "syntax", EXPLAIN_PASS, "well-formed");
        xexplain_checks(explain, &stamp, &judge, &list);
        judge_clear(&judge);
    }
    rcptlist_clear(&list);
    return explain_end(explain);
}

/* The argument, or else stdin. */
static char *xcmd_explain_text(const struct options *options, size_t *len_r)
{
    if (options->arg_count > 1)
        fail_exit(EX_USAGE, "put it in quotes", "explain: one STAMP at the most");
    if (options->arg_count == 0 || strcmp(options->args[0], "-") == 0)
        return xinput_text(NULL, CMD_EXPLAIN_MAX, len_r);
    *len_r = strlen(options->args[0]);
    char *text = xmalloc(*len_r + 1);
    memcpy(text, options->args[0], *len_r + 1);
    return text;
}

static const char *cmd_explain_skip_blank(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

static int cmd_explain_run(const struct options *options)
{
    struct explain explain;
    size_t len, name_len = strlen(OP_STAMP_FIELD ":");
    char *text = xcmd_explain_text(options, &len);
    const char *start = cmd_explain_skip_blank(text), *end = text + len;
    bool is_field = strncasecmp(start, OP_STAMP_FIELD ":", name_len) == 0;
    int status;

    if (start == end)
        fail_exit(EX_DATAERR, NULL, "explain: there is nothing to explain");
    explain_init(&explain, options->json);
    if (is_field)
        start += name_len;
    while (end > start && strchr("\r\n", end[-1]) != NULL)
        end--;
    if (!is_field && strstr(start, "onionpow:") != NULL)
        status = cmd_explain_offers(&explain, start, (size_t)(end - start));
    else
        status = cmd_explain_stamp(&explain, options, start, (size_t)(end - start));
    free(text);
    return status;
}

const struct cmd cmd_explain = {
    .name = "explain",
    .verb = OPTIONS_EXPLAIN,
    .args = "[STAMP]",
    .summary = "say in words what a stamp or an offer is",
    .text = "Takes a stamp (with or without its field name) or an offer, as an argument or\n"
            "on stdin, and prints each field in words and each check with its result. The\n"
            "recipient is hidden in the stamp: name it with --rcpt to have it checked.\n",
    .example = "  onionpow mint bob@example.org | onionpow explain --rcpt bob@example.org\n"
               "  onionpow explain onionpow:1:argon2id-16m/512\n",
    .selftest = true,
    .run = cmd_explain_run,
};
