/* units.c - durations, sizes and counts as people write them, with overflow taken for an error. */
#include "pow/units.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DURATION_MAX (3650u * 86400u)

/* The digits that start a text, at least one; *rest_r points behind them. */
static bool leading_number(const char *text, uint64_t *number_r, const char **rest_r)
{
    size_t digits = strspn(text, "0123456789");
    *rest_r = text + digits;
    return digits > 0 && op_decimal_parse(text, digits, number_r);
}

bool op_decimal_parse(const char *text, size_t len, uint64_t *number_r)
{
    if (len == 0 || (text[0] == '0' && len > 1))
        return false;
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        if (__builtin_mul_overflow(number, (uint64_t)10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(text[i] - '0'), &number))
            return false;
    }
    *number_r = number;
    return true;
}

static const struct {
    const char *suffix;
    uint32_t seconds;
} durations[] = {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}};

bool op_duration_parse(const char *text, uint32_t *seconds_r)
{
    uint64_t number;
    const char *rest;
    if (!leading_number(text, &number, &rest))
        return false;
    if (number == 0 && *rest == '\0') {
        *seconds_r = 0;
        return true;
    }
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        if (strcmp(rest, durations[i].suffix) != 0)
            continue;
        if (number > DURATION_MAX / durations[i].seconds)
            return false;
        *seconds_r = (uint32_t)number * durations[i].seconds;
        return true;
    }
    return false;
}

void op_duration_format(uint32_t seconds, char text_r[OP_UNITS_MAX])
{
    if (seconds == 0) {
        snprintf(text_r, OP_UNITS_MAX, "0");
        return;
    }
    size_t i = 0;
    while (seconds % durations[i].seconds != 0) /* the last row divides everything */
        i++;
    snprintf(text_r, OP_UNITS_MAX, "%u%s", seconds / durations[i].seconds, durations[i].suffix);
}

static const struct {
    const char *suffix;
    unsigned shift;
} sizes[] = {{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}};

/* "GiB", "gib", "GB" and "G" all mean 2^30. */
static bool size_suffix(const char *rest, unsigned *shift_r)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const char shorter[] = {sizes[i].suffix[0], 'B', '\0'}, shortest[] = {shorter[0], '\0'};
        if (strcasecmp(rest, sizes[i].suffix) == 0 || strcasecmp(rest, shorter) == 0 ||
            strcasecmp(rest, shortest) == 0) {
            *shift_r = sizes[i].shift;
            return true;
        }
    }
    *shift_r = 0;
    return *rest == '\0' || strcasecmp(rest, "B") == 0;
}

bool op_size_parse(const char *text, uint64_t *bytes_r)
{
    uint64_t number;
    const char *rest;
    unsigned shift;
    if (!leading_number(text, &number, &rest) || !size_suffix(rest, &shift))
        return false;
    if (number > (UINT64_MAX >> 1) >> shift)
        return false;
    *bytes_r = number << shift;
    return true;
}

void op_size_format(uint64_t bytes, char text_r[OP_UNITS_MAX])
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        if (bytes >> sizes[i].shift > 0 && bytes % (UINT64_C(1) << sizes[i].shift) == 0) {
            snprintf(text_r, OP_UNITS_MAX, "%llu%s", (unsigned long long)(bytes >> sizes[i].shift),
                     sizes[i].suffix);
            return;
        }
    snprintf(text_r, OP_UNITS_MAX, "%llu", (unsigned long long)bytes);
}

bool op_count_parse(const char *text, uint64_t *count_r)
{
    static const struct {
        const char *suffix;
        uint64_t factor;
    } factors[] = {{"", 1}, {"k", 1000}, {"M", 1000000}, {"G", 1000000000}};
    uint64_t number;
    const char *rest;
    if (!leading_number(text, &number, &rest))
        return false;
    for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++) {
        if (strcmp(rest, factors[i].suffix) != 0)
            continue;
        if (number == 0 || number > (UINT64_MAX >> 1) / factors[i].factor)
            return false;
        *count_r = number * factors[i].factor;
        return true;
    }
    return false;
}
