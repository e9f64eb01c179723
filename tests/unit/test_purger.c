/*
 * test_purger.c - which entries may be forgotten, and that by no clock more are: the ledger, its
 * note and the guard together, in a time of the test's own.
 */
#include "ledger_fixture.h"

#include <fcntl.h>

#include "milter/purger.h"
#include "pow/date.h"
#include "pow/match.h"

#define DAY_S OP_DAY_S
#define NOON  (INT64_C(20000) * DAY_S + DAY_S / 2)
#define YEARS (3652 * INT64_C(86400))

/* A stamp of the horizon's date can still pass on the slowest clock, one of the day before on none.
 */
static void test_horizon(void **state)
{
    static const struct {
        uint32_t validity_s, skew_s;
    } rows[] = {{7 * DAY_S, DAY_S / 2}, {DAY_S, 0},        {3600, 0},
                {3600, 7 * DAY_S},      {36 * 3600, 3600}, {365 * DAY_S, 1},
                {DAY_S / 2, DAY_S / 2}, {DAY_S - 1, 1}};
    static const int64_t offsets[] = {0,          1,    -1,    DAY_S / 2, DAY_S / 2 - 1,
                                      -DAY_S / 2, 3600, -3600, 43199};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t j = 0; j < sizeof offsets / sizeof *offsets; j++) {
            const struct op_terms terms = {.validity_s = rows[i].validity_s};
            int64_t now = NOON + offsets[j], slowest = now - rows[i].skew_s;
            uint32_t horizon = purger_horizon(now, rows[i].validity_s, rows[i].skew_s);
            uint32_t before = op_date_from_time(op_date_to_time(horizon) - 1);
            assert_true(op_match_expiry(horizon, &terms) >= slowest);
            assert_true(op_match_expiry(before, &terms) < slowest);
        }
    }
    /* by hand: 19 Nov 12:00, 7 days, 12 h skew: 11 Nov ends at the last second of 18 Nov + skew */
    int64_t now = op_date_to_time(20261119) + DAY_S / 2;
    assert_int_equal(purger_horizon(now, 7 * DAY_S, DAY_S / 2), 20261112);
    assert_int_equal(purger_horizon(now - 1, 7 * DAY_S, DAY_S / 2), 20261111);
}

/*
 * A site: its ledger, its purger, its clocks, and what it logs
 */

struct site {
    char *path;
    struct ledger *ledger;
    struct purger *purger;
    struct conf conf;
    int64_t wall, steady;
    FILE *log;
    int terminal; /* what standard error was */
};

static void start(struct site *site)
{
    site->ledger = fixture_open("lmdb", site->path, SIZE);
    site->purger = purger_new(site->ledger);
    assert_non_null(site->purger);
}

static void stop(struct site *site)
{
    purger_free(site->purger);
    ledger_close(site->ledger);
    site->steady = 12345; /* the next machine's */
}

static int setup(void **state)
{
    struct site *site = calloc(1, sizeof *site);
    assert_non_null(site);
    site->conf = (struct conf){.validity_s = 7 * DAY_S, .clock_skew_s = DAY_S / 2};
    site->path = fixture_dir();
    site->wall = NOW;
    site->log = tmpfile();
    assert_non_null(site->log);
    site->terminal = dup(STDERR_FILENO);
    assert_true(dup2(fileno(site->log), STDERR_FILENO) >= 0);
    start(site);
    *state = site;
    return 0;
}

static int teardown(void **state)
{
    struct site *site = *state;
    stop(site);
    dup2(site->terminal, STDERR_FILENO);
    close(site->terminal);
    fclose(site->log);
    fixture_remove(site->path);
    free(site);
    return 0;
}

/* How often this has been logged. */
static unsigned logged(struct site *site, const char *words)
{
    char line[1024];
    unsigned count = 0;
    rewind(site->log);
    while (fgets(line, sizeof line, site->log))
        count += strstr(line, words) != NULL;
    return count;
}

static void minutes(struct site *site, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        purger_step(site->purger, &site->conf, site->wall, site->steady);
        site->wall += 60;
        site->steady += 60;
    }
}

/* What a stamp of that day meets, under a number that no other has. */
static enum ledger_state fresh(struct site *site, int64_t time)
{
    static uint64_t number = 1000;
    return reserve(site->ledger, key_of(op_date_from_time(time), number++), 1, 1, site->wall);
}

static void spend_one(struct site *site, int64_t time, uint64_t number)
{
    struct ledger_key key = key_of(op_date_from_time(time), number);
    assert_int_equal(reserve(site->ledger, key, 1, 1, site->wall), LEDGER_RESERVED_NEW);
    assert_true(spend(site->ledger, key, 1, 1, site->wall));
}

static uint64_t entries(struct site *site)
{
    struct ledger_stats stats;
    assert_int_equal(ledger_stats_get(site->ledger, &stats), LEDGER_OK);
    return stats.entries;
}

/*
 * Clocks
 */

static void test_ordinary_days(void **state)
{
    struct site *site = *state;
    for (unsigned day = 0; day < 20; day++) {
        spend_one(site, site->wall, day);
        minutes(site, 1440);
        assert_in_range(entries(site), day < 8 ? day + 1 : 8, 9);
        assert_int_equal(fresh(site, site->wall - 7 * DAY_S), LEDGER_RESERVED_NEW);
    }
    assert_int_equal(fresh(site, site->wall - 10 * DAY_S), LEDGER_OUTDATED);
    assert_int_equal(logged(site, ""), 0);
}

/* The forgery of the guard: without it the stamp would be forgotten within a minute. */
static void test_wrong_for_hours(void **state)
{
    struct site *site = *state;
    spend_one(site, site->wall, 1);
    minutes(site, 2000);
    site->wall += YEARS;
    minutes(site, 1000);
    site->wall -= YEARS;
    minutes(site, 1);
    struct ledger_key key = key_of(op_date_from_time(NOW), 1);
    assert_int_equal(reserve(site->ledger, key, 2, 2, site->wall), LEDGER_SPENT_OTHER);
    assert_int_equal(fresh(site, site->wall - 7 * DAY_S), LEDGER_RESERVED_NEW);
    assert_int_equal(logged(site, "clock: it says 2036"), 1);
    assert_int_equal(logged(site, "clock: believed again"), 1);
    assert_int_equal(logged(site, ""), 2);
}

/* Nobody has set it right for days: what was known is gone, and only that is outdated. */
static void test_wrong_for_days(void **state)
{
    struct site *site = *state;
    minutes(site, 1440);
    spend_one(site, site->wall, 1);
    site->wall += YEARS;
    minutes(site, 1440);
    assert_int_equal(entries(site), 1);
    minutes(site, 2);
    assert_int_equal(entries(site), 0);
    site->wall -= YEARS;
    minutes(site, 1);
    assert_int_equal(fresh(site, site->wall - DAY_S), LEDGER_OUTDATED);
    assert_int_equal(fresh(site, site->wall), LEDGER_RESERVED_NEW);
    spend_one(site, site->wall, 2);
    minutes(site, 6 * 1440);
    assert_int_equal(entries(site), 1);
}

static void test_wrong_after_a_restart(void **state)
{
    struct site *site = *state;
    spend_one(site, site->wall, 1);
    minutes(site, 2000);
    for (int i = 0; i < 3; i++) {
        stop(site);
        site->wall += i == 1 ? -YEARS : YEARS;
        start(site);
        minutes(site, 300);
        assert_int_equal(entries(site), 1);
    }
    assert_int_equal(logged(site, "is certain"), 2);
    stop(site);
    site->wall -= YEARS;
    start(site);
    minutes(site, 10);
    assert_int_equal(fresh(site, site->wall - 7 * DAY_S), LEDGER_RESERVED_NEW);
}

/* Off for weeks, then on for some hours a day only: the old entries go all the same, a little
 * later. The last restart but one is without a word, since the clock was certain by then. */
static void test_off_for_weeks(void **state)
{
    struct site *site = *state;
    spend_one(site, site->wall, 1);
    minutes(site, 100);
    stop(site);
    site->wall += 30 * DAY_S;
    start(site);
    for (int day = 0; day < 4; day++) {
        assert_int_equal(entries(site), 1);
        minutes(site, 7 * 60);
        stop(site);
        site->wall += 17 * 3600;
        start(site);
    }
    assert_int_equal(entries(site), 0);
}

static void test_crawling_ahead(void **state)
{
    struct site *site = *state;
    minutes(site, 1440);
    spend_one(site, site->wall, 1);
    for (int i = 0; i < 100; i++) {
        site->wall += DAY_S - 3600;
        minutes(site, 1);
    }
    assert_int_equal(entries(site), 1);
    assert_int_equal(logged(site, "is certain"), 1);
}

static void test_gone_back(void **state)
{
    struct site *site = *state;
    spend_one(site, site->wall, 1);
    minutes(site, 1440);
    site->wall = 0;
    minutes(site, 1440);
    assert_int_equal(entries(site), 1);
    assert_int_equal(fresh(site, NOW), LEDGER_RESERVED_NEW);
    assert_int_equal(logged(site, ""), 0);
}

/*
 * The note
 */

static void write_note(struct site *site, const char *text)
{
    char old[LEDGER_NOTE_MAX];
    size_t len;
    bool done;
    assert_int_equal(ledger_note_get(site->ledger, "clock", old, &len), LEDGER_OK);
    assert_int_equal(ledger_note_put(site->ledger, "clock", old, len, text, strlen(text), &done),
                     LEDGER_OK);
    assert_true(done);
}

static void damage_note(struct site *site)
{
    char path[256];
    snprintf(path, sizeof path, "%s/note-clock", site->path);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "?", 1, 5), 1);
    close(fd);
}

/* Whether damaged or of another form: no time is certain, so it takes a day; then all is well. */
static void test_unreadable_note(void **state)
{
    struct site *site = *state;
    for (int round = 0; round < 2; round++) {
        spend_one(site, site->wall - 30 * DAY_S + round * DAY_S, 1);
        if (round == 0)
            write_note(site, "clock 2 of a later version\n");
        else
            damage_note(site);
        stop(site);
        start(site);
        minutes(site, 1440);
        assert_int_equal(entries(site), 1);
        minutes(site, 1);
        assert_int_equal(entries(site), 0);
    }
    assert_int_equal(logged(site, "note \"clock\": not of a form"), 1);
    assert_int_equal(logged(site, "note \"clock\": ledger unavailable"), 1);
}

/* Another node replaces the note: ours is put in its place later, and nothing is said. */
static void test_shared_note(void **state)
{
    struct site *site = *state;
    char note[LEDGER_NOTE_MAX];
    size_t len;
    minutes(site, 1);
    write_note(site, "clock 1 seen=1 certain=1 steady=1\n");
    minutes(site, 130);
    assert_int_equal(ledger_note_get(site->ledger, "clock", note, &len), LEDGER_OK);
    note[len] = '\0';
    assert_non_null(strstr(note, "seen=1795"));
    assert_int_equal(logged(site, ""), 0);
}

/*
 * Much to do
 */

/* A step removes so many and no more; the next one goes on. */
static void test_step_is_bounded(void **state)
{
    enum { COUNT = PURGER_STEP_MAX + 1 };
    struct site *site = *state;
    ledger_close(site->ledger);
    purger_free(site->purger);
    site->ledger = fixture_open("memory", "", SIZE);
    site->purger = purger_new(site->ledger);
    for (unsigned i = 0; i < COUNT; i++) {
        struct ledger_key key = key_of(op_date_from_time(site->wall - 30 * DAY_S), i);
        assert_int_equal(reserve(site->ledger, key, 1, 1, site->wall), LEDGER_RESERVED_NEW);
        assert_int_equal(ledger_burn(site->ledger, &key, 1, site->wall), LEDGER_OK);
    }
    minutes(site, 1);
    assert_int_equal(entries(site), COUNT - PURGER_STEP_MAX);
    minutes(site, 1);
    assert_int_equal(entries(site), 0);
}

#define SITE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_horizon),   SITE(test_ordinary_days),
        SITE(test_wrong_for_hours),       SITE(test_wrong_for_days),
        SITE(test_wrong_after_a_restart), SITE(test_off_for_weeks),
        SITE(test_crawling_ahead),        SITE(test_gone_back),
        SITE(test_unreadable_note),       SITE(test_shared_note),
        SITE(test_step_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
