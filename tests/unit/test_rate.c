/* test_rate.c - a measured rate is a number of evaluations that were made, or there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tools/rate.h"

#define MIB (UINT64_C(1) << 20)

static void test_measure(void **state)
{
    static const struct {
        const char *suite;
        unsigned threads;
        uint64_t max_mem;
        enum op_err want;
    } rows[] = {
        {"sha256", 1, MIB, OP_OK},
        {"sha256", 2, MIB, OP_OK},
        {"argon2id-16m", 1, 16 * MIB, OP_OK},
        {"argon2id-16m", 2, 32 * MIB, OP_OK},
        {"argon2id-16m", 1, 16 * MIB - 1, OP_ERR_LIMIT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct op_suite *suite = op_suite_find(rows[i].suite, strlen(rows[i].suite));
        double rate = -1;
        assert_int_equal(rate_measure(suite, rows[i].threads, rows[i].max_mem, 0.05, &rate),
                         rows[i].want);
        if (rows[i].want == OP_OK)
            assert_true(rate > 0 && rate < 1e12);
        else
            assert_true(rate == -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_measure)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
