/* test_selftest.c - the self-test passes here (its known answers are checked by test_vectors). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pow/selftest.h"

static void passes(void **state)
{
    (void)state;
    const char *what = "untouched";
    assert_int_equal(op_selftest(&what), OP_OK);
    assert_string_equal(what, "untouched");
    assert_int_equal(op_selftest(NULL), OP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(passes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
