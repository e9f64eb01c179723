/*
 * clockguard.h - how far the wall clock is believed by who cannot take a step back.
 *
 * What a purge forgets is forgotten: by a clock that shows a wrong year for an hour, the stamps of
 * this year would be, and then be refused. Nothing is lost by keeping them for longer. So a clock
 * that is far ahead of what is certain is followed only after it has gone on for a day without a
 * jump, which is time enough to be noticed (no stamp passes meanwhile) and set right.
 *
 * Pure: times come in as arguments. No other evidence is asked for: the dates of stamps come from
 * outside, and whoever wants the clock to be wrong can make some.
 */
#ifndef CLOCKGUARD_H
#define CLOCKGUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pow/err.h"

#define CLOCKGUARD_AHEAD_S   86400 /* followed at once: a night without power, a bad time zone */
#define CLOCKGUARD_CONFIRM_S 86400 /* of going on without a jump, to be certain */
#define CLOCKGUARD_WOBBLE_S  10    /* a correction of less than this is no jump */

struct clockguard {  /* a value */
    int64_t seen;    /* unix seconds: what the wall clock said last */
    int64_t certain; /* when the wall clock was certain, moved on with the steady clock since */
    int64_t steady;  /* seconds for which it has gone on without a jump, up to CONFIRM_S */
};

/* Begins with a time that is taken for certain; 0: none is. */
void clockguard_init(struct clockguard *guard, int64_t wall, int64_t certain);

/* The wall clock now, and what a clock that nobody can set has gone on by since the last call. */
void clockguard_advance(struct clockguard *guard, int64_t wall, int64_t elapsed_s);

/* The same after a restart: it is not known how much time has passed, but what the wall clock says
 * of it is taken for true up to CLOCKGUARD_AHEAD_S. */
void clockguard_resume(struct clockguard *guard, int64_t wall);

/* The time to purge by. It is behind the wall clock while that is held back. */
int64_t clockguard_time(const struct clockguard *guard);
bool clockguard_holds(const struct clockguard *guard);

#define CLOCKGUARD_TEXT_MAX 80
/* As octets for a store, and back; false if they are not such a text. */
size_t clockguard_format(const struct clockguard *guard, char text_r[CLOCKGUARD_TEXT_MAX]);
OP_MUST_USE bool clockguard_parse(const char *text, size_t len, struct clockguard *guard_r);

#endif
