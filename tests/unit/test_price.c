/* test_price.c - from configured work to effort, terms and offers. */
#include "fixture.h"
#include "pow/effort.h"

static void test_effort(void **state)
{
    static const struct {
        const char *label;
        uint64_t work;
        double factor;
        uint64_t want;
    } rows[] = {
        {"exact", 16 * 100, 1.0, 100},
        {"rounded up", 16 * 100 + 1, 1.0, 101},
        {"factor", 16 * 100, 1.5, 150},
        {"factor, rounded up", 16 * 100, 0.999, 100},
        {"never below 1", 1, 0.01, 1},
        {"never above the suite's limit", UINT64_C(1) << 60, 1000, UINT64_C(1) << 56},
        {"large", UINT64_C(1) << 53, 8, UINT64_C(1) << 52},
    };
    const struct op_suite *suite = fixture_suite("sha256");
    struct conf conf = fixture_conf();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].label);
        conf.suite[op_suite_index(suite)].work = rows[i].work;
        conf.fallback.price_factor = rows[i].factor;
        assert_true(price_effort(&conf, &conf.fallback, suite) == rows[i].want);
    }
    conf.suite[op_suite_index(suite)].enabled = false;
    assert_true(price_effort(&conf, &conf.fallback, suite) == 0);
}

static void test_terms(void **state)
{
    struct conf conf = fixture_conf();
    struct op_terms terms;

    (void)state;
    price_terms(&conf, &conf.fallback, FIXTURE_NOW, &terms);
    assert_true(terms.now == FIXTURE_NOW);
    assert_int_equal(terms.validity_s, 7 * OP_DAY_S);
    assert_int_equal(terms.skew_s, 3600);
    for (size_t i = 0; i < OP_SUITES_MAX; i++) {
        bool sha256 = i == op_suite_index(fixture_suite("sha256"));
        assert_true(terms.effort[i] == (sha256 ? FIXTURE_EFFORT : 0));
    }
}

/* Deprecated suites come last whatever their row in the registry, disabled ones not at all. */
static void test_offers(void **state)
{
    struct conf conf = fixture_conf();
    struct op_terms terms;
    struct op_offers offers;
    bool deprecated = false;

    (void)state;
    for (size_t i = 0; i < op_suite_count(); i++)
        conf.suite[i] = (struct conf_suite){.enabled = true, .work = 1000};
    price_terms(&conf, &conf.fallback, FIXTURE_NOW, &terms);
    price_offers(&terms, &offers);
    assert_int_equal(offers.count, op_suite_count());
    assert_ptr_equal(offers.offer[0].suite, op_suite_default());
    for (size_t i = 0; i < offers.count; i++) {
        bool is = offers.offer[i].suite->status == OP_SUITE_DEPRECATED;
        assert_false(deprecated && !is);
        deprecated = is;
        assert_int_equal(offers.offer[i].quote_len, 0);
        assert_true(offers.offer[i].effort == op_effort_from_work(offers.offer[i].suite, 1000));
    }
    assert_true(deprecated);
    terms.effort[0] = 0;
    price_offers(&terms, &offers);
    assert_int_equal(offers.count, op_suite_count() - 1);
    assert_ptr_not_equal(offers.offer[0].suite, op_suite_at(0));
    memset(&terms, 0, sizeof terms);
    price_offers(&terms, &offers);
    assert_int_equal(offers.count, 0);
}

/* The words of a demand: every suite of the registry has a rate, and its default takes a quarter of
 * a minute or so. */
static void test_seconds(void **state)
{
    (void)state;
    for (size_t i = 0; i < op_suite_count(); i++) {
        const struct op_suite *suite = op_suite_at(i);
        double seconds = price_seconds(suite, suite->effort_default);
        assert_true(seconds > 15 && seconds < 25);
        assert_true(price_seconds(suite, suite->effort_default * 2) == 2 * seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_effort),
        cmocka_unit_test(test_terms),
        cmocka_unit_test(test_offers),
        cmocka_unit_test(test_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
