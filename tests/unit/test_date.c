/* test_date.c - the calendar, against a plain count of days and against the C library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "pow/date.h"
#include "tests/unit/random.h"

static void rows(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        uint32_t want; /* 0: no date */
    } rows[] = {
        {"first day", "19700101", 19700101},
        {"the day before", "19691231", 0},
        {"last day", "99991231", 99991231},
        {"a common day", "20261122", 20261122},
        {"no day 0", "20261100", 0},
        {"no month 0", "20260022", 0},
        {"no month 13", "20261301", 0},
        {"January has 31", "20260131", 20260131},
        {"but not 32", "20260132", 0},
        {"April has 30", "20260430", 20260430},
        {"but not 31", "20260431", 0},
        {"2024 leaps", "20240229", 20240229},
        {"2023 does not", "20230229", 0},
        {"2000 leaps", "20000229", 20000229},
        {"1900 is before all", "19000228", 0},
        {"2100 does not leap", "21000229", 0},
        {"2400 leaps", "24000229", 24000229},
        {"no 30th of February", "20240230", 0},
        {"seven digits", "2026112", 0},
        {"nine digits", "202611220", 0},
        {"hyphens", "2026-1-1", 0},
        {"blank in front", " 2026112", 0},
        {"sign", "+2026112", 0},
        {"year 0", "00000101", 0},
        {"empty", "", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t got = 7;
        bool good = op_date_parse(rows[i].text, strlen(rows[i].text), &got);
        if (good != (rows[i].want != 0) || got != (good ? rows[i].want : 7))
            fail_msg("%s: %u", rows[i].label, got);
        if (good)
            assert_true(op_date_valid(got));
    }
    assert_false(op_date_parse("2026112\0", 8, &(uint32_t){0}));
    assert_false(op_date_valid(0));
    assert_false(op_date_valid(UINT32_MAX));
    assert_false(op_date_valid(100000101));
}

static void dashed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t want; /* 0: no date */
    } rows[] = {
        {"2026-11-22", 20261122}, {"1970-01-01", 19700101}, {"9999-12-31", 99991231},
        {"2024-02-29", 20240229}, {"2023-02-29", 0},        {"2026-13-01", 0},
        {"2026-00-01", 0},        {"20261122", 0},          {"2026-1-22", 0},
        {"2026-11-2", 0},         {"2026/11/22", 0},        {"26-11-22", 0},
        {"2026-11-22 ", 0},       {" 2026-11-2", 0},        {"2026-11-222", 0},
        {"2026--1-22", 0},        {"2026-11-22T00:00Z", 0}, {"", 0},
        {"22-11-2026", 0},        {"2026-1a-22", 0},        {"1969-12-31", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t got = 7;
        char text[OP_DATE_DASHED_MAX];
        bool good = op_date_parse_dashed(rows[i].text, &got);
        if (good != (rows[i].want != 0) || got != (good ? rows[i].want : 7))
            fail_msg("%s: %u", rows[i].text, got);
        if (!good)
            continue;
        op_date_format_dashed(got, text);
        assert_string_equal(text, rows[i].text);
    }
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Counts every day of 8030 years by hand; both directions agree on its first and last second. */
static void every_day(void **state)
{
    (void)state;
    int64_t time = 0;
    for (int year = 1970; year <= 9999; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= days_in(year, month); day++, time += OP_DAY_S) {
                uint32_t date = (uint32_t)(year * 10000 + month * 100 + day);
                if (op_date_to_time(date) != time || op_date_from_time(time) != date ||
                    op_date_from_time(time + OP_DAY_S - 1) != date || !op_date_valid(date))
                    fail_msg("%u", date);
            }
    assert_int_equal(op_date_from_time(time), 99991231); /* clamped from here on */
}

static void clamped(void **state)
{
    (void)state;
    assert_int_equal(op_date_from_time(0), 19700101);
    assert_int_equal(op_date_from_time(-1), 19700101);
    assert_int_equal(op_date_from_time(INT64_MIN), 19700101);
    assert_int_equal(op_date_from_time(INT64_MAX), 99991231);
}

static void as_gmtime(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int n = 0; n < 10000; n++) {
        time_t time = (time_t)random_below(&seed, UINT64_C(253402300800));
        struct tm tm;
        assert_non_null(gmtime_r(&time, &tm));
        uint32_t want =
            (uint32_t)((tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday);
        assert_int_equal(op_date_from_time(time), want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),    cmocka_unit_test(dashed),    cmocka_unit_test(every_day),
        cmocka_unit_test(clamped), cmocka_unit_test(as_gmtime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
