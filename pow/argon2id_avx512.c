/*
 * argon2id_avx512.c - Argon2id's compression with AVX-512.
 *
 * A block is a matrix of 8 rows by 16 words. A vector holds words 4q..4q+3 of rows 2g and 2g+1
 * (memory has the same order), which suits both passes without re-shuffling: for the rows, vectors
 * (g, 0..3) are the four lines of two BLAKE2 states side by side; for the columns, vectors (0..3,
 * q) are, with the lanes 0 1 4 5 and 2 3 6 7 for the two states.
 */
#if defined(__x86_64__)

#include <immintrin.h>

#include "pow/argon2id_fill.h"

#define TARGET __attribute__((target("avx512f"), always_inline)) static inline

TARGET __m512i add_mul(__m512i a, __m512i b)
{
    __m512i product = _mm512_mul_epu32(a, b);
    return _mm512_add_epi64(_mm512_add_epi64(a, b), _mm512_add_epi64(product, product));
}

/* Four quarter-rounds on independent states, step by step side by side: the processor's window is
 * too short to find that much parallelism by itself. */
#define EACH for (unsigned i = 0; i < 4; i++)

TARGET void mix(__m512i a[4], __m512i b[4], __m512i c[4], __m512i d[4])
{
    EACH a[i] = add_mul(a[i], b[i]);
    EACH d[i] = _mm512_ror_epi64(_mm512_xor_si512(d[i], a[i]), 32);
    EACH c[i] = add_mul(c[i], d[i]);
    EACH b[i] = _mm512_ror_epi64(_mm512_xor_si512(b[i], c[i]), 24);
    EACH a[i] = add_mul(a[i], b[i]);
    EACH d[i] = _mm512_ror_epi64(_mm512_xor_si512(d[i], a[i]), 16);
    EACH c[i] = add_mul(c[i], d[i]);
    EACH b[i] = _mm512_ror_epi64(_mm512_xor_si512(b[i], c[i]), 63);
}

TARGET void permute_rows(__m512i a[4], __m512i b[4], __m512i c[4], __m512i d[4])
{
    mix(a, b, c, d);
    EACH b[i] = _mm512_permutex_epi64(b[i], _MM_SHUFFLE(0, 3, 2, 1));
    EACH c[i] = _mm512_permutex_epi64(c[i], _MM_SHUFFLE(1, 0, 3, 2));
    EACH d[i] = _mm512_permutex_epi64(d[i], _MM_SHUFFLE(2, 1, 0, 3));
    mix(a, b, c, d);
    EACH b[i] = _mm512_permutex_epi64(b[i], _MM_SHUFFLE(2, 1, 0, 3));
    EACH c[i] = _mm512_permutex_epi64(c[i], _MM_SHUFFLE(1, 0, 3, 2));
    EACH d[i] = _mm512_permutex_epi64(d[i], _MM_SHUFFLE(0, 3, 2, 1));
}

TARGET void permute_columns(__m512i a[4], __m512i b[4], __m512i c[4], __m512i d[4])
{
    const __m512i by1 = _mm512_setr_epi64(1, 4, 3, 6, 5, 0, 7, 2);
    const __m512i by3 = _mm512_setr_epi64(5, 0, 7, 2, 1, 4, 3, 6);
    mix(a, b, c, d);
    EACH b[i] = _mm512_permutexvar_epi64(by1, b[i]);
    EACH c[i] = _mm512_shuffle_i64x2(c[i], c[i], _MM_SHUFFLE(1, 0, 3, 2));
    EACH d[i] = _mm512_permutexvar_epi64(by3, d[i]);
    mix(a, b, c, d);
    EACH b[i] = _mm512_permutexvar_epi64(by3, b[i]);
    EACH c[i] = _mm512_shuffle_i64x2(c[i], c[i], _MM_SHUFFLE(1, 0, 3, 2));
    EACH d[i] = _mm512_permutexvar_epi64(by1, d[i]);
}

TARGET void compress(const struct op_argon2id_block *prev, const struct op_argon2id_block *ref,
                     struct op_argon2id_block *next, bool with_xor)
{
    __m512i v[4][4], w[4][4]; /* v[q][g]: words 4q..4q+3 of rows 2g and 2g+1; w is its transpose */
    for (unsigned k = 0; k < 16; k++)
        v[k % 4][k / 4] = _mm512_xor_si512(_mm512_load_si512(&prev->word[8 * k]),
                                           _mm512_load_si512(&ref->word[8 * k]));
    permute_rows(v[0], v[1], v[2], v[3]);
    for (unsigned k = 0; k < 16; k++)
        w[k / 4][k % 4] = v[k % 4][k / 4];
    permute_columns(w[0], w[1], w[2], w[3]);
    for (unsigned k = 0; k < 16; k++) {
        __m512i keep = _mm512_xor_si512(_mm512_load_si512(&prev->word[8 * k]),
                                        _mm512_load_si512(&ref->word[8 * k]));
        if (with_xor)
            keep = _mm512_xor_si512(keep, _mm512_load_si512(&next->word[8 * k]));
        _mm512_store_si512(&next->word[8 * k], _mm512_xor_si512(w[k / 4][k % 4], keep));
    }
}

static bool usable(void)
{
    return __builtin_cpu_supports("avx512f");
}

__attribute__((target("avx512f"))) static void
fill(const struct op_argon2id_plan *plan, struct op_argon2id_block *const *memory, unsigned count)
{
    if (count == 1)
        op_argon2id_walk(plan, memory, 1, compress);
    else
        op_argon2id_walk(plan, memory, OP_ARGON2ID_PAIR, compress);
}

/* Row r, words 4q..4q+3, stand at vector (r / 2, q), half r % 2. */
#define FOUR(r, q)                                                                                 \
    32 * (r / 2) + 8 * q + 4 * (r % 2), 32 * (r / 2) + 8 * q + 4 * (r % 2) + 1,                    \
        32 * (r / 2) + 8 * q + 4 * (r % 2) + 2, 32 * (r / 2) + 8 * q + 4 * (r % 2) + 3
#define ROW(r) FOUR(r, 0), FOUR(r, 1), FOUR(r, 2), FOUR(r, 3)

static const uint8_t order[OP_ARGON2ID_WORDS] = {ROW(0), ROW(1), ROW(2), ROW(3),
                                                 ROW(4), ROW(5), ROW(6), ROW(7)};

const struct op_argon2id_kernel op_argon2id_avx512 = {{"avx512", usable}, order, fill};

#else
typedef int op_argon2id_avx512_is_for_x86_64; /* a translation unit is never empty */
#endif
