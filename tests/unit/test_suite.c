/* test_suite.c - the registry, row by row as FORMAT.md section 5 has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pow/effort.h"
#include "pow/suite.h"

static void rows(void **state)
{
    (void)state;
    static const struct {
        const char *name, *status;
        uint32_t mem_kib;
        unsigned puzzles, sample, nonce_len, seal_bits;
        uint64_t effort_default, effort_max;
        double reference_rate;
    } rows[] = {
        {"argon2id-16m", "preferred", 16384, 32, 4, 4, 20, 512, 1u << 26, 950},
        {"argon2id-256m", "strong", 262144, 16, 2, 4, 22, 48, 1u << 26, 38},
        {"argon2id-64m", "accepted", 65536, 16, 2, 4, 22, 256, 1u << 26, 195},
        {"sha256", "deprecated", 0, 16, 16, 8, 0, 1u << 27, UINT64_C(1) << 56, 126e6},
    };
    assert_int_equal(op_suite_count(), sizeof rows / sizeof rows[0]);
    for (size_t i = 0; i < op_suite_count(); i++) {
        const struct op_suite *suite = op_suite_at(i);
        assert_string_equal(suite->name, rows[i].name);
        assert_string_equal(op_suite_status_str(suite->status), rows[i].status);
        assert_int_equal(suite->mem_kib, rows[i].mem_kib);
        assert_int_equal(suite->puzzles, rows[i].puzzles);
        assert_int_equal(suite->sample, rows[i].sample);
        assert_int_equal(suite->nonce_len, rows[i].nonce_len);
        assert_int_equal(suite->seal_bits, rows[i].seal_bits);
        assert_true(suite->effort_default == rows[i].effort_default);
        assert_true(suite->effort_max == rows[i].effort_max);
        assert_true(suite->reference_rate == rows[i].reference_rate);
    }
    assert_ptr_equal(op_suite_default(), op_suite_at(0));
}

/* What the rest of pow/ relies on, for rows to come as well. */
static void invariants(void **state)
{
    (void)state;
    for (size_t i = 0; i < op_suite_count(); i++) {
        const struct op_suite *suite = op_suite_at(i);
        assert_in_range(suite->puzzles, 1, OP_PUZZLES_MAX);
        assert_int_equal(suite->puzzles & (suite->puzzles - 1), 0);
        assert_in_range(suite->sample, 1, suite->puzzles);
        assert_in_range(suite->nonce_len, 1, OP_NONCE_MAX);
        assert_in_range(suite->puzzles * suite->nonce_len, 1, OP_NONCES_MAX);
        assert_in_range(suite->seal_bits, 0, 40);
        assert_true(suite->effort_default >= 1 && suite->effort_default <= suite->effort_max);
        assert_in_range(strlen(suite->name), 1, OP_SUITE_NAME_MAX);
        assert_int_equal(strspn(suite->name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
                         strlen(suite->name));
        assert_int_not_equal(suite->name[0], '-');
        assert_non_null(suite->engine);
        assert_true(op_effort_to_work(suite, suite->effort_max) < UINT64_MAX);
        assert_int_equal(op_suite_index(suite), i);
    }
}

static void find(void **state)
{
    (void)state;
    static const char *unknown[] = {"",        "argon2id",       "argon2id-16", "argon2id-16m ",
                                    "SHA256",  "Argon2id-16m",   "sha-256",     "randomx",
                                    "sha2560", "argon2id-16m\n", "argon2id-32m"};
    for (size_t i = 0; i < op_suite_count(); i++) {
        const char *name = op_suite_at(i)->name;
        assert_ptr_equal(op_suite_find(name, strlen(name)), op_suite_at(i));
        assert_null(op_suite_find(name, strlen(name) - 1));
        assert_null(op_suite_find(name, strlen(name) + 1)); /* with its NUL: another name */
    }
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_null(op_suite_find(unknown[i], strlen(unknown[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(invariants),
        cmocka_unit_test(find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
