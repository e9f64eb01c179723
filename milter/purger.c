/*
 * purger.c - what is too old, by a clock that can be believed. The ledger knows how to forget.
 *
 * A purge goes in small batches, so that messages are never kept waiting for long, and is done once
 * for each date: most of the time there is nothing to do, and the disk may sleep.
 */
#include "milter/purger.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "milter/clockguard.h"
#include "milter/log.h"
#include "pow/date.h"
#include "pow/match.h"

#define BATCH  1000 /* entries in one transaction: some milliseconds */
#define KEEP_S 3600 /* how old the note may get */
#define NOTE   "clock"

struct purger {
    struct ledger *ledger;
    uint32_t purged; /* all entries before this date are gone */
    bool failing;    /* the last purge failed and has been reported */
    bool holding;    /* the clock is held back, and that has been reported */

    bool running; /* the guard is */
    struct clockguard guard;
    int64_t steady; /* of the last step */

    char note[LEDGER_NOTE_MAX]; /* as it is in the ledger, as far as we know */
    size_t note_len;
    int64_t note_time; /* what the wall clock said then */
    bool note_failing;
};

struct purger *purger_new(struct ledger *ledger)
{
    struct purger *purger = calloc(1, sizeof *purger);
    if (purger)
        purger->ledger = ledger;
    return purger;
}

void purger_free(struct purger *purger)
{
    free(purger);
}

uint32_t purger_horizon(int64_t now, uint32_t validity_s, uint32_t skew_s)
{
    const struct op_terms terms = {.validity_s = validity_s};
    int64_t oldest = now - skew_s; /* what the slowest clock says */
    int64_t day = oldest - validity_s - OP_DAY_S;
    while (op_match_expiry(op_date_from_time(day), &terms) < oldest)
        day += OP_DAY_S;
    return op_date_from_time(day);
}

/*
 * The clock
 */

static void report_note(struct purger *purger, const char *what)
{
    if (what && !purger->note_failing)
        log_line(LOG_LEVEL_WARNING, "ledger: note \"" NOTE "\": %s", what);
    purger->note_failing = what != NULL;
}

/* A ledger without a note is new and has nothing to lose. One whose note cannot be read has: then
 * no time is certain, until the clock has shown that it goes on. */
static void start_guard(struct purger *purger, int64_t wall)
{
    enum ledger_err err = ledger_note_get(purger->ledger, NOTE, purger->note, &purger->note_len);
    const char *what = NULL;
    if (err != LEDGER_OK)
        what = ledger_err_str(err);
    else if (purger->note_len == 0)
        clockguard_init(&purger->guard, wall, wall);
    else if (clockguard_parse(purger->note, purger->note_len, &purger->guard))
        clockguard_resume(&purger->guard, wall);
    else
        what = "not of a form that this version can read";
    if (what)
        clockguard_init(&purger->guard, wall, 0);
    report_note(purger, what);
    purger->note_time = purger->guard.seen;
    purger->running = true;
}

/* Keeps the guard in the ledger. If another node was faster, its note is the one to be replaced
 * next time. */
static void keep_note(struct purger *purger)
{
    char text[CLOCKGUARD_TEXT_MAX];
    size_t len = clockguard_format(&purger->guard, text);
    bool done;
    enum ledger_err err =
        ledger_note_put(purger->ledger, NOTE, purger->note, purger->note_len, text, len, &done);
    if (err == LEDGER_OK && done) {
        memcpy(purger->note, text, len);
        purger->note_len = len;
        purger->note_time = purger->guard.seen;
    } else if (err == LEDGER_OK) {
        err = ledger_note_get(purger->ledger, NOTE, purger->note, &purger->note_len);
    }
    report_note(purger, err == LEDGER_OK ? NULL : ledger_err_str(err));
}

static void report_clock(struct purger *purger)
{
    char wall[OP_DATE_DASHED_MAX], certain[OP_DATE_DASHED_MAX];
    bool holds = clockguard_holds(&purger->guard);
    op_date_format_dashed(op_date_from_time(purger->guard.seen), wall);
    op_date_format_dashed(op_date_from_time(purger->guard.certain), certain);
    if (holds && !purger->holding)
        log_line(LOG_LEVEL_WARNING,
                 "clock: it says %s, while %s is certain: old entries of the ledger are kept until "
                 "it has gone on for %d hours without a jump",
                 wall, certain, CLOCKGUARD_CONFIRM_S / 3600);
    else if (!holds && purger->holding)
        log_line(LOG_LEVEL_INFO, "clock: believed again; it says %s", wall);
    purger->holding = holds;
}

/* The time to purge by. */
static int64_t look_at_clock(struct purger *purger, int64_t wall, int64_t steady)
{
    bool first = !purger->running;
    if (first)
        start_guard(purger, wall);
    else
        clockguard_advance(&purger->guard, wall, steady - purger->steady);
    purger->steady = steady;
    if (first || llabs(purger->guard.seen - purger->note_time) >= KEEP_S)
        keep_note(purger);
    report_clock(purger);
    return clockguard_time(&purger->guard);
}

/*
 * Purging
 */

static void purge(struct purger *purger, uint32_t horizon)
{
    enum ledger_err err = LEDGER_OK;
    bool more = horizon > purger->purged;
    for (unsigned i = 0; more && err == LEDGER_OK && i < PURGER_STEP_MAX / BATCH; i++)
        err = ledger_purge(purger->ledger, horizon, BATCH, &more);
    if (err != LEDGER_OK && !purger->failing)
        log_line(LOG_LEVEL_WARNING, "ledger: old entries cannot be removed: %s",
                 ledger_err_str(err));
    purger->failing = err != LEDGER_OK;
    if (err == LEDGER_OK && !more && horizon > purger->purged)
        purger->purged = horizon;
}

void purger_step(struct purger *purger, const struct conf *conf, int64_t wall, int64_t steady)
{
    int64_t now = look_at_clock(purger, wall, steady);
    purge(purger, purger_horizon(now, conf->validity_s, conf->clock_skew_s));
}
