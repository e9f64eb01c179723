/*
 * clockguard.c - the wall clock against a steady one.
 *
 *     jump since the last look     steady  certain
 *     within the wobble            grows   follows the wall clock from CONFIRM_S on
 *     forth or back by more        0       goes on with the steady clock
 *
 * The time to purge by is the wall clock's, but at most AHEAD_S past what is certain. So many small
 * jumps gain no more than a large one. A clock that went back is followed at once: it purges
 * nothing.
 */
#include "milter/clockguard.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void clockguard_init(struct clockguard *guard, int64_t wall, int64_t certain)
{
    *guard = (struct clockguard){.seen = wall, .certain = certain};
}

/* Goes on to what the wall clock says now, if it has moved by least to most seconds. */
static void go_on(struct clockguard *guard, int64_t wall, int64_t least, int64_t most)
{
    int64_t moved = wall - guard->seen;
    guard->seen = wall;
    if (moved < least || moved > most)
        guard->steady = 0;
    if (guard->steady >= CLOCKGUARD_CONFIRM_S)
        guard->certain = wall;
}

void clockguard_advance(struct clockguard *guard, int64_t wall, int64_t elapsed_s)
{
    guard->certain += elapsed_s;
    guard->steady += elapsed_s;
    if (guard->steady > CLOCKGUARD_CONFIRM_S)
        guard->steady = CLOCKGUARD_CONFIRM_S;
    go_on(guard, wall, elapsed_s - CLOCKGUARD_WOBBLE_S, elapsed_s + CLOCKGUARD_WOBBLE_S);
}

void clockguard_resume(struct clockguard *guard, int64_t wall)
{
    go_on(guard, wall, -CLOCKGUARD_WOBBLE_S, CLOCKGUARD_AHEAD_S);
}

bool clockguard_holds(const struct clockguard *guard)
{
    return guard->seen > guard->certain + CLOCKGUARD_AHEAD_S;
}

int64_t clockguard_time(const struct clockguard *guard)
{
    return clockguard_holds(guard) ? guard->certain + CLOCKGUARD_AHEAD_S : guard->seen;
}

size_t clockguard_format(const struct clockguard *guard, char text_r[CLOCKGUARD_TEXT_MAX])
{
    int len = snprintf(text_r, CLOCKGUARD_TEXT_MAX,
                       "clock 1 seen=%" PRId64 " certain=%" PRId64 " steady=%" PRId64 "\n",
                       guard->seen, guard->certain, guard->steady);
    OP_BUG_IF(len < 0 || len >= CLOCKGUARD_TEXT_MAX);
    return (size_t)len;
}

/* Read with numbers of bounded length, and written again: only one text per value is taken. */
bool clockguard_parse(const char *text, size_t len, struct clockguard *guard_r)
{
    char copy[CLOCKGUARD_TEXT_MAX], again[CLOCKGUARD_TEXT_MAX];
    struct clockguard guard;
    if (len >= sizeof copy)
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (sscanf(copy, "clock 1 seen=%12" SCNd64 " certain=%12" SCNd64 " steady=%12" SCNd64,
               &guard.seen, &guard.certain, &guard.steady) != 3 ||
        guard.steady < 0 || guard.steady > CLOCKGUARD_CONFIRM_S)
        return false;
    if (clockguard_format(&guard, again) != len || memcmp(text, again, len) != 0)
        return false;
    *guard_r = guard;
    return true;
}
