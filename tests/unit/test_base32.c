/* test_base32.c - the vectors of RFC 4648, and what is no base32 of whole octets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tools/base32.h"

#define ROOM 8

static void test_decode(void **state)
{
    static const struct {
        const char *label, *text;
        size_t max;
        const char *want; /* NULL: refused */
    } rows[] = {
        {"nothing", "", ROOM, ""},
        {"f", "MY", ROOM, "f"},
        {"fo", "MZXQ", ROOM, "fo"},
        {"foo", "MZXW6", ROOM, "foo"},
        {"foob", "MZXW6YQ", ROOM, "foob"},
        {"fooba", "MZXW6YTB", ROOM, "fooba"},
        {"foobar", "MZXW6YTBOI", ROOM, "foobar"},
        {"lower case", "mzxw6ytboi", ROOM, "foobar"},
        {"both cases", "MzXw6yTbOi", ROOM, "foobar"},
        {"the ends of the alphabet", "A27Z7777", ROOM, "\x06\xbf\x9f\xff\xff"},
        {"just room", "MZXW6YTB", 5, "fooba"},
        {"no room", "MZXW6YTB", 4, NULL},
        {"no room at all", "MY", 0, NULL},
        {"nothing, no room", "", 0, ""},
        {"one character", "M", ROOM, NULL},
        {"one superfluous", "A", ROOM, NULL},
        {"one superfluous behind an octet", "MYA", ROOM, NULL},
        {"one superfluous behind five", "MZXW6YTBA", ROOM, NULL},
        {"three", "MZX", ROOM, NULL},
        {"six", "MZXW6Y", ROOM, NULL},
        {"bits beyond the last octet", "MZ", ROOM, NULL},
        {"one bit beyond it", "MZXW7", ROOM, NULL},
        {"padding", "MY======", ROOM, NULL},
        {"no such characters: 0", "M0", ROOM, NULL},
        {"1", "M1", ROOM, NULL},
        {"8", "M8", ROOM, NULL},
        {"9", "M9", ROOM, NULL},
        {"before A", "@Y", ROOM, NULL},
        {"behind Z", "[Y", ROOM, NULL},
        {"before a", "`y", ROOM, NULL},
        {"behind z", "{y", ROOM, NULL},
        {"blank", "M Y", ROOM, NULL},
        {"line end", "MY\n", ROOM, NULL},
        {"beyond ASCII", "M\xd9", ROOM, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t octets[ROOM];
        size_t count = 99;
        print_message("%s\n", rows[i].label);
        bool good = base32_decode(rows[i].text, strlen(rows[i].text), octets, rows[i].max, &count);
        assert_int_equal(good, rows[i].want != NULL);
        if (!good)
            continue;
        assert_int_equal(count, strlen(rows[i].want));
        assert_memory_equal(octets, rows[i].want, count);
    }
}

static void test_lengths(void **state)
{
    uint8_t octets[ROOM];
    size_t count;

    (void)state;
    assert_false(base32_decode("M\0", 2, octets, sizeof octets, &count));
    assert_true(base32_decode("MYZZ", 2, octets, sizeof octets, &count)); /* the rest is not read */
    assert_false(base32_decode("MY", SIZE_MAX, octets, sizeof octets, &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_decode),
                                       cmocka_unit_test(test_lengths)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
