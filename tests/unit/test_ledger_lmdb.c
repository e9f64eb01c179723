/*
 * test_ledger_lmdb.c - what the ledger on disk promises: durable, alone, and whole after every
 * failure.
 *
 * The program has its own pwrite, writev and fdatasync, which liblmdb is bound to: they count, and
 * fail when told to.
 */
#include "ledger_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

/*
 * Faults
 */

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

static void pass(struct ledger *ledger, struct ledger_key key)
{
    assert_int_equal(ledger_pass(ledger, &key, 1, NOW), LEDGER_OK);
}

static void burn(struct ledger *ledger, struct ledger_key key)
{
    assert_int_equal(ledger_burn(ledger, &key, 1, NOW), LEDGER_OK);
}

static void test_reopen(void **state)
{
    struct ledger *ledger = fixture_open("lmdb", *state, SIZE);
    bool more;
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(reserve(ledger, key_of(DAY, i), 1, 1, NOW), LEDGER_RESERVED_NEW);
    pass(ledger, key_of(DAY, 1));
    burn(ledger, key_of(DAY, 2));
    for (int i = 0; i < LEDGER_RETRIES_MAX; i++) /* the first time and all retries but one */
        assert_true(spend(ledger, key_of(DAY, 3), 1, 1, NOW));
    claim(ledger, key_of(DAY - 1, 1), 1);
    assert_int_equal(ledger_purge(ledger, DAY, 10, &more), LEDGER_OK);
    ledger_close(ledger);

    ledger = fixture_open("lmdb", *state, SIZE);
    assert_int_equal(reserve(ledger, key_of(DAY, 0), 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_int_equal(reserve(ledger, key_of(DAY, 1), 1, 1, NOW), LEDGER_PASSED);
    assert_int_equal(reserve(ledger, key_of(DAY, 2), 1, 1, NOW), LEDGER_BURNT);
    assert_int_equal(reserve(ledger, key_of(DAY, 3), 1, 1, NOW), LEDGER_SPENT_SAME);
    assert_int_equal(reserve(ledger, key_of(DAY, 3), 2, 1, NOW), LEDGER_SPENT_OTHER);
    assert_true(spend(ledger, key_of(DAY, 3), 1, 1, NOW));
    assert_false(spend(ledger, key_of(DAY, 3), 1, 1, NOW));
    assert_int_equal(reserve(ledger, key_of(DAY - 1, 0), 1, 1, NOW), LEDGER_OUTDATED);
    ledger_close(ledger);
}

static void test_modes(void **state)
{
    static const char *const names[] = {"data.mdb", "lock.mdb", "onionpow.lock"};
    mode_t old = umask(0);
    ledger_close(fixture_open("lmdb", *state, SIZE));
    umask(old);
    struct stat st;
    assert_int_equal(stat(*state, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", (char *)*state, names[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
    }
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
    pass(ledger, key);
    assert_int_equal(syncs, 1);
    burn(ledger, bad);
    assert_int_equal(syncs, 2);
    assert_true(spend(ledger, key, 1, 1, NOW));
    assert_int_equal(syncs, 3);
    assert_int_equal(ledger_purge(ledger, DAY + 1, 10, &more), LEDGER_OK);
    assert_int_equal(syncs, 4);
    ledger_close(ledger);
}

/*
 * Alone
 */

static void expect_refused(const char *path, const char *want)
{
    char why[512] = "";
    struct ledger_spec spec = {"lmdb", path, SIZE};
    if (ledger_open(&spec, why, sizeof why) || !strstr(why, want) || !strstr(why, path))
        fail_msg("wanted \"%s\", got \"%s\"", want, why);
}

static void test_second_opener(void **state)
{
    char want[64];
    struct ledger *ledger = fixture_open("lmdb", *state, SIZE);
    snprintf(want, sizeof want, "in use by process %ld", (long)getpid());
    expect_refused(*state, want);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char why[512] = "";
        struct ledger_spec spec = {"lmdb", *state, SIZE};
        _exit(!ledger_open(&spec, why, sizeof why) && strstr(why, want) ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    claim(ledger, key_of(DAY, 1), 1); /* the first one was not disturbed */
    ledger_close(ledger);
    ledger_close(fixture_open("lmdb", *state, SIZE));
}

/*
 * Killed
 */

#define KILL_THREADS 4
#define KILL_AFTER   300 /* spends that the parent hears of */

struct told {
    struct ledger *ledger;
    int pipe;
    uint64_t first;
};

/* Spends for ever, and tells each that ledger_spend returned true for. */
static void *spend_and_tell(void *arg)
{
    struct told *told = arg;
    for (uint64_t n = told->first;; n++) {
        struct ledger_key key = key_of(DAY, n);
        enum ledger_state found;
        bool spent = false;
        size_t culprit;
        if (ledger_reserve(told->ledger, &key, print_of(1), 1, NOW, &found) != LEDGER_OK ||
            ledger_spend(told->ledger, &key, 1, print_of(1), 1, NOW, &spent, &culprit) !=
                LEDGER_OK ||
            !spent || write(told->pipe, &n, sizeof n) != sizeof n)
            _exit(1);
    }
}

static void child_main(const char *path, int pipe)
{
    struct ledger *ledger = fixture_open("lmdb", path, SIZE);
    struct told told[KILL_THREADS];
    pthread_t threads[KILL_THREADS];
    for (unsigned i = 0; i < KILL_THREADS; i++) {
        told[i] = (struct told){ledger, pipe, (uint64_t)i << 32};
        if (pthread_create(&threads[i], NULL, spend_and_tell, &told[i]) != 0)
            _exit(1);
    }
    pause();
}

static void test_killed(void **state)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        child_main(*state, ends[1]);
        _exit(1);
    }
    close(ends[1]);
    uint64_t *heard = NULL;
    size_t count = 0;
    uint64_t n;
    while (read(ends[0], &n, sizeof n) == sizeof n) { /* also what was in the pipe when it died */
        heard = realloc(heard, (count + 1) * sizeof n);
        assert_non_null(heard);
        heard[count++] = n;
        if (count == KILL_AFTER)
            assert_int_equal(kill(child, SIGKILL), 0);
    }
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_true(count >= KILL_AFTER);

    struct ledger *ledger = fixture_open("lmdb", *state, SIZE);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(reserve(ledger, key_of(DAY, heard[i]), 1, 1, NOW), LEDGER_SPENT_SAME);
        assert_int_equal(reserve(ledger, key_of(DAY, heard[i]), 2, 1, NOW), LEDGER_SPENT_OTHER);
    }
    struct ledger_stats stats;
    assert_int_equal(ledger_stats_get(ledger, &stats), LEDGER_OK);
    assert_in_range(stats.entries, count, count + KILL_THREADS);
    ledger_close(ledger);
    free(heard);
}

/*
 * Full and broken
 */

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
        pass(ledger, pending);
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

/*
 * Damage, written by LMDB's own functions
 */

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
        TEST(test_reopen),
        TEST(test_modes),
        TEST(test_syncs),
        TEST(test_second_opener),
        TEST(test_killed),
        TEST(test_map_full),
        TEST(test_faults),
        TEST(test_directory_away),
        TEST(test_damaged_values),
        TEST(test_damaged_keys),
        TEST(test_damaged_watermark),
        TEST(test_other_format),
        TEST(test_foreign_database),
        TEST(test_garbage),
        TEST(test_no_directory),
        TEST(test_no_room_to_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
