/* explain.c - see explain.h. Words for what FORMAT.md says in octets. */
#include "tools/explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "pow/effort.h"
#include "pow/puzzle.h"
#include "pow/quote.h"
#include "pow/units.h"
#include "tools/fail.h"
#include "tools/out.h"

#define EXPLAIN_TEXT_MAX 512

void explain_init(struct explain *explain, bool json)
{
    *explain = (struct explain){.json = json};
}

void explain_start(struct explain *explain, const char *kind)
{
    if (explain->json)
        printf("{\"schema\":1,\"kind\":\"%s\",\"fields\":{", kind);
}

static void explain_print(struct explain *explain, const char *name, const char *result,
                          const char *text)
{
    if (!explain->json) {
        printf("%s%-*s %s%s", result != NULL ? "check " : "", result != NULL ? 10 : 16, name,
               result != NULL ? result : "", result != NULL ? ": " : "");
        out_text(stdout, text, strlen(text));
        putchar('\n');
        return;
    }
    if (explain->comma)
        putchar(',');
    explain->comma = true;
    out_json_string(stdout, name, strlen(name));
    putchar(':');
    if (result != NULL)
        printf("{\"result\":\"%s\",\"text\":", result);
    out_json_string(stdout, text, strlen(text));
    if (result != NULL)
        putchar('}');
}

void explain_field(struct explain *explain, const char *name, const char *format, ...)
{
    char text[EXPLAIN_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    explain_print(explain, name, NULL, text);
}

static const char *explain_result_str(enum explain_result result)
{
    switch (result) {
    case EXPLAIN_PASS:
        return "pass";
    case EXPLAIN_FAIL:
        return "fail";
    case EXPLAIN_UNCHECKED:
        return "unchecked";
    }
    return "invalid";
}

static void explain_begin_checks(struct explain *explain)
{
    if (explain->in_checks)
        return;
    explain->in_checks = true;
    explain->comma = false;
    if (explain->json)
        fputs("},\"checks\":{", stdout);
}

void explain_check(struct explain *explain, const char *name, enum explain_result result,
                   const char *format, ...)
{
    char text[EXPLAIN_TEXT_MAX];
    va_list args;

    explain_begin_checks(explain);
    if (result == EXPLAIN_FAIL)
        explain->failed = true;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    explain_print(explain, name, explain_result_str(result), text);
}

int explain_end(struct explain *explain)
{
    explain_begin_checks(explain);
    if (explain->json)
        printf("},\"result\":\"%s\"}\n", explain->failed ? "fail" : "pass");
    else
        printf("result           %s\n", explain->failed ? "fail" : "pass");
    return explain->failed ? FAIL_JUDGED : EX_OK;
}

static void explain_hex(struct explain *explain, const char *name, const char *meaning,
                        const uint8_t *data, size_t len)
{
    char hex[2 * OP_NONCES_MAX + 1];

    for (size_t i = 0; i < len; i++)
        snprintf(hex + 2 * i, 3, "%02x", data[i]);
    explain_field(explain, name, "%s%s", meaning, hex);
}

static void explain_time(int64_t unix_s, char *text_r, size_t size)
{
    time_t t = (time_t)unix_s;
    struct tm tm;

    if (gmtime_r(&t, &tm) == NULL || strftime(text_r, size, "%Y-%m-%d %H:%M UTC", &tm) == 0)
        snprintf(text_r, size, "%lld", (long long)unix_s);
}

void explain_quote(struct explain *explain, const char *name, const uint8_t quote[OP_QUOTE_LEN])
{
    char until[64];

    explain_time(op_quote_expiry(quote), until, sizeof until);
    explain_field(explain, name, "quoted until %s", until);
}

static void explain_suite(struct explain *explain, const struct op_suite *suite)
{
    char memory[OP_UNITS_MAX];

    op_size_format((uint64_t)suite->mem_kib * 1024, memory);
    explain_field(explain, "suite", "%s (%s): %s%s for an evaluation, %u puzzles, %u sampled",
                  suite->name, op_suite_status_str(suite->status),
                  suite->mem_kib > 0 ? memory : "no memory", suite->mem_kib > 0 ? " of memory" : "",
                  suite->puzzles, suite->sample);
}

void explain_stamp(struct explain *explain, const struct op_stamp *stamp)
{
    const struct op_suite *suite = stamp->suite;
    uint8_t id[OP_ID_LEN];

    op_stamp_id(stamp, id);
    explain_suite(explain, suite);
    explain_field(explain, "effort", "%llu expected evaluations for each puzzle",
                  (unsigned long long)stamp->effort);
    explain_field(explain, "work", "%llu expected evaluations in all, %.3g s of a laptop's time",
                  (unsigned long long)op_effort_to_work(suite, stamp->effort),
                  op_effort_to_seconds(suite, stamp->effort));
    explain_field(explain, "date", "%04u-%02u-%02u, the UTC day it was minted for",
                  stamp->date / 10000, stamp->date / 100 % 100, stamp->date % 100);
    explain_hex(explain, "recipient", "hidden as ", stamp->blind, OP_BLIND_LEN);
    explain_hex(explain, "salt", "", stamp->salt, OP_SALT_LEN);
    if (stamp->quote_len > 0)
        explain_quote(explain, "quote", stamp->quote);
    else
        explain_field(explain, "quote", "none");
    explain_hex(explain, "identity", "", id, OP_ID_LEN);
    explain_hex(explain, "nonces", "", stamp->nonces, suite->puzzles * suite->nonce_len);
    explain_hex(explain, "seal", "", stamp->seal, OP_SEAL_LEN);
}

static void explain_check_date(struct explain *explain, const struct op_stamp *stamp,
                               const struct op_terms *terms)
{
    enum op_verdict verdict = op_match_date(stamp->date, terms);
    char now[64], until[64];

    explain_time(terms->now, now, sizeof now);
    explain_time(op_match_expiry(stamp->date, terms), until, sizeof until);
    explain_check(explain, "date", verdict == OP_VERDICT_PASS ? EXPLAIN_PASS : EXPLAIN_FAIL,
                  "%s; judged as of %s, good until %s",
                  verdict == OP_VERDICT_PASS ? "within the validity" : op_verdict_text(verdict),
                  now, until);
}

/* Not a fault of the stamp if it is over: then the price of the day counts. */
static void explain_check_quote(struct explain *explain, const struct op_stamp *stamp,
                                const struct op_terms *terms)
{
    if (stamp->quote_len == 0)
        return;
    explain_check(explain, "quote", EXPLAIN_UNCHECKED, "%s; its server alone can tell a forged one",
                  terms->now < op_quote_expiry(stamp->quote) ? "within its time"
                                                             : "its time is over");
}

static void explain_check_recipients(struct explain *explain, const struct op_stamp *stamp,
                                     const struct rcptlist *rcpts)
{
    uint8_t blind[OP_BLIND_LEN];

    if (rcpts->count == 0) {
        explain_check(explain, "recipient", EXPLAIN_UNCHECKED, "name it with --rcpt");
        return;
    }
    for (size_t i = 0; i < rcpts->count; i++) {
        const struct op_recipient *rcpt = &rcpts->rcpts[i].recipient;
        op_stamp_blind(stamp->salt, rcpt, blind);
        if (memcmp(blind, stamp->blind, sizeof blind) == 0) {
            explain_check(explain, "recipient", EXPLAIN_PASS, "made for %s", rcpt->text);
            return;
        }
    }
    explain_check(explain, "recipient", EXPLAIN_FAIL, "%s", op_verdict_text(OP_VERDICT_RECIPIENT));
}

static void xexplain_check_puzzle(struct explain *explain, const struct op_stamp *stamp,
                                  const uint8_t id[OP_ID_LEN], struct op_worker *worker, unsigned i)
{
    uint8_t puzzle[OP_PUZZLE_LEN];
    uint64_t x, nonce = op_stamp_nonce(stamp, i);
    char name[32];

    op_puzzle_input(id, i, puzzle);
    enum op_err err = op_worker_eval(worker, puzzle, nonce, &x);
    if (err != OP_OK)
        fail_exit(err == OP_ERR_NOMEM ? EX_TEMPFAIL : EX_SOFTWARE, NULL, "%s: %s",
                  stamp->suite->name, op_err_str(err));
    bool met = op_effort_met(x, stamp->effort);
    snprintf(name, sizeof name, "puzzle %u", i + 1);
    explain_check(explain, name, met ? EXPLAIN_PASS : EXPLAIN_FAIL, "nonce %llu gives %016llx, %s",
                  (unsigned long long)nonce, (unsigned long long)x,
                  met ? "which solves it" : "which does not solve it");
}

void xexplain_checks(struct explain *explain, const struct op_stamp *stamp, struct judge *judge,
                     const struct rcptlist *rcpts)
{
    uint8_t id[OP_ID_LEN];
    struct op_worker *worker = xjudge_worker(judge, stamp->suite);

    op_stamp_id(stamp, id);
    explain_check(explain, "suite", EXPLAIN_PASS, "known here");
    explain_check_date(explain, stamp, &judge->terms);
    explain_check_quote(explain, stamp, &judge->terms);
    explain_check_recipients(explain, stamp, rcpts);
    bool sealed = op_seal_valid(stamp, id);
    explain_check(explain, "seal", sealed ? EXPLAIN_PASS : EXPLAIN_FAIL, "%u leading zero bits%s",
                  stamp->suite->seal_bits, sealed ? "" : ": missing, the stamp is damaged");
    for (unsigned i = 0; i < stamp->suite->puzzles; i++)
        xexplain_check_puzzle(explain, stamp, id, worker, i);
}
