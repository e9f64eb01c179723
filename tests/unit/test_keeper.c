/* test_keeper.c - that the thread does its chores at once, and ends when told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "milter/keeper.h"
#include "pow/date.h"

#define DAY OP_DAY_S

static struct ledger_key key_of(uint32_t date, uint8_t mark)
{
    struct ledger_key key = {.date = date};
    key.id[0] = mark;
    return key;
}

static enum ledger_state reserve(struct ledger *ledger, const struct ledger_key *key,
                                 uint64_t token)
{
    static const uint8_t fingerprint[LEDGER_FINGERPRINT_LEN] = {1};
    enum ledger_state state;
    assert_int_equal(ledger_reserve(ledger, key, fingerprint, token, time(NULL), &state),
                     LEDGER_OK);
    return state;
}

static void burn(struct ledger *ledger, const struct ledger_key *key, uint64_t token)
{
    assert_int_equal(reserve(ledger, key, token), LEDGER_RESERVED_NEW);
    assert_int_equal(ledger_burn(ledger, key, token, time(NULL)), LEDGER_OK);
}

static uint64_t entries(struct ledger *ledger)
{
    struct ledger_stats stats;
    assert_int_equal(ledger_stats_get(ledger, &stats), LEDGER_OK);
    return stats.entries;
}

/* More than one batch of old entries, and some that are in force. */
static void test_thread(void **state)
{
    enum { OLD = 1500, YOUNG = 5 };
    const struct ledger_spec spec = {.backend = "memory", .path = "", .max_size = 16 << 20};
    const struct gate_limits limits = {.threads = 1, .memory = 1 << 20, .queue = 1, .wait_s = 1};
    const struct minter_limits minting = {.messages = 1};
    char why[CONF_WHY_MAX];
    struct ledger *ledger = ledger_open(&spec, why, sizeof why);
    struct gate *gate = gate_new(&limits);
    char path[] = "/tmp/test_keeper.XXXXXX", override[64];
    assert_true(close(mkstemp(path)) == 0 && unlink(path) == 0);
    snprintf(override, sizeof override, "metrics.textfile=%s", path);
    const struct conf *conf = conf_load(NULL, (const char *const[]){override}, 1, why);
    uint32_t old = op_date_from_time(time(NULL) - 30 * DAY), today = op_date_from_time(time(NULL));
    struct ledger_key key;
    (void)state;

    assert_true(ledger && gate && conf);
    struct service_parts parts = {.site = {.market = market_new(ledger, conf, time(NULL)),
                                           .circuits = circuits_new(16),
                                           .metrics = metrics_new(),
                                           .minter = minter_new(&minting)},
                                  .ledger = ledger,
                                  .gate = gate};
    struct service *service = service_new(conf, &parts);
    struct status *status = status_new(service, time(NULL));
    assert_true(parts.site.market && parts.site.circuits && parts.site.metrics &&
                parts.site.minter && status);
    for (unsigned i = 0; i < OLD + YOUNG; i++) {
        key = key_of(i < OLD ? old : today, 0);
        memcpy(key.id + 1, &i, sizeof i);
        burn(ledger, &key, i + 1);
    }
    struct keeper *keeper = keeper_start(service, status);
    assert_non_null(keeper);
    while (entries(ledger) > YOUNG ||
           access(path, R_OK) != 0) /* the test's time limit is the forgery's end */
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    keeper_stop(keeper); /* in the middle of its minute of rest */
    keeper_stop(NULL);

    assert_int_equal(entries(ledger), YOUNG);
    assert_int_equal(reserve(ledger, &key, 9999), LEDGER_BURNT);
    key = key_of(old, 77);
    assert_int_equal(reserve(ledger, &key, 9999), LEDGER_OUTDATED);
    unlink(path);
    status_free(status);
    service_free(service);
    metrics_free(parts.site.metrics);
    minter_free(parts.site.minter);
    circuits_free(parts.site.circuits);
    market_free(parts.site.market);
    gate_free(gate);
    ledger_close(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_thread)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
