/* test_ledger_lmdb.c - what the ledger on disk promises: it lasts, it is opened by one alone, and a
 * process that is killed loses nothing that it was told. */
#include "ledger_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

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

static void test_reopen(void **state)
{
    struct ledger *ledger = fixture_open("lmdb", *state, SIZE);
    bool more;
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(reserve(ledger, key_of(DAY, i), 1, 1, NOW), LEDGER_RESERVED_NEW);
    pass(ledger, key_of(DAY, 1), 1, NOW);
    burn(ledger, key_of(DAY, 2), 1, NOW);
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

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reopen),
        TEST(test_modes),
        TEST(test_second_opener),
        TEST(test_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
