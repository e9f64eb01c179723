/*
 * bench_check.c - what a server spends on one honest message, from its fields to the judgement,
 * against the evaluations that no server can do without.
 *
 * Processor time of the whole process, by turns on one core; the ledger is in memory.
 */
#include <math.h>
#include <sched.h>
#include <string.h>

#include "milter/check.h"
#include "milter/conf.h"
#include "milter/price.h"
#include "pow/bytes.h"
#include "pow/date.h"
#include "pow/verify.h"
#include "tests/bench/row.h"
#include "tests/unit/make_stamp.h"

#define SUITE    "argon2id-16m"
#define DATE     20261122
#define ADDRESS  "bob@example.com"
#define MESSAGES 24 /* a round */

struct site {
    struct conf conf;
    struct check_means means;
    struct op_worker *worker; /* for the evaluations that are compared with */
};

static double monotonic(void)
{
    return row_now(CLOCK_MONOTONIC);
}

static void site_open(struct site *site, const struct op_suite *suite)
{
    static char empty[] = "", name[] = "bench";
    static const uint8_t material[OP_KEY_LEN] = {0};
    static struct op_key *key;
    struct ledger_spec spec = {.backend = "memory", .path = "", .max_size = 1 << 20};
    struct gate_limits limits = {.threads = 1, .memory = 64 << 20, .queue = 4, .wait_s = 5};
    char why[CONF_WHY_MAX];
    OP_BUG_IF(op_key_new(material, &key) != OP_OK);
    OP_BUG_IF(op_worker_new(suite, &site->worker) != OP_OK);
    site->conf = (struct conf){.socket = empty,
                               .authserv_id = empty,
                               .help_url = empty,
                               .validity_s = 7 * OP_DAY_S,
                               .clock_skew_s = 3600,
                               .fallback = {.name = name, .mode = CONF_ENFORCE, .price_factor = 1}};
    site->conf.suite[op_suite_index(suite)] = (struct conf_suite){.enabled = true, .work = 1};
    site->means = (struct check_means){.key = key,
                                       .ledger = ledger_open(&spec, why, sizeof why),
                                       .gate = gate_new(&limits),
                                       .metrics = metrics_new(),
                                       .clock = monotonic,
                                       .now = op_date_to_time(DATE)};
    OP_BUG_IF(!site->means.ledger || !site->means.gate || !site->means.metrics);
}

static void site_close(struct site *site)
{
    op_worker_free(site->worker);
    metrics_free(site->means.metrics);
    gate_free(site->means.gate);
    ledger_close(site->means.ledger);
}

/* Any nonces solve puzzles of effort 1: only the seal is searched. */
static void fresh_stamp(char text_r[OP_STAMP_TEXT_MAX])
{
    static uint64_t number;
    struct op_recipient recipient = make_recipient(ADDRESS);
    struct op_stamp stamp = make_blank(SUITE, 1, DATE, ADDRESS);
    op_store_be64(stamp.salt, ++number);
    op_stamp_blind(stamp.salt, &recipient, stamp.blind);
    make_seal(&stamp);
    (void)op_stamp_format(&stamp, text_r);
}

static struct msg *message(struct site *site, const char *stamp)
{
    struct op_recipient recipient = make_recipient(ADDRESS);
    struct msg_terms terms = {.when = {.now = site->means.now,
                                       .validity_s = site->conf.validity_s,
                                       .skew_s = site->conf.clock_skew_s},
                              .key = site->means.key};
    struct price_list list;
    price_list(&site->conf, site->means.now, 1.0, &list);
    memcpy(terms.work, list.work, sizeof terms.work);
    struct msg *msg = msg_new(&terms, "<ann@example.org>");
    OP_BUG_IF(!msg || msg_add_recipient(msg, &recipient, 1.0, false) != OUTCOME_PASS);
    msg_add_field(msg, "mx.example", "From", "<ann@example.org>");
    msg_add_field(msg, "mx.example", "Subject", "a message");
    msg_add_field(msg, "mx.example", OP_STAMP_FIELD, stamp);
    return msg;
}

static void judge(struct site *site, const char *stamp)
{
    struct check_result result;
    struct msg *msg = message(site, stamp);
    site->means.token++;
    check_message(msg, &site->means, &result);
    OP_BUG_IF(result.outcome != OUTCOME_PASS);
    msg_free(msg);
}

static void evaluate(struct site *site, unsigned count)
{
    static uint8_t puzzle[OP_PUZZLE_LEN];
    for (unsigned i = 0; i < count; i++) {
        uint64_t x;
        OP_BUG_IF(op_worker_eval(site->worker, puzzle, i, &x) != OP_OK);
    }
}

/* Messages and evaluations by turns; the least of each is what nothing else disturbed. */
static double check_round(struct site *site, unsigned sample)
{
    double check = INFINITY, evals = INFINITY;
    for (int n = 0; n < MESSAGES; n++) {
        char stamp[OP_STAMP_TEXT_MAX];
        fresh_stamp(stamp);
        double start = row_now(CLOCK_PROCESS_CPUTIME_ID);
        judge(site, stamp);
        double middle = row_now(CLOCK_PROCESS_CPUTIME_ID);
        evaluate(site, sample);
        evals = fmin(evals, row_now(CLOCK_PROCESS_CPUTIME_ID) - middle);
        check = fmin(check, middle - start);
    }
    return check / evals;
}

int main(void)
{
    const struct op_suite *suite = op_suite_find(SUITE, strlen(SUITE));
    struct site site = {0};
    double ratio[ROW_ROUNDS];
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)sched_getcpu(), &set);
    (void)sched_setaffinity(0, sizeof set, &set);
    site_open(&site, suite);
    (void)check_round(&site, suite->sample); /* faults in memory; not counted */
    for (int i = 0; i < ROW_ROUNDS; i++)
        ratio[i] = check_round(&site, suite->sample);
    site_close(&site);
    return row_median_most("check-" SUITE "-over-4-evaluations", ratio, 1.05);
}
