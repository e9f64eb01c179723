/* test_verdict.c - every verdict and every error has a name and a sentence of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pow/err.h"
#include "pow/verdict.h"

/* The names are an interface: logs, the command line and metrics show them. */
static void names(void **state)
{
    (void)state;
    static const char *want[OP_VERDICT_COUNT] = {
        "pass", "missing", "malformed",     "unknown-version", "unknown-suite", "wrong-recipient",
        "weak", "expired", "not-yet-valid", "bad-seal",        "failed-proof",  "spent"};
    for (int i = 0; i < OP_VERDICT_COUNT; i++) {
        assert_string_equal(op_verdict_str((enum op_verdict)i), want[i]);
        const char *text = op_verdict_text((enum op_verdict)i);
        assert_true(strlen(text) > 10);
        assert_int_not_equal(text[strlen(text) - 1], '.');
        for (int j = 0; j < i; j++)
            assert_string_not_equal(text, op_verdict_text((enum op_verdict)j));
    }
}

/* Of several stamps the one that came furthest is spoken of: the order matters. */
static void order_of_the_checks(void **state)
{
    (void)state;
    static const enum op_verdict order[] = {
        OP_VERDICT_MISSING,   OP_VERDICT_MALFORMED, OP_VERDICT_VERSION, OP_VERDICT_SUITE,
        OP_VERDICT_RECIPIENT, OP_VERDICT_WEAK,      OP_VERDICT_EXPIRED, OP_VERDICT_FUTURE,
        OP_VERDICT_SEAL,      OP_VERDICT_PROOF,     OP_VERDICT_SPENT};
    for (size_t i = 1; i < sizeof order / sizeof order[0]; i++)
        assert_true(order[i] > order[i - 1]);
    assert_int_equal(OP_VERDICT_SPENT, OP_VERDICT_COUNT - 1);
}

static void errors(void **state)
{
    (void)state;
    for (int i = OP_OK; i <= OP_ERR_SELFTEST; i++) {
        assert_true(strlen(op_err_str((enum op_err)i)) > 3);
        assert_string_not_equal(op_err_str((enum op_err)i), "unknown error");
        for (int j = OP_OK; j < i; j++)
            assert_string_not_equal(op_err_str((enum op_err)i), op_err_str((enum op_err)j));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(order_of_the_checks),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
