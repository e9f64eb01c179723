/*
 * kernel.c - chooses a kernel for each task, once.
 *
 * Every thread that finds no choice yet makes the same one and stores the same value.
 */
#include "pow/kernel.h"

#include <stdatomic.h>
#include <string.h>

#include "pow/kernel_choice.h"

enum task { ARGON2ID, SHA256_SEARCH, SHA256, TASKS };

static const struct {
    const char *name;
    const struct op_kernel_code *const *kernels;
} tasks[TASKS] = {
    [ARGON2ID] = {"argon2id", op_argon2id_kernels},
    [SHA256_SEARCH] = {"sha256-search", op_sha256_scanners},
    [SHA256] = {"sha256", op_sha256_kernels},
};

static _Atomic(const struct op_kernel_code *) chosen[TASKS];

bool op_kernel_always(void)
{
    return true;
}

/* The best usable kernel; with a name the usable one of that name, else the portable one. */
static const struct op_kernel_code *pick(enum task task, const char *name)
{
    const struct op_kernel_code *const *kernel = tasks[task].kernels;
    while (kernel[1] && !((*kernel)->usable() && (!name || strcmp((*kernel)->name, name) == 0)))
        kernel++;
    return *kernel;
}

static const struct op_kernel_code *current(enum task task)
{
    const struct op_kernel_code *kernel = atomic_load_explicit(&chosen[task], memory_order_relaxed);
    if (!kernel) {
        kernel = pick(task, NULL);
        atomic_store_explicit(&chosen[task], kernel, memory_order_relaxed);
    }
    return kernel;
}

const struct op_argon2id_kernel *op_kernel_argon2id(void)
{
    return (const struct op_argon2id_kernel *)current(ARGON2ID);
}

const struct op_sha256_scanner *op_kernel_sha256_search(void)
{
    return (const struct op_sha256_scanner *)current(SHA256_SEARCH);
}

const struct op_sha256_kernel *op_kernel_sha256(void)
{
    return (const struct op_sha256_kernel *)current(SHA256);
}

size_t op_kernel_list(struct op_kernel kernels_r[OP_KERNELS_MAX])
{
    size_t count = 0;
    for (enum task task = 0; task < TASKS; task++)
        for (const struct op_kernel_code *const *kernel = tasks[task].kernels; *kernel; kernel++)
            kernels_r[count++] = (struct op_kernel){tasks[task].name, (*kernel)->name,
                                                    (*kernel)->usable(), *kernel == current(task)};
    return count;
}

bool op_kernel_force(const char *name)
{
    bool known = false;
    for (enum task task = 0; task < TASKS; task++)
        known |= strcmp(pick(task, name)->name, name) == 0;
    for (enum task task = 0; known && task < TASKS; task++)
        atomic_store(&chosen[task], pick(task, name));
    return known;
}

const char *op_kernel_slow(void)
{
    return strcmp(current(ARGON2ID)->name, "portable") == 0 ? tasks[ARGON2ID].name : NULL;
}
