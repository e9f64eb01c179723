/*
 * orphan.h - an agent that nobody waits for any more.
 *
 * A mail server that is stopped leaves its delivery agents running, and begins anew with the same
 * messages when it is started. Two agents that deliver one message would mint twice, and deliver
 * twice; the first of them has nobody left to tell what became of it.
 */
#ifndef TOOLS_ORPHAN_H
#define TOOLS_ORPHAN_H

/* From now on the process ends with EX_TEMPFAIL when its parent has ended. What it holds of the
 * purse and the slots comes back by itself. */
void orphan_watch(void);

#endif
