/* test_transfer.c - transfer encodings, well-formed and as mail is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tools/transfer.h"

static void test_parse(void **state)
{
    static const struct {
        const char *text;
        enum transfer want;
    } rows[] = {
        {"7bit", TRANSFER_PLAIN},       {"", TRANSFER_PLAIN},
        {"base6", TRANSFER_PLAIN},      {"quoted", TRANSFER_PLAIN},
        {" BASE64 ", TRANSFER_BASE64},  {"\r\n\tbase64 (comment)", TRANSFER_BASE64},
        {"x-uuencode", TRANSFER_PLAIN}, {"Quoted-Printable", TRANSFER_QUOTED_PRINTABLE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(transfer_parse(rows[i].text, strlen(rows[i].text)), rows[i].want);
}

static void test_decode(void **state)
{
    static const struct {
        const char *label;
        enum transfer transfer;
        const char *text, *want;
    } rows[] = {
        {"plain", TRANSFER_PLAIN, "a=3D", "a=3D"},
        {"escape", TRANSFER_QUOTED_PRINTABLE, "a=3Db=c3=A9", "a=b\xc3\xa9"},
        {"soft break", TRANSFER_QUOTED_PRINTABLE, "a=\r\nb=\nc= \t\r\nd", "abcd"},
        {"hard break", TRANSFER_QUOTED_PRINTABLE, "a\r\nb", "a\r\nb"},
        {"no escape", TRANSFER_QUOTED_PRINTABLE, "a=b=4=ZZ=", "a=b=4=ZZ="},
        {"nothing", TRANSFER_QUOTED_PRINTABLE, "", ""},
        {"one mark", TRANSFER_QUOTED_PRINTABLE, "=", "="},
        {"a mark behind a mark", TRANSFER_QUOTED_PRINTABLE, "==3D", "=="},
        {"an escape is not read twice", TRANSFER_QUOTED_PRINTABLE, "=3D41", "=41"},
        {"soft break of a bare CR", TRANSFER_QUOTED_PRINTABLE, "a=\rb", "a=\rb"},
        {"soft break of CR CR LF", TRANSFER_QUOTED_PRINTABLE, "a=\r\r\nb", "a=\r\r\nb"},
        {"soft break cut off", TRANSFER_QUOTED_PRINTABLE, "a= \r", "a= \r"},
        {"base64", TRANSFER_BASE64, "SGVsbG8gd29ybGQ=", "Hello world"},
        {"base64 of two octets", TRANSFER_BASE64, "SGk=", "Hi"},
        {"base64 in lines, with junk", TRANSFER_BASE64, "SG Vs\r\nbG8*gd29y\nbGQ=", "Hello world"},
        {"base64 without padding", TRANSFER_BASE64, "SGk", "Hi"},
        {"base64 ends at the padding", TRANSFER_BASE64, "SGk=SGk=", "Hi"},
        {"base64, no whole octet", TRANSFER_BASE64, "S", ""},
        {"base64 of no digits", TRANSFER_BASE64, "-_.\xff\r\n", ""},
        {"base64 of nothing", TRANSFER_BASE64, "====", ""},
        {"all signs", TRANSFER_BASE64, "+/+/", "\xfb\xff\xbf"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char got[64];
        size_t len = strlen(rows[i].text);
        memcpy(got, rows[i].text, len);
        size_t n = transfer_decode(rows[i].transfer, got, len, got);
        print_message("%s\n", rows[i].label);
        assert_int_equal(n, strlen(rows[i].want));
        assert_memory_equal(got, rows[i].want, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse), cmocka_unit_test(test_decode)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
