/*
 * slots.h - no more than so many processes mint at the same time; the others wait their turn.
 *
 * Lock files: the kernel frees the slot of a process that dies.
 */
#ifndef TOOLS_SLOTS_H
#define TOOLS_SLOTS_H

#include <stdint.h>

#define SLOTS_MAX 1024

enum slots_result {
    SLOTS_TAKEN,
    SLOTS_BUSY,   /* none was free in time */
    SLOTS_FAILED, /* errno says why */
};

/* Takes one of `count` slots below this directory, waiting no longer than wait_s (0: not at all).
 * Uses SIGALRM while it waits. slots_give the slot. */
enum slots_result slots_take(const char *directory, unsigned count, uint32_t wait_s, int *slot_r);
void slots_give(int slot);

#endif
