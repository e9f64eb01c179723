/*
 * test_ledger_table.c - the table in memory: bounds, order of age, leases that make room.
 */
#include "ledger_fixture.h"

#include "milter/ledger_record.h"
#include "milter/ledger_table.h"

static struct ledger_entry entry_of(uint64_t n, uint8_t retries)
{
    return (struct ledger_entry){
        .key = key_of(DAY, n), .state = LEDGER_ENTRY_PASSED, .retries = retries};
}

static bool put(struct ledger_table *table, uint64_t n, uint8_t retries)
{
    struct ledger_entry entry = entry_of(n, retries);
    return ledger_table_put(table, &entry);
}

static int retries_of(struct ledger_table *table, uint64_t n)
{
    struct ledger_key key = key_of(DAY, n);
    const struct ledger_entry *entry = ledger_table_find(table, &key);
    return entry ? entry->retries : -1;
}

static void drop(struct ledger_table *table, uint64_t n)
{
    struct ledger_key key = key_of(DAY, n);
    ledger_table_drop(table, &key);
}

static void test_bound(void **state)
{
    (void)state;
    struct ledger_table *table = ledger_table_new(3);
    assert_int_equal(ledger_table_max(table), 3);
    for (uint64_t n = 0; n < 3; n++)
        assert_true(put(table, n, (uint8_t)n));
    assert_false(put(table, 3, 3));
    assert_true(put(table, 1, 7)); /* it is there: no new place */
    assert_int_equal(retries_of(table, 1), 7);
    assert_int_equal(retries_of(table, 3), -1);
    assert_int_equal(ledger_table_count(table), 3);
    drop(table, 9);
    assert_int_equal(ledger_table_count(table), 3);
    drop(table, 0);
    assert_true(put(table, 3, 3));
    assert_int_equal(retries_of(table, 0), -1);
    assert_int_equal(retries_of(table, 3), 3);
    ledger_table_free(table);
    ledger_table_free(NULL);
}

static void test_keys(void **state)
{
    (void)state;
    struct ledger_table *table = ledger_table_new(100);
    struct ledger_key other_day = key_of(DAY + 1, 1), other_end = key_of(DAY, 1);
    other_end.id[OP_ID_LEN - 1] = 1; /* same bucket */
    assert_true(put(table, 1, 1));
    assert_null(ledger_table_find(table, &other_day));
    assert_null(ledger_table_find(table, &other_end));
    ledger_table_drop(table, &other_end);
    assert_int_equal(retries_of(table, 1), 1);
    ledger_table_free(table);
}

static void test_age(void **state)
{
    static const uint64_t want[] = {0, 2, 4, 1};
    (void)state;
    struct ledger_table *table = ledger_table_new(100);
    assert_null(ledger_table_oldest(table));
    for (uint64_t n = 0; n < 5; n++)
        assert_true(put(table, n, (uint8_t)n));
    assert_true(put(table, 1, 1)); /* young again */
    drop(table, 3);
    const struct ledger_entry *entry = ledger_table_oldest(table);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_non_null(entry);
        assert_int_equal(entry->retries, want[i]);
        entry = ledger_table_next(entry);
    }
    assert_null(entry);
    ledger_table_free(table);
}

static bool lease(struct ledger_table *table, uint64_t n, int64_t now)
{
    struct ledger_key key = key_of(DAY, n);
    struct ledger_entry none = ledger_entry_none(&key, 0);
    enum ledger_state found = LEDGER_BURNT;
    bool leased = ledger_table_reserve(table, &none, print_of(1), n, now, &found) == LEDGER_OK;
    assert_int_equal(found, leased ? LEDGER_RESERVED_NEW : LEDGER_BURNT);
    return leased;
}

static void test_leases_make_room(void **state)
{
    (void)state;
    struct ledger_table *table = ledger_table_new(2);
    assert_true(lease(table, 1, NOW));
    assert_true(lease(table, 2, NOW + 10));
    assert_false(lease(table, 3, NOW + LEDGER_LEASE_S - 1));
    assert_true(lease(table, 3, NOW + LEDGER_LEASE_S)); /* in the place of 1 */
    assert_false(lease(table, 4, NOW + LEDGER_LEASE_S));
    assert_int_equal(retries_of(table, 1), -1);
    assert_int_equal(retries_of(table, 2), 0);
    assert_true(lease(table, 2, NOW + LEDGER_LEASE_S + 10)); /* anew */
    assert_false(lease(table, 4, NOW + LEDGER_LEASE_S + 10));
    assert_true(lease(table, 4, NOW - 1000)); /* the clock has gone back */
    struct ledger_key key = key_of(DAY, 4);
    ledger_table_release(table, &key, 3);
    assert_int_equal(ledger_table_count(table), 2);
    ledger_table_release(table, &key, 4);
    assert_int_equal(ledger_table_count(table), 1);
    ledger_table_release(table, &key, 4);
    ledger_table_free(table);
}

static void test_record(void **state)
{
    static const struct ledger_entry rows[] = {
        {.state = LEDGER_ENTRY_PASSED},
        {.state = LEDGER_ENTRY_BURNT},
        {.state = LEDGER_ENTRY_SPENT, .retries = 16, .fingerprint = {1, [31] = 2}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t octets[LEDGER_RECORD_VALUE_LEN];
        struct ledger_entry back = {.token = 5};
        ledger_record_value(&rows[i], octets);
        assert_int_equal(octets[0], "pbs"[i]);
        assert_true(ledger_record_read(octets, sizeof octets, &back));
        assert_int_equal(back.state, rows[i].state);
        assert_int_equal(back.retries, rows[i].retries);
        assert_memory_equal(back.fingerprint, rows[i].fingerprint, LEDGER_FINGERPRINT_LEN);
        assert_false(ledger_record_read(octets, sizeof octets - 1, &back));
        octets[0]++;
        assert_false(ledger_record_read(octets, sizeof octets, &back));
    }
    uint8_t octets[LEDGER_RECORD_KEY_LEN];
    struct ledger_key key = key_of(DAY, 1);
    ledger_record_key(&key, octets);
    assert_memory_equal(octets, "\x01\x35\x29\x01\x01\x00", 6); /* 20261121 = 0x01352901 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bound),  cmocka_unit_test(test_keys),
        cmocka_unit_test(test_age),    cmocka_unit_test(test_leases_make_room),
        cmocka_unit_test(test_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
