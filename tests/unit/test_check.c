/* test_check.c - the judgement on a message, with a real ledger (in memory), gate and verifier. */
#include "fixture.h"
#include "milter/check.h"
#include "pow/effort.h"

static const uint8_t key_material[OP_KEY_LEN] = "a site key for tests";

struct site { /* what a test works with */
    struct conf conf;
    struct op_key *key;
    struct ledger *ledger;
    struct gate *gate;
    struct metrics *metrics;
    struct check_means means;
    unsigned ticks;
    void (*on_tick)(struct site *site);
};

static bool tick(void *arg)
{
    struct site *site = arg;

    site->ticks++;
    if (site->on_tick != NULL)
        site->on_tick(site);
    return true;
}

static double no_clock(void)
{
    return 0;
}

static void site_open(struct site *site, uint64_t memory)
{
    struct ledger_spec spec = {.backend = "memory", .path = "", .max_size = 1 << 20};
    struct gate_limits limits = {.threads = 2, .memory = memory, .queue = 4, .wait_s = 5};
    char why[CONF_WHY_MAX];

    memset(site, 0, sizeof *site);
    site->conf = fixture_conf();
    assert_int_equal(op_key_new(key_material, &site->key), OP_OK);
    site->ledger = ledger_open(&spec, why, sizeof why);
    site->gate = gate_new(&limits);
    assert_non_null(site->ledger);
    assert_non_null(site->gate);
    site->metrics = metrics_new();
    assert_non_null(site->metrics);
    site->means = (struct check_means){
        .key = site->key,
        .clock = no_clock,
        .metrics = site->metrics,
        .ledger = site->ledger,
        .gate = site->gate,
        .now = FIXTURE_NOW,
        .token = 1,
        .tick = tick,
        .arg = site,
    };
}

static void site_close(struct site *site)
{
    metrics_free(site->metrics);
    gate_free(site->gate);
    ledger_close(site->ledger);
    op_key_free(site->key);
}

static uint64_t entries(struct site *site)
{
    struct ledger_stats stats;

    assert_int_equal(ledger_stats_get(site->ledger, &stats), LEDGER_OK);
    return stats.entries;
}

static struct ledger_key key_of(const struct op_stamp *stamp)
{
    struct ledger_key key = {.date = stamp->date};

    op_stamp_id(stamp, key.id);
    return key;
}

/* What another message would find. It does not keep what it reserved. */
static enum ledger_state state_of(struct site *site, const struct op_stamp *stamp)
{
    static const uint8_t print[LEDGER_FINGERPRINT_LEN] = "another message";
    struct ledger_key key = key_of(stamp);
    enum ledger_state state;

    assert_int_equal(ledger_reserve(site->ledger, &key, print, 1000, FIXTURE_NOW, &state),
                     LEDGER_OK);
    if (state == LEDGER_RESERVED_NEW)
        assert_int_equal(ledger_release(site->ledger, &key, 1000), LEDGER_OK);
    return state;
}

/* A message to "ann", "bob", ... (as many as `recipients`) with these stamps, judged under a token
 * of its own. */
static struct check_result judge(struct site *site, const char *subject, size_t recipients,
                                 const struct op_stamp *stamps, size_t count)
{
    static const char *const names[] = {"ann@example.org", "bob@example.org", "carol@example.org"};
    struct msg *msg = fixture_msg(&site->conf);
    struct check_result result;

    for (size_t i = 0; i < recipients; i++)
        fixture_add_recipient(msg, names[i]);
    msg_add_field(msg, "mx.example", "Subject", subject);
    for (size_t i = 0; i < count; i++)
        fixture_add_stamp(msg, &stamps[i]);
    check_message(msg, &site->means, &result);
    site->means.token++;
    msg_free(msg);
    return result;
}

static void assert_unpaid(const struct check_result *result, enum op_verdict verdict)
{
    assert_int_equal(result->outcome, OUTCOME_UNPAID);
    assert_int_equal(result->verdict, verdict);
    assert_null(result->suite);
}

static struct op_stamp tampered(struct op_stamp stamp)
{
    /* Effort FIXTURE_EFFORT is met by one nonce in four: change until all puzzles of a suite that
     * samples every one of them can hardly be solved. */
    for (unsigned i = 0; i < stamp.suite->puzzles; i++)
        op_stamp_set_nonce(&stamp, i, op_stamp_nonce(&stamp, i) + 1);
    return stamp;
}

static void test_pass_and_spent(void **state)
{
    struct site site;
    struct op_stamp stamp = fixture_stamp("ann@example.org", 1);
    struct check_result result;

    (void)state;
    site_open(&site, 1 << 20);
    result = judge(&site, "first", 1, &stamp, 1);
    assert_int_equal(result.outcome, OUTCOME_PASS);
    assert_int_equal(result.verdict, OP_VERDICT_PASS);
    assert_ptr_equal(result.suite, stamp.suite);
    assert_true(result.work == op_effort_to_work(stamp.suite, FIXTURE_EFFORT));
    assert_int_equal(entries(&site), 1);
    result = judge(&site, "first", 1, &stamp, 1); /* the same mail again */
    assert_int_equal(result.outcome, OUTCOME_PASS);
    result = judge(&site, "second", 1, &stamp, 1); /* a replay */
    assert_unpaid(&result, OP_VERDICT_SPENT);
    assert_int_equal(result.recipient[0], OP_VERDICT_SPENT);
    for (int i = 0; i < LEDGER_RETRIES_MAX; i++)
        result = judge(&site, "first", 1, &stamp, 1);
    assert_unpaid(&result, OP_VERDICT_SPENT); /* again too often */
    site_close(&site);
}

/* The cheap facts decide without a trace in the ledger. */
static void test_cheap(void **state)
{
    struct site site;
    struct op_stamp ann = fixture_stamp("ann@example.org", 1);
    struct op_stamp weak = fixture_stamp("bob@example.org", 2);
    struct op_stamp stamps[2] = {ann, weak};
    struct check_result result;
    struct msg *msg;

    (void)state;
    site_open(&site, 1 << 20);
    stamps[1].effort--;
    result = judge(&site, "s", 1, NULL, 0);
    assert_unpaid(&result, OP_VERDICT_MISSING);
    result = judge(&site, "s", 2, stamps, 1);
    assert_unpaid(&result, OP_VERDICT_MISSING);
    assert_int_equal(result.recipient[0], OP_VERDICT_PASS);
    assert_int_equal(result.recipient[1], OP_VERDICT_MISSING);
    result = judge(&site, "s", 3, stamps, 2);
    assert_unpaid(&result, OP_VERDICT_WEAK);
    assert_int_equal(result.recipient[2], OP_VERDICT_MISSING);
    result = judge(&site, "s", 0, stamps, 2);
    assert_int_equal(result.outcome, OUTCOME_EXEMPT);
    msg = fixture_msg(&site.conf);
    fixture_add_recipient(msg, "ann@example.org");
    fixture_add_stamp(msg, &ann);
    msg_set_trouble(msg, OUTCOME_STAMPS);
    msg_set_trouble(msg, OUTCOME_INTERNAL);
    check_message(msg, &site.means, &result);
    assert_int_equal(result.outcome, OUTCOME_STAMPS);
    msg_free(msg);
    assert_int_equal(entries(&site), 0);
    site_close(&site);
}

/* A failed proof burns the stamp for good, even when it comes again in its true form. */
static void test_burnt(void **state)
{
    struct site site;
    struct op_stamp good = fixture_stamp("ann@example.org", 1);
    struct op_stamp bad = tampered(good);
    struct op_stamp fresh = fixture_stamp("ann@example.org", 2);
    struct op_stamp both[2] = {bad, fresh};
    struct check_result result;

    (void)state;
    site_open(&site, 1 << 20);
    result = judge(&site, "s", 1, both, 2); /* and no look at the rest of the message */
    assert_unpaid(&result, OP_VERDICT_PROOF);
    assert_int_equal(state_of(&site, &good), LEDGER_BURNT);
    assert_int_equal(state_of(&site, &fresh), LEDGER_RESERVED_NEW);
    result = judge(&site, "s", 1, &good, 1);
    assert_unpaid(&result, OP_VERDICT_PROOF);
    result = judge(&site, "s", 1, &fresh, 1);
    assert_int_equal(result.outcome, OUTCOME_PASS);
    site_close(&site);
}

/* All or nothing: what was verified before the failure is not spent, and not verified again. */
static void test_all_or_nothing(void **state)
{
    struct site site;
    struct op_stamp stamps[3] = {fixture_stamp("ann@example.org", 1),
                                 fixture_stamp("bob@example.org", 2),
                                 fixture_stamp("carol@example.org", 3)};
    struct op_stamp good = stamps[1];
    struct check_result result;

    (void)state;
    site_open(&site, 1 << 20);
    stamps[1] = tampered(good);
    result = judge(&site, "s", 3, stamps, 3);
    assert_unpaid(&result, OP_VERDICT_PROOF);
    assert_int_equal(result.recipient[0], OP_VERDICT_PASS);
    assert_int_equal(result.recipient[1], OP_VERDICT_PROOF);
    assert_int_equal(state_of(&site, &stamps[0]), LEDGER_PASSED);
    assert_int_equal(state_of(&site, &stamps[1]), LEDGER_BURNT);
    assert_int_equal(state_of(&site, &stamps[2]), LEDGER_RESERVED_NEW);
    stamps[1] = fixture_stamp_of("sha256", "bob@example.org", FIXTURE_EFFORT + 1, FIXTURE_DATE, 4);
    result = judge(&site, "s", 3, stamps, 3);
    assert_int_equal(result.outcome, OUTCOME_PASS);
    assert_true(result.work == 16 * FIXTURE_EFFORT); /* the least of the three */
    for (int i = 0; i < 3; i++)
        assert_int_equal(state_of(&site, &stamps[i]), LEDGER_SPENT_OTHER);
    site_close(&site);
}

static void test_busy(void **state)
{
    static const uint8_t print[LEDGER_FINGERPRINT_LEN] = "another message";
    struct site site;
    struct op_stamp stamps[2] = {fixture_stamp("ann@example.org", 1),
                                 fixture_stamp("bob@example.org", 2)};
    struct ledger_key key = key_of(&stamps[1]);
    enum ledger_state found;
    struct check_result result;

    (void)state;
    site_open(&site, 1 << 20);
    assert_int_equal(ledger_reserve(site.ledger, &key, print, 99, FIXTURE_NOW, &found), LEDGER_OK);
    result = judge(&site, "s", 2, stamps, 2);
    assert_int_equal(result.outcome, OUTCOME_BUSY);
    assert_int_equal(state_of(&site, &stamps[0]), LEDGER_PASSED);
    assert_int_equal(ledger_release(site.ledger, &key, 99), LEDGER_OK);
    result = judge(&site, "s", 2, stamps, 2);
    assert_int_equal(result.outcome, OUTCOME_PASS);
    site_close(&site);
}

static void test_outdated(void **state)
{
    struct site site;
    struct op_stamp stamp =
        fixture_stamp_of("sha256", "ann@example.org", FIXTURE_EFFORT, FIXTURE_DATE - 1, 1);
    struct op_stamp old =
        fixture_stamp_of("sha256", "ann@example.org", FIXTURE_EFFORT, FIXTURE_DATE - 1, 3);
    struct op_stamp today = fixture_stamp("ann@example.org", 2);
    struct check_result result;
    bool more;

    (void)state;
    site_open(&site, 1 << 20);
    result = judge(&site, "of old", 1, &old, 1); /* what is forgotten makes its day outdated */
    assert_int_equal(result.outcome, OUTCOME_PASS);
    assert_int_equal(ledger_purge(site.ledger, FIXTURE_DATE, 10, &more), LEDGER_OK);
    result = judge(&site, "s", 1, &stamp, 1);
    assert_unpaid(&result, OP_VERDICT_EXPIRED);
    result = judge(&site, "s", 1, &today, 1);
    assert_int_equal(result.outcome, OUTCOME_PASS);
    site_close(&site);
}

/* Spent stamps of earlier tries do not hide a good one, unless there are more than a handful in
 * front of it. */
static void test_tries(void **state)
{
    struct site site;
    struct op_stamp stamps[CHECK_TRIES_MAX + 1];
    struct check_result result;

    (void)state;
    site_open(&site, 1 << 20);
    for (int i = 0; i < CHECK_TRIES_MAX; i++) {
        stamps[i] = fixture_stamp("ann@example.org", i);
        result = judge(&site, "earlier", 1, &stamps[i], 1);
        assert_int_equal(result.outcome, OUTCOME_PASS);
    }
    stamps[CHECK_TRIES_MAX] = fixture_stamp("ann@example.org", 100);
    result = judge(&site, "now", 1, stamps, CHECK_TRIES_MAX + 1);
    assert_unpaid(&result, OP_VERDICT_SPENT);
    assert_int_equal(state_of(&site, &stamps[CHECK_TRIES_MAX]), LEDGER_RESERVED_NEW);
    result = judge(&site, "now", 1, stamps + 1, CHECK_TRIES_MAX);
    assert_int_equal(result.outcome, OUTCOME_PASS);
    site_close(&site);
}

static void test_gate_trouble(void **state)
{
    struct site site;
    struct op_stamp stamp = fixture_stamp("ann@example.org", 1);
    struct op_stamp large = fixture_stamp_of("argon2id-16m", "ann@example.org", 1, FIXTURE_DATE, 1);
    const struct op_suite *suite = large.suite;
    struct check_result result;

    (void)state;
    site_open(&site, 1 << 20);
    site.conf.suite[op_suite_index(suite)] = (struct conf_suite){.enabled = true, .work = 1};
    result = judge(&site, "s", 1, &large, 1); /* 16 MiB do not fit into one */
    assert_int_equal(result.outcome, OUTCOME_INTERNAL);
    assert_int_equal(state_of(&site, &large), LEDGER_RESERVED_NEW);
    gate_close(site.gate);
    result = judge(&site, "s", 1, &stamp, 1);
    assert_int_equal(result.outcome, OUTCOME_SATURATED);
    assert_int_equal(state_of(&site, &stamp), LEDGER_RESERVED_NEW);
    site_close(&site);
}

static void test_mixed_suites(void **state)
{
    struct site site;
    struct op_stamp stamps[2] = {
        fixture_stamp_of("argon2id-16m", "ann@example.org", 1, FIXTURE_DATE, 1),
        fixture_stamp("bob@example.org", 2)};
    const struct op_suite *suite = stamps[0].suite;
    struct check_result result;

    (void)state;
    site_open(&site, 64 << 20);
    site.conf.suite[op_suite_index(suite)] = (struct conf_suite){.enabled = true, .work = 1};
    result = judge(&site, "s", 2, stamps, 2);
    assert_int_equal(result.outcome, OUTCOME_PASS);
    assert_ptr_equal(result.suite, suite); /* 32 evaluations are less than 64 */
    assert_true(result.work == 32);
    site_close(&site);
}

/* Burns made-up stamps until there is no room for one more. */
static void fill_ledger(struct site *site)
{
    static const uint8_t print[LEDGER_FINGERPRINT_LEN] = "filler";
    enum ledger_err err = LEDGER_OK;
    enum ledger_state found;

    for (uint32_t i = 0; err == LEDGER_OK; i++) {
        struct ledger_key key = {.date = FIXTURE_DATE};
        memcpy(key.id, &i, sizeof i);
        err = ledger_reserve(site->ledger, &key, print, 99, FIXTURE_NOW, &found);
        if (err == LEDGER_OK)
            err = ledger_burn(site->ledger, &key, 99, FIXTURE_NOW);
    }
    assert_int_equal(err, LEDGER_FULL);
}

/* No room for a spent stamp, or for a burnt one: nothing is accepted, and nothing is final. */
static void test_ledger_full(void **state)
{
    struct site site;
    struct op_stamp stamp = fixture_stamp("ann@example.org", 1);
    struct op_stamp bad = tampered(fixture_stamp("ann@example.org", 2));
    struct check_result result;

    (void)state;
    site_open(&site, 1 << 20);
    fill_ledger(&site);
    result = judge(&site, "s", 1, &stamp, 1);
    assert_int_equal(result.outcome, OUTCOME_LEDGER);
    result = judge(&site, "s", 1, &bad, 1);
    assert_int_equal(result.outcome, OUTCOME_LEDGER);
    assert_int_equal(state_of(&site, &stamp), LEDGER_RESERVED_NEW); /* and nothing stays claimed */
    assert_int_equal(state_of(&site, &bad), LEDGER_RESERVED_NEW);
    site_close(&site);
}

/* The worker is kept from one recipient to the next, and the MTA hears of us before each. */
static void test_ticks(void **state)
{
    struct site site;
    struct op_stamp stamps[3] = {fixture_stamp("ann@example.org", 1),
                                 fixture_stamp("bob@example.org", 2),
                                 fixture_stamp("carol@example.org", 3)};
    struct check_result result;

    (void)state;
    site_open(&site, 1 << 20);
    result = judge(&site, "s", 3, stamps, 3);
    assert_int_equal(result.outcome, OUTCOME_PASS);
    assert_int_equal(site.ticks, 2);
    result = judge(&site, "s", 3, stamps, 3); /* nothing to verify any more */
    assert_int_equal(result.outcome, OUTCOME_PASS);
    assert_int_equal(site.ticks, 2);
    site_close(&site);
}

static struct ledger_key raced;

static void spend_raced(struct site *site)
{
    static const uint8_t print[LEDGER_FINGERPRINT_LEN] = "a faster message";
    bool spent;
    size_t culprit;

    site->on_tick = NULL;
    assert_int_equal(
        ledger_spend(site->ledger, &raced, 1, print, 99, FIXTURE_NOW, &spent, &culprit), LEDGER_OK);
    assert_true(spent);
}

/* A stamp that had passed before is spent by another message while we verify the others: nothing is
 * spent, and the sender hears which one it was. */
static void test_race(void **state)
{
    struct site site;
    struct op_stamp stamps[3] = {fixture_stamp("ann@example.org", 1),
                                 fixture_stamp("bob@example.org", 2),
                                 fixture_stamp("carol@example.org", 3)};
    struct op_stamp bad[2] = {stamps[0], tampered(fixture_stamp("bob@example.org", 4))};
    struct check_result result;

    (void)state;
    site_open(&site, 1 << 20);
    result = judge(&site, "s", 2, bad, 2); /* leaves ann's as passed */
    assert_unpaid(&result, OP_VERDICT_PROOF);
    raced = key_of(&stamps[0]);
    site.on_tick = spend_raced;
    result = judge(&site, "s", 3, stamps, 3);
    assert_null(site.on_tick);
    assert_unpaid(&result, OP_VERDICT_SPENT);
    assert_int_equal(result.recipient[0], OP_VERDICT_SPENT);
    assert_int_equal(result.recipient[1], OP_VERDICT_PASS);
    assert_int_equal(state_of(&site, &stamps[1]), LEDGER_PASSED);
    assert_int_equal(state_of(&site, &stamps[2]), LEDGER_PASSED);
    site_close(&site);
}

/* A use of a reply token that somebody else has taken meanwhile: the next try takes another. */
static void test_reply_race(void **state)
{
    static const uint8_t print[LEDGER_FINGERPRINT_LEN] = "an answer that was refused";
    struct site site;
    struct op_stamp stamps[2] = {fixture_stamp("bob@example.org", 1),
                                 fixture_stamp("carol@example.org", 2)};
    enum ledger_state found;
    struct check_result result;

    (void)state;
    site_open(&site, 1 << 20);
    for (int taken = 1; taken >= 0; taken--) {
        struct msg *msg = fixture_msg(&site.conf);
        msg->terms.uses = 2;
        msg->token[msg->token_count++] = (struct token){.expires = FIXTURE_DATE, .id = {1}};
        fixture_add_recipient(msg, "ann@example.org");
        for (size_t i = 0; i < 2; i++) {
            fixture_add_recipient(msg, i == 0 ? "bob@example.org" : "carol@example.org");
            fixture_add_stamp(msg, &stamps[i]);
        }
        if (taken) {
            token_use_key(&msg->token[0], 0, &raced);
            assert_int_equal(ledger_reserve(site.ledger, &raced, print, 98, FIXTURE_NOW, &found),
                             LEDGER_OK);
            assert_int_equal(ledger_pass(site.ledger, &raced, 98, FIXTURE_NOW), LEDGER_OK);
            site.on_tick = spend_raced;
        }
        check_message(msg, &site.means, &result);
        assert_int_equal(result.outcome, taken ? OUTCOME_BUSY : OUTCOME_PASS);
        site.means.token++;
        msg_free(msg);
    }
    assert_int_equal(result.replies, 1);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pass_and_spent), cmocka_unit_test(test_cheap),
        cmocka_unit_test(test_burnt),          cmocka_unit_test(test_all_or_nothing),
        cmocka_unit_test(test_busy),           cmocka_unit_test(test_outdated),
        cmocka_unit_test(test_tries),          cmocka_unit_test(test_gate_trouble),
        cmocka_unit_test(test_mixed_suites),   cmocka_unit_test(test_ledger_full),
        cmocka_unit_test(test_ticks),          cmocka_unit_test(test_race),
        cmocka_unit_test(test_reply_race),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
