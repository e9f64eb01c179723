/*
 * kernel.h - which machine code does the work, on this processor.
 *
 * There are three tasks: "argon2id", "sha256-search" (the sha256 suite and the seal) and "sha256".
 * Each has kernels that compute the same at different speeds, all of them compiled in; the best one
 * that the processor can run is used. This is the only state of pow/ that is not in an argument.
 */
#ifndef OP_KERNEL_H
#define OP_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#define OP_KERNELS_MAX      16  /* rows that op_kernel_list writes */
#define OP_KERNEL_NAMES_MAX 128 /* octets that op_kernel_names writes, with a NUL */

struct op_kernel {
    const char *task, *name;
    bool usable; /* by this processor */
    bool active;
};

/* All tasks' kernels, best first within each; returns how many. */
size_t op_kernel_list(struct op_kernel kernels_r[OP_KERNELS_MAX]);

/* The names of usable kernels, each once, with commas between. */
void op_kernel_names(char names_r[OP_KERNEL_NAMES_MAX]);

/* For tests and comparisons: from now on every task uses its kernel of this name, or its "portable"
 * one if it has none of the name. False, and nothing changes, if no task has one that this
 * processor can run. NULL: back to the best. Not while other threads are in pow/. */
bool op_kernel_force(const char *name);

/* "argon2id" if this task has to do with its slowest code here, several times slower than it could
 * be; else NULL. A slow path is always announced: callers tell the operator. (Of the other tasks a
 * server needs little.) */
const char *op_kernel_slow(void);

#endif
