/* test_histogram.c - which bucket a value falls into, what a reader sees, and many threads at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "milter/histogram.h"

static const struct histogram_scale scale = {.first = 10, .bounds = 4, .divisor = 10}; /* to 80 */

static void test_buckets(void **state)
{
    static const struct {
        uint64_t value;
        uint64_t at_most[4];
    } rows[] = {
        {0, {1, 1, 1, 1}},  {10, {1, 1, 1, 1}}, {11, {0, 1, 1, 1}}, {20, {0, 1, 1, 1}},
        {21, {0, 0, 1, 1}}, {80, {0, 0, 0, 1}}, {81, {0, 0, 0, 0}}, {UINT64_MAX, {0, 0, 0, 0}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct histogram histogram = {0};
        struct histogram_view view;
        histogram_observe(&histogram, &scale, rows[i].value);
        histogram_read(&histogram, &scale, &view);
        assert_memory_equal(view.at_most, rows[i].at_most, sizeof rows[i].at_most);
        assert_int_equal(view.count, 1);
        assert_true(view.sum * 10 >= (double)rows[i].value &&
                    view.sum * 10 <= (double)rows[i].value);
    }
}

static void test_cumulative(void **state)
{
    struct histogram histogram = {0};
    struct histogram_view view;
    (void)state;
    for (uint64_t value = 1; value <= 100; value++)
        histogram_observe(&histogram, &scale, value);
    histogram_read(&histogram, &scale, &view);
    assert_int_equal(view.at_most[0], 10);
    assert_int_equal(view.at_most[1], 20);
    assert_int_equal(view.at_most[2], 40);
    assert_int_equal(view.at_most[3], 80);
    assert_int_equal(view.count, 100);
    assert_true(view.sum > 504.999 && view.sum < 505.001);
}

static void test_bounds(void **state)
{
    (void)state;
    assert_true(histogram_bound(&scale, 0) > 0.999 && histogram_bound(&scale, 0) < 1.001);
    assert_true(histogram_bound(&scale, 3) > 7.999 && histogram_bound(&scale, 3) < 8.001);
}

#define THREADS 4
#define TIMES   20000

static void *observe(void *arg)
{
    for (uint64_t i = 0; i < TIMES; i++)
        histogram_observe(arg, &scale, i % 100);
    return NULL;
}

/* While others count, what is seen is whole; in the end nothing is lost. */
static void test_threads(void **state)
{
    struct histogram histogram = {0};
    struct histogram_view view = {.count = 0};
    pthread_t thread[THREADS];
    uint64_t former = 0;
    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, observe, &histogram), 0);
    for (size_t i = 0; i < 1000; i++) {
        histogram_read(&histogram, &scale, &view);
        assert_true(view.count >= former && view.count >= view.at_most[3]);
        former = view.count;
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    histogram_read(&histogram, &scale, &view);
    assert_int_equal(view.count, THREADS * TIMES);
    assert_int_equal(view.at_most[0], THREADS * TIMES / 100 * 11);
    assert_true(view.sum > THREADS * TIMES * 4.95 - 1 && view.sum < THREADS * TIMES * 4.95 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buckets),
        cmocka_unit_test(test_cumulative),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
