/* test_ledger_note_count.c - counters in notes: many threads and a process that is killed lose no
 * count. */
#include "ledger_backends.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

static int setup_lmdb(void **state)
{
    return backend_setup(state, "lmdb", LEDGER_SIZE_MIN);
}

static int setup_memory(void **state)
{
    return backend_setup(state, "memory", LEDGER_SIZE_MIN);
}

#define THREADS 8
#define COUNTS  200

struct counter {
    pthread_t thread;
    struct ledger *ledger;
    bool wrong;
};

/* Counts one up; false on a failure of the ledger. */
static bool count_up(struct ledger *ledger, uint64_t *count_r)
{
    char note[LEDGER_NOTE_MAX];
    size_t len;
    for (bool done = false; !done;) {
        uint64_t count = 0;
        if (ledger_note_get(ledger, "count", note, &len) != LEDGER_OK)
            return false;
        if (len > 0)
            memcpy(&count, note, sizeof count);
        *count_r = ++count;
        if (ledger_note_put(ledger, "count", note, len, (const char *)&count, sizeof count,
                            &done) != LEDGER_OK)
            return false;
    }
    return true;
}

static void *count_many(void *arg)
{
    struct counter *counter = arg;
    uint64_t count;
    for (unsigned i = 0; i < COUNTS; i++)
        counter->wrong |= !count_up(counter->ledger, &count);
    return NULL;
}

static void test_race(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct counter counters[THREADS] = {0};
    const uint64_t want = THREADS * COUNTS;
    for (unsigned i = 0; i < THREADS; i++) {
        counters[i].ledger = ledger;
        assert_int_equal(pthread_create(&counters[i].thread, NULL, count_many, &counters[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(counters[i].thread, NULL), 0);
        assert_false(counters[i].wrong);
    }
    expect_note(ledger, "count", &want, sizeof want);
}

#define KILL_AFTER 200 /* counts that the parent hears of */

struct told {
    struct ledger *ledger;
    int pipe;
};

static void *count_and_tell(void *arg)
{
    struct told *told = arg;
    for (uint64_t count;;) {
        if (!count_up(told->ledger, &count) ||
            write(told->pipe, &count, sizeof count) != sizeof count)
            _exit(1);
    }
}

static void child_main(const char *path, int pipe)
{
    struct told told = {fixture_open("lmdb", path, LEDGER_SIZE_MIN), pipe};
    pthread_t thread;
    for (unsigned i = 0; i < 4; i++) {
        if (pthread_create(&thread, NULL, count_and_tell, &told) != 0)
            _exit(1);
    }
    pause();
}

static void test_killed(void **state)
{
    struct fixture *f = *state;
    int ends[2], status;
    uint64_t count, most = 0;
    char note[LEDGER_NOTE_MAX];
    size_t len;
    ledger_close(f->ledger);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        child_main(f->path, ends[1]);
        _exit(1);
    }
    close(ends[1]);
    for (unsigned n = 1; read(ends[0], &count, sizeof count) == sizeof count; n++) {
        most = count > most ? count : most;
        if (n == KILL_AFTER)
            assert_int_equal(kill(child, SIGKILL), 0);
    }
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_true(most >= KILL_AFTER);

    f->ledger = fixture_open("lmdb", f->path, LEDGER_SIZE_MIN);
    assert_int_equal(ledger_note_get(f->ledger, "count", note, &len), LEDGER_OK);
    assert_int_equal(len, sizeof count);
    memcpy(&count, note, sizeof count);
    assert_in_range(count, most, most + 4); /* each thread may have put one without telling */
    assert_true(count_up(f->ledger, &most));
    assert_int_equal(most, count + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_race),
        cmocka_unit_test_setup_teardown(test_killed, setup_lmdb, backend_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
