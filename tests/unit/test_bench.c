/* test_bench.c - the arithmetic of onionpow bench: luck of mints and cost of stamps, by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pow/effort.h"
#include "tools/bench_cost.h"
#include "tools/bench_mints.h"

#define TRIALS 2000

static const struct op_suite *suite_of(const char *name)
{
    return op_suite_find(name, strlen(name));
}

static void assert_near(double got, double want, double share)
{
    if (!(fabs(got - want) <= share * want))
        fail_msg("got %g, want %g", got, want);
}

/* The density sums up to 1, has the mean k * d and the variance k * d^2. */
static void test_density(void **state)
{
    (void)state;
    for (size_t i = 0; i < op_suite_count(); i++) {
        const struct op_suite *suite = op_suite_at(i);
        double effort = (double)suite->effort_default, mean = effort * suite->puzzles;
        double step = mean / 1000, sum = 0, first = 0, second = 0;
        for (double x = step / 2; x < 8 * mean; x += step) {
            double p = bench_mints_density(suite, suite->effort_default, x) * step;
            sum += p;
            first += p * x;
            second += p * x * x;
        }
        assert_near(sum, 1, 1e-3);
        assert_near(first, mean, 1e-3);
        assert_near(second - first * first, mean * effort, 1e-2);
    }
    assert_true(bench_mints_density(op_suite_default(), 1, 0) == 0);
}

/* Trials agree with the quantiles that users are told: of 2000, the share below each is within 5
 * standard deviations. */
static void test_trials(void **state)
{
    static const double levels[] = {0.1, 0.5, 0.9, 0.99};
    static double evals[TRIALS];

    (void)state;
    for (size_t i = 0; i < op_suite_count(); i++) {
        const struct op_suite *suite = op_suite_at(i);
        assert_int_equal(bench_mints_try(suite, suite->effort_default, TRIALS, evals), OP_OK);
        for (size_t j = 0; j < 4; j++) {
            double below = 0, p = levels[j];
            double bound = op_effort_quantile(suite->puzzles, suite->effort_default, p);
            for (size_t n = 0; n < TRIALS; n++)
                below += evals[n] <= bound;
            assert_true(fabs(below / TRIALS - p) < 5 * sqrt(p * (1 - p) / TRIALS));
        }
    }
}

static void test_trials_of_no_luck(void **state)
{
    double evals;

    (void)state;
    assert_int_equal(bench_mints_try(op_suite_default(), 1, 1, &evals), OP_OK);
    assert_true(evals == 32); /* every nonce solves */
}

static void test_costs(void **state)
{
    struct bench bench = {.suite = suite_of("argon2id-16m"), .effort = 512, .rate_one = 400};

    (void)state;
    struct bench_cost laptop = bench_cost(&bench, BENCH_COST_LAPTOP);
    assert_near(laptop.rate, 1280, 1e-9);
    assert_near(laptop.hours, 16384e6 / 1280 / 3600, 1e-9);
    assert_near(laptop.kwh, laptop.hours * 0.028, 1e-9);
    assert_near(laptop.dollars, laptop.kwh * 0.3, 1e-9);
    struct bench_cost server = bench_cost(&bench, BENCH_COST_SERVER);
    assert_near(server.rate, 400, 1e-9);
    assert_near(server.dollars, server.hours * 0.032, 1e-9);
    struct bench_cost gpu = bench_cost(&bench, BENCH_COST_GPU);
    assert_near(gpu.dollars, 16384e6 / 26700 / 3600 * 0.35, 1e-9);
    bench.suite = suite_of("sha256"); /* memory slows nobody down there */
    assert_near(bench_cost(&bench, BENCH_COST_LAPTOP).rate, 1600, 1e-9);
}

/* A suite without a figure for the GPU is not given one. */
static void test_unknown_rate(void **state)
{
    struct op_suite suite = *op_suite_default();
    struct bench bench = {.suite = &suite, .effort = 1, .rate_one = 1};

    (void)state;
    suite.name = "new";
    struct bench_cost gpu = bench_cost(&bench, BENCH_COST_GPU);
    assert_true(gpu.rate == 0 && gpu.hours == 0 && gpu.dollars == 0);
    for (size_t i = 0; i < op_suite_count(); i++) {
        bench.suite = op_suite_at(i);
        assert_true(bench_cost(&bench, BENCH_COST_GPU).rate > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_density),           cmocka_unit_test(test_trials),
        cmocka_unit_test(test_trials_of_no_luck), cmocka_unit_test(test_costs),
        cmocka_unit_test(test_unknown_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
