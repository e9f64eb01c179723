/* test_slots.c - never more than so many at once, one for a destination, and everybody's turn
 * comes.
 */
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

#include "tests/unit/scratch.h"
#include "tools/slots.h"

static enum slots_result take(const char *whose, unsigned count, uint32_t wait_s,
                              struct slot *slot_r)
{
    return slots_take(&(struct slots_wish){.directory = directory, .whose = whose, .count = count},
                      wait_s, slot_r);
}

static void test_count(void **state)
{
    struct slot slots[3] = {{-1, -1}, {-1, -1}, {-1, -1}};

    (void)state;
    assert_int_equal(take("0a", 2, 0, &slots[0]), SLOTS_TAKEN);
    assert_int_equal(take("0b", 2, 0, &slots[1]), SLOTS_TAKEN);
    assert_int_equal(take("0c", 2, 0, &slots[2]), SLOTS_BUSY);
    assert_int_equal(slots[2].slot, -1);
    slots_give(slots[0]);
    assert_int_equal(take("0c", 2, 0, &slots[2]), SLOTS_TAKEN);
    slots_give(slots[1]);
    slots_give(slots[2]);
}

/* Who waits for a turn takes no place in the queue, and who gets no slot gives the turn back. */
static void test_turn(void **state)
{
    struct slot first, second;

    (void)state;
    assert_int_equal(take("0a", 2, 0, &first), SLOTS_TAKEN);
    assert_int_equal(take("0a", 2, 0, &second), SLOTS_BUSY);
    assert_int_equal(take("0aff", 2, 0, &second), SLOTS_BUSY); /* two digits count */
    assert_int_equal(take("0b", 2, 0, &second), SLOTS_TAKEN);
    slots_give(first);
    assert_int_equal(take("0a", 2, 0, &first), SLOTS_TAKEN);
    slots_give(second);
    assert_int_equal(take("0b", 1, 0, &second), SLOTS_TAKEN);
    assert_int_equal(take("0c", 1, 0, &first), SLOTS_BUSY);
    slots_give(second);
    assert_int_equal(take("0c", 1, 0, &second), SLOTS_TAKEN);
    slots_give(second);
}

/* The low have one slot, and others get it if they are more. */
static void test_low(void **state)
{
    const struct slots_wish low = {directory, "0a", 3, true}, lower = {directory, "0b", 3, true};
    struct slot slots[4];

    (void)state;
    assert_int_equal(slots_take(&low, 0, &slots[0]), SLOTS_TAKEN);
    assert_int_equal(slots_take(&lower, 0, &slots[1]), SLOTS_BUSY);
    assert_int_equal(take("1a", 3, 0, &slots[1]), SLOTS_TAKEN);
    assert_int_equal(take("1b", 3, 0, &slots[2]), SLOTS_TAKEN);
    assert_int_equal(take("1c", 3, 0, &slots[3]), SLOTS_BUSY);
    slots_give(slots[0]);
    assert_int_equal(take("1c", 3, 0, &slots[0]), SLOTS_TAKEN);
    assert_int_equal(slots_take(&low, 0, &slots[3]), SLOTS_BUSY);
    slots_give(slots[1]); /* the last one is not theirs */
    assert_int_equal(slots_take(&low, 0, &slots[3]), SLOTS_BUSY);
    slots_give(slots[0]);
    assert_int_equal(slots_take(&low, 0, &slots[3]), SLOTS_TAKEN);
    slots_give(slots[2]);
    slots_give(slots[3]);
}

static void test_failure(void **state)
{
    const struct slots_wish wish = {.directory = "/nonexistent", .whose = "0a", .count = 1};
    struct slot slot;

    (void)state;
    assert_int_equal(slots_take(&wish, 0, &slot), SLOTS_FAILED);
    assert_int_equal(errno, ENOENT);
}

/* Runs in a child: takes the slot, tells, and holds it until the pipe is closed. */
static pid_t hold(const char *whose, int told, int release)
{
    pid_t child = fork();
    struct slot slot;
    char c;

    if (child == 0) {
        if (take(whose, 1, 60, &slot) != SLOTS_TAKEN || write(told, "t", 1) != 1)
            _exit(1);
        if (read(release, &c, 1) < 0)
            _exit(1);
        _exit(0);
    }
    return child;
}

static void deadline_and_crash(const char *next, const char *last)
{
    int told[2], release[2], status;
    struct slot slot;
    char c;

    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(release), 0);
    pid_t holder = hold("0a", told[1], release[0]);
    assert_int_equal(read(told[0], &c, 1), 1);
    pid_t head = hold(next, told[1], release[0]); /* waits for the slot, or for its turn */
    assert_int_equal(take(last, 1, 1, &slot), SLOTS_BUSY);
    kill(holder, SIGKILL);
    assert_int_equal(waitpid(holder, &status, 0), holder);
    assert_int_equal(read(told[0], &c, 1), 1); /* the slot of the dead one went on */
    close(release[1]);
    close(release[0]);
    kill(head, SIGKILL);
    assert_int_equal(waitpid(head, &status, 0), head);
    assert_int_equal(take(last, 1, 60, &slot), SLOTS_TAKEN);
    slots_give(slot);
    close(told[0]);
    close(told[1]);
}

static void test_deadline_and_crash(void **state)
{
    (void)state;
    deadline_and_crash("0b", "0c");
    deadline_and_crash("0a", "0a");
    deadline_and_crash("0a", "0b");
}

/* Whoever started us may have blocked the signal that ends the wait. */
static void test_blocked_alarm(void **state)
{
    const struct timespec long_after = {20, 0};
    sigset_t alarm, old, mask;
    struct slot slot;
    int told[2];
    char c;

    (void)state;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    assert_int_equal(sigprocmask(SIG_BLOCK, &alarm, &old), 0);
    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    if (child == 0) {
        if (take("0a", 1, 0, &slot) == SLOTS_TAKEN && write(told[1], "t", 1) == 1)
            nanosleep(&long_after, NULL);
        _exit(0);
    }
    assert_int_equal(read(told[0], &c, 1), 1);
    assert_int_equal(take("0a", 1, 1, &slot), SLOTS_BUSY);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(sigprocmask(SIG_SETMASK, &old, &mask), 0);
    assert_true(sigismember(&mask, SIGALRM)); /* left as it was */
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
    struct slot slot;
    int status;

    (void)state;
    assert_true(shared != MAP_FAILED);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] != 0)
            continue;
        char whose[3];
        snprintf(whose, sizeof whose, "%02x", i / 2); /* each two are one destination's */
        if (take(whose, SLOTS, 300, &slot) != SLOTS_TAKEN)
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_count),
        TEST(test_turn),
        TEST(test_low),
        cmocka_unit_test(test_failure),
        TEST(test_deadline_and_crash),
        TEST(test_blocked_alarm),
        TEST(test_crowd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
