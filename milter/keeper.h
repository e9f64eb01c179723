/*
 * keeper.h - a thread that does what has to be done from time to time, by a list of chores.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include "milter/status.h"

struct keeper;

/* Starts the thread, with the signal mask of the caller. Borrows both. NULL: no thread or memory.
 */
struct keeper *keeper_start(struct service *service, struct status *status);
void keeper_stop(struct keeper *keeper); /* ends the thread and frees; NULL is fine */

#endif
