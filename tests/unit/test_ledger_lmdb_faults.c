/*
 * test_ledger_lmdb_faults.c - the ledger on disk is whole after every failure: no room, write
 * errors, a directory that is away.
 *
 * The program has its own pwrite, writev and fdatasync, which liblmdb is bound to: they count, and
 * fail when told to.
 */
#include "ledger_fixture.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define META_END 8192 /* LMDB's two pages of its own come first in the file */

enum fault { NONE, DATA_NOSPC, DATA_EIO, SYNC_EIO, META_EIO, META_NOSPC };

static atomic_int fault;
static atomic_uint writes, syncs;

ssize_t pwrite(int fd, const void *data, size_t len, off_t at);
ssize_t writev(int fd, const struct iovec *iov, int count);
int fdatasync(int fd);

static bool fails(int which, int error)
{
    if (fault != which)
        return false;
    errno = error;
    return true;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    writes++;
    if (at < META_END ? fails(META_EIO, EIO) || fails(META_NOSPC, ENOSPC)
                      : fails(DATA_EIO, EIO) || fails(DATA_NOSPC, ENOSPC))
        return -1;
    return syscall(SYS_pwrite64, fd, data, len, at);
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
    writes++;
    if (fails(DATA_EIO, EIO) || fails(DATA_NOSPC, ENOSPC))
        return -1;
    return syscall(SYS_writev, fd, iov, count);
}

int fdatasync(int fd)
{
    syncs++;
    return fails(SYNC_EIO, EIO) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

static int setup(void **state)
{
    fault = NONE;
    *state = fixture_dir();
    return 0;
}

static int teardown(void **state)
{
    fault = NONE;
    fixture_remove(*state);
    return 0;
}

/* What a message pays for is on the disk on return; what junk can cause never gets there. */
static void test_syncs(void **state)
{
    struct ledger *ledger = fixture_open("lmdb", *state, SIZE);
    struct ledger_key key = key_of(DAY, 1), bad = key_of(DAY, 2), junk = key_of(DAY, 3);
    bool more;
    writes = syncs = 0;
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_int_equal(reserve(ledger, bad, 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_int_equal(reserve(ledger, junk, 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_int_equal(reserve(ledger, junk, 1, 1, NOW), LEDGER_BUSY);
    assert_int_equal(ledger_release(ledger, &junk, 1), LEDGER_OK);
    assert_false(spend(ledger, junk, 1, 1, NOW));
    assert_int_equal(ledger_purge(ledger, DAY + 1, 10, &more), LEDGER_OK); /* nothing to go */
    assert_int_equal(writes, 0);
    assert_int_equal(syncs, 0);
    pass(ledger, key, 1, NOW);
    assert_int_equal(syncs, 1);
    burn(ledger, bad, 1, NOW);
    assert_int_equal(syncs, 2);
    assert_true(spend(ledger, key, 1, 1, NOW));
    assert_int_equal(syncs, 3);
    assert_int_equal(ledger_purge(ledger, DAY + 1, 10, &more), LEDGER_OK);
    assert_int_equal(syncs, 4);
    ledger_close(ledger);
}

/* Ids that lie far apart, as hashes do. */
static struct ledger_key scattered(uint32_t date, uint64_t n)
{
    return key_of(date, n * UINT64_C(0x9e3779b97f4a7c15));
}

/* Spends until there is no room; returns how many are in, the next one is the one that failed. */
static uint64_t fill(struct ledger *ledger, uint32_t date, unsigned at_once)
{
    struct ledger_key keys[LEDGER_SPEND_MAX];
    bool spent = true;
    size_t culprit;
    for (uint64_t n = 0;; n += at_once) {
        for (unsigned i = 0; i < at_once; i++) {
            keys[i] = scattered(date, n + i);
            assert_int_equal(reserve(ledger, keys[i], 1, 1, NOW), LEDGER_RESERVED_NEW);
        }
        enum ledger_err err =
            ledger_spend(ledger, keys, at_once, print_of(1), 1, NOW, &spent, &culprit);
        if (err != LEDGER_OK) {
            assert_int_equal(err, LEDGER_FULL);
            return n;
        }
        assert_true(n < 1000000);
    }
}

static off_t file_size(const char *dir)
{
    char path[256];
    struct stat st;
    snprintf(path, sizeof path, "%s/data.mdb", dir);
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static void purge_all(struct ledger *ledger, uint32_t before, size_t limit)
{
    bool more = true;
    while (more)
        assert_int_equal(ledger_purge(ledger, before, limit, &more), LEDGER_OK);
}

static void test_map_full(void **state)
{
    struct ledger *ledger = fixture_open("lmdb", *state, LEDGER_SIZE_MIN);
    for (unsigned round = 0; round < 6; round++) {
        unsigned at_once = round % 2 ? 1 : 50;
        uint32_t date = DAY + 2 * round;
        uint64_t n = fill(ledger, date, at_once);
        assert_true(n > 1000);
        struct ledger_stats stats;
        assert_int_equal(ledger_stats_get(ledger, &stats), LEDGER_OK);
        assert_int_equal(stats.entries, n);
        for (uint64_t i = 0; i < n; i++) /* what is in is in */
            assert_int_equal(reserve(ledger, scattered(date, i), 2, 2, NOW), LEDGER_SPENT_OTHER);
        for (unsigned i = 0; i < at_once; i++) { /* what is not is as it was */
            struct ledger_key key = scattered(date, n + i);
            assert_int_equal(reserve(ledger, key, 1, 2, NOW), LEDGER_BUSY);
            assert_int_equal(ledger_release(ledger, &key, 1), LEDGER_OK);
        }
        bool more;
        for (int i = 0; i < 20; i++) /* little by little, then the rest */
            assert_int_equal(ledger_purge(ledger, date + 1, 1, &more), LEDGER_OK);
        purge_all(ledger, date + 1, round < 3 ? 300 : 100000);
        assert_int_equal(ledger_stats_get(ledger, &stats), LEDGER_OK);
        assert_int_equal(stats.entries, 0);
        claim(ledger, key_of(date + 1, UINT64_MAX), 1);
        purge_all(ledger, date + 2, 10);
        assert_true(file_size(*state) <= (off_t)LEDGER_SIZE_MIN);
    }
    ledger_close(ledger);
}

static void test_faults(void **state)
{
    static const struct {
        const char *label;
        enum fault fault;
        enum ledger_err want;
    } rows[] = {
        {"disk full", DATA_NOSPC, LEDGER_FULL},
        {"disk broken", DATA_EIO, LEDGER_UNAVAILABLE},
        {"sync fails", SYNC_EIO, LEDGER_UNAVAILABLE},
        {"meta page broken", META_EIO, LEDGER_UNAVAILABLE},
        {"meta page full", META_NOSPC, LEDGER_FULL},
    };
    struct ledger *ledger = fixture_open("lmdb", *state, SIZE);
    for (uint64_t i = 0; i < 1000; i++)
        claim(ledger, scattered(DAY, i), 1);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ledger_key key = scattered(DAY + 1, i), pending = scattered(DAY + 2, i);
        bool spent = true, more = true;
        size_t culprit = 77;
        assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
        assert_int_equal(reserve(ledger, pending, 1, 1, NOW), LEDGER_RESERVED_NEW);
        fault = (int)rows[i].fault;
        for (int again = 0; again < 3; again++) {
            enum ledger_err got =
                ledger_spend(ledger, &key, 1, print_of(1), 1, NOW, &spent, &culprit);
            if (got != rows[i].want || !spent || culprit != 77)
                fail_msg("%s: %s", rows[i].label, ledger_err_str(got));
            assert_int_equal(ledger_pass(ledger, &key, 1, NOW), rows[i].want);
            assert_int_equal(ledger_burn(ledger, &key, 1, NOW), rows[i].want);
            assert_int_equal(ledger_purge(ledger, DAY + 1, 10, &more), rows[i].want);
            /* reading goes on, and nothing has changed */
            assert_int_equal(reserve(ledger, key, 1, 2, NOW), LEDGER_BUSY);
            assert_int_equal(reserve(ledger, scattered(DAY, 5), 2, 2, NOW), LEDGER_SPENT_OTHER);
        }
        fault = NONE;
        pass(ledger, pending, 1, NOW);
        assert_true(spend(ledger, key, 1, 1, NOW));
        assert_int_equal(reserve(ledger, key, 2, 2, NOW), LEDGER_SPENT_OTHER);
    }
    ledger_close(ledger);
    ledger = fixture_open("lmdb", *state, SIZE); /* and the disk says the same */
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(reserve(ledger, scattered(DAY, i), 2, 2, NOW), LEDGER_SPENT_OTHER);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(reserve(ledger, scattered(DAY + 1, i), 1, 2, NOW), LEDGER_SPENT_SAME);
        assert_int_equal(reserve(ledger, scattered(DAY + 2, i), 1, 2, NOW), LEDGER_PASSED);
    }
    ledger_close(ledger);
}

/* The environment is closed by a failure and cannot be opened again, as its directory is away. */
static void test_directory_away(void **state)
{
    struct ledger *ledger = fixture_open("lmdb", *state, SIZE);
    struct ledger_key key = key_of(DAY, 1);
    enum ledger_state found = LEDGER_BURNT;
    struct ledger_stats stats;
    bool spent;
    size_t culprit;
    char away[256];
    snprintf(away, sizeof away, "%s-away", (char *)*state);
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
    fault = META_EIO;
    assert_int_equal(ledger_pass(ledger, &key, 1, NOW), LEDGER_UNAVAILABLE);
    fault = NONE;
    assert_int_equal(rename(*state, away), 0);
    assert_int_equal(ledger_reserve(ledger, &key, print_of(1), 1, NOW, &found), LEDGER_UNAVAILABLE);
    assert_int_equal(found, LEDGER_BURNT);
    assert_int_equal(ledger_pass(ledger, &key, 1, NOW), LEDGER_UNAVAILABLE);
    assert_int_equal(ledger_spend(ledger, &key, 1, print_of(1), 1, NOW, &spent, &culprit),
                     LEDGER_UNAVAILABLE);
    assert_int_equal(ledger_stats_get(ledger, &stats), LEDGER_UNAVAILABLE);
    assert_int_equal(mkdir(*state, 0700), 0); /* an empty one is no ledger */
    assert_int_equal(ledger_reserve(ledger, &key, print_of(1), 1, NOW, &found), LEDGER_UNAVAILABLE);
    assert_int_equal(ledger_pass(ledger, &key, 1, NOW), LEDGER_UNAVAILABLE);
    char name[300];
    snprintf(name, sizeof name, "%s/data.mdb", (char *)*state);
    assert_int_equal(unlink(name), 0);
    snprintf(name, sizeof name, "%s/lock.mdb", (char *)*state);
    assert_int_equal(unlink(name), 0);
    assert_int_equal(rmdir(*state), 0);
    assert_int_equal(rename(away, *state), 0);
    assert_int_equal(reserve(ledger, key, 1, 2, NOW), LEDGER_BUSY);
    assert_true(spend(ledger, key, 1, 1, NOW));
    ledger_close(ledger);
}

static void test_no_room_to_begin(void **state)
{
    fault = DATA_NOSPC;
    expect_refused(*state, "No space left");
    fault = NONE;
    ledger_close(fixture_open("lmdb", *state, SIZE));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_syncs),          TEST(test_map_full),         TEST(test_faults),
        TEST(test_directory_away), TEST(test_no_room_to_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
