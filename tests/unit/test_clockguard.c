/* test_clockguard.c - which time may be purged by, after clocks of all kinds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "milter/clockguard.h"

#define DAY   INT64_C(86400)
#define YEARS (3652 * DAY)
#define START INT64_C(1795219200)

enum kind { END, TICK, RESTART };

/* `times` looks at the clocks, each after so many seconds on the wall and of the steady clock. */
struct move {
    enum kind kind;
    int64_t wall, elapsed;
    unsigned times;
};

#define MINUTES(n)                                                                                 \
    {                                                                                              \
        TICK, 60, 60, n                                                                            \
    }
#define DAYS(n) MINUTES(1440 * (n))
#define JUMP(s)                                                                                    \
    {                                                                                              \
        TICK, (s) + 60, 60, 1                                                                      \
    }
#define OFF(s)                                                                                     \
    {                                                                                              \
        RESTART, s, 0, 1                                                                           \
    }

static const struct {
    const char *label;
    struct move moves[8];
    bool holds;
    int64_t behind; /* the time to purge by, behind the wall clock */
} rows[] = {
    {"at the start", {{END, 0, 0, 0}}, false, 0},
    {"an ordinary week", {DAYS(7)}, false, 0},
    {"wobbling by ten seconds", {{TICK, 70, 60, 10000}}, false, 0},
    {"running fast by a quarter", {{TICK, 75, 60, 1440 * 2}}, false, 0},
    {"running fast by a quarter for long", {{TICK, 75, 60, 1440 * 8}}, true, 8 * DAY / 4 - DAY},

    {"ahead by a day", {DAYS(2), JUMP(DAY)}, false, 0},
    {"ahead by a day and a second", {DAYS(2), JUMP(DAY + 1)}, true, 1},
    {"ahead by ten years", {DAYS(2), JUMP(YEARS)}, true, YEARS - DAY},
    {"and on for some hours", {DAYS(2), JUMP(YEARS), MINUTES(1000)}, true, YEARS - DAY},
    {"and on for a day less a minute", {DAYS(2), JUMP(YEARS), MINUTES(1439)}, true, YEARS - DAY},
    {"and on for a day", {DAYS(2), JUMP(YEARS), MINUTES(1440)}, false, 0},
    {"and back", {DAYS(2), JUMP(YEARS), MINUTES(100), JUMP(-YEARS)}, false, 0},
    {"and back after it was believed", {DAYS(2), JUMP(YEARS), DAYS(2), JUMP(-YEARS)}, false, 0},
    {"and there again, which is no news",
     {DAYS(2), JUMP(YEARS), DAYS(2), JUMP(-YEARS), JUMP(YEARS)},
     false,
     0},
    {"but it is when the former year was certain again",
     {DAYS(2), JUMP(YEARS), DAYS(2), JUMP(-YEARS), DAYS(1), JUMP(YEARS)},
     true,
     YEARS - DAY},
    {"another jump begins anew",
     {DAYS(2), JUMP(YEARS), MINUTES(1400), JUMP(3600), MINUTES(1400)},
     true,
     YEARS + 3600 - DAY},
    {"back and forth within the day",
     {DAYS(2), JUMP(YEARS), MINUTES(1400), JUMP(-YEARS), JUMP(YEARS), MINUTES(1400)},
     true,
     YEARS - DAY},

    {"half a day at a time", {DAYS(2), {TICK, DAY / 2, 60, 10}}, true, 4 * DAY - 600},
    {"half a day, a day later again", {DAYS(2), JUMP(DAY / 2), DAYS(1), JUMP(DAY / 2)}, false, 0},
    {"back by ten years", {DAYS(2), JUMP(-YEARS)}, false, 0},
    {"back, and home soon", {DAYS(2), JUMP(-YEARS), MINUTES(600), JUMP(YEARS)}, false, 0},
    {"back, and home when that was certain",
     {DAYS(2), JUMP(-YEARS), MINUTES(1440), JUMP(YEARS)},
     true,
     YEARS - DAY},

    {"asleep for a week", {DAYS(2), {TICK, 7 * DAY, 7 * DAY, 1}}, false, 0},
    {"off for a minute", {DAYS(2), OFF(60)}, false, 0},
    {"off for a day", {DAYS(2), OFF(DAY)}, false, 0},
    {"off for a week", {DAYS(2), OFF(7 * DAY)}, true, 6 * DAY},
    {"off for a week, then a day", {DAYS(2), OFF(7 * DAY), MINUTES(1440)}, false, 0},
    {"off for a week, then a day in pieces",
     {DAYS(2), OFF(7 * DAY), MINUTES(480), OFF(DAY / 2), MINUTES(480), OFF(DAY / 2), MINUTES(480)},
     false,
     0},
    {"off for a week, then not quite a day in pieces",
     {DAYS(2), OFF(7 * DAY), MINUTES(480), OFF(DAY / 2), MINUTES(480), OFF(DAY / 2), MINUTES(478)},
     true,
     7 * DAY},
    {"off for a week, twice",
     {DAYS(2), OFF(7 * DAY), MINUTES(1000), OFF(7 * DAY), MINUTES(1000)},
     true,
     13 * DAY},
    {"off, and back without a battery", {DAYS(2), OFF(-YEARS)}, false, 0},
    {"and home a minute later", {DAYS(2), OFF(-YEARS), JUMP(YEARS + 300)}, false, 0},
    {"restarted half a day ahead each time", {DAYS(2), {RESTART, DAY / 2, 0, 5}}, false, 0},
    {"restarted every minute", {DAYS(2), {RESTART, 60, 0, 3000}}, false, 0},
};

static void make(struct clockguard *guard, int64_t *wall, const struct move *move)
{
    for (unsigned i = 0; i < move->times; i++) {
        char text[CLOCKGUARD_TEXT_MAX];
        *wall += move->wall;
        if (move->kind == RESTART) {
            size_t len = clockguard_format(guard, text);
            memset(guard, 0, sizeof *guard);
            assert_true(clockguard_parse(text, len, guard));
            clockguard_resume(guard, *wall);
        } else {
            clockguard_advance(guard, *wall, move->elapsed);
        }
    }
}

static void test_clocks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct clockguard guard;
        int64_t wall = START;
        clockguard_init(&guard, wall, wall);
        for (const struct move *move = rows[i].moves; move->kind != END; move++)
            make(&guard, &wall, move);
        int64_t behind = wall - clockguard_time(&guard);
        if (clockguard_holds(&guard) != rows[i].holds || behind != rows[i].behind)
            fail_msg("%s: %s, %lld s behind, %lld wanted", rows[i].label,
                     clockguard_holds(&guard) ? "held" : "not held", (long long)behind,
                     (long long)rows[i].behind);
    }
}

/* Nothing is certain: the clock has to go on for a day. */
static void test_nothing_certain(void **state)
{
    struct clockguard guard;
    (void)state;
    clockguard_init(&guard, START, 0);
    for (unsigned i = 0; i < 1440; i++) {
        assert_true(clockguard_holds(&guard));
        assert_in_range(clockguard_time(&guard), 0, 2 * DAY);
        clockguard_advance(&guard, START + 60 * (i + 1), 60);
    }
    assert_false(clockguard_holds(&guard));
    assert_int_equal(clockguard_time(&guard), START + DAY);
}

static void test_text(void **state)
{
    static const struct {
        const char *text;
        bool want;
    } texts[] = {
        {"clock 1 seen=1795219200 certain=1795219100 steady=86400\n", true},
        {"clock 1 seen=-5 certain=0 steady=0\n", true},
        {"clock 1 seen=999999999999 certain=999999999999 steady=1\n", true},
        {"", false},
        {"clock 2 seen=1795219200 certain=1795219100 steady=86400\n", false},
        {"clock 1 seen=1795219200 certain=1795219100 steady=86401\n", false},
        {"clock 1 seen=1795219200 certain=1795219100 steady=-1\n", false},
        {"clock 1 seen=1795219200 certain=1795219100 steady=86400", false},
        {"clock 1 seen=1795219200 certain=1795219100 steady=86400\n\n", false},
        {"clock 1 seen=01795219200 certain=1795219100 steady=86400\n", false},
        {"clock 1 seen=+1795219200 certain=1795219100 steady=86400\n", false},
        {"clock 1 seen= 1795219200 certain=1795219100 steady=86400\n", false},
        {"clock 1  seen=1795219200 certain=1795219100 steady=86400\n", false},
        {"clock 1 seen=1795219200 certain=1795219100\n", false},
        {"clock 1 seen=17952192001795219200 certain=1 steady=1\n", false},
        {"clock 1 seen=1 certain=1 steady=1\nclock 1 seen=1 certain=1 steady=1 and so on until it "
         "is "
         "too long",
         false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct clockguard guard = {7, 7, 7};
        char again[CLOCKGUARD_TEXT_MAX];
        const char *text = texts[i].text;
        if (clockguard_parse(text, strlen(text), &guard) != texts[i].want)
            fail_msg("%s", text);
        if (texts[i].want) {
            assert_int_equal(clockguard_format(&guard, again), strlen(text));
            assert_string_equal(again, text);
        } else {
            assert_int_equal(guard.seen, 7);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clocks),
        cmocka_unit_test(test_nothing_certain),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
