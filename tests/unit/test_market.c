/*
 * test_market.c - the market on a note that this file keeps: arrivals, nodes that share it, a store
 * that fails, neighbours that are faster.
 */
#include "price_fixture.h"

#include <math.h>

#include "milter/market.h"
#include "milter/tariff_record.h"

#define MINUTE 60
#define HOUR   3600

/* In place of the ledger's: two functions and a note. */
struct ledger {
    char note[LEDGER_NOTE_MAX];
    size_t len;
    enum ledger_err get, put; /* what they return */
    unsigned lost;            /* so many puts meet a faster neighbour */
    unsigned puts;            /* that have been tried */
};

enum ledger_err ledger_note_get(struct ledger *ledger, const char *name,
                                char note_r[LEDGER_NOTE_MAX], size_t *len_r)
{
    assert_string_equal(name, "tariff");
    if (ledger->get != LEDGER_OK)
        return ledger->get;
    memcpy(note_r, ledger->note, ledger->len);
    *len_r = ledger->len;
    return LEDGER_OK;
}

enum ledger_err ledger_note_put(struct ledger *ledger, const char *name, const char *old,
                                size_t old_len, const char *note, size_t len, bool *done_r)
{
    assert_string_equal(name, "tariff");
    assert_in_range(len, 1, LEDGER_NOTE_MAX);
    ledger->puts++;
    if (ledger->put != LEDGER_OK)
        return ledger->put;
    if (ledger->lost > 0)
        ledger->lost--;
    *done_r =
        ledger->lost == 0 && old_len == ledger->len && memcmp(old, ledger->note, old_len) == 0;
    if (*done_r) {
        memcpy(ledger->note, note, len);
        ledger->len = len;
    }
    return LEDGER_OK;
}

static struct tariff stored(const struct ledger *ledger)
{
    struct tariff tariff;

    assert_true(tariff_record_parse(ledger->note, ledger->len, &tariff));
    return tariff;
}

static void arrive(struct market *market, int count)
{
    for (int i = 0; i < count; i++)
        market_arrival(market, 1);
}

static struct market *open_market(struct ledger *ledger, const struct conf *conf)
{
    struct market *market = market_new(ledger, conf, PRICE_FIXTURE_NOW);

    assert_non_null(market);
    return market;
}

static void test_flood(void **state)
{
    struct conf conf = price_fixture_conf();
    struct ledger ledger = {0};
    struct market *market = open_market(&ledger, &conf);
    struct market_prices prices;
    int64_t now = PRICE_FIXTURE_NOW;
    size_t suite = price_fixture_index("argon2id-16m");

    (void)state;
    market_prices(market, &conf, now, &prices);
    assert_true(prices.load == 1);
    assert_true(prices.list.work[suite] == 16384 && prices.lowest.work[suite] == 16384);
    for (int i = 0; i < 24 * 60; i++) {
        now += MINUTE;
        arrive(market, 30);
        assert_true(market_tick(market, &conf, now));
    }
    market_prices(market, &conf, now, &prices);
    assert_true(prices.load > 8 && prices.load == stored(&ledger).load);
    assert_true(prices.list.work[suite] == 16384 * prices.load);
    assert_true(prices.lowest.work[suite] < prices.list.work[suite]);
    assert_true(fabs(stored(&ledger).rate - 1800) < 50);
    market_free(market);
    market_free(NULL);
}

/* What one node has learnt, the next one knows, and so does one that starts again. */
static void test_restart(void **state)
{
    struct conf conf = price_fixture_conf(), dearer = conf;
    struct ledger ledger = {0};
    struct market *market = open_market(&ledger, &conf);
    struct market_prices before, after;
    int64_t now = PRICE_FIXTURE_NOW;
    size_t suite = price_fixture_index("argon2id-16m");

    (void)state;
    for (int i = 0; i < 5 * 60; i++) {
        now += MINUTE;
        arrive(market, 30);
        assert_true(market_tick(market, &conf, now));
    }
    market_prices(market, &conf, now, &before);
    market_free(market);
    dearer.suite[suite].work *= 10;
    market = market_new(&ledger, &dearer, now + MINUTE);
    assert_non_null(market);
    market_prices(market, &dearer, now + MINUTE, &after);
    assert_true(after.load == before.load && before.load > 1.5);
    assert_true(after.list.work[suite] == 10 * before.list.work[suite]);
    assert_true(after.lowest.work[suite] == 16384); /* the history has survived */
    market_free(market);
}

/* Two nodes, each with half of the mail, and a third that has none, see what one would with all. */
static void test_nodes_add_up(void **state)
{
    struct conf conf = price_fixture_conf();
    struct ledger shared = {0}, single = {0};
    struct market *a = open_market(&shared, &conf), *b = open_market(&shared, &conf);
    struct market *c = open_market(&shared, &conf), *one = open_market(&single, &conf);
    struct market_prices prices[3];
    int64_t now = PRICE_FIXTURE_NOW;

    (void)state;
    for (int i = 0; i < 12 * 60; i++) {
        now += MINUTE;
        arrive(a, 15);
        arrive(b, 15);
        arrive(one, 30);
        assert_true(market_tick(one, &conf, now));
        assert_true(market_tick(a, &conf, now));
        assert_true(market_tick(b, &conf, now - 20)); /* its clock is behind */
        assert_true(market_tick(c, &conf, now));
    }
    assert_true(fabs(stored(&shared).rate / stored(&single).rate - 1) < 0.01);
    assert_true(fabs(stored(&shared).load / stored(&single).load - 1) < 0.5); /* jitter */
    market_prices(a, &conf, now, &prices[0]);
    market_prices(b, &conf, now, &prices[1]);
    market_prices(c, &conf, now, &prices[2]);
    assert_true(prices[2].load == stored(&shared).load && prices[2].load > 3);
    assert_true(fabs(prices[0].load / prices[2].load - 1) <= TARIFF_STEP - 1);
    assert_true(fabs(prices[1].load / prices[2].load - 1) <= TARIFF_STEP - 1);
    market_free(a);
    market_free(b);
    market_free(c);
    market_free(one);
}

/* Who has paid half of what is listed counts half; nobody counts more than one, or takes away. */
static void test_weights(void **state)
{
    static const struct {
        double weight, want;
    } rows[] = {
        {1, 1},   {0.5, 0.5}, {1.0 / 3, 1.0 / 3}, {0x1p-20, 0x1p-20}, {0, 0},
        {-1, 0},  {1.5, 1},   {1e300, 1},         {HUGE_VAL, 1},      {-HUGE_VAL, 0},
        {NAN, 1}, {-NAN, 1},  {1e-9, 0},          {1 - 0x1p-30, 1.0}, {-0.0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf conf = price_fixture_conf();
        struct ledger ledger = {0};
        struct market *market = open_market(&ledger, &conf);
        conf.price.window_s = 1000 * OP_DAY_S; /* so long that a sum is what remains */
        for (int n = 0; n < 1000; n++)
            market_arrival(market, rows[i].weight);
        assert_true(market_tick(market, &conf, PRICE_FIXTURE_NOW + MINUTE));
        double sum = stored(&ledger).rate * 1000 * 24;
        if (fabs(sum - 1000 * rows[i].want) > 0.001 + 1000 * 0x1p-21)
            fail_msg("%g: a thousand make %g", rows[i].weight, sum);
        market_free(market);
    }
}

/* A neighbour is faster: again, with his record; always: an error, and nothing is lost, not even
 * fractions. */
static void test_races(void **state)
{
    struct conf conf = price_fixture_conf();
    struct ledger ledger = {0};
    struct market *market = open_market(&ledger, &conf);
    double rate;

    (void)state;
    arrive(market, 600);
    ledger.lost = 5;
    ledger.puts = 0;
    assert_true(market_tick(market, &conf, PRICE_FIXTURE_NOW + MINUTE));
    assert_int_equal(ledger.puts, 5);
    rate = stored(&ledger).rate;
    assert_true(fabs(rate - 100) < 1);
    for (int i = 0; i < 4 * 600; i++)
        market_arrival(market, 0.25);
    ledger.lost = UINT32_MAX;
    ledger.puts = 0;
    assert_false(market_tick(market, &conf, PRICE_FIXTURE_NOW + 2 * MINUTE));
    assert_in_range(ledger.puts, 2, 100);
    assert_true(stored(&ledger).rate == rate);
    ledger.lost = 0;
    assert_true(market_tick(market, &conf, PRICE_FIXTURE_NOW + 3 * MINUTE));
    assert_true(fabs(stored(&ledger).rate - 200) < 2);
    market_free(market);
}

/* The store is away: the price stays within a step of what is known, arrivals wait. */
static void test_store_fails(void **state)
{
    static const struct {
        enum ledger_err get, put;
    } rows[] = {{LEDGER_UNAVAILABLE, LEDGER_OK}, {LEDGER_OK, LEDGER_FULL}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf conf = price_fixture_conf(), dearer = conf;
        struct ledger ledger = {0};
        struct market *market = open_market(&ledger, &conf);
        struct market_prices prices;
        int64_t now = PRICE_FIXTURE_NOW;
        size_t suite = price_fixture_index("argon2id-16m");
        ledger.get = rows[i].get;
        ledger.put = rows[i].put;
        dearer.suite[suite].work *= 10;
        for (int minute = 0; minute < 5 * 60; minute++) {
            now += MINUTE;
            arrive(market, 30);
            assert_false(market_tick(market, &dearer, now));
            market_prices(market, &dearer, now, &prices);
            assert_true(prices.load <= TARIFF_STEP);
            assert_true(prices.lowest.work[suite] == 16384);
        }
        assert_true(stored(&ledger).rate == 0);
        ledger.get = ledger.put = LEDGER_OK;
        assert_true(market_tick(market, &dearer, now));
        assert_true(fabs(stored(&ledger).rate - 1800 * (1 - exp(-5.0 / 6))) < 30);
        assert_true(stored(&ledger).load <= TARIFF_STEP);
        market_free(market);
    }
}

/* From the first moment on; it is read when it is back. */
static void test_store_fails_at_the_start(void **state)
{
    struct conf conf = price_fixture_conf();
    struct ledger ledger = {0};
    struct market *market = open_market(&ledger, &conf), *late;
    struct market_prices prices;

    (void)state;
    for (int i = 1; i <= 4 * 60; i++) {
        arrive(market, 100);
        assert_true(market_tick(market, &conf, PRICE_FIXTURE_NOW + i * MINUTE));
    }
    ledger.get = LEDGER_UNAVAILABLE;
    late = market_new(&ledger, &conf, PRICE_FIXTURE_NOW + 4 * HOUR);
    assert_non_null(late);
    market_prices(late, &conf, PRICE_FIXTURE_NOW + 4 * HOUR, &prices);
    assert_true(prices.load == 1);
    ledger.get = LEDGER_OK;
    assert_true(market_tick(late, &conf, PRICE_FIXTURE_NOW + 4 * HOUR + MINUTE));
    market_prices(late, &conf, PRICE_FIXTURE_NOW + 4 * HOUR + MINUTE, &prices);
    assert_true(prices.load > 1.3);
    market_free(market);
    market_free(late);
}

/* A record that cannot be read is replaced by what this node remembers. */
static void test_damaged_record(void **state)
{
    struct conf conf = price_fixture_conf();
    struct ledger ledger = {0};
    struct market *market = open_market(&ledger, &conf);
    double load;

    (void)state;
    for (int i = 1; i <= 4 * 60; i++) {
        arrive(market, 100);
        assert_true(market_tick(market, &conf, PRICE_FIXTURE_NOW + i * MINUTE));
    }
    load = stored(&ledger).load;
    ledger.note[17] ^= 1;
    assert_true(market_tick(market, &conf, PRICE_FIXTURE_NOW + 4 * HOUR + 10));
    assert_true(stored(&ledger).load >= load && load > 1.3);
    ledger.len = 0; /* gone */
    assert_true(market_tick(market, &conf, PRICE_FIXTURE_NOW + 4 * HOUR + 20));
    assert_true(stored(&ledger).load >= load);
    market_free(market);
}

/* Nothing is stored while nothing happens, but for a step each hour. */
static void test_idle(void **state)
{
    struct conf conf = price_fixture_conf();
    struct ledger ledger = {0};
    struct market *market = open_market(&ledger, &conf);

    (void)state;
    assert_int_equal(ledger.puts, 1);
    for (int i = 1; i <= 10 * 60; i++)
        assert_true(market_tick(market, &conf, PRICE_FIXTURE_NOW + i * MINUTE));
    assert_in_range(ledger.puts, 8, 13);
    ledger.puts = 0;
    conf.suite[0].work += 32; /* a reload */
    assert_true(market_tick(market, &conf, PRICE_FIXTURE_NOW + 10 * HOUR));
    assert_int_equal(ledger.puts, 1);
    arrive(market, 1);
    assert_true(market_tick(market, &conf, PRICE_FIXTURE_NOW + 10 * HOUR + 1));
    assert_int_equal(ledger.puts, 2);
    market_free(market);
}

/* Sessions look with the configuration they have started with. */
static void test_other_snapshots(void **state)
{
    struct conf conf = price_fixture_conf(), fixed = conf, dearer = conf;
    struct ledger ledger = {0};
    struct market *market = open_market(&ledger, &conf);
    struct market_prices prices;
    int64_t now = PRICE_FIXTURE_NOW;
    size_t suite = price_fixture_index("argon2id-16m");

    (void)state;
    for (int i = 0; i < 24 * 60; i++) {
        now += MINUTE;
        arrive(market, 100);
        assert_true(market_tick(market, &conf, now));
    }
    fixed.price.mode = CONF_FIXED;
    dearer.suite[suite].work *= 100;
    market_prices(market, &fixed, now, &prices);
    assert_true(prices.load == 1);
    assert_true(prices.list.work[suite] == 16384 && prices.lowest.work[suite] == 16384);
    market_prices(market, &dearer, now, &prices);
    assert_true(prices.load > 8 && prices.list.work[suite] == 1638400 * prices.load);
    assert_true(prices.lowest.work[suite] <= 16384 * prices.load); /* the record's list counts */
    market_free(market);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_nodes_add_up),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_races),
        cmocka_unit_test(test_store_fails),
        cmocka_unit_test(test_store_fails_at_the_start),
        cmocka_unit_test(test_damaged_record),
        cmocka_unit_test(test_idle),
        cmocka_unit_test(test_other_snapshots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
