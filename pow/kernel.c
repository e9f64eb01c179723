/*
 * kernel.c - chooses a kernel for each task, once.
 *
 * Every thread that finds no choice yet makes the same one and stores the same value.
 */
#include "pow/kernel.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "pow/err.h"
#include "pow/kernel_choice.h"

enum task { ARGON2ID, SHA256_SEARCH, SHA256, TASKS };

#ifdef ONIONPOW_LIBARGON2 /* the engine of suite_argon2id_lib.c has no choice */
static const struct op_kernel_code libargon2 = {"libargon2", op_kernel_always};
static const struct op_kernel_code *const argon2id_kernels[] = {&libargon2, NULL};
#else
#define argon2id_kernels op_argon2id_kernels
#endif

static const struct {
    const char *name;
    const struct op_kernel_code *const *kernels;
} tasks[TASKS] = {
    [ARGON2ID] = {"argon2id", argon2id_kernels},
    [SHA256_SEARCH] = {"sha256-search", op_sha256_scanners},
    [SHA256] = {"sha256", op_sha256_kernels},
};

static _Atomic(const struct op_kernel_code *) chosen[TASKS];

bool op_kernel_always(void)
{
    return true;
}

/* The best usable kernel; with a name the usable one of that name, else the last, which
 * is portable. */
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

void op_kernel_names(char names_r[OP_KERNEL_NAMES_MAX])
{
    struct op_kernel kernels[OP_KERNELS_MAX];
    size_t count = op_kernel_list(kernels), len = 0;
    names_r[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        bool told = !kernels[i].usable;
        for (size_t j = 0; j < i && !told; j++)
            told = kernels[j].usable && strcmp(kernels[j].name, kernels[i].name) == 0;
        if (!told)
            len += (size_t)snprintf(names_r + len, OP_KERNEL_NAMES_MAX - len, "%s%s",
                                    len > 0 ? ", " : "", kernels[i].name);
        OP_BUG_IF(len >= OP_KERNEL_NAMES_MAX);
    }
}

bool op_kernel_force(const char *name)
{
    bool known = !name;
    for (enum task task = 0; task < TASKS && !known; task++)
        known = strcmp(pick(task, name)->name, name) == 0;
    for (enum task task = 0; task < TASKS && known; task++)
        atomic_store(&chosen[task], pick(task, name));
    return known;
}

const char *op_kernel_slow(void)
{
    const struct op_kernel_code *const *last = tasks[ARGON2ID].kernels;
    while (last[1])
        last++;
    return current(ARGON2ID) == *last ? tasks[ARGON2ID].name : NULL;
}
