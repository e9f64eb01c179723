/* test_ledger.c - the ledger's promises, for each backend; opening it, and names. */
#include "ledger_backends.h"

static int setup_lmdb(void **state)
{
    return backend_setup(state, "lmdb", SIZE);
}

static int setup_memory(void **state)
{
    return backend_setup(state, "memory", SIZE);
}

static void test_reserve(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key key = key_of(DAY, 1);
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_BUSY);
    assert_int_equal(reserve(ledger, key, 2, 2, NOW), LEDGER_BUSY);
    assert_int_equal(reserve(ledger, key_of(DAY, 2), 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_int_equal(reserve(ledger, key_of(DAY + 1, 1), 1, 1, NOW), LEDGER_RESERVED_NEW);
}

static void test_release(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key key = key_of(DAY, 1);
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_int_equal(ledger_release(ledger, &key, 2), LEDGER_OK);
    assert_int_equal(reserve(ledger, key, 1, 3, NOW), LEDGER_BUSY);
    assert_int_equal(ledger_release(ledger, &key, 1), LEDGER_OK);
    assert_int_equal(ledger_release(ledger, &key, 1), LEDGER_OK);
    assert_int_equal(reserve(ledger, key, 1, 3, NOW), LEDGER_RESERVED_NEW);
}

static void test_release_keeps_what_is_stored(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key key = key_of(DAY, 1);
    claim(ledger, key, 1);
    assert_int_equal(ledger_release(ledger, &key, 1), LEDGER_OK);
    assert_int_equal(reserve(ledger, key, 2, 2, NOW), LEDGER_SPENT_OTHER);
}

static void test_pass(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key key = key_of(DAY, 1);
    pass(ledger, key, 1, NOW); /* never reserved */
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
    pass(ledger, key, 2, NOW); /* not the holder */
    assert_int_equal(reserve(ledger, key, 1, 3, NOW), LEDGER_BUSY);
    pass(ledger, key, 1, NOW);
    assert_int_equal(reserve(ledger, key, 1, 3, NOW), LEDGER_PASSED);
    burn(ledger, key, 1, NOW); /* ended once */
    assert_int_equal(reserve(ledger, key, 1, 3, NOW), LEDGER_PASSED);
}

static void test_burn(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key key = key_of(DAY, 1);
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
    burn(ledger, key, 2, NOW); /* not the holder */
    assert_int_equal(reserve(ledger, key, 1, 3, NOW), LEDGER_BUSY);
    burn(ledger, key, 1, NOW);
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_BURNT);
    pass(ledger, key, 1, NOW);
    assert_int_equal(reserve(ledger, key, 1, 1, NOW + 1000000), LEDGER_BURNT);
    assert_false(spend(ledger, key, 1, 1, NOW));
}

static void test_lease(void **state)
{
    static const struct {
        const char *label;
        int64_t later;
        enum ledger_state want;
    } rows[] = {
        {"at once", 0, LEDGER_BUSY},
        {"last second", LEDGER_LEASE_S - 1, LEDGER_BUSY},
        {"over", LEDGER_LEASE_S, LEDGER_RESERVED_NEW},
        {"clock set back a little", -LEDGER_LEASE_S, LEDGER_BUSY},
        {"clock set back by more", -LEDGER_LEASE_S - 1, LEDGER_RESERVED_NEW},
        {"clock set back by years", -100000000, LEDGER_RESERVED_NEW},
    };
    struct ledger *ledger = ledger_of(state);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ledger_key key = key_of(DAY, i);
        assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
        enum ledger_state got = reserve(ledger, key, 2, 2, NOW + rows[i].later);
        if (got != rows[i].want)
            fail_msg("%s: %s", rows[i].label, ledger_state_str(got));
    }
}

static void test_lease_lost(void **state)
{
    struct ledger *ledger = ledger_of(state);
    int64_t late = NOW + LEDGER_LEASE_S;
    struct ledger_key key = key_of(DAY, 1);
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_int_equal(reserve(ledger, key, 2, 2, late), LEDGER_RESERVED_NEW);
    burn(ledger, key, 1, late);
    pass(ledger, key, 1, late);
    assert_int_equal(ledger_release(ledger, &key, 1), LEDGER_OK);
    assert_false(spend(ledger, key, 1, 1, late));
    assert_int_equal(reserve(ledger, key, 1, 1, late), LEDGER_BUSY);
    pass(ledger, key, 2, late);
    assert_int_equal(reserve(ledger, key, 1, 1, late), LEDGER_PASSED);
}

static void test_lease_over_is_no_right(void **state)
{
    struct ledger *ledger = ledger_of(state);
    int64_t late = NOW + LEDGER_LEASE_S;
    assert_int_equal(reserve(ledger, key_of(DAY, 1), 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_false(spend(ledger, key_of(DAY, 1), 1, 1, late));
    pass(ledger, key_of(DAY, 1), 1, late);
    assert_int_equal(reserve(ledger, key_of(DAY, 1), 1, 1, late), LEDGER_RESERVED_NEW);
}

static void test_spend(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key key = key_of(DAY, 1), passed = key_of(DAY, 2);
    assert_false(spend(ledger, key, 1, 1, NOW)); /* absent */
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_false(spend(ledger, key, 1, 2, NOW)); /* another's reservation */
    assert_int_equal(reserve(ledger, key, 1, 2, NOW), LEDGER_BUSY);
    assert_true(spend(ledger, key, 1, 1, NOW));
    assert_int_equal(reserve(ledger, key, 1, 3, NOW), LEDGER_SPENT_SAME);
    assert_int_equal(reserve(ledger, key, 2, 3, NOW), LEDGER_SPENT_OTHER);
    assert_false(spend(ledger, key, 2, 1, NOW)); /* the same token is no right either */
    burn(ledger, key, 1, NOW);
    assert_int_equal(reserve(ledger, key, 1, 3, NOW), LEDGER_SPENT_SAME);

    assert_int_equal(reserve(ledger, passed, 1, 1, NOW), LEDGER_RESERVED_NEW);
    pass(ledger, passed, 1, NOW);
    assert_true(spend(ledger, passed, 2, 9, NOW + 1000000)); /* anybody, at any time */
    assert_int_equal(reserve(ledger, passed, 1, 1, NOW), LEDGER_SPENT_OTHER);
}

static void test_retries(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key key = key_of(DAY, 1);
    claim(ledger, key, 1);
    for (int i = 0; i < LEDGER_RETRIES_MAX; i++) {
        assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_SPENT_SAME);
        assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_SPENT_SAME); /* asking is free */
        assert_int_equal(reserve(ledger, key, 2, 1, NOW), LEDGER_SPENT_OTHER);
        assert_false(spend(ledger, key, 2, 1, NOW));
        assert_true(spend(ledger, key, 1, 1, NOW));
    }
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_SPENT_OTHER);
    assert_false(spend(ledger, key, 1, 1, NOW));
}

/* One key of each state; the last decides whether the message may go. */
static void test_spend_list(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key keys[5];
    for (unsigned i = 0; i < 5; i++) {
        keys[i] = key_of(DAY, i);
        assert_int_equal(reserve(ledger, keys[i], 1, i < 4 ? 1 : 2, NOW), LEDGER_RESERVED_NEW);
    }
    pass(ledger, keys[1], 1, NOW);
    assert_true(spend(ledger, keys[2], 1, 1, NOW));

    bool spent = true;
    size_t culprit = 0;
    const uint8_t *print = print_of(1);
    assert_int_equal(ledger_spend(ledger, keys, 5, print, 1, NOW, &spent, &culprit), LEDGER_OK);
    assert_false(spent);
    assert_int_equal(culprit, 4);
    assert_int_equal(reserve(ledger, keys[0], 2, 3, NOW), LEDGER_BUSY);
    assert_int_equal(reserve(ledger, keys[1], 2, 3, NOW), LEDGER_PASSED);
    assert_int_equal(reserve(ledger, keys[2], 1, 3, NOW), LEDGER_SPENT_SAME);

    culprit = 77;
    assert_int_equal(ledger_spend(ledger, keys, 4, print, 1, NOW, &spent, &culprit), LEDGER_OK);
    assert_true(spent);
    assert_int_equal(culprit, 77);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(reserve(ledger, keys[i], 1, 3, NOW), LEDGER_SPENT_SAME);
        assert_int_equal(reserve(ledger, keys[i], 2, 3, NOW), LEDGER_SPENT_OTHER);
    }
    assert_int_equal(ledger_spend(ledger, keys, 4, print_of(2), 1, NOW, &spent, &culprit),
                     LEDGER_OK);
    assert_false(spent);
    assert_int_equal(culprit, 0);
}

static void test_spend_nothing(void **state)
{
    bool spent = false;
    size_t culprit;
    assert_int_equal(ledger_spend(ledger_of(state), NULL, 0, print_of(1), 1, NOW, &spent, &culprit),
                     LEDGER_OK);
    assert_true(spent);
}

static void test_spend_many_and_twice(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key keys[LEDGER_SPEND_MAX];
    for (unsigned i = 0; i < LEDGER_SPEND_MAX; i++) {
        keys[i] = key_of(DAY, i / 2);
        if (i % 2 == 0)
            assert_int_equal(reserve(ledger, keys[i], 1, 1, NOW), LEDGER_RESERVED_NEW);
    }
    bool spent;
    size_t culprit;
    for (int i = 0; i < 1 + LEDGER_RETRIES_MAX + 1; i++) {
        assert_int_equal(
            ledger_spend(ledger, keys, LEDGER_SPEND_MAX, print_of(1), 1, NOW, &spent, &culprit),
            LEDGER_OK);
        assert_int_equal(spent, i <= LEDGER_RETRIES_MAX);
    }
}

static void test_purge(void **state)
{
    struct ledger *ledger = ledger_of(state);
    for (unsigned i = 0; i < 10; i++) {
        claim(ledger, key_of(DAY, i), 1);
        claim(ledger, key_of(DAY + 1, i), 1);
    }
    assert_int_equal(entries(ledger), 20);
    purge(ledger, DAY, 100, false);
    assert_int_equal(entries(ledger), 20);
    purge(ledger, DAY + 1, 4, true);
    assert_int_equal(entries(ledger), 16);
    purge(ledger, DAY + 1, 6, false);
    assert_int_equal(entries(ledger), 10);
    for (unsigned i = 0; i < 11; i++)
        assert_int_equal(reserve(ledger, key_of(DAY, i), 1, 1, NOW), LEDGER_OUTDATED);
    assert_int_equal(reserve(ledger, key_of(DAY + 1, 1), 1, 1, NOW), LEDGER_SPENT_SAME);
    assert_int_equal(reserve(ledger, key_of(DAY + 1, 11), 1, 1, NOW), LEDGER_RESERVED_NEW);
    purge(ledger, DAY - 5, 100, false); /* the past stays forgotten */
    assert_int_equal(reserve(ledger, key_of(DAY, 1), 1, 1, NOW), LEDGER_OUTDATED);
}

/* By a clock that is years ahead: what is forgotten is outdated, a day of which nothing was known
 * is not. */
static void test_purge_too_far(void **state)
{
    struct ledger *ledger = ledger_of(state);
    purge(ledger, 20991231, 100, false); /* nothing to go, so nothing is outdated */
    claim(ledger, key_of(DAY, 1), 1);
    claim(ledger, key_of(DAY - 5, 1), 1);
    purge(ledger, 20991231, 1, true);
    assert_int_equal(reserve(ledger, key_of(DAY, 1), 1, 1, NOW), LEDGER_OUTDATED);
    purge(ledger, 20991231, 1, false);
    assert_int_equal(reserve(ledger, key_of(DAY, 1), 1, 1, NOW), LEDGER_OUTDATED);
    assert_int_equal(reserve(ledger, key_of(DAY, 2), 1, 1, NOW), LEDGER_OUTDATED);
    assert_int_equal(reserve(ledger, key_of(DAY - 5, 1), 1, 1, NOW), LEDGER_OUTDATED);
    assert_int_equal(entries(ledger), 0);
    claim(ledger, key_of(DAY + 1, 1), 1);
    assert_int_equal(reserve(ledger, key_of(DAY + 1, 1), 2, 1, NOW), LEDGER_SPENT_OTHER);
}

static void test_outdated_is_dead(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key mine = key_of(DAY, 1), left = key_of(DAY, 2);
    assert_int_equal(reserve(ledger, mine, 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_int_equal(reserve(ledger, left, 1, 1, NOW), LEDGER_RESERVED_NEW);
    pass(ledger, left, 1, NOW);
    purge(ledger, DAY + 1, 0, true);
    assert_false(spend(ledger, mine, 1, 1, NOW)); /* reserved before the purge */
    assert_false(spend(ledger, left, 1, 1, NOW)); /* not deleted yet */
    pass(ledger, mine, 1, NOW);
    assert_int_equal(entries(ledger), 1);
    assert_int_equal(reserve(ledger, mine, 1, 1, NOW), LEDGER_OUTDATED);
    assert_int_equal(reserve(ledger, left, 1, 1, NOW), LEDGER_OUTDATED);
    purge(ledger, DAY + 1, 1, false);
    assert_int_equal(entries(ledger), 0);
}

/*
 * Opening, names
 */

static void test_open_refuses(void **state)
{
    static const struct {
        const char *label, *backend;
        uint64_t size;
        const char *want; /* in the sentence */
    } rows[] = {
        {"unknown backend", "berkeley", SIZE, "\"berkeley\" is not known"},
        {"no backend", "", SIZE, "lmdb and memory"},
        {"too small", "memory", LEDGER_SIZE_MIN - 1, "1048575"},
        {"too small on disk", "lmdb", LEDGER_SIZE_MIN - 1, "1048575"},
        {"too large", "memory", LEDGER_SIZE_MAX + 1, "1TiB"},
        {"no such directory", "lmdb", SIZE, "No such file"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[256] = "";
        struct ledger_spec spec = {rows[i].backend, "/nonexistent/onionpow/ledger", rows[i].size};
        if (ledger_open(&spec, why, sizeof why) || !strstr(why, rows[i].want))
            fail_msg("%s: \"%s\"", rows[i].label, why);
    }
    ledger_close(NULL);
}

static void test_memory_full(void **state)
{
    (void)state;
    struct ledger *ledger = fixture_open("memory", "", LEDGER_SIZE_MIN);
    enum ledger_err err = LEDGER_OK;
    struct ledger_key keys[2] = {key_of(DAY, 0), key_of(DAY + 1, 0)};
    bool spent = true;
    size_t culprit;
    uint64_t n;
    for (n = 0; err == LEDGER_OK; n += 2) { /* an odd number of places must not matter */
        keys[0] = key_of(DAY, n);
        keys[1] = key_of(DAY + 1, n);
        assert_int_equal(reserve(ledger, keys[0], 1, 1, NOW), LEDGER_RESERVED_NEW);
        assert_int_equal(reserve(ledger, keys[1], 1, 1, NOW), LEDGER_RESERVED_NEW);
        err = ledger_spend(ledger, keys, 2, print_of(1), 1, NOW, &spent, &culprit);
        assert_true(n < 100000);
    }
    assert_int_equal(err, LEDGER_FULL);
    assert_int_equal(entries(ledger), n - 2);
    assert_int_equal(reserve(ledger, keys[0], 1, 2, NOW), LEDGER_BUSY);
    assert_int_equal(reserve(ledger, key_of(DAY, 0), 1, 2, NOW), LEDGER_SPENT_SAME);
    assert_true(spend(ledger, key_of(DAY + 1, 0), 1, 2, NOW)); /* needs no place */
    purge(ledger, DAY + 1, 1000000, false);
    assert_false(spend(ledger, keys[0], 1, 1, NOW));
    assert_true(spend(ledger, keys[1], 1, 1, NOW));
    ledger_close(ledger);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(ledger_err_str(LEDGER_OK), "ok");
    assert_string_equal(ledger_err_str(LEDGER_UNAVAILABLE), "ledger unavailable");
    assert_string_equal(ledger_err_str(LEDGER_FULL), "ledger full");
    assert_string_equal(ledger_state_str(LEDGER_RESERVED_NEW), "new");
    assert_string_equal(ledger_state_str(LEDGER_OUTDATED), "outdated");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_reserve),
        BOTH(test_release),
        BOTH(test_release_keeps_what_is_stored),
        BOTH(test_pass),
        BOTH(test_burn),
        BOTH(test_lease),
        BOTH(test_lease_lost),
        BOTH(test_lease_over_is_no_right),
        BOTH(test_spend),
        BOTH(test_retries),
        BOTH(test_spend_list),
        BOTH(test_spend_nothing),
        BOTH(test_spend_many_and_twice),
        BOTH(test_purge),
        BOTH(test_purge_too_far),
        BOTH(test_outdated_is_dead),
        cmocka_unit_test(test_open_refuses),
        cmocka_unit_test(test_memory_full),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
