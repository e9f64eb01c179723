/* test_effort.c - the threshold at its border, and quantiles against a table and a simulation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "pow/effort.h"
#include "tests/unit/random.h"

static void threshold(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint64_t x, effort;
        bool want;
    } rows[] = {
        {"effort 1: everything", UINT64_MAX, 1, true},
        {"zero meets any", 0, UINT64_MAX, true},
        {"effort 2: below half", (UINT64_C(1) << 63) - 1, 2, true},
        {"effort 2: half", UINT64_C(1) << 63, 2, false},
        {"effort 3: floor of 2^64 / 3", UINT64_C(0x5555555555555555), 3, true},
        {"effort 3: one more", UINT64_C(0x5555555555555556), 3, false},
        {"effort 2^32: 2^32 - 1", (UINT64_C(1) << 32) - 1, UINT64_C(1) << 32, true},
        {"effort 2^32: 2^32", UINT64_C(1) << 32, UINT64_C(1) << 32, false},
        {"effort 2^63: one", 1, UINT64_C(1) << 63, true},
        {"effort 2^63: two", 2, UINT64_C(1) << 63, false},
        {"effort 2^64 - 1: one", 1, UINT64_MAX, true},
        {"effort 2^64 - 1: two", 2, UINT64_MAX, false},
        {"the product is 1 mod 2^64", UINT64_C(0xaaaaaaaaaaaaaaab), 3, false},
        {"largest by largest", UINT64_MAX, UINT64_MAX, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (op_effort_met(rows[i].x, rows[i].effort) != rows[i].want)
            fail_msg("%s", rows[i].label);
}

/* For any effort the last x that meets it is ceil(2^64 / effort) - 1 = (2^64 - 1) / effort. */
static void threshold_is_exact(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int n = 0; n < 100000; n++) {
        uint64_t effort = (random_next(&seed) >> random_below(&seed, 63)) | 2;
        uint64_t last = UINT64_MAX / effort;
        assert_true(op_effort_met(last, effort));
        assert_false(op_effort_met(last + 1, effort));
    }
}

static void work(void **state)
{
    (void)state;
    const struct op_suite *k32 = op_suite_find("argon2id-16m", 12);
    static const struct {
        uint64_t work, effort, back;
    } rows[] = {
        {0, 1, 32},
        {1, 1, 32},
        {31, 1, 32},
        {32, 1, 32},
        {33, 2, 64},
        {64, 2, 64},
        {65, 3, 96},
        {16384, 512, 16384},
        {16385, 513, 16416},
        {16383, 512, 16384},
        {UINT64_MAX, UINT64_C(1) << 59, UINT64_MAX},
        {UINT64_MAX - 30, UINT64_C(1) << 59, UINT64_MAX},
        {UINT64_MAX - 31, (UINT64_C(1) << 59) - 1, UINT64_MAX - 31},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(op_effort_from_work(k32, rows[i].work) == rows[i].effort);
        assert_true(op_effort_to_work(k32, rows[i].effort) == rows[i].back);
    }
    assert_true(op_effort_to_work(k32, UINT64_MAX) == UINT64_MAX);
    assert_true(op_effort_to_work(k32, 0) == 0);
}

static void near(double got, double want, double tolerance, const char *what)
{
    if (fabs(got / want - 1) > tolerance)
        fail_msg("%s: %g instead of %g", what, got, want);
}

/* Exact quantiles of the Gamma distribution of shape m and scale 1 (R: qgamma(p, m)). */
static void quantiles(void **state)
{
    (void)state;
    static const struct {
        unsigned m;
        double p, want;
    } rows[] = {
        {1, 0.50, 0.693147},  {1, 0.90, 2.302585},  {1, 0.99, 4.605170},  {2, 0.05, 0.355362},
        {2, 0.50, 1.678347},  {2, 0.90, 3.889720},  {4, 0.05, 1.366318},  {4, 0.50, 3.672061},
        {4, 0.90, 6.680783},  {4, 0.99, 10.04512},  {8, 0.05, 3.980823},  {8, 0.50, 7.669249},
        {8, 0.95, 13.14811},  {8, 0.99, 16.00000},  {16, 0.05, 10.03596}, {16, 0.50, 15.66754},
        {16, 0.95, 23.09713}, {16, 0.99, 26.74293}, {32, 0.05, 23.25323}, {32, 0.50, 31.66726},
        {32, 0.95, 41.83756}, {32, 0.99, 46.64043},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char what[64];
        snprintf(what, sizeof what, "m = %u, p = %g", rows[i].m, rows[i].p);
        near(op_effort_quantile(rows[i].m, 1, rows[i].p), rows[i].want, 0.03, what);
        near(op_effort_quantile(rows[i].m, 1000, rows[i].p), rows[i].want * 1000, 0.03, what);
    }
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

#define ROUNDS 20000

/* Puzzles solved by drawing x until it meets the effort, as a minter does. */
static void quantiles_as_drawn(void **state)
{
    (void)state;
    static double evals[ROUNDS];
    uint64_t seed = 1, effort = 50;
    unsigned puzzles = 16;
    double sum = 0;
    for (size_t n = 0; n < ROUNDS; n++) {
        uint64_t count = 0;
        for (unsigned i = 0; i < puzzles; i++)
            do
                count++;
            while (!op_effort_met(random_next(&seed), effort));
        evals[n] = (double)count;
        sum += evals[n];
    }
    qsort(evals, ROUNDS, sizeof evals[0], ascending);
    near(sum / ROUNDS, (double)effort * puzzles, 0.02, "mean");
    near(evals[ROUNDS / 20], op_effort_quantile(puzzles, effort, 0.05), 0.03, "5 %");
    near(evals[ROUNDS / 2], op_effort_quantile(puzzles, effort, 0.5), 0.03, "median");
    near(evals[ROUNDS / 10 * 9], op_effort_quantile(puzzles, effort, 0.9), 0.03, "90 %");
    near(evals[ROUNDS / 100 * 99], op_effort_quantile(puzzles, effort, 0.99), 0.03, "99 %");
}

/* Every default takes a reference laptop a third of a minute or so. */
static void seconds(void **state)
{
    (void)state;
    for (size_t i = 0; i < op_suite_count(); i++) {
        const struct op_suite *suite = op_suite_at(i);
        double once = op_effort_to_seconds(suite, suite->effort_default);
        assert_true(once > 15 && once < 25);
        assert_true(op_effort_to_seconds(suite, suite->effort_default * 2) == 2 * once);
        assert_true(op_effort_to_seconds(suite, 0) == 0);
        assert_true(isfinite(op_effort_to_seconds(suite, UINT64_MAX)));
    }
}

static void quantiles_grow(void **state)
{
    (void)state;
    assert_true(op_effort_quantile(0, 512, 0.5) == 0);
    for (unsigned m = 1; m <= 32; m++) {
        double before = 0;
        for (double p = 0.01; p < 1; p += 0.01) {
            double q = op_effort_quantile(m, 512, p);
            assert_true(q >= before && q > 0);
            assert_true(q > op_effort_quantile(m - 1, 512, p));
            before = q;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threshold),      cmocka_unit_test(threshold_is_exact),
        cmocka_unit_test(work),           cmocka_unit_test(seconds),
        cmocka_unit_test(quantiles),      cmocka_unit_test(quantiles_as_drawn),
        cmocka_unit_test(quantiles_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
