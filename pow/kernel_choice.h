/*
 * kernel_choice.h - what kernels have in common, and which ones are in use. Internal to pow/.
 */
#ifndef OP_KERNEL_CHOICE_H
#define OP_KERNEL_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

struct op_kernel_code { /* the first member of every kernel */
    const char *name;
    bool (*usable)(void); /* by this processor */
};

/* Lists of a task's kernels, best first, then NULL; the last kernel is "portable" and always
 * usable. */
extern const struct op_kernel_code *const op_argon2id_kernels[];
extern const struct op_kernel_code *const op_sha256_scanners[];
extern const struct op_kernel_code *const op_sha256_kernels[];

const struct op_argon2id_kernel *op_kernel_argon2id(void);
const struct op_sha256_scanner *op_kernel_sha256_search(void);
const struct op_sha256_kernel *op_kernel_sha256(void);

bool op_kernel_always(void); /* true: `usable` of portable code */

#endif
