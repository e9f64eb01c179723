/*
 * slots.h - no more than so many processes mint at the same time, and only one of them for the same
 * destination; the others wait their turn.
 *
 * Lock files: the kernel frees the slot of a process that dies.
 */
#ifndef TOOLS_SLOTS_H
#define TOOLS_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#define SLOTS_MAX 1024

enum slots_result {
    SLOTS_TAKEN,
    SLOTS_BUSY,   /* none was free in time */
    SLOTS_FAILED, /* errno says why */
};

struct slots_wish {
    const char *directory; /* slots are below it */
    const char *whose;     /* a hash in hexadecimal, two digits or more: who is minted for */
    unsigned count;        /* of slots */
    bool low;              /* the first slot will do, or has to: the others are left free */
};

struct slot { /* a value */
    int turn, slot;
};

/* Waits for the destination's turn and then for a slot, both together no longer than wait_s (0: not
 * at all). Who waits for a turn is in nobody else's way. Uses SIGALRM while it waits. slots_give
 * the slot. */
enum slots_result slots_take(const struct slots_wish *wish, uint32_t wait_s, struct slot *slot_r);
void slots_give(struct slot slot);

#endif
