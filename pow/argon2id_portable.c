/* argon2id_portable.c - Argon2id's compression in plain C: for processors without a kernel, and for
 * plans. */
#include <string.h>

#include "pow/argon2id_fill.h"

static inline uint64_t rotr(uint64_t x, unsigned n)
{
    return x >> n | x << (64 - n);
}

/* RFC 9106 section 3.6: addition, hardened by a multiplication. */
static inline uint64_t add_mul(uint64_t a, uint64_t b)
{
    return a + b + 2 * (uint64_t)(uint32_t)a * (uint32_t)b;
}

static inline void mix(uint64_t *a, uint64_t *b, uint64_t *c, uint64_t *d)
{
    *a = add_mul(*a, *b);
    *d = rotr(*d ^ *a, 32);
    *c = add_mul(*c, *d);
    *b = rotr(*b ^ *c, 24);
    *a = add_mul(*a, *b);
    *d = rotr(*d ^ *a, 16);
    *c = add_mul(*c, *d);
    *b = rotr(*b ^ *c, 63);
}

/* One BLAKE2b round over 16 words: eight pairs, `stride` words apart, the first at v. */
static inline void permute(uint64_t *v, unsigned stride)
{
    uint64_t *w[16];
    for (unsigned i = 0; i < 8; i++) {
        w[2 * i] = v + i * stride;
        w[2 * i + 1] = v + i * stride + 1;
    }
    for (unsigned i = 0; i < 4; i++)
        mix(w[i], w[i + 4], w[i + 8], w[i + 12]);
    for (unsigned i = 0; i < 4; i++)
        mix(w[i], w[(i + 1) % 4 + 4], w[(i + 2) % 4 + 8], w[(i + 3) % 4 + 12]);
}

void op_argon2id_compress_portable(const struct op_argon2id_block *prev,
                                   const struct op_argon2id_block *ref,
                                   struct op_argon2id_block *next, bool with_xor)
{
    struct op_argon2id_block mixed, keep;
    for (unsigned i = 0; i < OP_ARGON2ID_WORDS; i++) {
        mixed.word[i] = prev->word[i] ^ ref->word[i];
        keep.word[i] = with_xor ? mixed.word[i] ^ next->word[i] : mixed.word[i];
    }
    for (unsigned row = 0; row < 8; row++)
        permute(&mixed.word[16 * row], 2);
    for (unsigned column = 0; column < 8; column++)
        permute(&mixed.word[2 * column], 16);
    for (unsigned i = 0; i < OP_ARGON2ID_WORDS; i++)
        next->word[i] = mixed.word[i] ^ keep.word[i];
}

static void fill(const struct op_argon2id_plan *plan, struct op_argon2id_block *const *memory,
                 unsigned count)
{
    op_argon2id_walk(plan, memory, count, op_argon2id_compress_portable);
}

#define ROW(r)                                                                                     \
    16 * r, 16 * r + 1, 16 * r + 2, 16 * r + 3, 16 * r + 4, 16 * r + 5, 16 * r + 6, 16 * r + 7,    \
        16 * r + 8, 16 * r + 9, 16 * r + 10, 16 * r + 11, 16 * r + 12, 16 * r + 13, 16 * r + 14,   \
        16 * r + 15

const uint8_t op_argon2id_natural[OP_ARGON2ID_WORDS] = {ROW(0), ROW(1), ROW(2), ROW(3),
                                                        ROW(4), ROW(5), ROW(6), ROW(7)};

const struct op_argon2id_kernel op_argon2id_portable = {
    {"portable", op_kernel_always}, op_argon2id_natural, fill};
