/*
 * test_gate.c - order, limits and ends of the gate, with workers that weigh what the test says.
 *
 * The workers here stand in for pow/worker.c: they only count what exists.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "milter/gate.h"

/*
 * Workers
 */

#define KIB 1024

struct op_worker {
    const struct op_suite *suite;
};

static const struct op_suite small = {.name = "small", .mem_kib = 1};
static const struct op_suite large = {.name = "large", .mem_kib = 4};
static const struct op_suite other = {.name = "other", .mem_kib = 1};

static atomic_ullong alive_mem;     /* of all workers that exist */
static atomic_ullong alive_mem_max; /* the most there was */
static atomic_uint made;
static atomic_bool refuse; /* no memory for workers */

uint64_t op_worker_mem(const struct op_suite *suite)
{
    return suite->mem_kib * (uint64_t)KIB;
}

enum op_err op_worker_new(const struct op_suite *suite, struct op_worker **worker_r)
{
    struct op_worker *worker = refuse ? NULL : malloc(sizeof *worker);
    if (!worker)
        return OP_ERR_NOMEM;
    worker->suite = suite;
    made++;
    unsigned long long add = op_worker_mem(suite);
    unsigned long long mem = atomic_fetch_add(&alive_mem, add) + add;
    unsigned long long most = alive_mem_max;
    while (mem > most && !atomic_compare_exchange_weak(&alive_mem_max, &most, mem))
        ;
    *worker_r = worker;
    return OP_OK;
}

void op_worker_free(struct op_worker *worker)
{
    if (worker)
        alive_mem -= op_worker_mem(worker->suite);
    free(worker);
}

static int setup(void **state)
{
    (void)state;
    alive_mem = alive_mem_max = 0;
    made = 0;
    refuse = false;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(alive_mem, 0);
    return 0;
}

/*
 * Short ways
 */

static struct gate *gate_of(unsigned threads, uint64_t memory_kib, unsigned queue, unsigned wait_s)
{
    struct gate_limits limits = {threads, memory_kib * KIB, queue, wait_s};
    struct gate *gate = gate_new(&limits);
    assert_non_null(gate);
    return gate;
}

static struct op_worker *enter(struct gate *gate, const struct op_suite *suite)
{
    struct op_worker *worker = NULL;
    assert_int_equal(gate_enter(gate, suite, NULL, NULL, &worker), GATE_OK);
    assert_ptr_equal(worker->suite, suite);
    return worker;
}

static void expect_err(struct gate *gate, const struct op_suite *suite, enum gate_err want)
{
    struct op_worker untouched, *worker = &untouched;
    assert_int_equal(gate_enter(gate, suite, NULL, NULL, &worker), want);
    assert_ptr_equal(worker, &untouched);
}

static struct gate_stats stats_of(struct gate *gate)
{
    struct gate_stats stats;
    gate_stats_get(gate, &stats);
    return stats;
}

static void wait_waiting(struct gate *gate, unsigned waiting)
{
    while (stats_of(gate).waiting != waiting)
        sched_yield();
}

struct caller { /* a thread that goes in, notes the order, and comes out when told */
    struct gate *gate;
    const struct op_suite *suite;
    atomic_uint *order; /* next number */
    unsigned place;
    atomic_bool in, go;
    enum gate_err err;
    pthread_t thread;
};

static void *call(void *arg)
{
    struct caller *caller = arg;
    struct op_worker *worker;
    caller->err = gate_enter(caller->gate, caller->suite, NULL, NULL, &worker);
    if (caller->err != GATE_OK)
        return NULL;
    caller->place = (*caller->order)++;
    caller->in = true;
    while (!caller->go)
        sched_yield();
    gate_leave(caller->gate, worker);
    return NULL;
}

static void start(struct caller *caller, struct gate *gate, const struct op_suite *suite,
                  atomic_uint *order)
{
    *caller = (struct caller){.gate = gate, .suite = suite, .order = order};
    assert_int_equal(pthread_create(&caller->thread, NULL, call, caller), 0);
}

static void wait_in(struct caller *caller)
{
    while (!caller->in)
        sched_yield();
}

static enum gate_err finish(struct caller *caller)
{
    caller->go = true;
    assert_int_equal(pthread_join(caller->thread, NULL), 0);
    return caller->err;
}

/*
 * Tests
 */

static void test_reuse(void **state)
{
    (void)state;
    struct gate *gate = gate_of(2, 100, 0, 0);
    struct op_worker *first = enter(gate, &small), *second = enter(gate, &small);
    assert_ptr_not_equal(first, second);
    assert_int_equal(stats_of(gate).busy, 2);
    gate_leave(gate, first);
    assert_ptr_equal(enter(gate, &small), first);
    gate_leave(gate, first);
    gate_leave(gate, second);
    assert_ptr_equal(enter(gate, &small), second); /* the last used: its memory is warm */
    gate_leave(gate, second);
    assert_int_equal(made, 2);
    assert_int_equal(stats_of(gate).busy, 0);
    assert_int_equal(stats_of(gate).memory, 2 * KIB);
    gate_free(gate);
    gate_free(NULL);
}

static void test_threads_bound(void **state)
{
    (void)state;
    struct gate *gate = gate_of(2, 100, 0, 100);
    struct op_worker *first = enter(gate, &small), *second = enter(gate, &large);
    expect_err(gate, &small, GATE_SATURATED); /* no queue */
    assert_int_equal(stats_of(gate).saturated, 1);
    gate_leave(gate, second);
    gate_leave(gate, enter(gate, &small));
    gate_leave(gate, first);
    gate_free(gate);
}

static void test_processors(void **state)
{
    (void)state;
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    unsigned count = (unsigned)CPU_COUNT(&set);
    struct gate *gate = gate_of(0, 1000000, 0, 0);
    struct op_worker **workers = calloc(count, sizeof *workers);
    assert_non_null(workers);
    for (unsigned i = 0; i < count; i++)
        workers[i] = enter(gate, &small);
    expect_err(gate, &small, GATE_SATURATED);
    for (unsigned i = 0; i < count; i++)
        gate_leave(gate, workers[i]);
    free(workers);
    gate_free(gate);
}

static void test_memory_bound(void **state)
{
    (void)state;
    struct gate *gate = gate_of(10, 5, 0, 0);
    struct op_worker *big = enter(gate, &large), *little = enter(gate, &small);
    expect_err(gate, &small, GATE_SATURATED);
    expect_err(gate, &large, GATE_SATURATED);
    gate_leave(gate, little);
    gate_leave(gate, enter(gate, &other)); /* the idle one had to go */
    assert_int_equal(stats_of(gate).memory, 5 * KIB);
    gate_leave(gate, big);
    assert_int_equal(alive_mem_max, 5 * KIB);
    gate_free(gate);
}

/* Only as many idle ones go as have to, the longest idle first. */
static void test_eviction(void **state)
{
    (void)state;
    struct gate *gate = gate_of(10, 5, 0, 0);
    struct op_worker *a = enter(gate, &small), *b = enter(gate, &small), *c = enter(gate, &other);
    gate_leave(gate, a);
    gate_leave(gate, c);
    gate_leave(gate, b);
    struct op_worker *big = enter(gate, &large); /* 3 + 4 > 5: a and c go */
    assert_int_equal(made, 4);
    assert_int_equal(stats_of(gate).memory, 5 * KIB);
    assert_ptr_equal(enter(gate, &small), b);
    gate_leave(gate, b);
    gate_leave(gate, big);
    gate_leave(gate, enter(gate, &other)); /* b goes, big has been used since */
    assert_ptr_equal(enter(gate, &large), big);
    gate_leave(gate, big);
    assert_int_equal(alive_mem_max, 5 * KIB);
    gate_free(gate);
}

static void test_too_big(void **state)
{
    (void)state;
    struct gate *gate = gate_of(1, 3, 10, 100);
    expect_err(gate, &large, GATE_TOO_BIG);
    struct op_worker *worker = enter(gate, &small);
    expect_err(gate, &large, GATE_TOO_BIG); /* at once, not after waiting */
    gate_leave(gate, worker);
    assert_int_equal(stats_of(gate).saturated, 0);
    gate_free(gate);
}

static void test_no_memory(void **state)
{
    (void)state;
    struct gate *gate = gate_of(1, 10, 0, 0);
    refuse = true;
    expect_err(gate, &small, GATE_NOMEM);
    assert_int_equal(stats_of(gate).busy, 0);
    assert_int_equal(stats_of(gate).memory, 0);
    refuse = false;
    gate_leave(gate, enter(gate, &small));
    gate_free(gate);
}

static void test_order(void **state)
{
    (void)state;
    struct gate *gate = gate_of(1, 100, 8, 1000);
    struct caller callers[8];
    atomic_uint order = 0;
    struct op_worker *worker = enter(gate, &small);
    for (unsigned i = 0; i < 8; i++) {
        start(&callers[i], gate, i % 3 ? &small : &large, &order);
        wait_waiting(gate, i + 1);
    }
    expect_err(gate, &small, GATE_SATURATED); /* the queue is full */
    gate_leave(gate, worker);
    for (unsigned i = 0; i < 8; i++) {
        wait_in(&callers[i]);
        assert_int_equal(finish(&callers[i]), GATE_OK);
        assert_int_equal(callers[i].place, i);
    }
    assert_int_equal(stats_of(gate).waiting, 0);
    gate_free(gate);
}

/* A large one at the head is not passed by small ones that would fit, and is served as soon as it
 * fits. */
static void test_head_of_queue(void **state)
{
    (void)state;
    struct gate *gate = gate_of(10, 5, 8, 1000);
    struct caller big, little;
    atomic_uint order = 0;
    struct op_worker *a = enter(gate, &small), *b = enter(gate, &small);
    start(&big, gate, &large, &order);
    wait_waiting(gate, 1);
    start(&little, gate, &small, &order);
    wait_waiting(gate, 2);
    assert_int_equal(stats_of(gate).busy, 2);
    gate_leave(gate, a);
    wait_in(&big);
    assert_int_equal(stats_of(gate).waiting, 1); /* 4 + 1 busy: no room for the little one */
    gate_leave(gate, b);
    wait_in(&little);
    assert_int_equal(finish(&little), GATE_OK);
    assert_int_equal(finish(&big), GATE_OK);
    assert_true(big.place < little.place);
    assert_int_equal(alive_mem_max, 5 * KIB);
    gate_free(gate);
}

static void test_wait_is_over(void **state)
{
    (void)state;
    struct gate *gate = gate_of(1, 10, 5, 1);
    struct op_worker *worker = enter(gate, &small);
    expect_err(gate, &small, GATE_SATURATED); /* comes back, after a second */
    assert_int_equal(stats_of(gate).waiting, 0);
    assert_int_equal(stats_of(gate).saturated, 1);
    gate_leave(gate, worker);
    gate_leave(gate, enter(gate, &small));
    gate_free(gate);
}

/* When the head gives up, the next one may fit. */
static void test_head_gives_up(void **state)
{
    (void)state;
    struct gate *gate = gate_of(10, 5, 8, 1);
    struct caller big, little;
    atomic_uint order = 0;
    struct op_worker *worker = enter(gate, &other);
    struct op_worker *second = enter(gate, &other);
    start(&big, gate, &large, &order);
    wait_waiting(gate, 1);
    struct gate_limits longer = {10, 5 * KIB, 8, 1000};
    gate_set_limits(gate, &longer);
    start(&little, gate, &small, &order);
    wait_in(&little);
    assert_int_equal(finish(&big), GATE_SATURATED);
    assert_int_equal(finish(&little), GATE_OK);
    gate_leave(gate, worker);
    gate_leave(gate, second);
    gate_free(gate);
}

static void test_close(void **state)
{
    (void)state;
    struct gate *gate = gate_of(1, 10, 8, 1000);
    struct caller callers[3];
    atomic_uint order = 0;
    struct op_worker *worker = enter(gate, &small);
    for (unsigned i = 0; i < 3; i++)
        start(&callers[i], gate, &small, &order);
    wait_waiting(gate, 3);
    gate_close(gate);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(finish(&callers[i]), GATE_CLOSED);
    expect_err(gate, &small, GATE_CLOSED);
    assert_int_equal(stats_of(gate).busy, 1); /* who is inside finishes */
    gate_leave(gate, worker);
    expect_err(gate, &small, GATE_CLOSED);
    assert_int_equal(stats_of(gate).saturated, 0);
    gate_free(gate);
}

static void test_set_limits(void **state)
{
    (void)state;
    struct gate *gate = gate_of(1, 10, 8, 1000);
    struct caller callers[3];
    atomic_uint order = 0;
    struct op_worker *worker = enter(gate, &small);
    start(&callers[0], gate, &small, &order);
    wait_waiting(gate, 1);
    start(&callers[1], gate, &large, &order);
    wait_waiting(gate, 2);
    start(&callers[2], gate, &small, &order);
    wait_waiting(gate, 3);
    struct gate_limits limits = {2, 2 * KIB, 8, 1000};
    gate_set_limits(gate, &limits); /* one more may go in; the large one never will */
    assert_int_equal(stats_of(gate).threads, 2);
    assert_int_equal(stats_of(gate).memory_max, 2 * KIB);
    wait_in(&callers[0]);
    assert_int_equal(finish(&callers[1]), GATE_TOO_BIG);
    wait_waiting(gate, 1);
    gate_leave(gate, worker);
    wait_in(&callers[2]);
    limits.memory = 1 * KIB;
    gate_set_limits(gate, &limits); /* both inside finish; then only one stays */
    assert_int_equal(finish(&callers[0]), GATE_OK);
    assert_int_equal(stats_of(gate).memory, 1 * KIB);
    assert_int_equal(finish(&callers[2]), GATE_OK);
    assert_int_equal(stats_of(gate).memory, 1 * KIB);
    limits.memory = 0;
    gate_set_limits(gate, &limits);
    assert_int_equal(alive_mem, 0);
    gate_free(gate);
}

static void test_trim(void **state)
{
    (void)state;
    struct gate *gate = gate_of(3, 10, 0, 0);
    struct op_worker *used = enter(gate, &small), *unused = enter(gate, &other);
    struct op_worker *busy = enter(gate, &large);
    gate_leave(gate, used);
    gate_leave(gate, unused);
    gate_trim(gate); /* both were used before it */
    assert_int_equal(alive_mem, 6 * KIB);
    gate_leave(gate, enter(gate, &small));
    gate_trim(gate);
    assert_int_equal(alive_mem, 5 * KIB);
    assert_int_equal(stats_of(gate).memory, 5 * KIB);
    assert_ptr_equal(enter(gate, &small), used);
    gate_leave(gate, used);
    gate_leave(gate, busy);
    gate_trim(gate);
    gate_trim(gate);
    assert_int_equal(alive_mem, 0);
    gate_free(gate);
}

struct ticking {
    struct gate *gate;
    struct op_worker *worker;
    unsigned ticks;
};

/* Takes the gate's lock, which would hang if it were held; lets the waiting caller in at the second
 * tick. */
static bool tick(void *arg)
{
    struct ticking *ticking = arg;
    assert_int_equal(stats_of(ticking->gate).waiting, 1);
    if (++ticking->ticks == 2)
        gate_leave(ticking->gate, ticking->worker);
    return true;
}

static bool hang_up(void *arg)
{
    struct ticking *ticking = arg;
    return ++ticking->ticks < 2;
}

/* Who has gone makes room in the queue. */
static void test_gone(void **state)
{
    (void)state;
    struct gate *gate = gate_of(1, 10, 8, 1000);
    struct ticking ticking = {.gate = gate, .worker = enter(gate, &small)};
    struct op_worker *worker;
    assert_int_equal(gate_enter(gate, &small, hang_up, &ticking, &worker), GATE_GONE);
    assert_int_equal(ticking.ticks, 2);
    assert_int_equal(stats_of(gate).waiting + stats_of(gate).saturated, 0);
    gate_leave(gate, ticking.worker);
    gate_free(gate);
}

static void test_tick(void **state)
{
    (void)state;
    struct gate *gate = gate_of(1, 10, 8, 1000);
    struct ticking ticking = {.gate = gate, .worker = enter(gate, &small)};
    struct op_worker *worker;
    assert_int_equal(gate_enter(gate, &small, tick, &ticking, &worker), GATE_OK);
    assert_int_equal(ticking.ticks, 2);
    gate_leave(gate, worker);
    assert_int_equal(gate_enter(gate, &small, tick, &ticking, &worker), GATE_OK);
    assert_int_equal(ticking.ticks, 2); /* no waiting, no tick */
    gate_leave(gate, worker);
    gate_free(gate);
}

#define CROWD 8

static void *crowd_member(void *arg)
{
    static const struct op_suite *const suites[] = {&small, &large, &other};
    struct gate *gate = arg;
    struct op_worker *worker;
    for (unsigned i = 0; i < 300; i++) {
        const struct op_suite *suite = suites[i % 3];
        OP_BUG_IF(gate_enter(gate, suite, NULL, NULL, &worker) != GATE_OK);
        OP_BUG_IF(worker->suite != suite || alive_mem > 6 * KIB || stats_of(gate).busy > 3);
        worker->suite = suite; /* nobody else has this worker: a race shows here */
        if (i % 50 == 0)
            gate_trim(gate);
        gate_leave(gate, worker);
    }
    return NULL;
}

static void test_crowd(void **state)
{
    (void)state;
    struct gate *gate = gate_of(3, 6, CROWD, 1000);
    pthread_t threads[CROWD];
    for (unsigned i = 0; i < CROWD; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, crowd_member, gate), 0);
    for (unsigned i = 0; i < CROWD; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(alive_mem_max <= 6 * KIB);
    struct gate_stats stats = stats_of(gate);
    assert_int_equal(stats.busy + stats.waiting + stats.saturated, 0);
    assert_int_equal(stats.memory, alive_mem);
    gate_free(gate);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(gate_err_str(GATE_OK), "ok");
    assert_string_equal(gate_err_str(GATE_SATURATED), "verification saturated");
    assert_string_equal(gate_err_str(GATE_CLOSED), "shutting down");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reuse),        TEST(test_threads_bound), TEST(test_processors),
        TEST(test_memory_bound), TEST(test_eviction),      TEST(test_too_big),
        TEST(test_no_memory),    TEST(test_order),         TEST(test_head_of_queue),
        TEST(test_wait_is_over), TEST(test_head_gives_up), TEST(test_close),
        TEST(test_set_limits),   TEST(test_trim),          TEST(test_tick),
        TEST(test_gone),         TEST(test_crowd),         TEST(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
