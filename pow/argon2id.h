/*
 * argon2id.h - Argon2id (RFC 9106) with one lane, for nonces by the million. Internal to pow/.
 *
 * What depends on memory size and passes alone, the data-independent addresses of the first half of
 * the first pass, is computed once (struct op_argon2id_plan) and shared. The memory is the
 * caller's: passed in, kept, reused. Kernels differ in speed and in the order of words inside a
 * block, never in the result.
 */
#ifndef OP_ARGON2ID_H
#define OP_ARGON2ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pow/err.h"
#include "pow/kernel_choice.h"

#define OP_ARGON2ID_WORDS 128 /* 64-bit words in a block of 1 KiB */
#define OP_ARGON2ID_PAIR  2   /* evaluations that a kernel can interleave */

struct op_argon2id_block {
    _Alignas(64) uint64_t word[OP_ARGON2ID_WORDS];
};

struct op_argon2id_plan { /* immutable once made; may be shared by threads */
    uint32_t blocks;      /* m' of RFC 9106: a multiple of 4, at least 8 */
    uint32_t mem_kib;     /* m as it is hashed */
    uint32_t passes;      /* t */
    uint32_t *reference;  /* for blocks 0 .. blocks/2 - 1 of the first pass: the block to mix in */
};

struct op_argon2id_kernel {
    struct op_kernel_code code; /* "avx512", "avx2", "neon", "portable" */
    const uint8_t *order;       /* word w of a block stands at position order[w]; order[0] is 0 */
    /* Fills the memory of `count` (1 or 2) evaluations, whose first two blocks are there. */
    void (*fill)(const struct op_argon2id_plan *plan, struct op_argon2id_block *const *memory,
                 unsigned count);
};

OP_MUST_USE enum op_err op_argon2id_plan_new(uint32_t mem_kib, uint32_t passes,
                                             struct op_argon2id_plan **plan_r);
void op_argon2id_plan_free(struct op_argon2id_plan *plan);

struct op_argon2id_input {
    const uint8_t *password, *salt;
    uint32_t password_len, salt_len;
};

/* Hashes count (1 or 2) inputs, each in memory of plan->blocks blocks; tag_len octets each, up
 * to 64. */
void op_argon2id_hash(const struct op_argon2id_plan *plan, const struct op_argon2id_kernel *kernel,
                      struct op_argon2id_block *const *memory,
                      const struct op_argon2id_input *input, unsigned count, uint8_t *const *tag_r,
                      uint32_t tag_len);

#endif
