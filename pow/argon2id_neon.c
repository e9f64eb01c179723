/*
 * argon2id_neon.c - Argon2id's compression with NEON, on little-endian AArch64.
 *
 * A block is a matrix of 8 rows by 16 words, here 8 by 8 vectors of two words. A BLAKE2 state is
 * eight vectors, a row or a column of that matrix, and a line of it two; so one permutation does
 * for both, and the order of words in memory is the natural one.
 */
#if defined(__AARCH64EL__)

#include <arm_neon.h>

#include "pow/argon2id_fill.h"

#define INLINE __attribute__((always_inline)) static inline

INLINE uint64x2_t add_mul(uint64x2_t a, uint64x2_t b)
{
    uint64x2_t product = vmull_u32(vmovn_u64(a), vmovn_u64(b));
    return vaddq_u64(vaddq_u64(a, b), vaddq_u64(product, product));
}

INLINE uint64x2_t shuffle_octets(uint64x2_t x, const uint8_t by[16])
{
    return vreinterpretq_u64_u8(vqtbl1q_u8(vreinterpretq_u8_u64(x), vld1q_u8(by)));
}

INLINE uint64x2_t rotr32(uint64x2_t x)
{
    return vreinterpretq_u64_u32(vrev64q_u32(vreinterpretq_u32_u64(x)));
}

INLINE uint64x2_t rotr24(uint64x2_t x)
{
    static const uint8_t by[16] = {3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10};
    return shuffle_octets(x, by);
}

INLINE uint64x2_t rotr16(uint64x2_t x)
{
    static const uint8_t by[16] = {2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9};
    return shuffle_octets(x, by);
}

INLINE uint64x2_t rotr63(uint64x2_t x)
{
    return vsriq_n_u64(vaddq_u64(x, x), x, 63);
}

/* Two vectors of quarter-rounds, step by step side by side. */
#define EACH for (unsigned i = 0; i < 2; i++)

INLINE void mix(uint64x2_t a[2], uint64x2_t b[2], uint64x2_t c[2], uint64x2_t d[2])
{
    EACH a[i] = add_mul(a[i], b[i]);
    EACH d[i] = rotr32(veorq_u64(d[i], a[i]));
    EACH c[i] = add_mul(c[i], d[i]);
    EACH b[i] = rotr24(veorq_u64(b[i], c[i]));
    EACH a[i] = add_mul(a[i], b[i]);
    EACH d[i] = rotr16(veorq_u64(d[i], a[i]));
    EACH c[i] = add_mul(c[i], d[i]);
    EACH b[i] = rotr63(veorq_u64(b[i], c[i]));
}

/* Turns a line of four words by one to the left, by two, by one to the right. */
INLINE void turn_left(uint64x2_t line[2])
{
    uint64x2_t first = vextq_u64(line[0], line[1], 1);
    line[1] = vextq_u64(line[1], line[0], 1);
    line[0] = first;
}

INLINE void swap(uint64x2_t line[2])
{
    uint64x2_t first = line[1];
    line[1] = line[0];
    line[0] = first;
}

INLINE void turn_right(uint64x2_t line[2])
{
    turn_left(line);
    swap(line);
}

/* One BLAKE2 round on eight vectors that are `stride` apart. */
INLINE void permute(uint64x2_t *v, unsigned stride)
{
    uint64x2_t line[4][2];
    for (unsigned k = 0; k < 8; k++)
        line[k / 2][k % 2] = v[k * stride];
    mix(line[0], line[1], line[2], line[3]);
    turn_left(line[1]);
    swap(line[2]);
    turn_right(line[3]);
    mix(line[0], line[1], line[2], line[3]);
    turn_right(line[1]);
    swap(line[2]);
    turn_left(line[3]);
    for (unsigned k = 0; k < 8; k++)
        v[k * stride] = line[k / 2][k % 2];
}

INLINE uint64x2_t mixed(const struct op_argon2id_block *prev, const struct op_argon2id_block *ref,
                        unsigned i)
{
    return veorq_u64(vld1q_u64(&prev->word[2 * i]), vld1q_u64(&ref->word[2 * i]));
}

INLINE void compress(const struct op_argon2id_block *prev, const struct op_argon2id_block *ref,
                     struct op_argon2id_block *next, bool with_xor)
{
    uint64x2_t v[64]; /* row r, words 2i and 2i+1, at 8 r + i */
    for (unsigned row = 0; row < 8; row++) {
        for (unsigned i = 8 * row; i < 8 * row + 8; i++)
            v[i] = mixed(prev, ref, i);
        permute(&v[8 * row], 1);
    }
    for (unsigned column = 0; column < 8; column++)
        permute(&v[column], 8);
    for (unsigned i = 0; i < 64; i++) {
        uint64x2_t keep = mixed(prev, ref, i);
        if (with_xor)
            keep = veorq_u64(keep, vld1q_u64(&next->word[2 * i]));
        vst1q_u64(&next->word[2 * i], veorq_u64(v[i], keep));
    }
}

static void fill(const struct op_argon2id_plan *plan, struct op_argon2id_block *const *memory,
                 unsigned count)
{
    if (count == 1)
        op_argon2id_walk(plan, memory, 1, compress);
    else
        op_argon2id_walk(plan, memory, OP_ARGON2ID_PAIR, compress);
}

/* NEON is part of every AArch64 processor that Linux runs programs on. */
const struct op_argon2id_kernel op_argon2id_neon = {
    {"neon", op_kernel_always}, op_argon2id_natural, fill};

#else
typedef int op_argon2id_neon_is_for_aarch64; /* a translation unit is never empty */
#endif
