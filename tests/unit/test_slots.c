/* test_slots.c - never more than so many at once, and everybody's turn comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tools/slots.h"

static char directory[32];

static int setup(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/onionpow-test-XXXXXX");
    return mkdtemp(directory) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof command, "rm -r %s", directory);
    return system(command);
}

static void test_count(void **state)
{
    int slots[3] = {-1, -1, -1};

    (void)state;
    assert_int_equal(slots_take(directory, 2, 0, &slots[0]), SLOTS_TAKEN);
    assert_int_equal(slots_take(directory, 2, 0, &slots[1]), SLOTS_TAKEN);
    assert_int_equal(slots_take(directory, 2, 0, &slots[2]), SLOTS_BUSY);
    assert_int_equal(slots[2], -1);
    slots_give(slots[0]);
    assert_int_equal(slots_take(directory, 2, 0, &slots[2]), SLOTS_TAKEN);
    slots_give(slots[1]);
    slots_give(slots[2]);
}

static void test_failure(void **state)
{
    int slot;

    (void)state;
    assert_int_equal(slots_take("/nonexistent", 1, 0, &slot), SLOTS_FAILED);
    assert_int_equal(errno, ENOENT);
}

/* Runs in a child: takes the slot, tells, and holds it until the pipe is closed. */
static pid_t hold(int told, int release)
{
    pid_t child = fork();
    int slot;
    char c;

    if (child == 0) {
        if (slots_take(directory, 1, 60, &slot) != SLOTS_TAKEN || write(told, "t", 1) != 1)
            _exit(1);
        if (read(release, &c, 1) < 0)
            _exit(1);
        _exit(0);
    }
    return child;
}

static void test_deadline_and_crash(void **state)
{
    int told[2], release[2], slot, status;
    char c;

    (void)state;
    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(release), 0);
    pid_t holder = hold(told[1], release[0]);
    assert_int_equal(read(told[0], &c, 1), 1);
    pid_t head = hold(told[1], release[0]); /* waits for the slot, or for the queue */
    assert_int_equal(slots_take(directory, 1, 1, &slot), SLOTS_BUSY);
    kill(holder, SIGKILL);
    assert_int_equal(waitpid(holder, &status, 0), holder);
    assert_int_equal(read(told[0], &c, 1), 1); /* the slot of the dead one went on */
    close(release[1]);
    close(release[0]);
    kill(head, SIGKILL);
    assert_int_equal(waitpid(head, &status, 0), head);
    assert_int_equal(slots_take(directory, 1, 60, &slot), SLOTS_TAKEN);
    slots_give(slot);
    close(told[0]);
    close(told[1]);
}

struct shared {
    atomic_uint inside, most, done;
};

/* A hundred that want one of three slots: all get it, and never four at once. */
static void test_crowd(void **state)
{
    enum { PROCESSES = 100, SLOTS = 3 };
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const struct timespec moment = {0, 2000000};
    pid_t children[PROCESSES];
    int slot, status;

    (void)state;
    assert_true(shared != MAP_FAILED);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] != 0)
            continue;
        if (slots_take(directory, SLOTS, 300, &slot) != SLOTS_TAKEN)
            _exit(1);
        unsigned inside = atomic_fetch_add(&shared->inside, 1) + 1;
        unsigned most = atomic_load(&shared->most);
        while (inside > most && !atomic_compare_exchange_weak(&shared->most, &most, inside))
            ;
        nanosleep(&moment, NULL);
        atomic_fetch_sub(&shared->inside, 1);
        atomic_fetch_add(&shared->done, 1);
        slots_give(slot);
        _exit(0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(shared->done, PROCESSES);
    assert_in_range(shared->most, 1, SLOTS);
    munmap(shared, sizeof *shared);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_count),
        cmocka_unit_test(test_failure),
        TEST(test_deadline_and_crash),
        TEST(test_crowd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
