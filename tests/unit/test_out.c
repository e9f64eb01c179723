/* test_out.c - text made safe: JSON strings are JSON and UTF-8, terminals get no control octets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/out.h"

static char *capture(void (*print)(FILE *, const char *, size_t), const char *text, size_t len)
{
    char *out;
    size_t out_len;
    FILE *stream = open_memstream(&out, &out_len);

    assert_non_null(stream);
    print(stream, text, len);
    fclose(stream);
    return out;
}

static void test_json_string(void **state)
{
    static const struct {
        const char *label, *text;
        size_t len;
        const char *want;
    } rows[] = {
        {"plain", "abc", 3, "\"abc\""},
        {"empty", "", 0, "\"\""},
        {"quotes", "a\"b\\c", 5, "\"a\\\"b\\\\c\""},
        {"controls", "\0\n\r\t\033\177", 6, "\"\\u0000\\n\\r\\t\\u001b\\u007f\""},
        {"two octets", "\303\274", 2, "\"\303\274\""},
        {"three octets", "\342\202\254", 3, "\"\342\202\254\""},
        {"four octets", "\360\237\230\200", 4, "\"\360\237\230\200\""},
        {"cut short", "\342\202", 2, "\"\\ufffd\\ufffd\""},
        {"lone tail", "\200x", 2, "\"\\ufffdx\""},
        {"overlong", "\300\257", 2, "\"\\ufffd\\ufffd\""},
        {"overlong, three octets", "\340\200\257", 3, "\"\\ufffd\\ufffd\\ufffd\""},
        {"surrogate", "\355\240\200", 3, "\"\\ufffd\\ufffd\\ufffd\""},
        {"beyond Unicode", "\364\220\200\200", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
        {"no such octet", "\377", 1, "\"\\ufffd\""},
        {"broken in the middle", "\342x\254", 3, "\"\\ufffdx\\ufffd\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *got = capture(out_json_string, rows[i].text, rows[i].len);
        print_message("%s\n", rows[i].label);
        assert_string_equal(got, rows[i].want);
        free(got);
    }
}

static void test_text(void **state)
{
    char *got = capture(out_text, "a\033[2J\n\0\177\303\274", 10);

    (void)state;
    assert_string_equal(got, "a?[2J???\303\274");
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_string),
        cmocka_unit_test(test_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
