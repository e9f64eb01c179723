/* test_market_shared.c - nodes and threads that share one ledger's note, at the same time. */
#include "price_fixture.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#include "milter/market.h"

#define NODES  3
#define TICKS  200
#define PER    50 /* arrivals between two ticks of a node */
#define MINUTE 60

static struct ledger *open_ledger(void)
{
    const struct ledger_spec spec = {.backend = "memory", .path = "", .max_size = LEDGER_SIZE_MIN};
    char why[256] = "";
    struct ledger *ledger = ledger_open(&spec, why, sizeof why);

    if (ledger == NULL)
        fail_msg("%s", why);
    return ledger;
}

struct node {
    struct market *market;
    const struct conf *conf;
    atomic_uint *minute; /* of all */
    bool good;
};

/* Every look must be of one moment, whoever ticks. */
static bool sound(struct market *market, const struct conf *conf, int64_t now)
{
    struct market_prices prices;

    market_prices(market, conf, now, &prices);
    for (size_t i = 0; i < op_suite_count(); i++) {
        double base = (double)conf->suite[i].work;
        if (prices.lowest.work[i] < base || prices.lowest.work[i] > prices.list.work[i] ||
            prices.list.work[i] != base * prices.load)
            return false;
    }
    return prices.load >= 1 && prices.load <= conf->price.ceiling;
}

static void *work(void *arg)
{
    struct node *node = arg;

    node->good = true;
    for (int i = 0; i < TICKS; i++) {
        int64_t now = PRICE_FIXTURE_NOW + MINUTE * (int64_t)atomic_fetch_add(node->minute, 1);
        for (int n = 0; n < PER; n++)
            market_arrival(node->market, 1);
        (void)market_tick(node->market, node->conf, now); /* others may be faster for ever */
        node->good = node->good && sound(node->market, node->conf, now);
    }
    return NULL;
}

/* However the ticks race, each arrival is counted once: the rate is what one node would have. */
static void run(bool one_market)
{
    struct conf conf = price_fixture_conf();
    struct ledger *ledger = open_ledger();
    struct node node[NODES];
    pthread_t thread[NODES];
    atomic_uint minute = 1;
    struct market *market[NODES], *single;
    struct market_prices together;
    int64_t end = PRICE_FIXTURE_NOW + MINUTE * (int64_t)(NODES * TICKS + 1);

    conf.price.window_s = 1000 * OP_DAY_S; /* so long that a count is what remains */
    conf.price.target = 0.1;
    for (int i = 0; i < NODES; i++) {
        market[i] = one_market && i > 0 ? market[0] : market_new(ledger, &conf, PRICE_FIXTURE_NOW);
        assert_non_null(market[i]);
        node[i] = (struct node){.market = market[i], .conf = &conf, .minute = &minute};
        assert_int_equal(pthread_create(&thread[i], NULL, work, &node[i]), 0);
    }
    for (int i = 0; i < NODES; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_true(node[i].good);
        assert_true(market_tick(market[i], &conf, end));
    }
    market_prices(market[0], &conf, end, &together);
    single = market_new(ledger, &conf, end + MINUTE);
    assert_non_null(single);
    market_prices(single, &conf, end + MINUTE, &together);
    assert_true(fabs(together.rate * 1000 * 24 / (NODES * TICKS * PER) - 1) < 0.001);
    assert_true(together.load > 1);
    market_free(single);
    for (int i = 0; i < (one_market ? 1 : NODES); i++)
        market_free(market[i]);
    ledger_close(ledger);
}

static void test_nodes(void **state)
{
    (void)state;
    run(false);
}

static void test_threads(void **state)
{
    (void)state;
    run(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nodes),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
