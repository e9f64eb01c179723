/*
 * suite_argon2id.c - the engine of the Argon2id suites (RFC 9106) on our own kernels.
 *
 * F(P, nonce) = Argon2id(password = nonce in 4 octets big-endian, salt = P, t and m of the suite, p
 * = 1, version 0x13, 32 octets out). Memory is mapped once per engine and first touched by the
 * thread that computes.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "pow/argon2id.h"
#include "pow/bytes.h"
#include "pow/effort.h"
#include "pow/engine.h"

#define TAG_LEN  32
#define HUGE_MIB 2 /* a huge page of x86 and most AArch64 systems */

/* From here on two evaluations side by side are faster than one after the other: each waits for
 * memory while the other computes. Below, they only push each other out of the cache. */
#define PAIR_KIB 65536

struct argon2id {
    struct op_argon2id_plan *plan;
    unsigned width;
    size_t size; /* octets of one evaluation's memory */
    struct op_argon2id_block *memory[OP_ARGON2ID_PAIR];
};

/* Huge pages set aside by the administrator if there are any; else the kernel is asked to make
 * some. */
static void *map_memory(size_t size)
{
    const int protection = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
    if (size % (HUGE_MIB << 20) == 0) {
        void *memory = mmap(NULL, size, protection, flags | MAP_HUGETLB, -1, 0);
        if (memory != MAP_FAILED)
            return memory;
    }
    void *memory = mmap(NULL, size, protection, flags, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    (void)madvise(memory, size, MADV_HUGEPAGE); /* advice: without it, it is slower */
    return memory;
}

static void argon2id_close(void *state)
{
    struct argon2id *engine = state;
    for (unsigned i = 0; i < engine->width; i++)
        if (engine->memory[i])
            munmap(engine->memory[i], engine->size);
    op_argon2id_plan_free(engine->plan);
    free(engine);
}

static unsigned argon2id_width(const struct op_suite *suite)
{
    return suite->mem_kib >= PAIR_KIB ? OP_ARGON2ID_PAIR : 1;
}

static enum op_err argon2id_open(const struct op_suite *suite, unsigned width, void **state_r)
{
    struct argon2id *engine = calloc(1, sizeof *engine);
    if (!engine)
        return OP_ERR_NOMEM;
    engine->width = width;
    engine->size = (size_t)suite->mem_kib * 1024;
    enum op_err err = op_argon2id_plan_new(suite->mem_kib, suite->passes, &engine->plan);
    for (unsigned i = 0; err == OP_OK && i < width; i++) {
        engine->memory[i] = map_memory(engine->size);
        if (!engine->memory[i])
            err = OP_ERR_NOMEM;
    }
    if (err == OP_OK)
        *state_r = engine;
    else
        argon2id_close(engine);
    return err;
}

/* Evaluates `count` nonces from `first` on, side by side. */
static void evaluate(struct argon2id *engine, const uint8_t puzzle[OP_PUZZLE_LEN], uint64_t first,
                     unsigned count, uint64_t x_r[OP_ARGON2ID_PAIR])
{
    uint8_t password[OP_ARGON2ID_PAIR][4], tag[OP_ARGON2ID_PAIR][TAG_LEN];
    uint8_t *const tags[OP_ARGON2ID_PAIR] = {tag[0], tag[1]};
    struct op_argon2id_input input[OP_ARGON2ID_PAIR];
    for (unsigned i = 0; i < count; i++) {
        op_store_be32(password[i], (uint32_t)(first + i));
        input[i] = (struct op_argon2id_input){
            .password = password[i], .password_len = 4, .salt = puzzle, .salt_len = OP_PUZZLE_LEN};
    }
    op_argon2id_hash(engine->plan, op_kernel_argon2id(), engine->memory, input, count, tags,
                     TAG_LEN);
    for (unsigned i = 0; i < count; i++)
        x_r[i] = op_load_be64(tag[i]);
}

static enum op_err argon2id_eval(void *state, const uint8_t puzzle[OP_PUZZLE_LEN], uint64_t nonce,
                                 uint64_t *x_r)
{
    uint64_t x[OP_ARGON2ID_PAIR];
    evaluate(state, puzzle, nonce, 1, x);
    *x_r = x[0];
    return OP_OK;
}

static enum op_err argon2id_search(void *state, const uint8_t puzzle[OP_PUZZLE_LEN], uint64_t first,
                                   uint64_t count, uint64_t effort, const atomic_bool *stop,
                                   bool *found_r, uint64_t *nonce_r, uint64_t *evals_r)
{
    struct argon2id *engine = state;
    uint64_t done = 0;
    bool found = false;
    while (!found && done < count && !atomic_load_explicit(stop, memory_order_relaxed)) {
        uint64_t x[OP_ARGON2ID_PAIR];
        unsigned side = count - done < engine->width ? (unsigned)(count - done) : engine->width;
        evaluate(engine, puzzle, first + done, side, x);
        for (unsigned i = 0; i < side && !found; i++) {
            found = op_effort_met(x[i], effort);
            if (found)
                *nonce_r = first + done + i;
        }
        done += side;
    }
    *found_r = found;
    *evals_r = done;
    return OP_OK;
}

const struct op_engine op_engine_argon2id = {
    .width = argon2id_width,
    .open = argon2id_open,
    .close = argon2id_close,
    .eval = argon2id_eval,
    .search = argon2id_search,
    .chunk = 1,
};
