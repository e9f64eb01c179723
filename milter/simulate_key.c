/*
 * simulate_key.c - see simulate_key.h. A value is what its whole text says, or it is refused.
 */
#include "milter/simulate_key.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pow/date.h"
#include "pow/units.h"

#define KEY_MAILS_MAX 1e9 /* an hour */

#define RUN       SIMULATE_KINDS
#define IN(kind)  SIMULATE_KEY_IN(kind)
#define SENDING   (IN(SIMULATE_BOTNET) | IN(SIMULATE_GPU) | IN(SIMULATE_BUYER))
#define TO(m)     offsetof(struct simulate_source, m)
#define RUN_TO(m) offsetof(struct simulate_script, m)

static const struct simulate_key keys[] = {
    {IN(RUN), "span", SIMULATE_KEY_SPAN, RUN_TO(span_s), IN(RUN), 60, SIMULATE_SPAN_MAX,
     "whole minutes, such as 36h or 14d, up to 1000d"},
    {IN(RUN), "row", SIMULATE_KEY_SPAN, RUN_TO(row_s), 0, 60, SIMULATE_SPAN_MAX,
     "whole minutes, such as 30m or 12h, up to 1000d"},
    {IN(RUN), "seed", SIMULATE_KEY_WHOLE, RUN_TO(seed), 0, 0, 1e9,
     "a whole number up to 1000000000"},
    {IN(RUN), "start", SIMULATE_KEY_DATE, RUN_TO(start), 0, 0, 0,
     "a date, as 20261122, until 20991231"},

    {IN(SIMULATE_HONEST) | IN(SIMULATE_JUNK) | SENDING, "mails", SIMULATE_KEY_MAILS, TO(mails),
     IN(SIMULATE_HONEST) | IN(SIMULATE_JUNK) | IN(SIMULATE_BUYER), 0, KEY_MAILS_MAX,
     "mails as 200/d, 50/h or 1.5T (times the target), above 0, up to 1000000000/h"},
    {IN(SIMULATE_REPLAY), "file", SIMULATE_KEY_FILE, TO(file), IN(SIMULATE_REPLAY), 0, 0,
     "a path of less than 1024 octets"},
    {IN(SIMULATE_BOTNET), "hosts", SIMULATE_KEY_WHOLE, TO(machines), IN(SIMULATE_BOTNET), 1, 1e8,
     "a whole number from 1 to 100000000"},
    {IN(SIMULATE_GPU), "cards", SIMULATE_KEY_WHOLE, TO(machines), IN(SIMULATE_GPU), 1, 1e6,
     "a whole number from 1 to 1000000"},
    {IN(SIMULATE_HONEST) | IN(SIMULATE_REPLAY) | IN(SIMULATE_BOTNET), "cores", SIMULATE_KEY_WHOLE,
     TO(cores), 0, 1, 1024, "a whole number from 1 to 1024"},
    {IN(SIMULATE_HONEST) | IN(SIMULATE_REPLAY) | IN(SIMULATE_BOTNET), "speed", SIMULATE_KEY_NUMBER,
     TO(speed), 0, 0.001, 1000, "a share of the reference's speed, from 0.001 to 1000"},
    {IN(SIMULATE_HONEST) | IN(SIMULATE_REPLAY), "patience", SIMULATE_KEY_SPAN, TO(patience_s), 0,
     60, 86400, "whole minutes, such as 10m, up to 1d"},
    {IN(SIMULATE_HONEST), "swing", SIMULATE_KEY_NUMBER, TO(swing), 0, 0, 1,
     "a number from 0 (even) to 1 (nothing at night)"},
    {IN(SIMULATE_HONEST) | IN(SIMULATE_REPLAY) | IN(SIMULATE_JUNK) | SENDING, "from",
     SIMULATE_KEY_SPAN, TO(from_s), 0, 0, SIMULATE_SPAN_MAX,
     "whole minutes since the start, as 36h"},
    {IN(SIMULATE_HONEST) | IN(SIMULATE_REPLAY) | IN(SIMULATE_JUNK) | SENDING, "until",
     SIMULATE_KEY_SPAN, TO(until_s), 0, 60, SIMULATE_SPAN_MAX,
     "whole minutes since the start, as 36h"},
    {SENDING, "on", SIMULATE_KEY_SPAN, TO(on_s), 0, 60, SIMULATE_SPAN_MAX, "whole minutes, as 6h"},
    {SENDING, "off", SIMULATE_KEY_SPAN, TO(off_s), 0, 60, SIMULATE_SPAN_MAX,
     "whole minutes, as 6h"},
    {SENDING, "ahead", SIMULATE_KEY_SPAN, TO(ahead_s), 0, 60, SIMULATE_SPAN_MAX,
     "whole minutes, as 36h"},
    {SENDING, "rush", SIMULATE_KEY_SPAN, TO(rush_s), 0, 60, 3600, "whole minutes, from 1m to 1h"},
    {SENDING, "quotes", SIMULATE_KEY_BOOL, TO(quotes), 0, 0, 0, "yes or no"},
    {IN(SIMULATE_CLOCK), "at", SIMULATE_KEY_SPAN, TO(from_s), IN(SIMULATE_CLOCK), 0,
     SIMULATE_SPAN_MAX, "whole minutes since the start, as 36h"},
    {IN(SIMULATE_CLOCK), "jump", SIMULATE_KEY_JUMP, TO(jump_s), IN(SIMULATE_CLOCK), 0, 0,
     "a duration with its sign, such as +12h or -3d"},
};

_Static_assert(sizeof keys / sizeof keys[0] <= SIMULATE_KEYS_MAX, "arrays by key are too small");

size_t simulate_key_count(void)
{
    return sizeof keys / sizeof keys[0];
}

const struct simulate_key *simulate_key_at(size_t index)
{
    return &keys[index];
}

static bool read_number(const struct simulate_key *key, const char *text, double *number_r)
{
    char *end;

    /* Neither a hexadecimal number nor "inf". */
    if (text[strspn(text, "0123456789.")] != '\0' || text[0] == '\0')
        return false;
    *number_r = strtod(text, &end);
    return *end == '\0' && *number_r >= key->low && *number_r <= key->high &&
           (key->type != SIMULATE_KEY_WHOLE || *number_r == floor(*number_r));
}

static bool read_span(const struct simulate_key *key, const char *text, uint32_t *seconds_r)
{
    return op_duration_parse(text, seconds_r) && *seconds_r % 60 == 0 && *seconds_r >= key->low &&
           *seconds_r <= key->high;
}

static bool read_jump(const char *text, int64_t *seconds_r)
{
    uint32_t seconds;

    if ((text[0] != '+' && text[0] != '-') || !op_duration_parse(text + 1, &seconds))
        return false;
    *seconds_r = text[0] == '-' ? -(int64_t)seconds : (int64_t)seconds;
    return true;
}

static bool read_mails(const struct simulate_key *key, char *text, struct simulate_source *source)
{
    static const struct {
        const char *unit;
        double hours;
    } units[] = {{"/h", 1}, {"/d", 24}, {"T", 1}};
    size_t digits = strspn(text, "0123456789.");

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text + digits, units[i].unit) != 0)
            continue;
        text[digits] = '\0';
        if (!read_number(key, text, &source->mails))
            return false;
        source->mails /= units[i].hours;
        source->of_target = units[i].unit[0] == 'T';
        return source->mails > 0;
    }
    return false;
}

bool simulate_key_read(const struct simulate_key *key, char *text, void *base)
{
    void *to = (char *)base + key->to;
    uint32_t date;

    switch (key->type) {
    case SIMULATE_KEY_NUMBER:
    case SIMULATE_KEY_WHOLE:
        return read_number(key, text, to);
    case SIMULATE_KEY_SPAN:
        return read_span(key, text, to);
    case SIMULATE_KEY_JUMP:
        return read_jump(text, to);
    case SIMULATE_KEY_MAILS:
        return read_mails(key, text, base);
    case SIMULATE_KEY_BOOL:
        *(bool *)to = strcmp(text, "yes") == 0;
        return *(bool *)to || strcmp(text, "no") == 0;
    case SIMULATE_KEY_DATE:
        if (!op_date_parse(text, strlen(text), &date) || date > 20991231)
            return false;
        *(uint32_t *)to = date;
        return true;
    case SIMULATE_KEY_FILE:
        if (text[0] == '\0' || strlen(text) >= SIMULATE_PATH_MAX)
            return false;
        memcpy(to, text, strlen(text) + 1);
        return true;
    }
    return false;
}
