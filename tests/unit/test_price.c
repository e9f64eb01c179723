/* test_price.c - from configuration, calendar and load to work; from work to effort, terms and
 * offers. */
#include "price_fixture.h"

#include <math.h>

#include "milter/price.h"

#define DAY(n) (PRICE_FIXTURE_NOW + (int64_t)((n) * (double)OP_DAY_S))

static bool close_to(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fabs(b);
}

/* One suite of work 1000, deprecated from the start of 2026-11-18, half a day before NOW. */
static void test_calendar(void **state)
{
    const struct {
        const char *label;
        uint32_t since, doubling_s, refuse_after;
        int64_t at;
        double want;
    } rows[] = {
        {"not deprecated", 0, 90 * OP_DAY_S, 0, DAY(1000), 1000},
        {"not yet", 20261119, OP_DAY_S, 0, DAY(0), 1000},
        {"its first second", 20261118, OP_DAY_S, 0, DAY(-0.5), 1000},
        {"half a doubling", 20261118, OP_DAY_S, 0, DAY(0), 1000 * M_SQRT2},
        {"a doubling", 20261118, OP_DAY_S, 0, DAY(0.5), 2000},
        {"one second of it", 20261118, OP_DAY_S, 0, DAY(-0.5) + 1, 1000 * exp2(1.0 / OP_DAY_S)},
        {"ten doublings", 20261118, 9 * OP_DAY_S, 0, DAY(89.5), 1024000},
        {"never doubles", 20261118, 0, 0, DAY(1000), 1000},
        {"the last second", 0, 0, 20261118, DAY(0.5) - 1, 1000},
        {"refused from the day after", 0, 0, 20261118, DAY(0.5), 0},
        {"refused for good", 0, 0, 20261118, INT64_MAX, 0},
        {"both", 20261118, OP_DAY_S, 20261119, DAY(1), 1000 * exp2(1.5)},
        {"deprecated and refused", 20261118, OP_DAY_S, 20261119, DAY(1.5), 0},
        {"far ahead: the suite's limit", 20261118, OP_DAY_S, 0, DAY(36500), 0x1p26 * 32},
        {"beyond all dates", 20261118, 1, 0, INT64_MAX, 0x1p26 * 32},
        {"before all dates", 20261118, 1, 0, INT64_MIN, 1000},
        {"deprecated at the end of dates", 99991231, OP_DAY_S, 99991231, DAY(0), 1000},
    };
    size_t suite = price_fixture_index("argon2id-16m");
    struct conf conf = price_fixture_conf();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct price_list list;
        print_message("%s\n", rows[i].label);
        conf.suite[suite].work = 1000;
        conf.suite[suite].deprecated_since = rows[i].since;
        conf.suite[suite].doubling_s = rows[i].doubling_s;
        conf.suite[suite].refuse_after = rows[i].refuse_after;
        price_list(&conf, rows[i].at, 1, &list);
        assert_true(close_to(list.work[suite], rows[i].want));
        conf.suite[suite].enabled = false;
        price_list(&conf, rows[i].at, 1, &list);
        assert_true(list.work[suite] == 0);
        conf.suite[suite].enabled = true;
    }
}

/* The price of a deprecated suite grows in every second, and twice as much in twice the time. */
static void test_calendar_is_continuous(void **state)
{
    size_t suite = price_fixture_index("sha256");
    struct conf conf = price_fixture_conf();
    double before = 0;

    (void)state;
    conf.suite[suite].deprecated_since = 20260101;
    conf.suite[suite].doubling_s = 90 * OP_DAY_S;
    for (int64_t at = DAY(-2); at < DAY(2); at += 599) {
        struct price_list list;
        price_list(&conf, at, 1, &list);
        assert_true(list.work[suite] > before);
        assert_true(before == 0 || list.work[suite] < before * 1.0001);
        before = list.work[suite];
    }
}

static void test_load(void **state)
{
    static const struct {
        const char *label;
        double load, exponent, ceiling, want;
    } rows[] = {
        {"none", 1, 1, 100, 1000},
        {"as it is", 3, 1, 100, 3000},
        {"squared", 3, 2, 100, 9000},
        {"by its root", 9, 0.5, 100, 3000},
        {"not at all", 50, 0, 100, 1000},
        {"at the ceiling", 100, 1, 100, 100000},
        {"above it", 1000, 1, 100, 100000},
        {"below one", 0.5, 1, 100, 1000},
        {"negative", -5, 2, 100, 1000},
        {"a ceiling of one", 50, 1, 1, 1000},
        {"no ceiling given", 50, 1, 0, 1000},
        {"infinite", HUGE_VAL, 1, 100, 100000},
        {"not a number: the ceiling", NAN, 1, 100, 100000},
        {"the suite's limit", 1e6, 8, 1e6, 0x1p26 * 32},
    };
    size_t suite = price_fixture_index("argon2id-16m");
    struct conf conf = price_fixture_conf();

    (void)state;
    conf.suite[suite].work = 1000;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct price_list list;
        print_message("%s\n", rows[i].label);
        conf.suite[suite].load_exponent = rows[i].exponent;
        conf.price.ceiling = rows[i].ceiling;
        price_list(&conf, DAY(0), rows[i].load, &list);
        assert_true(close_to(list.work[suite], rows[i].want));
    }
}

/* Fixed prices know no load. */
static void test_load_counts(void **state)
{
    struct conf conf = price_fixture_conf(), fixed = conf;
    size_t suite = price_fixture_index("argon2id-16m");
    struct price_list list;

    (void)state;
    fixed.price.mode = CONF_FIXED;
    assert_true(price_load(&conf, 3) == 3 && price_load(&fixed, 3) == 1);
    assert_true(price_load(&conf, 0) == 1 && price_load(&conf, 101) == 100);
    assert_true(price_load(&conf, NAN) == 100 && price_load(&fixed, NAN) == 1);
    price_list(&fixed, DAY(0), 3, &list);
    assert_true(list.work[suite] == 16384);
    price_list(&conf, DAY(0), 3, &list);
    assert_true(close_to(list.work[suite], 3.0 * 16384));
}

/* Load and calendar multiply; suites have prices of their own. */
static void test_both(void **state)
{
    size_t preferred = price_fixture_index("argon2id-16m"), old = price_fixture_index("sha256");
    struct conf conf = price_fixture_conf();
    struct price_list list;

    (void)state;
    conf.suite[old].deprecated_since = 20261118;
    conf.suite[old].doubling_s = OP_DAY_S;
    conf.suite[old].load_exponent = 2;
    price_list(&conf, DAY(1.5), 3, &list);
    assert_true(close_to(list.work[preferred], 3.0 * 16384));
    assert_true(close_to(list.work[old], 9.0 * 4 * 0x1p31));
    conf.suite[old].doubling_s = 1; /* an infinite factor, and one that is no number */
    conf.suite[old].load_exponent = NAN;
    price_list(&conf, INT64_MAX, 3, &list);
    assert_true(list.work[old] == 0x1p56 * 16);
    assert_true(close_to(list.work[preferred], 3.0 * 16384));
}

static void test_effort(void **state)
{
    static const struct {
        const char *label;
        double work, factor;
        uint64_t want;
    } rows[] = {
        {"exact", 16 * 100, 1.0, 100},
        {"rounded up", 16 * 100 + 1, 1.0, 101},
        {"a fraction rounded up", 16 * 100 + 0.001, 1.0, 101},
        {"factor", 16 * 100, 1.5, 150},
        {"factor, rounded up", 16 * 100, 0.999, 100},
        {"not accepted", 0, 1000, 0},
        {"not accepted, whatever the factor", 0, NAN, 0},
        {"never below 1", 1, 0.01, 1},
        {"a factor of nothing", 16 * 100, 0, 1},
        {"a negative factor", 16 * 100, -1, 1},
        {"never above the suite's limit", 0x1p60, 1000, UINT64_C(1) << 56},
        {"at the limit", 0x1p60, 1, UINT64_C(1) << 56},
        {"just below it", 0x1p60, 1 - 0x1p-53, (UINT64_C(1) << 56) - 8},
        {"infinite work", HUGE_VAL, 1, UINT64_C(1) << 56},
        {"an infinite factor", 1, HUGE_VAL, UINT64_C(1) << 56},
        {"a factor that is no number", 1, NAN, UINT64_C(1) << 56},
        {"work that is no number", NAN, 1, UINT64_C(1) << 56},
        {"large", 0x1p53, 8, UINT64_C(1) << 52},
    };
    const struct op_suite *suite = op_suite_at(price_fixture_index("sha256"));

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].label);
        assert_true(price_effort(suite, rows[i].work, rows[i].factor) == rows[i].want);
    }
}

static void test_terms(void **state)
{
    struct conf conf = price_fixture_conf();
    struct price_list lowest = {{0}};
    struct op_terms terms;
    size_t suite = price_fixture_index("argon2id-64m");

    (void)state;
    lowest.work[suite] = 1600;
    price_terms(&conf, &lowest, 1.5, DAY(0), &terms);
    assert_true(terms.now == DAY(0));
    assert_int_equal(terms.validity_s, 7 * OP_DAY_S);
    assert_int_equal(terms.skew_s, 3600);
    for (size_t i = 0; i < OP_SUITES_MAX; i++)
        assert_true(terms.effort[i] == (i == suite ? 150 : 0));
}

static void assert_order(const struct conf *conf, int64_t now, const char *want)
{
    struct price_list list;
    struct op_offers offers;
    char got[256] = "";

    price_list(conf, now, 1, &list);
    price_offers(conf, &list, 1, now, &offers);
    for (size_t i = 0; i < offers.count; i++) {
        const struct op_suite *suite = offers.offer[i].suite;
        assert_int_equal(offers.offer[i].quote_len, 0);
        assert_true(offers.offer[i].effort ==
                    price_effort(suite, list.work[op_suite_index(suite)], 1));
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i > 0 ? " " : "",
                 suite->name);
    }
    assert_string_equal(got, want);
    assert_int_equal(offers.unknown, 0);
}

/* By preference and not by price; what is deprecated comes last, what is refused not at all. */
static void test_offers(void **state)
{
    struct conf conf = price_fixture_conf();
    size_t preferred = price_fixture_index("argon2id-16m");

    (void)state;
    assert_order(&conf, DAY(0), "argon2id-16m argon2id-256m argon2id-64m sha256");
    conf.suite[preferred].work *= 1000;
    assert_order(&conf, DAY(0), "argon2id-16m argon2id-256m argon2id-64m sha256");
    conf.suite[preferred].deprecated_since = 20261118;
    conf.suite[preferred].refuse_after = 20261119;
    assert_order(&conf, DAY(-0.5) - 1, "argon2id-16m argon2id-256m argon2id-64m sha256");
    assert_order(&conf, DAY(-0.5), "argon2id-256m argon2id-64m argon2id-16m sha256");
    assert_order(&conf, DAY(1.5), "argon2id-256m argon2id-64m sha256");
    conf.suite[price_fixture_index("argon2id-64m")].enabled = false;
    assert_order(&conf, DAY(1.5), "argon2id-256m sha256");
    for (size_t i = 0; i < op_suite_count(); i++)
        conf.suite[i].enabled = false;
    assert_order(&conf, DAY(0), "");
}

static void test_offers_with_a_factor(void **state)
{
    struct conf conf = price_fixture_conf();
    struct price_list list;
    struct op_offers offers;

    (void)state;
    price_list(&conf, DAY(0), 2, &list);
    price_offers(&conf, &list, 1.5, DAY(0), &offers);
    assert_true(offers.offer[0].effort == 3 * 512);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_calendar_is_continuous),
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_load_counts),
        cmocka_unit_test(test_both),
        cmocka_unit_test(test_effort),
        cmocka_unit_test(test_terms),
        cmocka_unit_test(test_offers),
        cmocka_unit_test(test_offers_with_a_factor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
