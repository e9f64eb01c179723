/*
 * argon2id_fill.h - the walk over Argon2id's memory, shared by all kernels. Internal to pow/.
 *
 * A kernel's file defines its compression as a static inline function and hands it to
 * op_argon2id_walk, which the compiler inlines with it.
 */
#ifndef OP_ARGON2ID_FILL_H
#define OP_ARGON2ID_FILL_H

#include "pow/argon2id.h"

#define OP_ARGON2ID_AHEAD 4 /* blocks; 2 is less good, 8 and 16 are no better */

extern const struct op_argon2id_kernel op_argon2id_portable, op_argon2id_avx2, op_argon2id_avx512,
    op_argon2id_neon;

extern const uint8_t op_argon2id_natural[OP_ARGON2ID_WORDS]; /* every word at its own place */

/* G of RFC 9106 section 3.5: next = G(prev, ref), xored into what next holds if `with_xor`. */
typedef void op_argon2id_compress_fn(const struct op_argon2id_block *prev,
                                     const struct op_argon2id_block *ref,
                                     struct op_argon2id_block *next, bool with_xor);

op_argon2id_compress_fn op_argon2id_compress_portable;

/* Section 3.4.2 for one lane: which block the pseudo-random word points at, for block `at` of this
 * pass. */
static inline uint32_t op_argon2id_reference(const struct op_argon2id_plan *plan, uint32_t pass,
                                             uint32_t at, uint64_t random)
{
    uint32_t segment = plan->blocks / 4, slice = at / segment;
    /* Blocks that may be referred to: all finished ones of the last four segments, but not the one
     * before. */
    uint32_t area = pass == 0 ? at - 1 : plan->blocks - segment + at % segment - 1;
    uint64_t x = (uint32_t)random;
    x = x * x >> 32;
    uint32_t offset = area - 1 - (uint32_t)(area * x >> 32);
    uint32_t first = pass == 0 ? 0 : (slice + 1) * segment;
    uint32_t index = first + offset;
    return index < plan->blocks ? index : index - plan->blocks;
}

static inline const struct op_argon2id_block *
op_argon2id_look_up(const struct op_argon2id_plan *plan, const struct op_argon2id_block *memory,
                    uint32_t pass, uint32_t at, uint64_t random)
{
    uint32_t index = pass == 0 && at < plan->blocks / 2
                         ? plan->reference[at]
                         : op_argon2id_reference(plan, pass, at, random);
    return &memory[index];
}

static inline void op_argon2id_prefetch(const struct op_argon2id_block *block)
{
    for (unsigned i = 0; i < OP_ARGON2ID_WORDS; i += 8)
        __builtin_prefetch(&block->word[i]);
}

/* Brings a reference on its way from memory before it is needed. In the first half of the first
 * pass all are known, and some blocks ahead is best; later each is known as soon as the block
 * before it is done. */
static inline void op_argon2id_fetch_ahead(const struct op_argon2id_plan *plan,
                                           const struct op_argon2id_block *memory, uint32_t pass,
                                           uint32_t at, const struct op_argon2id_block *next)
{
    uint32_t ahead = at + OP_ARGON2ID_AHEAD;
    op_argon2id_prefetch(pass == 0 && ahead < plan->blocks / 2 ? &memory[plan->reference[ahead]]
                                                               : next);
}

/* Fills the memories of `count` evaluations side by side: while one waits for memory, the other
 * computes. */
__attribute__((always_inline)) static inline void
op_argon2id_walk(const struct op_argon2id_plan *plan, struct op_argon2id_block *const *memory,
                 unsigned count, op_argon2id_compress_fn *compress)
{
    for (uint32_t pass = 0; pass < plan->passes; pass++) {
        uint32_t at = pass == 0 ? 2 : 0, before = pass == 0 ? 1 : plan->blocks - 1;
        const struct op_argon2id_block *ref[OP_ARGON2ID_PAIR];
        for (unsigned i = 0; i < count; i++)
            ref[i] = op_argon2id_look_up(plan, memory[i], pass, at, memory[i][before].word[0]);
        for (; at < plan->blocks; before = at++)
            for (unsigned i = 0; i < count; i++) {
                compress(&memory[i][before], ref[i], &memory[i][at], pass > 0);
                if (at + 1 == plan->blocks)
                    continue;
                ref[i] = op_argon2id_look_up(plan, memory[i], pass, at + 1, memory[i][at].word[0]);
                op_argon2id_fetch_ahead(plan, memory[i], pass, at, ref[i]);
            }
    }
}

#endif
