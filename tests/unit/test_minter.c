/*
 * test_minter.c - turns, shares, limits and ends of minting.
 *
 * op_mint here stands in for pow/mint.c: it lasts until the test lets it end, and writes down what
 * it was given.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "milter/minter.h"
#include "milter/processors.h"
#include "pow/mint.h"

/* --- the work ----------------------------------------------------------------------------- */

static atomic_uint tickets;    /* mints that may end */
static atomic_uint begun;      /* mints so far */
static atomic_uint at_once;    /* now */
static atomic_uint most;       /* ... and at the most */
static atomic_uint threads;    /* of the last one */
static atomic_ullong memory;   /* likewise */
static atomic_int niceness;    /* likewise */
static atomic_uint elapsed_s;  /* that a mint says it has lasted */
static atomic_uint left_s;     /* ... and will */
static atomic_int ends;        /* enum op_err, of every mint */
static atomic_uint fails_from; /* ... from this one on: 0 is the first */
static uint64_t order_of[64];  /* efforts, as they began */

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static bool take_ticket(void)
{
    unsigned have = atomic_load(&tickets);

    while (have > 0) {
        if (atomic_compare_exchange_weak(&tickets, &have, have - 1))
            return true;
    }
    return false;
}

static enum op_err wait_for_ticket(const struct op_mint_spec *spec)
{
    struct op_mint_progress progress = {.elapsed_s = elapsed_s, .left_p50_s = left_s};

    while (!take_ticket()) {
        if (!spec->progress(spec->arg, &progress))
            return OP_ERR_CANCELLED;
        nap();
    }
    return OP_OK;
}

enum op_err op_mint(const struct op_mint_spec *spec, struct op_mint_result *result_r)
{
    unsigned number = atomic_fetch_add(&begun, 1), now = atomic_fetch_add(&at_once, 1) + 1;
    enum op_err err;

    order_of[number % 64] = spec->effort;
    if (now > atomic_load(&most))
        atomic_store(&most, now);
    threads = spec->threads;
    memory = spec->max_mem;
    errno = 0;
    niceness = getpriority(PRIO_PROCESS, 0);
    assert_true(spec->max_s > 0);
    err = wait_for_ticket(spec);
    atomic_fetch_sub(&at_once, 1);
    if (err == OP_OK && number >= atomic_load(&fails_from))
        err = (enum op_err)atomic_load(&ends);
    if (err == OP_OK)
        *result_r = (struct op_mint_result){.stamp = {.effort = spec->effort, .date = spec->date}};
    return err;
}

/* --- short ways --------------------------------------------------------------------------- */

static int setup(void **state)
{
    (void)state;
    tickets = begun = at_once = most = threads = fails_from = 0;
    memory = 0;
    elapsed_s = left_s = 0;
    ends = OP_OK;
    return 0;
}

static struct minter *minter_of(unsigned messages, unsigned all_threads, unsigned queue)
{
    struct minter_limits limits = {messages, all_threads, 64, queue};
    struct minter *minter = minter_new(&limits);

    assert_non_null(minter);
    return minter;
}

struct asker { /* a connection of the MTA that wants two stamps */
    struct minter *minter;
    uint64_t effort;
    unsigned time_s;
    uint8_t owner;
    pthread_t thread;
    atomic_uint ticks;
    atomic_bool gone; /* from the next tick on */
    enum minter_err err;
    struct op_stamp stamp[2];
    size_t made;
};

static bool count_tick(void *arg)
{
    struct asker *asker = arg;

    atomic_fetch_add(&asker->ticks, 1);
    return !atomic_load(&asker->gone);
}

static void *ask(void *arg)
{
    struct asker *asker = arg;
    const struct minter_order order[2] = {{.effort = asker->effort}, {.effort = asker->effort + 1}};
    const struct minter_job job = {.order = order,
                                   .count = 2,
                                   .owner = {[MINTER_OWNER_LEN - 1] = asker->owner},
                                   .date = 20261122,
                                   .time_s = asker->time_s,
                                   .tick = count_tick,
                                   .arg = asker};

    asker->err = minter_run(asker->minter, &job, asker->stamp, &asker->made);
    return NULL;
}

static void begin_for(struct asker *asker, struct minter *minter, uint8_t owner, uint64_t effort,
                      unsigned time_s)
{
    memset(asker, 0, sizeof *asker);
    asker->minter = minter;
    asker->owner = owner;
    asker->effort = effort;
    asker->time_s = time_s;
    assert_int_equal(pthread_create(&asker->thread, NULL, ask, asker), 0);
}

/* Each effort in these tests has an owner of its own. */
static void begin(struct asker *asker, struct minter *minter, uint64_t effort, unsigned time_s)
{
    begin_for(asker, minter, (uint8_t)effort, effort, time_s);
}

static enum minter_err finish(struct asker *asker)
{
    pthread_join(asker->thread, NULL);
    return asker->err;
}

static void until_begun(unsigned count)
{
    while (atomic_load(&begun) < count)
        nap();
}

static void until_waiting(struct minter *minter, unsigned count)
{
    struct minter_stats stats;

    do {
        nap();
        minter_stats_get(minter, &stats);
    } while (stats.waiting != count);
}

/* --- tests -------------------------------------------------------------------------------- */

static void test_stamps(void **state)
{
    struct minter *minter = minter_of(1, 3, 4);
    struct minter_stats stats;
    struct asker asker;

    (void)state;
    tickets = 2;
    begin(&asker, minter, 7, 60);
    assert_int_equal(finish(&asker), MINTER_OK);
    assert_int_equal(asker.stamp[0].effort, 7);
    assert_int_equal(asker.stamp[1].effort, 8);
    assert_int_equal(asker.stamp[1].date, 20261122);
    assert_int_equal(threads, 3);
    assert_int_equal(memory, 64);
    minter_stats_get(minter, &stats);
    assert_int_equal(stats.stamps, 2);
    assert_int_equal(stats.busy + stats.waiting, 0);
    minter_free(minter);
}

/* Each of the messages has its part; never none. */
static void test_shares(void **state)
{
    static const struct {
        unsigned messages, threads, want;
    } rows[] = {{2, 5, 2}, {4, 2, 1}, {1, 9, 9}};
    struct asker asker;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct minter *minter = minter_of(rows[i].messages, rows[i].threads, 4);
        tickets = 2;
        begin(&asker, minter, 7, 60);
        assert_int_equal(finish(&asker), MINTER_OK);
        assert_int_equal(threads, rows[i].want);
        assert_int_equal(memory, 64 / rows[i].messages);
        minter_free(minter);
    }
    struct minter *minter = minter_of(1, 0, 4);
    tickets = 2;
    begin(&asker, minter, 7, 60);
    assert_int_equal(finish(&asker), MINTER_OK);
    assert_int_equal(threads, processors_count());
    minter_free(minter);
}

static void test_priority(void **state)
{
    struct minter *minter = minter_of(1, 1, 4);
    int before = getpriority(PRIO_PROCESS, 0);
    struct asker asker;

    (void)state;
    assert_true(minter_yields());
    tickets = 2;
    begin(&asker, minter, 7, 60);
    assert_int_equal(finish(&asker), MINTER_OK);
    assert_int_equal(niceness, 19);
    assert_int_equal(getpriority(PRIO_PROCESS, 0), before);
    minter_free(minter);
}

/* Six messages, one after the other: the first of them at work, the others waiting. */
static void line_up(struct asker asker[6], struct minter *minter, unsigned messages)
{
    for (unsigned i = 0; i < 6; i++) {
        begin(&asker[i], minter, 100 * (i + 1), 60);
        if (i < messages)
            until_begun(i + 1);
        else
            until_waiting(minter, i + 1 - messages);
    }
    assert_int_equal(begun, messages);
}

static void test_order(void **state)
{
    struct minter *minter = minter_of(1, 1, 5);
    struct asker asker[6];

    (void)state;
    line_up(asker, minter, 1);
    tickets = 12;
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(finish(&asker[i]), MINTER_OK);
    assert_int_equal(begun, 12);
    assert_int_equal(most, 1);
    for (unsigned i = 0; i < 12; i++)
        assert_int_equal(order_of[i], 100 * (i / 2 + 1) + i % 2);
    minter_free(minter);
}

/* Who waits with three messages lets the others pass between them. */
static void test_turns(void **state)
{
    static const uint8_t owners[6] = {1, 1, 1, 2, 2, 3};
    static const unsigned want[6] = {100, 400, 200, 500, 300, 600};
    struct minter *minter = minter_of(1, 1, 9);
    struct asker asker[6];

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        begin_for(&asker[i], minter, owners[i], 100 * (i + 1), 600);
        if (i == 0)
            until_begun(1);
        else
            until_waiting(minter, i);
    }
    tickets = 12;
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(finish(&asker[i]), MINTER_OK);
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(order_of[i], want[i / 2] + i % 2);
    minter_free(minter);
}

static void test_several_at_once(void **state)
{
    struct minter *minter = minter_of(3, 3, 3);
    struct asker asker[6];

    (void)state;
    line_up(asker, minter, 3);
    tickets = 12;
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(finish(&asker[i]), MINTER_OK);
    assert_int_equal(begun, 12);
    assert_int_equal(most, 3);
    minter_free(minter);
}

static void test_full(void **state)
{
    struct minter *minter = minter_of(1, 1, 1);
    struct asker first, second, third;

    (void)state;
    begin(&first, minter, 1, 60);
    until_begun(1);
    begin(&second, minter, 3, 60);
    until_waiting(minter, 1);
    begin(&third, minter, 5, 60);
    assert_int_equal(finish(&third), MINTER_FULL);
    tickets = 4;
    assert_int_equal(finish(&first), MINTER_OK);
    assert_int_equal(finish(&second), MINTER_OK);
    minter_free(minter);
}

/* Without a queue whoever finds a free place is still served. */
static void test_no_queue(void **state)
{
    struct minter *minter = minter_of(1, 1, 0);
    struct asker first, second;

    (void)state;
    begin(&first, minter, 1, 60);
    until_begun(1);
    begin(&second, minter, 3, 60);
    assert_int_equal(finish(&second), MINTER_FULL);
    tickets = 2;
    assert_int_equal(finish(&first), MINTER_OK);
    minter_free(minter);
}

/* Half of the places, rounded up, at work or waiting; given back when they are left. */
static void test_halves(void **state)
{
    static const struct {
        unsigned messages, queue, half;
    } rows[] = {{1, 0, 1}, {1, 1, 1}, {1, 2, 2}, {2, 2, 2}, {2, 3, 3}, {5, 0, 3}};
    struct asker greedy[4], other;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct minter *minter = minter_of(rows[i].messages, 1, rows[i].queue);
        unsigned at_work = 0, half = rows[i].half;
        setup(NULL);
        for (unsigned j = 0; j < half; j++) {
            begin_for(&greedy[j], minter, 1, 10, 600);
            if (at_work < rows[i].messages)
                until_begun(++at_work);
            else
                until_waiting(minter, j + 1 - at_work);
        }
        begin_for(&greedy[half], minter, 1, 10, 600);
        assert_int_equal(finish(&greedy[half]), MINTER_FULL);
        begin_for(&other, minter, 2, 20, 600); /* finds room, where there is more than one place */
        if (rows[i].messages + rows[i].queue == 1)
            assert_int_equal(finish(&other), MINTER_FULL);
        else if (at_work < rows[i].messages)
            until_begun(at_work + 1);
        else
            until_waiting(minter, half + 1 - at_work);
        tickets = 2 * (half + 2);
        for (unsigned j = 0; j < half; j++)
            assert_int_equal(finish(&greedy[j]), MINTER_OK);
        if (rows[i].messages + rows[i].queue > 1)
            assert_int_equal(finish(&other), MINTER_OK);
        tickets = 2;
        begin_for(&greedy[0], minter, 1, 10, 600);
        assert_int_equal(finish(&greedy[0]), MINTER_OK);
        minter_free(minter);
    }
}

static void test_late_in_the_queue(void **state)
{
    struct minter *minter = minter_of(1, 1, 4);
    struct asker first, second, third;

    (void)state;
    begin(&first, minter, 1, 600);
    until_begun(1);
    begin(&second, minter, 3, 1);
    until_waiting(minter, 1);
    begin(&third, minter, 5, 600);
    until_waiting(minter, 2);
    assert_int_equal(finish(&second), MINTER_LATE);
    tickets = 4; /* those behind it have lost nothing */
    assert_int_equal(finish(&first), MINTER_OK);
    assert_int_equal(finish(&third), MINTER_OK);
    assert_int_equal(begun, 4);
    minter_free(minter);
}

/* The time that is left after a long wait does not do: that says nothing of the price. */
static void test_late_for_the_wait(void **state)
{
    struct minter *minter = minter_of(1, 1, 4);
    struct asker first, second;

    (void)state;
    fails_from = 2;
    ends = OP_ERR_TIMEOUT;
    begin(&first, minter, 1, 600);
    until_begun(1);
    begin(&second, minter, 3, 2);
    until_waiting(minter, 1);
    nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 100000000}, NULL);
    tickets = 3;
    assert_int_equal(finish(&first), MINTER_OK);
    assert_int_equal(finish(&second), MINTER_LATE); /* also where this host took another second */
    minter_free(minter);
}

static void test_ticks(void **state)
{
    struct minter *minter = minter_of(1, 1, 4);
    struct asker first, second;

    (void)state;
    begin(&first, minter, 1, 600);
    until_begun(1);
    begin(&second, minter, 3, 600);
    while (first.ticks == 0 || second.ticks == 0)
        nap();
    tickets = 4;
    assert_int_equal(finish(&first), MINTER_OK);
    assert_int_equal(finish(&second), MINTER_OK);
    minter_free(minter);
}

/* How the work can end: what was made before is there, and nothing of the one that failed. */
static void test_failures(void **state)
{
    static const struct {
        enum op_err err;
        enum minter_err want;
    } rows[] = {
        {OP_ERR_TIMEOUT, MINTER_DEAR},  {OP_ERR_NOMEM, MINTER_FAILED},
        {OP_ERR_LIMIT, MINTER_FAILED},  {OP_ERR_THREAD, MINTER_FAILED},
        {OP_ERR_INPUT, MINTER_FAILED},  {OP_ERR_SELFTEST, MINTER_FAILED},
        {OP_ERR_CRYPTO, MINTER_FAILED},
    };
    struct minter *minter = minter_of(1, 1, 4);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (unsigned good = 0; good < 2; good++) {
            struct asker asker;
            tickets = 2;
            begun = 0;
            fails_from = good;
            ends = (int)rows[i].err;
            begin(&asker, minter, 7, 60);
            assert_int_equal(finish(&asker), rows[i].want);
            assert_int_equal(asker.made, good);
            assert_int_equal(asker.stamp[0].effort, good == 1 ? 7 : 0);
            assert_int_equal(asker.stamp[1].effort, 0);
            assert_int_equal(begun, good + 1);
        }
    }
    minter_free(minter);
}

/* Given up, it needs no ticket to end; otherwise the end is ours. */
static void test_hopeless(void **state)
{
    static const struct {
        unsigned elapsed_s, left_s;
        enum minter_err want;
    } rows[] = {
        {151, 2401, MINTER_DEAR},   {149, 2401, MINTER_CLOSED}, /* who knows, so early */
        {151, 2300, MINTER_CLOSED}, {599, 0, MINTER_CLOSED},
        {2, 700000, MINTER_DEAR}, /* no need to wait for a quarter of the time */
        {0, 700000, MINTER_CLOSED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct minter *minter = minter_of(1, 1, 4);
        struct asker asker;
        begun = 0;
        elapsed_s = rows[i].elapsed_s;
        left_s = rows[i].left_s;
        begin(&asker, minter, 7, 600);
        if (rows[i].want == MINTER_CLOSED) {
            until_begun(1);
            minter_close(minter);
        }
        assert_int_equal(finish(&asker), rows[i].want);
        assert_int_equal(begun, 1);
        minter_free(minter);
    }
}

static void test_close(void **state)
{
    struct minter *minter = minter_of(1, 1, 4);
    struct asker first, second, third;

    (void)state;
    begin(&first, minter, 1, 600);
    until_begun(1);
    begin(&second, minter, 3, 600);
    until_waiting(minter, 1);
    minter_close(minter);
    assert_int_equal(finish(&first), MINTER_CLOSED);
    assert_int_equal(finish(&second), MINTER_CLOSED);
    begin(&third, minter, 5, 600);
    assert_int_equal(finish(&third), MINTER_CLOSED);
    assert_int_equal(begun, 1);
    minter_free(minter);
}

/* Whose connection has ended, at work or waiting: his turn is for others, at once. */
static void test_gone(void **state)
{
    struct minter *minter = minter_of(1, 1, 4);
    struct minter_stats stats;
    struct asker first, second, third;

    (void)state;
    begin(&first, minter, 1, 600);
    until_begun(1);
    begin(&second, minter, 3, 600);
    until_waiting(minter, 1);
    begin(&third, minter, 5, 600);
    until_waiting(minter, 2);
    atomic_store(&second.gone, true);
    assert_int_equal(finish(&second), MINTER_GONE);
    atomic_store(&first.gone, true);
    assert_int_equal(finish(&first), MINTER_GONE);
    assert_int_equal(first.stamp[0].effort, 0);
    tickets = 2;
    assert_int_equal(finish(&third), MINTER_OK);
    assert_int_equal(begun, 3);
    minter_stats_get(minter, &stats);
    assert_int_equal(stats.busy + stats.waiting, 0);
    minter_free(minter);
}

static void test_new_limits(void **state)
{
    struct minter *minter = minter_of(1, 1, 4);
    struct asker first, second;

    (void)state;
    begin(&first, minter, 1, 600);
    until_begun(1);
    begin(&second, minter, 3, 600);
    until_waiting(minter, 1);
    minter_set_limits(minter, &(struct minter_limits){2, 6, 128, 4});
    until_begun(2);
    assert_int_equal(threads, 3);
    assert_int_equal(memory, 64);
    tickets = 4;
    assert_int_equal(finish(&first), MINTER_OK);
    assert_int_equal(finish(&second), MINTER_OK);
    minter_free(minter);
    minter_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_stamps),
        TEST(test_shares),
        TEST(test_priority),
        TEST(test_order),
        TEST(test_several_at_once),
        TEST(test_full),
        TEST(test_no_queue),
        TEST(test_late_in_the_queue),
        TEST(test_ticks),
        TEST(test_failures),
        TEST(test_hopeless),
        TEST(test_close),
        TEST(test_new_limits),
        TEST(test_gone),
        TEST(test_halves),
        TEST(test_turns),
        TEST(test_late_for_the_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
