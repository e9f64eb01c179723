/* test_keeper.c - which entries may be forgotten, and that the thread forgets just those. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "milter/keeper.h"
#include "pow/date.h"
#include "pow/match.h"

#define DAY  OP_DAY_S
#define NOON (INT64_C(20000) * DAY + DAY / 2)

/* A stamp of the horizon's date can still pass on the slowest clock, one of the day before on none.
 */
static void test_horizon(void **state)
{
    static const struct {
        uint32_t validity_s, skew_s;
    } rows[] = {{7 * DAY, DAY / 2}, {DAY, 0},       {3600, 0},          {3600, 7 * DAY},
                {36 * 3600, 3600},  {365 * DAY, 1}, {DAY / 2, DAY / 2}, {DAY - 1, 1}};
    static const int64_t offsets[] = {0, 1, -1, DAY / 2, DAY / 2 - 1, -DAY / 2, 3600, -3600, 43199};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t j = 0; j < sizeof offsets / sizeof *offsets; j++) {
            const struct op_terms terms = {.validity_s = rows[i].validity_s};
            int64_t now = NOON + offsets[j], slowest = now - rows[i].skew_s;
            uint32_t horizon = keeper_horizon(now, rows[i].validity_s, rows[i].skew_s);
            uint32_t before = op_date_from_time(op_date_to_time(horizon) - 1);
            assert_true(op_match_expiry(horizon, &terms) >= slowest);
            assert_true(op_match_expiry(before, &terms) < slowest);
        }
    }
    /* by hand: 19 Nov 12:00, 7 days, 12 h skew: 11 Nov ends at the last second of 18 Nov + skew */
    int64_t now = op_date_to_time(20261119) + DAY / 2;
    assert_int_equal(keeper_horizon(now, 7 * DAY, DAY / 2), 20261112);
    assert_int_equal(keeper_horizon(now - 1, 7 * DAY, DAY / 2), 20261111);
}

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
    char why[CONF_WHY_MAX];
    struct ledger *ledger = ledger_open(&spec, why, sizeof why);
    struct gate *gate = gate_new(&limits);
    const struct conf *conf = conf_load(NULL, NULL, 0, why);
    uint32_t old = op_date_from_time(time(NULL) - 30 * DAY), today = op_date_from_time(time(NULL));
    struct ledger_key key;
    (void)state;

    assert_true(ledger && gate && conf);
    struct service *service = service_new(conf, NULL, ledger, gate);
    for (unsigned i = 0; i < OLD + YOUNG; i++) {
        key = key_of(i < OLD ? old : today, 0);
        memcpy(key.id + 1, &i, sizeof i);
        burn(ledger, &key, i + 1);
    }
    struct keeper *keeper = keeper_start(service);
    assert_non_null(keeper);
    while (entries(ledger) > YOUNG) /* the test's time limit is the forgery's end */
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    keeper_stop(keeper); /* in the middle of its minute of rest */
    keeper_stop(NULL);

    assert_int_equal(entries(ledger), YOUNG);
    assert_int_equal(reserve(ledger, &key, 9999), LEDGER_BURNT);
    key = key_of(old, 77);
    assert_int_equal(reserve(ledger, &key, 9999), LEDGER_OUTDATED);
    service_free(service);
    gate_free(gate);
    ledger_close(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_horizon),
                                       cmocka_unit_test(test_thread)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
