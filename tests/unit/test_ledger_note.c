/* test_ledger_note.c - notes, for each backend: replaced by who knows the old one, and out of the
 * way of stamps. */
#include "ledger_backends.h"
#include "random.h"

static int setup_lmdb(void **state)
{
    return backend_setup(state, "lmdb", LEDGER_SIZE_MIN);
}

static int setup_memory(void **state)
{
    return backend_setup(state, "memory", LEDGER_SIZE_MIN);
}

static void test_replace(void **state)
{
    struct ledger *ledger = ledger_of(state);
    expect_note(ledger, "a", NULL, 0);
    assert_false(put_note(ledger, "a", "x", 1, "one", 3)); /* there is none */
    expect_note(ledger, "a", NULL, 0);
    assert_true(put_note(ledger, "a", NULL, 0, "one", 3));
    expect_note(ledger, "a", "one", 3);
    assert_false(put_note(ledger, "a", NULL, 0, "two", 3)); /* there is one */
    assert_false(put_note(ledger, "a", "on", 2, "two", 3));
    assert_false(put_note(ledger, "a", "onf", 3, "two", 3));
    assert_false(put_note(ledger, "a", "one ", 4, "two", 3));
    expect_note(ledger, "a", "one", 3);
    assert_true(put_note(ledger, "a", "one", 3, "three", 5));
    assert_true(put_note(ledger, "a", "three", 5, "three", 5));
    expect_note(ledger, "a", "three", 5);
    expect_note(ledger, "b", NULL, 0);
    expect_note(ledger, "aa", NULL, 0);
}

static void test_sizes_and_names(void **state)
{
    static const char longest[] = "abcdefghijklmnopqrstuvwxyz-01234";
    struct ledger *ledger = ledger_of(state);
    char large[LEDGER_NOTE_MAX], other[LEDGER_NOTE_MAX];
    _Static_assert(sizeof longest - 1 == LEDGER_NOTE_NAME_MAX, "the longest name");
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)i; /* octets 0 and line feeds among them */
    memcpy(other, large, sizeof other);
    other[sizeof other - 1] ^= 1;
    assert_true(put_note(ledger, longest, NULL, 0, large, sizeof large));
    expect_note(ledger, longest, large, sizeof large);
    assert_false(
        put_note(ledger, longest, other, sizeof other, "x", 1)); /* the last octet counts */
    assert_true(put_note(ledger, longest, large, sizeof large, "\0", 1));
    expect_note(ledger, longest, "\0", 1);
    assert_true(put_note(ledger, longest, "\0", 1, other, sizeof other));
    expect_note(ledger, longest, other, sizeof other);
}

static void test_many(void **state)
{
    struct ledger *ledger = ledger_of(state);
    char name[16];
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < LEDGER_NOTES_MAX; i++) {
            unsigned old = i * 1000 + round, new = old + 1;
            snprintf(name, sizeof name, "note-%u", i);
            assert_true(put_note(ledger, name, &old, round ? sizeof old : 0, &new, sizeof new));
        }
    }
    for (unsigned i = 0; i < LEDGER_NOTES_MAX; i++) {
        unsigned want = i * 1000 + 2;
        snprintf(name, sizeof name, "note-%u", i);
        expect_note(ledger, name, &want, sizeof want);
    }
}

static uint64_t fill(struct ledger *ledger)
{
    for (uint64_t n = 0;; n++) {
        struct ledger_key key = key_of(DAY, n);
        bool spent;
        size_t culprit;
        assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
        enum ledger_err err = ledger_spend(ledger, &key, 1, print_of(1), 1, NOW, &spent, &culprit);
        if (err == LEDGER_FULL)
            return n;
        assert_int_equal(err, LEDGER_OK);
    }
}

/* A full ledger takes new notes and replaces old ones, as often as one likes, and can still be
 * purged; the purge leaves them alone. */
static void test_full_ledger(void **state)
{
    struct ledger *ledger = ledger_of(state);
    char old[LEDGER_NOTE_MAX] = "0", new[LEDGER_NOTE_MAX];
    struct ledger_stats stats;
    bool more = true;
    assert_true(put_note(ledger, "tariff", NULL, 0, old, sizeof old));
    uint64_t count = fill(ledger);
    for (unsigned i = 0; i < 200; i++) {
        memset(new, (int)i, sizeof new);
        assert_true(put_note(ledger, "tariff", old, sizeof old, new, sizeof new));
        memcpy(old, new, sizeof old);
    }
    assert_true(put_note(ledger, "clock", NULL, 0, "now", 3));
    assert_int_equal(ledger_stats_get(ledger, &stats), LEDGER_OK);
    assert_int_equal(stats.entries, count); /* a note is none */
    while (more)
        assert_int_equal(ledger_purge(ledger, 99991231, 1000, &more), LEDGER_OK);
    assert_int_equal(ledger_stats_get(ledger, &stats), LEDGER_OK);
    assert_int_equal(stats.entries, 0);
    expect_note(ledger, "tariff", new, sizeof new);
    expect_note(ledger, "clock", "now", 3);
}

static uint64_t seed;

static unsigned dice(unsigned sides)
{
    return (unsigned)random_below(&seed, sides);
}

static size_t random_note(char note_r[LEDGER_NOTE_MAX], unsigned shortest)
{
    size_t len = dice(2) ? shortest + dice(3) : LEDGER_NOTE_MAX - dice(2);
    memset(note_r, 'a' + (int)dice(3), len);
    return len;
}

static void test_backends_agree(void **state)
{
    static const char *const names[] = {"a", "b", "c"};
    struct fixture *f = *state;
    struct ledger *memory = fixture_open("memory", "", LEDGER_SIZE_MIN);
    unsigned replaced = 0;
    seed = 7;
    for (unsigned i = 0; i < 1500; i++) {
        const char *name = names[dice(3)];
        char old[LEDGER_NOTE_MAX], new[LEDGER_NOTE_MAX];
        size_t old_len, len = random_note(new, 1);
        assert_int_equal(ledger_note_get(memory, name, old, &old_len), LEDGER_OK);
        expect_note(f->ledger, name, old, old_len);
        if (dice(2))
            old_len = random_note(old, 0);
        bool done = put_note(f->ledger, name, old, old_len, new, len);
        assert_int_equal(put_note(memory, name, old, old_len, new, len), done);
        replaced += done;
        if (i % 100 == 99)
            reopen(state);
    }
    assert_in_range(replaced, 500, 1400);
    ledger_close(memory);
}

static void test_memory_has_no_more_room(void **state)
{
    struct ledger *ledger = ledger_of(state);
    bool done = true;
    test_many(state);
    expect_note(ledger, "one-more", NULL, 0);
    assert_int_equal(ledger_note_put(ledger, "one-more", NULL, 0, "x", 1, &done), LEDGER_FULL);
    assert_true(done);
    assert_false(put_note(ledger, "one-more", "y", 1, "x", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_replace),
        BOTH(test_sizes_and_names),
        BOTH(test_many),
        BOTH(test_full_ledger),
        cmocka_unit_test_setup_teardown(test_backends_agree, setup_lmdb, backend_teardown),
        cmocka_unit_test_setup_teardown(test_memory_has_no_more_room, setup_memory,
                                        backend_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
