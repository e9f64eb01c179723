/*
 * price_fixture.h - what the tests of prices need: a configuration of the prices alone.
 */
#ifndef PRICE_FIXTURE_H
#define PRICE_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "milter/conf.h"
#include "pow/date.h"
#include "pow/effort.h"

#define PRICE_FIXTURE_NOW INT64_C(1795003200) /* 2026-11-18 12:00 UTC */

static inline size_t price_fixture_index(const char *name)
{
    const struct op_suite *suite = op_suite_find(name, strlen(name));

    assert_non_null(suite);
    return op_suite_index(suite);
}

/* All suites at their default work, following the load as it is; adaptive, 100 messages an hour up
 * to 100 times the price, averaged over six hours, which is the grace period too. */
static inline struct conf price_fixture_conf(void)
{
    struct conf conf = {
        .validity_s = 7 * OP_DAY_S,
        .clock_skew_s = 3600,
        .price = {.mode = CONF_ADAPTIVE,
                  .target = 100,
                  .ceiling = 100,
                  .window_s = 6 * 3600,
                  .grace_s = 6 * 3600},
    };

    for (size_t i = 0; i < op_suite_count(); i++) {
        const struct op_suite *suite = op_suite_at(i);
        conf.suite[i].enabled = true;
        conf.suite[i].work = op_effort_to_work(suite, suite->effort_default);
        conf.suite[i].load_exponent = 1;
    }
    return conf;
}

#endif
