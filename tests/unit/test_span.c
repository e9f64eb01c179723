/* test_span.c - spans of time in words, at the ends of each unit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "tools/span.h"

static void test_format(void **state)
{
    static const struct {
        double seconds;
        const char *want;
    } rows[] = {
        {0, "0.0 s"},
        {0.04, "0.0 s"},
        {0.31, "0.3 s"},
        {9.94, "9.9 s"},
        {9.96, "10 s"},
        {42.4, "42 s"},
        {119.4, "119 s"},
        {119.6, "2 min 0 s"},
        {200, "3 min 20 s"},
        {3600, "60 min 0 s"},
        {7199.4, "119 min 59 s"},
        {7199.6, "2 h 0 min"},
        {7529, "2 h 5 min"},
        {7531, "2 h 6 min"},
        {86400, "24 h 0 min"},
        {2 * 86400 - 31, "47 h 59 min"},
        {2 * 86400 - 29, "2 d"},
        {11.4 * 86400, "11 d"},
        {9999999.0 * 86400, "9999999 d"},
        {1e300, "9999999 d"},
        {INFINITY, "9999999 d"},
        {-0.0, "-0.0 s"},
        {-0.001, "?"},
        {-INFINITY, "?"},
        {NAN, "?"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[SPAN_MAX];
        span_format(rows[i].seconds, text);
        if (strcmp(text, rows[i].want) != 0)
            fail_msg("%g: \"%s\" and not \"%s\"", rows[i].seconds, text, rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_format)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
