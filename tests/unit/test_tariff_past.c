/* test_tariff_past.c - what the adaptive price remembers: prices that were promised, and clocks
 * that jump. */
#include "tariff_fixture.h"

/* A price that rose: the old one holds for the grace period, and not much longer. */
static void test_grace(void **state)
{
    struct conf conf = price_fixture_conf();
    struct tariff tariff;
    uint64_t seed = 1;
    int64_t change = PRICE_FIXTURE_NOW + HOUR;

    (void)state;
    for (int fixed = 0; fixed <= 1; fixed++) {
        conf = price_fixture_conf();
        conf.price.mode = fixed == 1 ? CONF_FIXED : CONF_ADAPTIVE;
        tariff_init(&tariff, &conf, PRICE_FIXTURE_NOW);
        run(&tariff, &conf, 0, 1, &seed);
        conf.suite[price_fixture_index("argon2id-16m")].work *= 2;
        assert_true(lowest(&tariff, &conf, change, "argon2id-16m") == 16384); /* before a tick */
        run(&tariff, &conf, 0, 6, &seed);
        assert_true(tariff.list.work[price_fixture_index("argon2id-16m")] == 32768);
        assert_true(lowest(&tariff, &conf, change + 6 * HOUR, "argon2id-16m") == 16384);
        assert_true(lowest(&tariff, &conf, change + 6 * HOUR + MINUTE + 1, "argon2id-16m") ==
                    32768);
        assert_true(lowest(&tariff, &conf, change, "argon2id-64m") == 4096); /* did not change */
        run(&tariff, &conf, 0, 7, &seed);
        conf.suite[price_fixture_index("argon2id-16m")].work /= 2; /* a fall holds at once */
        assert_true(lowest(&tariff, &conf, tariff.seen, "argon2id-16m") == 16384);
        conf.suite[price_fixture_index("argon2id-16m")].enabled = false;
        assert_true(lowest(&tariff, &conf, tariff.seen, "argon2id-16m") == 32768);
        run(&tariff, &conf, 0, 7, &seed);
        assert_true(lowest(&tariff, &conf, tariff.seen, "argon2id-16m") == 0);
    }
}

/* A calendar moves prices every minute: what was asked holds for the grace period, and a slice
 * longer at the most; the past stays small. Load, calendar and configuration all move. */
static void test_promise_is_kept(void **state)
{
    enum { MINUTES = 4000 };
    static double asked[MINUTES];
    struct conf conf = price_fixture_conf();
    struct tariff tariff;
    uint64_t seed = 13;
    size_t suite = price_fixture_index("sha256");

    (void)state;
    conf.suite[suite].deprecated_since = 20261101;
    conf.suite[suite].doubling_s = OP_DAY_S;
    tariff_init(&tariff, &conf, PRICE_FIXTURE_NOW);
    for (int i = 0; i < MINUTES; i++) {
        int64_t now = PRICE_FIXTURE_NOW + (int64_t)i * MINUTE;
        int grace = (int)conf.price.grace_s / MINUTE, slice = grace / 12;
        double old = HUGE_VAL, got;
        if (random_below(&seed, 300) == 0)
            conf.suite[suite].work =
                (UINT64_C(1) << 31) + random_below(&seed, UINT64_C(1) << 31) / 16 * 16;
        tariff_advance(&tariff, &conf, (double)random_below(&seed, 10), now, random_next(&seed));
        asked[i] = tariff.list.work[suite];
        got = lowest(&tariff, &conf, now, "sha256");
        for (int j = i; j >= 0 && j >= i - grace; j--) {
            assert_true(got <= asked[j]);
            old = fmin(old, asked[j]);
        }
        for (int j = i - grace - 1; j >= 0 && j >= i - grace - slice - 2; j--)
            old = fmin(old, asked[j]);
        assert_true(got >= old * (1 - 1e-12));
    }
    assert_true(asked[MINUTES - 1] > 4 * asked[0]);
    assert_in_range(tariff.past_count, 12, 28);
}

/* More changes than there is room for: the oldest become one, at their lowest. */
static void test_crowded_past(void **state)
{
    struct conf conf = price_fixture_conf();
    struct tariff tariff;
    size_t suite = price_fixture_index("sha256");
    int64_t now = PRICE_FIXTURE_NOW;

    (void)state;
    tariff_init(&tariff, &conf, now);
    conf.price.grace_s = 600; /* short slices first, then a long time to keep them */
    for (int i = 1; i <= 40; i++) {
        now += MINUTE;
        if (i == 12)
            conf.price.grace_s = UINT32_MAX;
        conf.suite[suite].work = (UINT64_C(1) << 31) + (uint64_t)i * 16;
        tariff_advance(&tariff, &conf, 0, now, 0);
    }
    assert_true(tariff.past_count <= TARIFF_PAST_MAX);
    tariff.past_count = TARIFF_PAST_MAX; /* full, of long slices */
    for (int i = 0; i < TARIFF_PAST_MAX; i++) {
        memset(&tariff.past[i], 0, sizeof tariff.past[i]);
        tariff.past[i].until = now - (TARIFF_PAST_MAX - i) * (int64_t)100000000;
        tariff.past[i].list.work[suite] = 1000 + (i == 0 ? 0 : i + 1);
    }
    conf.suite[suite].work *= 2;
    tariff_advance(&tariff, &conf, 0, now + MINUTE, 0);
    assert_in_range(tariff.past_count, TARIFF_PAST_MAX - 1, TARIFF_PAST_MAX);
    assert_true(tariff.past[0].list.work[suite] == 1000);
    assert_true(tariff.past[0].until == now - (TARIFF_PAST_MAX - 1) * (int64_t)100000000);
}

/* The clock goes back: by little it is another node's and the record waits; by more it was set and
 * the record goes along, so that the price is not frozen until that time comes again. */
static void test_clock_back(void **state)
{
    static const int64_t back[] = {1,         MINUTE,         HOUR - 1,         HOUR,
                                   12 * HOUR, 400 * OP_DAY_S, PRICE_FIXTURE_NOW};

    (void)state;
    for (size_t i = 0; i < sizeof back / sizeof *back; i++) {
        struct conf conf = price_fixture_conf();
        struct tariff tariff;
        uint64_t seed = 1;
        double load, old;
        int64_t now;
        tariff_init(&tariff, &conf, PRICE_FIXTURE_NOW);
        run(&tariff, &conf, 5000, 24, &seed);
        load = tariff.load;
        old = lowest(&tariff, &conf, tariff.seen, "argon2id-16m");
        now = tariff.seen - back[i];
        assert_true(lowest(&tariff, &conf, now, "argon2id-16m") <= old);
        tariff_advance(&tariff, &conf, 0, now, 0);
        assert_true(tariff.load == load);
        if (back[i] < HOUR)
            assert_true(lowest(&tariff, &conf, now, "argon2id-16m") <= old);
        else
            assert_true(lowest(&tariff, &conf, now, "argon2id-16m") == old);
        for (int minute = 1; minute <= 130; minute++)
            tariff_advance(&tariff, &conf, 0, now + minute * MINUTE, 0);
        assert_true(tariff.load != load); /* not frozen */
        assert_true(lowest(&tariff, &conf, now + 130 * MINUTE, "argon2id-16m") > old);
    }
}

/* The clock goes ahead, or the daemon has slept: one step at most, and what was asked before still
 * holds; then the price moves on as ever. */
static void test_clock_ahead(void **state)
{
    static const int64_t ahead[] = {
        HOUR,           3 * HOUR,        OP_DAY_S,
        400 * OP_DAY_S, TARIFF_TIME_MAX, INT64_MAX - PRICE_FIXTURE_NOW - 200 * HOUR};

    (void)state;
    for (size_t i = 0; i < sizeof ahead / sizeof *ahead; i++) {
        struct conf conf = price_fixture_conf();
        struct tariff tariff;
        uint64_t seed = 1;
        double load, old;
        int64_t now;
        tariff_init(&tariff, &conf, PRICE_FIXTURE_NOW);
        run(&tariff, &conf, 5000, 24, &seed);
        load = tariff.load;
        old = lowest(&tariff, &conf, tariff.seen, "argon2id-16m");
        now = tariff.seen + ahead[i];
        assert_true(lowest(&tariff, &conf, now, "argon2id-16m") <=
                    old * (ahead[i] > HOUR ? 1 : TARIFF_STEP * TARIFF_STEP));
        tariff_advance(&tariff, &conf, 0, now, 0);
        assert_true(tariff.load <= load * TARIFF_STEP && tariff.load >= load / TARIFF_STEP);
        if (ahead[i] > TARIFF_GAP_S) {
            assert_true(tariff.load == load);
            assert_true(lowest(&tariff, &conf, now, "argon2id-16m") == old);
        }
        for (int hour = 1; hour <= 96; hour++) {
            double before = tariff.load;
            tariff_advance(&tariff, &conf, 0, now + hour * HOUR, 0);
            assert_true(tariff.load >= before / TARIFF_STEP * (1 - 1e-12));
        }
        if (ahead[i] < TARIFF_TIME_MAX / 2)
            assert_true(tariff.load == 1);
    }
}

/* There and back again costs the average, and one step an hour of it; no promise is lost. */
static void test_clock_ahead_and_back(void **state)
{
    struct conf conf = price_fixture_conf();
    struct tariff tariff;
    uint64_t seed = 1;
    double load, old;
    int64_t now;

    (void)state;
    tariff_init(&tariff, &conf, PRICE_FIXTURE_NOW);
    run(&tariff, &conf, 5000, 24, &seed);
    load = tariff.load;
    now = tariff.seen;
    old = lowest(&tariff, &conf, now, "argon2id-16m");
    tariff_advance(&tariff, &conf, 0, now + 1000 * OP_DAY_S, 0);
    tariff_advance(&tariff, &conf, 0, now + MINUTE, 0);
    assert_true(tariff.load == load);
    assert_true(lowest(&tariff, &conf, now + MINUTE, "argon2id-16m") == old);
    assert_true(tariff.seen == now + MINUTE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grace),        cmocka_unit_test(test_promise_is_kept),
        cmocka_unit_test(test_crowded_past), cmocka_unit_test(test_clock_back),
        cmocka_unit_test(test_clock_ahead),  cmocka_unit_test(test_clock_ahead_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
