/* test_ledger_lmdb_damage.c - a ledger on disk that others have written to, or that is none: found
 * out, and never taken for the truth. */
#include "ledger_fixture.h"

#include <lmdb.h>
#include <sys/stat.h>

static int setup(void **state)
{
    *state = fixture_dir();
    return 0;
}

static int teardown(void **state)
{
    fixture_remove(*state);
    return 0;
}

static const char format_key[] = "\0\0\0\0format";
static const char purged_key[] = "\0\0\0\0purged-before";

static void store(const char *path, const void *key, size_t key_len, const void *data, size_t len)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    MDB_val k = {key_len, (void *)(uintptr_t)key}, v = {len, (void *)(uintptr_t)data};
    (void)mkdir(path, 0700);
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_open(env, path, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
    assert_int_equal(mdb_put(txn, dbi, &k, &v, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

static void test_damaged_values(void **state)
{
    static const struct {
        const char *label;
        size_t len;
        uint8_t data[64];
        enum ledger_err want;
    } rows[] = {
        {"sound, passed", 34, "p", LEDGER_OK},
        {"empty", 0, "", LEDGER_UNAVAILABLE},
        {"one octet", 1, "p", LEDGER_UNAVAILABLE},
        {"short by one", 33, "p", LEDGER_UNAVAILABLE},
        {"long by one", 35, "p", LEDGER_UNAVAILABLE},
        {"no state", 34, "", LEDGER_UNAVAILABLE},
        {"unknown state", 34, "r", LEDGER_UNAVAILABLE},
        {"more retries than there are", 34, "s\x11", LEDGER_UNAVAILABLE},
        {"all retries", 34, "s\x10", LEDGER_OK},
    };
    ledger_close(fixture_open("lmdb", *state, SIZE));
    for (uint8_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t key[36] = {DAY >> 24, DAY >> 16 & 255, DAY >> 8 & 255, DAY & 255, i};
        store(*state, key, sizeof key, rows[i].data, rows[i].len);
    }
    struct ledger *ledger = fixture_open("lmdb", *state, SIZE);
    for (uint8_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ledger_key keys[2] = {key_of(DAY, 100 + i), key_of(DAY, i)};
        enum ledger_state found;
        bool spent;
        size_t culprit;
        enum ledger_err got = ledger_reserve(ledger, &keys[1], print_of(0), 1, NOW, &found);
        if (got != rows[i].want)
            fail_msg("%s: %s", rows[i].label, ledger_err_str(got));
        assert_int_equal(reserve(ledger, keys[0], 1, 1, NOW), LEDGER_RESERVED_NEW);
        assert_int_equal(ledger_spend(ledger, keys, 2, print_of(1), 1, NOW, &spent, &culprit),
                         rows[i].want);
        assert_int_equal(ledger_pass(ledger, &keys[1], 1, NOW), rows[i].want);
    }
    ledger_close(ledger);
}

static void test_damaged_keys(void **state)
{
    bool more;
    ledger_close(fixture_open("lmdb", *state, SIZE));
    store(*state, "\1\2\3", 3, "p", 1);
    struct ledger *ledger = fixture_open("lmdb", *state, SIZE);
    assert_int_equal(ledger_purge(ledger, DAY, 10, &more), LEDGER_UNAVAILABLE);
    assert_int_equal(reserve(ledger, key_of(DAY - 1, 1), 1, 1, NOW), LEDGER_RESERVED_NEW);
    ledger_close(ledger);
}

static void test_damaged_watermark(void **state)
{
    struct ledger_key key = key_of(DAY, 1);
    enum ledger_state found;
    bool more;
    ledger_close(fixture_open("lmdb", *state, SIZE));
    store(*state, purged_key, sizeof purged_key - 1, "\1\2\3", 3);
    struct ledger *ledger = fixture_open("lmdb", *state, SIZE);
    assert_int_equal(ledger_reserve(ledger, &key, print_of(1), 1, NOW, &found), LEDGER_UNAVAILABLE);
    assert_int_equal(ledger_purge(ledger, DAY, 10, &more), LEDGER_UNAVAILABLE);
    ledger_close(ledger);
}

static void test_other_format(void **state)
{
    ledger_close(fixture_open("lmdb", *state, SIZE));
    store(*state, format_key, sizeof format_key - 1, "\0\0\0\2", 4);
    expect_refused(*state, "has format 2, but this version reads format 1 only");
    store(*state, format_key, sizeof format_key - 1, "\0\0\0\1", 4);
    ledger_close(fixture_open("lmdb", *state, SIZE));
    store(*state, format_key, sizeof format_key - 1, "1", 1);
    expect_refused(*state, "cannot open the database");
}

static void test_foreign_database(void **state)
{
    store(*state, "somebody", 8, "else", 4);
    expect_refused(*state, "was not made by onionpow");
}

static void test_garbage(void **state)
{
    char path[256];
    snprintf(path, sizeof path, "%s/data.mdb", (char *)*state);
    assert_int_equal(mkdir(*state, 0700), 0);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 5000; i++)
        assert_int_not_equal(fputs("no database", file), EOF);
    assert_int_equal(fclose(file), 0);
    expect_refused(*state, "cannot open the database");
}

static void test_no_directory(void **state)
{
    FILE *file = fopen(*state, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    expect_refused(*state, "Not a directory");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_damaged_values), TEST(test_damaged_keys),     TEST(test_damaged_watermark),
        TEST(test_other_format),   TEST(test_foreign_database), TEST(test_garbage),
        TEST(test_no_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
