/*
 * purger.h - forgets ledger entries that cannot matter any more, a part at a time.
 *
 * One thread at a time. It keeps the note "clock" in the ledger, so that a clock which is wrong
 * after a restart is held back as well.
 */
#ifndef PURGER_H
#define PURGER_H

#include <stdint.h>

#include "milter/conf.h"
#include "milter/ledger.h"

#define PURGER_STEP_MAX 100000 /* entries that one step removes: a second or so */

struct purger;

struct purger *purger_new(struct ledger *ledger); /* borrows it; NULL: out of memory */
void purger_free(struct purger *purger);          /* NULL is fine */

/* Once a minute. wall: unix seconds; steady: seconds of a clock that nobody can set. Failures are
 * logged, when they begin. */
void purger_step(struct purger *purger, const struct conf *conf, int64_t wall, int64_t steady);

/* The earliest date (YYYYMMDD) of which a stamp may still pass at `now` or, with a clock that is
 * skew_s behind ours, elsewhere. Entries of earlier dates may be forgotten. */
uint32_t purger_horizon(int64_t now, uint32_t validity_s, uint32_t skew_s);

#endif
