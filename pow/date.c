/* date.c - days and dates without time zones: the civil calendar counted in days since 1970-01-01.
 */
#include "pow/date.h"

#include <string.h>

#define DATE_MIN 19700101
#define DATE_MAX 99991231

static bool leap(uint32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t month_days(uint32_t year, uint32_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && leap(year) ? 29 : days[month - 1];
}

bool op_date_valid(uint32_t date)
{
    uint32_t year = date / 10000, month = date / 100 % 100, day = date % 100;
    return date >= DATE_MIN && date <= DATE_MAX && month >= 1 && month <= 12 && day >= 1 &&
           day <= month_days(year, month);
}

bool op_date_parse(const char *text, size_t len, uint32_t *date_r)
{
    if (len != 8)
        return false;
    uint32_t date = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        date = date * 10 + (uint32_t)(text[i] - '0');
    }
    if (!op_date_valid(date))
        return false;
    *date_r = date;
    return true;
}

bool op_date_parse_dashed(const char *text, uint32_t *date_r)
{
    char digits[8];
    if (strlen(text) != OP_DATE_DASHED_MAX - 1 || text[4] != '-' || text[7] != '-')
        return false;
    memcpy(digits, text, 4);
    memcpy(digits + 4, text + 5, 2);
    memcpy(digits + 6, text + 8, 2);
    return op_date_parse(digits, sizeof digits, date_r);
}

void op_date_format_dashed(uint32_t date, char text_r[OP_DATE_DASHED_MAX])
{
    static const unsigned place[] = {9, 8, 6, 5, 3, 2, 1, 0}; /* of the digits, last first */
    memcpy(text_r, "0000-00-00", OP_DATE_DASHED_MAX);
    for (unsigned i = 0; i < sizeof place / sizeof *place; i++, date /= 10)
        text_r[place[i]] = (char)('0' + date % 10);
}

/* Days before the first of January of a year >= 1970, since 1970-01-01. */
static int64_t days_before_year(uint32_t year)
{
    int64_t y = (int64_t)year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

int64_t op_date_to_time(uint32_t date)
{
    uint32_t year = date / 10000, month = date / 100 % 100;
    int64_t days = days_before_year(year) + date % 100 - 1;
    for (uint32_t m = 1; m < month; m++)
        days += month_days(year, m);
    return days * OP_DAY_S;
}

uint32_t op_date_from_time(int64_t unix_s)
{
    if (unix_s < 0)
        return DATE_MIN;
    if (unix_s / OP_DAY_S >= days_before_year(10000))
        return DATE_MAX;
    int64_t days = unix_s / OP_DAY_S;
    uint32_t year = (uint32_t)(1970 + days / 366);
    while (days_before_year(year + 1) <= days)
        year++;
    uint32_t left = (uint32_t)(days - days_before_year(year)), month = 1;
    while (left >= month_days(year, month))
        left -= month_days(year, month++);
    return year * 10000 + month * 100 + left + 1;
}
