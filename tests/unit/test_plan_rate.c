/* test_plan_rate.c - how often a machine is measured. The measurement is this file's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tools/plan.h"
#include "tools/rate.h"

#define SECOND 1000 /* evaluations */

static unsigned measured;

enum op_err rate_measure(const struct op_suite *suite, unsigned threads, uint64_t max_mem,
                         double seconds, double *rate_r)
{
    (void)suite, (void)max_mem, (void)seconds;
    measured++;
    *rate_r = SECOND * (double)threads;
    return OP_OK;
}

static enum plan_choice choose(const char *token, unsigned threads, struct plan *plan_r)
{
    const struct plan_limits limits = {.threads = threads, .max_mem = 1 << 30, .max_time_s = 1e5};
    struct op_offers offers;
    char why[PLAN_TEXT_MAX];
    enum op_err err;

    assert_true(op_offers_parse(token, strlen(token), &offers));
    enum plan_choice choice = plan_choose(&limits, &offers, plan_r, why, &err);
    assert_int_equal(err, OP_OK);
    return choice;
}

/* A bounce may name 256 recipients, and so many measurements would be work by themselves. */
static void test_once(void **state)
{
    struct plan plan;

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(choose("onionpow:1:sha256/1000000000", 1, &plan), PLAN_BEYOND);
    assert_int_equal(measured, 1);
    assert_int_equal(choose("onionpow:1:sha256/1000000000", 2, &plan), PLAN_BEYOND);
    assert_true(plan.rate == 2 * SECOND);
    assert_int_equal(measured, 2);
    choose("onionpow:1:argon2id-16m/1000000", 2, &plan);
    assert_int_equal(measured, 3);
    assert_int_equal(choose("onionpow:1:sha256/1", 4, &plan), PLAN_CHOSEN);
    assert_int_equal(measured, 3);
}

static void test_together(void **state)
{
    struct plan plans[3];
    double one, three;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(choose("onionpow:1:sha256/1000000", 1, &plans[i]), PLAN_CHOSEN);
    unsigned before = measured;
    assert_int_equal(plan_seconds(plans, 3, 1e9, &three), OP_OK); /* fast enough on any machine */
    assert_int_equal(measured, before);
    assert_int_equal(plan_seconds(plans, 1, 1, &one), OP_OK);
    assert_int_equal(plan_seconds(plans, 3, 1, &three), OP_OK);
    assert_true(one > 1000000 / SECOND && three > 2.99 * one && three < 3.01 * one);
    assert_int_equal(measured, before + 1); /* for one thread again */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
