/* test_units.c - durations, sizes, counts and decimals: one row for each way to write one wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pow/units.h"
#include "tests/unit/random.h"

#define BAD UINT64_MAX

struct row {
    const char *text;
    uint64_t want;
};

static void durations(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"0", 0},
        {"0s", 0},
        {"0d", 0},
        {"1s", 1},
        {"90s", 90},
        {"15m", 900},
        {"36h", 129600},
        {"7d", 604800},
        {"3650d", 315360000},
        {"3651d", BAD},
        {"315360000s", 315360000},
        {"315360001s", BAD},
        {"4294967296s", BAD},
        {"18446744073709551615d", BAD},
        {"18446744073709551616s", BAD},
        {"213503982334602d", BAD}, /* times 86400 is 2^64 and a little */
        {"", BAD},
        {"s", BAD},
        {"1", BAD},
        {"90", BAD},
        {"-1s", BAD},
        {"+1s", BAD},
        {" 1s", BAD},
        {"1 s", BAD},
        {"1s ", BAD},
        {"01s", BAD},
        {"1S", BAD},
        {"1w", BAD},
        {"1.5h", BAD},
        {"1h30m", BAD},
        {"0x10s", BAD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t got = 7;
        bool good = op_duration_parse(rows[i].text, &got);
        if (good != (rows[i].want != BAD) || got != (good ? rows[i].want : 7))
            fail_msg("\"%s\" gives %d, %u", rows[i].text, good, got);
    }
}

static void durations_round_trip(void **state)
{
    (void)state;
    static const struct {
        uint32_t seconds;
        const char *want;
    } rows[] = {{0, "0"},        {1, "1s"},      {59, "59s"},          {60, "1m"},
                {90, "90s"},     {3600, "1h"},   {5400, "90m"},        {86400, "1d"},
                {129600, "36h"}, {604800, "7d"}, {315360000, "3650d"}, {315359999, "315359999s"}};
    char text[OP_UNITS_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t got;
        op_duration_format(rows[i].seconds, text);
        assert_string_equal(text, rows[i].want);
        assert_true(op_duration_parse(text, &got));
        assert_int_equal(got, rows[i].seconds);
    }
    op_duration_format(UINT32_MAX, text); /* not to be read back, but to be shown */
    assert_string_equal(text, "4294967295s");
}

static void sizes(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"0", 0},
        {"512", 512},
        {"512B", 512},
        {"512b", 512},
        {"1k", 1024},
        {"1K", 1024},
        {"1KB", 1024},
        {"64KiB", 65536},
        {"64kib", 65536},
        {"64MiB", 67108864},
        {"1GiB", 1073741824},
        {"2TiB", UINT64_C(2199023255552)},
        {"9223372036854775807", INT64_MAX},
        {"9223372036854775808", BAD},
        {"18446744073709551616", BAD},
        {"8388607TiB", UINT64_C(8388607) << 40},
        {"8388608TiB", BAD},
        {"16777216TiB", BAD}, /* 2^64: nothing would be left of it */
        {"", BAD},
        {"MiB", BAD},
        {"-1", BAD},
        {"1 MiB", BAD},
        {"1MiB ", BAD},
        {"01MiB", BAD},
        {"1Mi", BAD},
        {"1PiB", BAD},
        {"1.5GiB", BAD},
        {"1MiBB", BAD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t got = 7;
        bool good = op_size_parse(rows[i].text, &got);
        if (good != (rows[i].want != BAD) || got != (good ? rows[i].want : 7))
            fail_msg("\"%s\" gives %d, %llu", rows[i].text, good, (unsigned long long)got);
    }
}

static void sizes_round_trip(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *want;
    } rows[] = {{0, "0"},
                {1, "1"},
                {1023, "1023"},
                {1024, "1KiB"},
                {1025, "1025"},
                {1536, "1536"},
                {65536, "64KiB"},
                {UINT64_C(1) << 30, "1GiB"},
                {UINT64_C(3) << 40, "3TiB"},
                {INT64_MAX, "9223372036854775807"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[OP_UNITS_MAX];
        uint64_t got;
        op_size_format(rows[i].bytes, text);
        assert_string_equal(text, rows[i].want);
        assert_true(op_size_parse(text, &got));
        assert_true(got == rows[i].bytes);
    }
}

static void counts(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"1", 1},
        {"16384", 16384},
        {"16k", 16000},
        {"2M", 2000000},
        {"1G", 1000000000},
        {"9223372036854775807", INT64_MAX},
        {"9223372036G", UINT64_C(9223372036000000000)},
        {"9223372037G", BAD},
        {"9223372036854775808", BAD},
        {"18446744073709551616", BAD},
        {"18446744074G", BAD}, /* above 2^64 by a little */
        {"0", BAD},
        {"0k", BAD},
        {"", BAD},
        {"k", BAD},
        {"-1", BAD},
        {"1K", BAD},
        {"1m", BAD},
        {"1 k", BAD},
        {"01", BAD},
        {"1e6", BAD},
        {"1kk", BAD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t got = 7;
        bool good = op_count_parse(rows[i].text, &got);
        if (good != (rows[i].want != BAD) || got != (good ? rows[i].want : 7))
            fail_msg("\"%s\" gives %d, %llu", rows[i].text, good, (unsigned long long)got);
    }
}

static void decimals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        uint64_t want;
    } rows[] = {
        {"0", true, 0},
        {"1", true, 1},
        {"18446744073709551615", true, UINT64_MAX},
        {"18446744073709551616", false, 0},
        {"18446744073709551620", false, 0},
        {"99999999999999999999", false, 0},
        {"184467440737095516150", false, 0},
        {"00", false, 0},
        {"01", false, 0},
        {"", false, 0},
        {"1 ", false, 0},
        {"-0", false, 0},
        {"1_000", false, 0},
        {"\xb2", false, 0}, /* superscript two of Latin-1 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t got = 7;
        bool good = op_decimal_parse(rows[i].text, strlen(rows[i].text), &got);
        if (good != rows[i].good || got != (good ? rows[i].want : 7))
            fail_msg("\"%s\" gives %d, %llu", rows[i].text, good, (unsigned long long)got);
    }
    assert_false(op_decimal_parse("1\0", 2, &(uint64_t){0}));
    uint64_t head = 0;
    assert_true(op_decimal_parse("129", 2, &head)); /* no further than the length */
    assert_true(head == 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations), cmocka_unit_test(durations_round_trip),
        cmocka_unit_test(sizes),     cmocka_unit_test(sizes_round_trip),
        cmocka_unit_test(counts),    cmocka_unit_test(decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
