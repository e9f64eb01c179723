/* test_metrics.c - which series there are, under which labels, and that nothing counted is lost. */
#include <pthread.h>

#include "fixture.h"
#include "milter/metrics.h"

static struct metrics *metrics;
static char *text; /* of the last look */

static int setup(void **state)
{
    (void)state;
    text = NULL;
    metrics = metrics_new();
    return metrics ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(text);
    metrics_free(metrics);
    return 0;
}

static void look_with(const struct metrics_gauges *gauges)
{
    size_t len;
    free(text);
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    metrics_format(metrics, gauges, out);
    assert_int_equal(fclose(out), 0);
}

static void look(void)
{
    static const struct metrics_gauges gauges = {.load = 1};
    look_with(&gauges);
}

/* The number behind a series; -1 if there is none, a failure if there are two. */
static double value_of(const char *series)
{
    double value = -1;
    char want[256];
    snprintf(want, sizeof want, "\n%s ", series);
    const char *line = strstr(text, want);
    if (!line)
        return -1;
    if (strstr(line + 1, want))
        fail_msg("twice: %s", series);
    assert_int_equal(sscanf(line + strlen(want), "%lf", &value), 1);
    return value;
}

static void must_be(const char *series, double want)
{
    double value = value_of(series);
    if (value < want || value > want)
        fail_msg("%s: %g instead of %g in\n%s", series, value, want, text);
}

static void must_count(const char *listener, const char *verdict, const char *reason, double want)
{
    char series[256];
    snprintf(series, sizeof series,
             "onionpow_answers_total{listener=\"%s\",verdict=\"%s\",reason=\"%s\"}", listener,
             verdict, reason);
    must_be(series, want);
}

static size_t lines_of(const char *start)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, start)); at += strlen(start))
        count += at == text || at[-1] == '\n';
    return count;
}

/* Listeners of these names, in one mode. */
static struct conf conf_of(struct conf_listener *listeners, char names[][80], size_t name_count,
                           enum conf_mode mode)
{
    struct conf conf = fixture_conf();
    for (size_t i = 0; i < name_count; i++)
        listeners[i] = (struct conf_listener){.name = names[i], .mode = mode};
    conf.listener = listeners;
    conf.listener_count = name_count;
    return conf;
}

static struct report report_of(const char *listener, enum conf_mode mode, enum outcome outcome,
                               enum op_verdict verdict)
{
    return (struct report){
        .listener = listener, .mode = mode, .outcome = outcome, .verdict = verdict};
}

/* A value of the log line, such as that of "verdict=". */
static void log_word(const char *line, const char *key, char word_r[64])
{
    const char *at = strstr(line, key);
    assert_non_null(at);
    assert_int_equal(sscanf(at + strlen(key), "%63s", word_r), 1);
}

/* Counts one report, which must show under the words of the log and nowhere else. */
static void must_match_log(const struct report *report)
{
    char line[REPORT_MAX], verdict[64], reason[64], series[256];
    report_format(report, line);
    log_word(line, " verdict=", verdict);
    log_word(line, " reason=", reason);
    snprintf(series, sizeof series,
             "onionpow_answers_total{listener=\"default\",verdict=\"%s\",reason=\"%s\"}", verdict,
             reason);
    double before = value_of(series);
    metrics_report(metrics, report);
    look();
    must_be(series, (before < 0 ? 0 : before) + 1);
}

static void test_words_of_the_log(void **state)
{
    static const enum conf_mode modes[] = {CONF_ENFORCE, CONF_MONITOR, CONF_SIGN, CONF_MINT};
    struct conf conf = fixture_conf();
    (void)state;
    metrics_listeners(metrics, &conf);
    look();
    for (size_t mode = 0; mode < sizeof modes / sizeof *modes; mode++) {
        for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
            struct report report =
                report_of("default", modes[mode], (enum outcome)outcome, OP_VERDICT_PASS);
            if (outcome != OUTCOME_UNPAID)
                must_match_log(&report);
        }
        for (int verdict = OP_VERDICT_MISSING; verdict < OP_VERDICT_COUNT; verdict++) {
            struct report report =
                report_of("default", modes[mode], OUTCOME_UNPAID, (enum op_verdict)verdict);
            must_match_log(&report);
        }
    }
}

/* What can be expected is there from the start, and nothing else is. */
static void test_series_at_start(void **state)
{
    static const struct {
        enum conf_mode mode;
        const char *verdict, *reason;
        double want;
    } rows[] = {
        {CONF_ENFORCE, "pass", "-", 0},
        {CONF_ENFORCE, "fail", "missing", 0},
        {CONF_ENFORCE, "fail", "relay", 0},
        {CONF_ENFORCE, "tempfail", "ledger", 0},
        {CONF_ENFORCE, "would-fail", "missing", -1},
        {CONF_ENFORCE, "pass", "signed", -1},
        {CONF_ENFORCE, "pass", "minted", -1},
        {CONF_ENFORCE, "tempfail", "late", -1},
        {CONF_ENFORCE, "fail", "unpaid", -1},
        {CONF_ENFORCE, "fail", "pass", -1},
        {CONF_MONITOR, "pass", "-", 0},
        {CONF_MONITOR, "fail", "relay", 0},
        {CONF_MONITOR, "would-fail", "missing", 0},
        {CONF_MONITOR, "would-tempfail", "saturated", 0},
        {CONF_MONITOR, "fail", "missing", -1},
        {CONF_MONITOR, "would-fail", "relay", -1},
        {CONF_MONITOR, "would-tempfail", "late", -1},
        {CONF_MONITOR, "pass", "unstamped", -1},
        {CONF_SIGN, "pass", "signed", 0},
        {CONF_SIGN, "pass", "-", -1},
        {CONF_SIGN, "pass", "minted", -1},
        {CONF_MINT, "pass", "minted", 0},
        {CONF_MINT, "pass", "stamped", 0},
        {CONF_MINT, "pass", "unstamped", 0},
        {CONF_MINT, "pass", "exempt", 0},
        {CONF_MINT, "tempfail", "late", 0},
        {CONF_MINT, "tempfail", "no-minter", 0},
        {CONF_MINT, "tempfail", "too-many-recipients", 0},
        {CONF_MINT, "pass", "signed", -1},
        {CONF_MINT, "pass", "-", -1},
        {CONF_MINT, "fail", "missing", -1},
        {CONF_MINT, "tempfail", "saturated", -1},
        {CONF_OFF, "pass", "-", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf_listener listeners[1];
        char names[1][80] = {"onion"};
        struct conf conf = conf_of(listeners, names, 1, rows[i].mode);
        metrics_listeners(metrics, &conf);
        look();
        must_count("onion", rows[i].verdict, rows[i].reason, rows[i].want);
        must_count("default", rows[i].verdict, rows[i].reason, -1);
        must_count("other", rows[i].verdict, rows[i].reason, -1);
    }
}

static void count_pass(const char *listener)
{
    struct report report = report_of(listener, CONF_ENFORCE, OUTCOME_PASS, OP_VERDICT_PASS);
    metrics_report(metrics, &report);
}

static void test_listeners(void **state)
{
    struct conf_listener listeners[3];
    char names[3][80] = {"a\"\\\n\xff", "other", "b"};
    struct conf conf = conf_of(listeners, names, 3, CONF_ENFORCE);
    (void)state;
    metrics_listeners(metrics, &conf);
    count_pass("a\"\\\n\xff");
    count_pass("other"); /* one that is named so shares the slot */
    count_pass("b");
    count_pass("b");
    count_pass("unheard of");
    count_pass(NULL);
    look();
    must_count("a\\\"\\\\__", "pass", "-", 1);
    must_count("b", "pass", "-", 2);
    must_count("other", "pass", "-", 3);
    conf.listener_count = 1; /* a reload without "b": its sessions go on, and its past stays */
    metrics_listeners(metrics, &conf);
    count_pass("b");
    look();
    must_count("b", "pass", "-", 3);
    must_count("b", "fail", "missing", -1);
    must_count("a\\\"\\\\__", "fail", "missing", 0);
}

static void test_more_listeners_than_slots(void **state)
{
    static struct conf_listener listeners[CONF_LISTENERS_MAX];
    static char names[CONF_LISTENERS_MAX][80];
    (void)state;
    for (unsigned generation = 0; generation < 3; generation++) {
        for (unsigned i = 0; i < CONF_LISTENERS_MAX; i++)
            snprintf(names[i], sizeof names[i], "%u-%u", generation, i);
        struct conf conf = conf_of(listeners, names, CONF_LISTENERS_MAX, CONF_ENFORCE);
        metrics_listeners(metrics, &conf);
        for (unsigned i = 0; i < CONF_LISTENERS_MAX; i++)
            count_pass(names[i]);
    }
    look();
    must_count("0-0", "pass", "-", 1);
    must_count("0-63", "pass", "-", 1);
    must_count("1-0", "pass", "-", -1);
    must_count("other", "pass", "-", 2 * CONF_LISTENERS_MAX);
}

static void test_long_name(void **state)
{
    struct conf_listener listeners[2];
    char names[2][80], want[65];
    struct conf conf = conf_of(listeners, names, 2, CONF_ENFORCE);
    (void)state;
    for (size_t i = 0; i < 2; i++) { /* equal in what is kept of them */
        memset(names[i], 'x', 79);
        names[i][78] = (char)('a' + i);
        names[i][79] = '\0';
    }
    snprintf(want, sizeof want, "%.64s", names[0]);
    metrics_listeners(metrics, &conf);
    count_pass(names[0]);
    count_pass(names[1]);
    look();
    must_count(want, "pass", "-", 2);
}

static void test_work(void **state)
{
    struct report report = report_of("default", CONF_ENFORCE, OUTCOME_PASS, OP_VERDICT_PASS);
    (void)state;
    report.suite = "sha256";
    report.work = 512;
    metrics_report(metrics, &report);
    report.work = 513;
    metrics_report(metrics, &report);
    report.outcome = OUTCOME_UNPAID; /* pays nothing */
    report.verdict = OP_VERDICT_WEAK;
    metrics_report(metrics, &report);
    report.outcome = OUTCOME_PASS;
    report.suite = NULL; /* nothing had to be paid */
    metrics_report(metrics, &report);
    look();
    must_be("onionpow_paid_evaluations_bucket{suite=\"sha256\",le=\"256\"}", 0);
    must_be("onionpow_paid_evaluations_bucket{suite=\"sha256\",le=\"512\"}", 1);
    must_be("onionpow_paid_evaluations_bucket{suite=\"sha256\",le=\"1024\"}", 2);
    must_be("onionpow_paid_evaluations_bucket{suite=\"sha256\",le=\"1099511627776\"}", 2);
    must_be("onionpow_paid_evaluations_bucket{suite=\"sha256\",le=\"+Inf\"}", 2);
    must_be("onionpow_paid_evaluations_sum{suite=\"sha256\"}", 1025);
    must_be("onionpow_paid_evaluations_count{suite=\"sha256\"}", 2);
    must_be("onionpow_paid_evaluations_count{suite=\"argon2id-16m\"}", 0);
}

static void test_times(void **state)
{
    struct report report = report_of("default", CONF_MONITOR, OUTCOME_UNPAID, OP_VERDICT_PROOF);
    (void)state;
    report.ms = 64;
    metrics_report(metrics, &report);
    report.outcome = OUTCOME_RELAY; /* has no end of message */
    metrics_report(metrics, &report);
    metrics_verification(metrics, fixture_suite("argon2id-16m"), 0.01);
    metrics_verification(metrics, fixture_suite("argon2id-16m"), 1e9);
    metrics_verification(metrics, fixture_suite("argon2id-16m"), -1); /* a clock gone mad */
    look();
    must_be("onionpow_answer_seconds_bucket{verdict=\"would-fail\",le=\"0.032\"}", 0);
    must_be("onionpow_answer_seconds_bucket{verdict=\"would-fail\",le=\"0.064\"}", 1);
    must_be("onionpow_answer_seconds_sum{verdict=\"would-fail\"}", 0.064);
    must_be("onionpow_answer_seconds_count{verdict=\"fail\"}", 0);
    must_be("onionpow_verification_seconds_bucket{suite=\"argon2id-16m\",le=\"0.0064\"}", 2);
    must_be("onionpow_verification_seconds_bucket{suite=\"argon2id-16m\",le=\"0.0128\"}", 3);
    must_be("onionpow_verification_seconds_sum{suite=\"argon2id-16m\"}", 0.01);
    must_be("onionpow_verification_seconds_count{suite=\"sha256\"}", 0);
}

static void test_exemptions(void **state)
{
    struct report report = report_of("default", CONF_ENFORCE, OUTCOME_PASS, OP_VERDICT_PASS);
    (void)state;
    metrics_exempt(metrics, EXEMPT_NONE);
    metrics_exempt(metrics, EXEMPT_ROLE);
    report.replies = 2;
    metrics_report(metrics, &report);
    report.outcome = OUTCOME_LEDGER; /* will come again */
    metrics_report(metrics, &report);
    look();
    assert_int_equal(lines_of("onionpow_exemptions_total{"), EXEMPT_REPLY);
    for (int rule = EXEMPT_NONE + 1; rule <= EXEMPT_REPLY; rule++) {
        char series[128];
        snprintf(series, sizeof series, "onionpow_exemptions_total{rule=\"%s\"}",
                 exempt_rule_str((enum exempt_rule)rule));
        must_be(series, rule == EXEMPT_ROLE ? 1 : rule == EXEMPT_REPLY ? 2 : 0);
    }
}

static void test_gauges(void **state)
{
    struct metrics_gauges gauges = {.load = 1.25,
                                    .load_max = 64,
                                    .price_work = {20480},
                                    .gate_busy = 1,
                                    .gate_threads = 4,
                                    .gate_waiting = 2,
                                    .gate_queue = 64,
                                    .gate_memory = 16777216,
                                    .gate_memory_max = 536870912,
                                    .gate_saturated = 3,
                                    .minter_busy = 10,
                                    .minter_messages = 11,
                                    .minter_waiting = 12,
                                    .minter_queue = 13,
                                    .minter_stamps = 14,
                                    .ledger_known = true,
                                    .ledger_entries = 5,
                                    .ledger_bytes = 4096,
                                    .ledger_max_bytes = 1073741824,
                                    .circuits = 6,
                                    .sessions = 7,
                                    .started = 1795003200,
                                    .reloads = 8,
                                    .reloads_failed = 9};
    static const struct {
        const char *series;
        double want;
    } rows[] = {
        {"onionpow_build_info{version=\"" ONIONPOW_VERSION "\"}", 1},
        {"onionpow_price_load", 1.25},
        {"onionpow_price_load_max", 64},
        {"onionpow_price_evaluations{suite=\"argon2id-16m\"}", 20480},
        {"onionpow_price_evaluations{suite=\"sha256\"}", -1},
        {"onionpow_gate_threads_busy", 1},
        {"onionpow_gate_threads_max", 4},
        {"onionpow_gate_queue_length", 2},
        {"onionpow_gate_queue_max", 64},
        {"onionpow_gate_memory_bytes", 16777216},
        {"onionpow_gate_memory_max_bytes", 536870912},
        {"onionpow_gate_saturated_total", 3},
        {"onionpow_minter_messages_busy", 10},
        {"onionpow_minter_messages_max", 11},
        {"onionpow_minter_queue_length", 12},
        {"onionpow_minter_queue_max", 13},
        {"onionpow_minter_stamps_total", 14},
        {"onionpow_ledger_up", 1},
        {"onionpow_ledger_entries", 5},
        {"onionpow_ledger_bytes", 4096},
        {"onionpow_ledger_max_bytes", 1073741824},
        {"onionpow_circuits", 6},
        {"onionpow_sessions", 7},
        {"onionpow_start_time_seconds", 1795003200},
        {"onionpow_reloads_total{result=\"done\"}", 8},
        {"onionpow_reloads_total{result=\"failed\"}", 9},
    };
    (void)state;
    look_with(&gauges);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        must_be(rows[i].series, rows[i].want);
    gauges.ledger_known = false;
    look_with(&gauges);
    must_be("onionpow_ledger_up", 0);
    assert_int_equal(lines_of("onionpow_ledger_"), 1); /* nothing that is not known is told */
}

/* Each family has its HELP and TYPE once, right before its samples. */
static void test_families(void **state)
{
    char family[128] = "", line[512], seen[8192] = "";
    (void)state;
    look();
    for (const char *at = text; *at != '\0'; at += strcspn(at, "\n") + 1) {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        if (sscanf(line, "# HELP %127s", family) == 1) {
            char key[132];
            snprintf(key, sizeof key, " %s ", family);
            assert_null(strstr(seen, key));
            strcat(seen, key);
        } else if (line[0] == '#') {
            assert_memory_equal(line, "# TYPE ", 7);
            assert_memory_equal(line + 7, family, strlen(family));
        } else {
            assert_memory_equal(line, family, strlen(family));
        }
    }
    assert_true(text[strlen(text) - 1] == '\n');
}

#define THREADS 4
#define TIMES   5000

static void *count_all(void *arg)
{
    for (int i = 0; i < TIMES; i++) {
        struct report report = report_of(arg, CONF_ENFORCE, OUTCOME_PASS, OP_VERDICT_PASS);
        report.suite = "sha256";
        report.work = 300;
        metrics_report(metrics, &report);
        metrics_exempt(metrics, EXEMPT_ROLE);
        metrics_verification(metrics, fixture_suite("sha256"), 0.001);
    }
    return NULL;
}

/* Counting, reading and reloading at once: nothing is lost, and a reader sees whole names. */
static void test_threads(void **state)
{
    static char names[CONF_LISTENERS_MAX][80] = {"one"};
    static struct conf_listener listeners[CONF_LISTENERS_MAX];
    char one[] = "one", two[] = "two";
    pthread_t thread[THREADS];
    struct conf conf = conf_of(listeners, names, 1, CONF_ENFORCE);
    (void)state;
    metrics_listeners(metrics, &conf);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, count_all, i % 2 ? one : two), 0);
    for (unsigned i = 1; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "added-%u", i);
        conf = conf_of(listeners, names, i + 1, CONF_ENFORCE);
        metrics_listeners(metrics, &conf);
        look();
        must_count(names[i], "pass", "-", 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    look();
    must_count("one", "pass", "-", THREADS * TIMES / 2);
    must_count("other", "pass", "-", THREADS * TIMES / 2);
    must_be("onionpow_exemptions_total{rule=\"role\"}", THREADS * TIMES);
    must_be("onionpow_paid_evaluations_sum{suite=\"sha256\"}", 300.0 * THREADS * TIMES);
    must_be("onionpow_verification_seconds_count{suite=\"sha256\"}", THREADS * TIMES);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_words_of_the_log),
        TEST(test_series_at_start),
        TEST(test_listeners),
        TEST(test_more_listeners_than_slots),
        TEST(test_long_name),
        TEST(test_work),
        TEST(test_times),
        TEST(test_exemptions),
        TEST(test_gauges),
        TEST(test_families),
        TEST(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
