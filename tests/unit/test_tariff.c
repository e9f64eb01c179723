/* test_tariff.c - the adaptive price in virtual time: how it follows the mail that comes, its steps
 * and its bounds. */
#include "tariff_fixture.h"

static void test_rest(void **state)
{
    struct conf conf = price_fixture_conf();
    struct tariff tariff;
    uint64_t seed = 1;

    (void)state;
    tariff_init(&tariff, &conf, PRICE_FIXTURE_NOW);
    assert_true(tariff.load == 1 && tariff.rate == 0);
    run(&tariff, &conf, 0, 100, &seed);
    assert_true(tariff.load == 1 && tariff.rate == 0);
    assert_int_equal(tariff.past_count, 0);
    run(&tariff, &conf, 50, 100, &seed); /* below the target */
    assert_true(tariff.load == 1);
    assert_true(fabs(tariff.rate - 50) < 1);
}

/* The rate is an average over the window: 63 % of a new level after one. */
static void test_rate(void **state)
{
    struct conf conf = price_fixture_conf();
    struct tariff tariff, minutely, at_once;
    uint64_t seed = 1;

    (void)state;
    tariff_init(&tariff, &conf, PRICE_FIXTURE_NOW);
    minutely = at_once = tariff;
    run(&tariff, &conf, 600, 6, &seed);
    assert_true(fabs(tariff.rate - 600 * (1 - exp(-1))) < 1);
    run(&tariff, &conf, 0, 6, &seed);
    assert_true(fabs(tariff.rate - 600 * (1 - exp(-1)) * exp(-1)) < 1);
    for (int i = 1; i <= 60; i++) /* the same in whatever portions it is counted */
        tariff_advance(&minutely, &conf, 10, PRICE_FIXTURE_NOW + i * MINUTE, 0);
    tariff_advance(&at_once, &conf, 600, PRICE_FIXTURE_NOW + HOUR, 0);
    assert_true(fabs(minutely.rate - at_once.rate) < 1e-6);
}

/* Random arrivals, random pauses, some of the clock's jumps: each advance moves the load by one
 * step at most, and never out of its bounds. */
static void test_bounds(void **state)
{
    struct conf conf = price_fixture_conf();
    struct tariff tariff;
    uint64_t seed = 7;
    int64_t now = PRICE_FIXTURE_NOW;
    double highest = 1;

    (void)state;
    tariff_init(&tariff, &conf, now);
    for (int i = 0; i < 200000; i++) {
        static const int64_t jump[] = {-400 * OP_DAY_S, -HOUR, 12 * HOUR, 400 * OP_DAY_S};
        double before = tariff.load;
        double arrivals =
            random_below(&seed, 3) == 0 ? (double)random_below(&seed, 1000000) / 7 : 0;
        now += (int64_t)random_below(&seed, 10 * MINUTE);
        if (random_below(&seed, 500) == 0)
            now += jump[random_below(&seed, 4)];
        tariff_advance(&tariff, &conf, arrivals, now, random_next(&seed));
        assert_true(tariff.load >= 1 && tariff.load <= conf.price.ceiling);
        assert_true(tariff.load <= before * TARIFF_STEP * (1 + 1e-12));
        assert_true(tariff.load >= before / TARIFF_STEP * (1 - 1e-12));
        assert_true(tariff.past_count <= TARIFF_PAST_MAX);
        highest = fmax(highest, tariff.load);
    }
    assert_true(highest == conf.price.ceiling); /* the test has been there */
}

/* Steps come an hour apart, give or take the jitter, which depends on chance. */
static void test_steps_are_hourly(void **state)
{
    struct conf conf = price_fixture_conf();
    struct tariff tariff;
    uint64_t seed = 3;
    int64_t now = PRICE_FIXTURE_NOW, last = now, shortest = INT64_MAX, longest = 0;

    (void)state;
    tariff_init(&tariff, &conf, now);
    conf.price.ceiling = 1e6;
    for (int steps = 0; steps < 50;) {
        double before = tariff.load;
        now += 10;
        tariff_advance(&tariff, &conf, 100000, now, random_next(&seed));
        if (tariff.load == before)
            continue;
        assert_true(fabs(tariff.load / before - TARIFF_STEP) < 1e-9);
        if (steps++ > 0) {
            shortest = now - last < shortest ? now - last : shortest;
            longest = now - last > longest ? now - last : longest;
        }
        last = now;
    }
    assert_in_range(shortest, TARIFF_TICK_S - TARIFF_JITTER_S, TARIFF_TICK_S - 60);
    assert_in_range(longest, TARIFF_TICK_S + 60, TARIFF_TICK_S + TARIFF_JITTER_S + 10);
}

/* A flood of 20 times the target, whatever the price is: the price rises without a fall, then falls
 * without a rise, and is back within 48 h. */
static void test_flood(void **state)
{
    struct conf conf = price_fixture_conf();
    struct tariff tariff;
    uint64_t seed = 5;
    bool falling = false;
    int hours;

    (void)state;
    tariff_init(&tariff, &conf, PRICE_FIXTURE_NOW);
    run(&tariff, &conf, 50, 24, &seed);
    for (hours = 0; hours < 12; hours++) {
        double before = tariff.load;
        run(&tariff, &conf, 2000, 1, &seed);
        assert_true(tariff.load >= before);
    }
    assert_true(tariff.load > 3 && tariff.load < 6);
    for (hours = 0; tariff.load > 1 && hours < 100; hours++) {
        double before = tariff.load;
        run(&tariff, &conf, 50, 1, &seed);
        falling = falling || tariff.load < before;
        assert_false(falling && tariff.load > before);
        assert_true(tariff.load < 20);
    }
    assert_in_range(hours, 20, 48);
}

/* However large a flood is and however long, 48 h are enough; even where honest mail of 0.8 targets
 * goes on. A demand that nobody bounds would take a day for each power of 50. */
static void test_flood_is_forgotten(void **state)
{
    static const double flood[] = {2000, 1e5, 1e12};

    (void)state;
    for (size_t i = 0; i < sizeof flood / sizeof *flood; i++) {
        struct conf conf = price_fixture_conf();
        struct tariff tariff;
        uint64_t seed = 5;
        conf.price.ceiling = 16;
        tariff_init(&tariff, &conf, PRICE_FIXTURE_NOW);
        run(&tariff, &conf, flood[i], 100, &seed);
        assert_true(tariff.load == 16);
        run(&tariff, &conf, 80, 48, &seed);
        assert_true(tariff.load < 1.2);
    }
}

/* Senders with the power for 20 times the target at the lowest price, who send what they can pay:
 * the price settles near the root of 20, where they send as much as it stands for, does not swing,
 * and is back within 48 h when they are gone. */
static void test_power(void **state)
{
    struct conf conf = price_fixture_conf();
    struct tariff tariff;
    uint64_t seed = 5;
    double least = HUGE_VAL, most = 0;

    (void)state;
    tariff_init(&tariff, &conf, PRICE_FIXTURE_NOW);
    for (int hour = 0; hour < 200; hour++) {
        run(&tariff, &conf, 2000 / tariff.load, 1, &seed);
        most = fmax(most, tariff.load);
        if (hour > 40)
            least = fmin(least, tariff.load);
    }
    assert_true(least > sqrt(20) * 0.98 && most < sqrt(20) * 1.05);
    run(&tariff, &conf, 50, 48, &seed);
    assert_true(tariff.load == 1);
}

/* Who would hold the price at a load has to pay it that many times the target an hour: the load
 * falls with the mail, and with less than the target to 1. */
static void test_holding_costs(void **state)
{
    struct conf conf = price_fixture_conf();
    struct tariff tariff;
    uint64_t seed = 5;

    (void)state;
    tariff_init(&tariff, &conf, PRICE_FIXTURE_NOW);
    for (int i = 0; i < 2; i++) { /* from above as from below */
        run(&tariff, &conf, 500, 300, &seed);
        assert_true(fabs(tariff.load - 5) < 0.05);
        run(&tariff, &conf, 120, 300, &seed);
        assert_true(fabs(tariff.load - 1.2) < 0.02);
        run(&tariff, &conf, 2000, 300, &seed);
        assert_true(fabs(tariff.load - 20) < 0.2);
        run(&tariff, &conf, 95, 300, &seed);
        assert_true(tariff.load == 1);
    }
}

/* Mail that pays only a share of the listed price, with old quotes, holds as much as it pays. */
static void test_old_quotes(void **state)
{
    struct conf conf = price_fixture_conf();
    struct tariff tariff;
    int64_t now = PRICE_FIXTURE_NOW;

    (void)state;
    tariff_init(&tariff, &conf, now);
    for (int minute = 0; minute < 400 * 60; minute++) {
        now += MINUTE;
        tariff_advance(&tariff, &conf, 2000.0 / 60 / tariff.load, now,
                       0); /* all at the price of 1 */
    }
    assert_true(fabs(tariff.load - sqrt(20)) < 0.1);
}

/* At any time: who sees more mail asks no lower price. */
static void test_monotone(void **state)
{
    struct conf conf = price_fixture_conf();
    struct tariff less, more;
    uint64_t seed = 11;

    (void)state;
    tariff_init(&less, &conf, PRICE_FIXTURE_NOW);
    more = less;
    for (int i = 1; i < 20000; i++) {
        double arrivals = (double)random_below(&seed, i % 4000 < 2000 ? 30 : 4) / 3;
        double extra = random_below(&seed, 20) == 0 ? (double)random_below(&seed, 50) / 7 : 0;
        uint64_t chance = random_next(&seed);
        int64_t now = PRICE_FIXTURE_NOW + (int64_t)i * MINUTE;
        tariff_advance(&less, &conf, arrivals, now, chance);
        tariff_advance(&more, &conf, arrivals + extra, now, chance);
        assert_true(more.rate >= less.rate);
        assert_true(more.load >= less.load);
        assert_true(lowest(&more, &conf, now, "argon2id-16m") >=
                    lowest(&less, &conf, now, "argon2id-16m"));
    }
    assert_true(more.load > less.load || more.rate > less.rate);
}

/* Fixed prices: the load is 1, whatever a former configuration made of it; the rate goes on. */
static void test_fixed(void **state)
{
    struct conf conf = price_fixture_conf(), fixed = conf;
    struct tariff tariff;
    uint64_t seed = 1;

    (void)state;
    tariff_init(&tariff, &conf, PRICE_FIXTURE_NOW);
    fixed.price.mode = CONF_FIXED;
    run(&tariff, &conf, 10000, 24, &seed);
    assert_true(tariff.load > 10);
    assert_true(tariff_load(&tariff, &conf) == tariff.load);
    assert_true(tariff_load(&tariff, &fixed) == 1);
    run(&tariff, &fixed, 10000, 1, &seed);
    assert_true(tariff.load == 1 && tariff.rate > 5000);
    assert_true(lowest(&tariff, &fixed, tariff.seen, "argon2id-16m") == 16384);
    run(&tariff, &conf, 10000, 2, &seed); /* and from there in steps */
    assert_true(tariff.load > 1 && tariff.load <= TARIFF_STEP * TARIFF_STEP * 1.000001);
}

static void test_ceiling_is_lowered(void **state)
{
    struct conf conf = price_fixture_conf();
    struct tariff tariff;
    uint64_t seed = 1;

    (void)state;
    tariff_init(&tariff, &conf, PRICE_FIXTURE_NOW);
    run(&tariff, &conf, 10000, 48, &seed);
    assert_true(tariff.load > 50);
    conf.price.ceiling = 3;
    assert_true(tariff_load(&tariff, &conf) == 3);
    run(&tariff, &conf, 10000, 1, &seed);
    assert_true(tariff.load == 3);
}

/* Values that a configuration check would refuse make no price that is none. */
static void test_numbers_stay_numbers(void **state)
{
    static const struct {
        const char *label;
        double target, ceiling;
        uint32_t window_s, grace_s;
    } rows[] = {
        {"no target", 0, 100, 3600, 3600},
        {"negative target", -1, 100, 3600, 3600},
        {"target is no number", NAN, 100, 3600, 3600},
        {"no ceiling", 10, 0, 3600, 3600},
        {"no window", 10, 100, 0, 3600},
        {"no grace", 10, 100, 3600, 0},
        {"nothing", 0, 0, 0, 0},
        {"the longest", 10, 1e6, UINT32_MAX, UINT32_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf conf = price_fixture_conf();
        struct tariff tariff;
        int64_t now = PRICE_FIXTURE_NOW;
        print_message("%s\n", rows[i].label);
        conf.price.target = rows[i].target;
        conf.price.ceiling = rows[i].ceiling;
        conf.price.window_s = rows[i].window_s;
        conf.price.grace_s = rows[i].grace_s;
        tariff_init(&tariff, &conf, now);
        for (int n = 0; n < 5000; n++) {
            now += n % 7 * MINUTE;
            tariff_advance(&tariff, &conf, n % 3 == 0 ? 0 : 0x1p64, now, UINT64_MAX);
            assert_true(isfinite(tariff.demand) && tariff.demand >= 0);
            assert_true(isfinite(tariff.rate) && tariff.rate >= 0);
            assert_true(tariff.load >= 1 && tariff.load <= fmax(1, rows[i].ceiling));
            assert_true(lowest(&tariff, &conf, now, "sha256") >= 0x1p31);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rest),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_steps_are_hourly),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_flood_is_forgotten),
        cmocka_unit_test(test_power),
        cmocka_unit_test(test_holding_costs),
        cmocka_unit_test(test_old_quotes),
        cmocka_unit_test(test_monotone),
        cmocka_unit_test(test_fixed),
        cmocka_unit_test(test_ceiling_is_lowered),
        cmocka_unit_test(test_numbers_stay_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
