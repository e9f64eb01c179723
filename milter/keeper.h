/*
 * keeper.h - a thread that tidies up: forgets ledger entries that cannot matter any more, and gives
 * idle memory of the gate back to the system.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include <stdint.h>

#include "milter/service.h"

struct keeper;

/* Starts the thread, with the signal mask of the caller. Borrows the service. NULL: no thread or
 * memory. */
struct keeper *keeper_start(struct service *service);
void keeper_stop(struct keeper *keeper); /* ends the thread and frees; NULL is fine */

/* The earliest date (YYYYMMDD) of which a stamp may still pass at `now` or, with a clock that is
 * skew_s behind ours, elsewhere. Entries of earlier dates may be forgotten. */
uint32_t keeper_horizon(int64_t now, uint32_t validity_s, uint32_t skew_s);

#endif
