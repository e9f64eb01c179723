/*
 * machine.h - what this process may use of the machine: processors and memory.
 *
 * The least of what the machine has, the scheduler's affinity allows and the control groups
 * (version 2 or 1) of the process grant, so that a container of two processors does not start 64
 * threads.
 */
#ifndef TOOLS_MACHINE_H
#define TOOLS_MACHINE_H

#include <stdint.h>

struct machine {
    unsigned threads;   /* at least 1 */
    uint64_t memory;    /* octets in all, or granted if that is less */
    uint64_t available; /* octets that could be had now without swapping */
};

/* `root` stands before /proc and /sys: "" for the machine itself. Cannot fail: what cannot be read
 * does not limit. */
void machine_read(const char *root, struct machine *machine_r);

#endif
