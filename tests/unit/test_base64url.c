/* test_base64url.c - one text per value and one value per text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pow/base64url.h"
#include "tests/unit/random.h"

static void rows(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        size_t len;
        uint8_t want[4];
        bool good;
    } rows[] = {
        {"nothing", "", 0, {0}, true},
        {"RFC 4648: f", "Zg", 1, {'f'}, true},
        {"RFC 4648: fo", "Zm8", 2, {'f', 'o'}, true},
        {"RFC 4648: foo", "Zm9v", 3, {'f', 'o', 'o'}, true},
        {"RFC 4648: foob", "Zm9vYg", 4, {'f', 'o', 'o', 'b'}, true},
        {"the two letters of their own", "-_-_", 3, {0xfb, 0xff, 0xbf}, true},
        {"padding", "Zg==", 1, {0}, false},
        {"a spare bit set, one octet", "Zh", 1, {0}, false},
        {"the highest spare bit set", "Zo", 1, {0}, false},
        {"a spare bit set, two octets", "Zm9", 2, {0}, false},
        {"plus of plain base64", "+w", 1, {0}, false},
        {"slash of plain base64", "/w", 1, {0}, false},
        {"one character short", "Zm9", 3, {0}, false},
        {"one character long", "Zm9vY", 3, {0}, false},
        {"a length no value has", "Z", 1, {0}, false},
        {"blank", "Z g", 1, {0}, false},
        {"line feed", "Zg\n", 1, {0}, false},
        {"8 bits", "Z\xe9", 1, {0}, false},
        {"text for no octets", "A", 0, {0}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t got[4] = {0};
        char text[OP_BASE64URL_LEN(4) + 1];
        bool good = op_base64url_parse(rows[i].text, strlen(rows[i].text), got, rows[i].len);
        if (good != rows[i].good)
            fail_msg("%s", rows[i].label);
        if (!good)
            continue;
        assert_memory_equal(got, rows[i].want, rows[i].len);
        op_base64url_format(got, rows[i].len, text);
        assert_string_equal(text, rows[i].text);
    }
}

static void nul_inside(void **state)
{
    (void)state;
    uint8_t got[1];
    assert_false(op_base64url_parse("Z\0", 2, got, 1));
}

static void round_trip(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (size_t len = 0; len <= 130; len++) {
        uint8_t data[130], got[130];
        char text[OP_BASE64URL_LEN(130) + 1];
        random_fill(&seed, data, len);
        op_base64url_format(data, len, text);
        assert_int_equal(strlen(text), OP_BASE64URL_LEN(len));
        assert_true(op_base64url_parse(text, strlen(text), got, len));
        assert_memory_equal(got, data, len);
    }
}

/* Whatever character is put anywhere: another value, or none. */
static void no_second_spelling(void **state)
{
    (void)state;
    static const uint8_t data[5] = {0x12, 0x34, 0x56, 0x78, 0x9a};
    char text[OP_BASE64URL_LEN(5) + 1];
    op_base64url_format(data, sizeof data, text);
    for (size_t at = 0; at < OP_BASE64URL_LEN(5); at++)
        for (int c = 0; c < 256; c++) {
            char other[sizeof text];
            uint8_t got[5];
            memcpy(other, text, sizeof text);
            other[at] = (char)c;
            bool good = op_base64url_parse(other, OP_BASE64URL_LEN(5), got, sizeof got);
            bool same = good && memcmp(got, data, sizeof data) == 0;
            assert_int_equal(same, other[at] == text[at]);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(nul_inside),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(no_second_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
