/*
 * argon2id_avx2.c - Argon2id's compression with AVX2.
 *
 * A block is a matrix of 8 rows by 16 words. A vector holds words 2i and 2i+1 of rows 2q and 2q+1
 * (memory has the same order). For the columns it is line q of the BLAKE2 state of column i. For
 * the rows, two vectors are a line of two states, one in the lower and one in the upper halves, and
 * turning a line is an alignr of the two.
 */
#if defined(__x86_64__)

#include <immintrin.h>

#include "pow/argon2id_fill.h"

#define TARGET __attribute__((target("avx2"), always_inline)) static inline

TARGET __m256i add_mul(__m256i a, __m256i b)
{
    __m256i product = _mm256_mul_epu32(a, b);
    return _mm256_add_epi64(_mm256_add_epi64(a, b), _mm256_add_epi64(product, product));
}

TARGET __m256i rotr32(__m256i x)
{
    return _mm256_shuffle_epi32(x, _MM_SHUFFLE(2, 3, 0, 1));
}

TARGET __m256i rotr24(__m256i x)
{
    const __m256i by = _mm256_setr_epi8(3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10, 3, 4,
                                        5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10);
    return _mm256_shuffle_epi8(x, by);
}

TARGET __m256i rotr16(__m256i x)
{
    const __m256i by = _mm256_setr_epi8(2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9, 2, 3,
                                        4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9);
    return _mm256_shuffle_epi8(x, by);
}

TARGET __m256i rotr63(__m256i x)
{
    return _mm256_xor_si256(_mm256_srli_epi64(x, 63), _mm256_add_epi64(x, x));
}

/* Two quarter-rounds on independent states, step by step side by side. */
#define EACH for (unsigned i = 0; i < 2; i++)

TARGET void mix(__m256i *const a[2], __m256i *const b[2], __m256i *const c[2], __m256i *const d[2])
{
    EACH *a[i] = add_mul(*a[i], *b[i]);
    EACH *d[i] = rotr32(_mm256_xor_si256(*d[i], *a[i]));
    EACH *c[i] = add_mul(*c[i], *d[i]);
    EACH *b[i] = rotr24(_mm256_xor_si256(*b[i], *c[i]));
    EACH *a[i] = add_mul(*a[i], *b[i]);
    EACH *d[i] = rotr16(_mm256_xor_si256(*d[i], *a[i]));
    EACH *c[i] = add_mul(*c[i], *d[i]);
    EACH *b[i] = rotr63(_mm256_xor_si256(*b[i], *c[i]));
}

/* Turns a line of four words, in two vectors, by one word to the left or to the right; by two is a
 * swap. */
TARGET void turn_left(__m256i v[2])
{
    __m256i first = _mm256_alignr_epi8(v[1], v[0], 8);
    v[1] = _mm256_alignr_epi8(v[0], v[1], 8);
    v[0] = first;
}

TARGET void turn_right(__m256i v[2])
{
    __m256i first = _mm256_alignr_epi8(v[0], v[1], 8);
    v[1] = _mm256_alignr_epi8(v[1], v[0], 8);
    v[0] = first;
}

#define TWO_OF(v, i, j) ((__m256i *const[2]){&(v)[i], &(v)[j]})

/* Eight vectors: lines a, b, c, d of two rows' states, two vectors each. */
TARGET void permute_rows(__m256i v[8])
{
    mix(TWO_OF(v, 0, 1), TWO_OF(v, 2, 3), TWO_OF(v, 4, 5), TWO_OF(v, 6, 7));
    turn_left(&v[2]);
    turn_right(&v[6]);
    mix(TWO_OF(v, 0, 1), TWO_OF(v, 2, 3), TWO_OF(v, 5, 4), TWO_OF(v, 6, 7));
    turn_right(&v[2]);
    turn_left(&v[6]);
}

/* Two columns side by side; line q of column i is v[8 q + i]. */
TARGET void permute_columns(__m256i v[32], unsigned first)
{
    __m256i *b = &v[8 + first], *c = &v[16 + first], *d = &v[24 + first];
    mix(TWO_OF(v, first, first + 1), TWO_OF(b, 0, 1), TWO_OF(c, 0, 1), TWO_OF(d, 0, 1));
    EACH b[i] = _mm256_permute4x64_epi64(b[i], _MM_SHUFFLE(0, 3, 2, 1));
    EACH c[i] = _mm256_permute4x64_epi64(c[i], _MM_SHUFFLE(1, 0, 3, 2));
    EACH d[i] = _mm256_permute4x64_epi64(d[i], _MM_SHUFFLE(2, 1, 0, 3));
    mix(TWO_OF(v, first, first + 1), TWO_OF(b, 0, 1), TWO_OF(c, 0, 1), TWO_OF(d, 0, 1));
    EACH b[i] = _mm256_permute4x64_epi64(b[i], _MM_SHUFFLE(2, 1, 0, 3));
    EACH c[i] = _mm256_permute4x64_epi64(c[i], _MM_SHUFFLE(1, 0, 3, 2));
    EACH d[i] = _mm256_permute4x64_epi64(d[i], _MM_SHUFFLE(0, 3, 2, 1));
}

TARGET __m256i load(const struct op_argon2id_block *block, unsigned i)
{
    return _mm256_load_si256((const __m256i *)(const void *)&block->word[4 * i]);
}

TARGET void store(struct op_argon2id_block *block, unsigned i, __m256i v)
{
    _mm256_store_si256((__m256i *)(void *)&block->word[4 * i], v);
}

TARGET void compress(const struct op_argon2id_block *prev, const struct op_argon2id_block *ref,
                     struct op_argon2id_block *next, bool with_xor)
{
    __m256i v[32]; /* (q, i) at 8 q + i */
    for (unsigned q = 0; q < 4; q++) {
        for (unsigned i = 8 * q; i < 8 * q + 8; i++)
            v[i] = _mm256_xor_si256(load(prev, i), load(ref, i));
        permute_rows(&v[8 * q]);
    }
    for (unsigned i = 0; i < 8; i += 2)
        permute_columns(v, i);
    for (unsigned i = 0; i < 32; i++) {
        __m256i keep = _mm256_xor_si256(load(prev, i), load(ref, i));
        if (with_xor)
            keep = _mm256_xor_si256(keep, load(next, i));
        store(next, i, _mm256_xor_si256(v[i], keep));
    }
}

static bool usable(void)
{
    return __builtin_cpu_supports("avx2");
}

__attribute__((target("avx2"))) static void
fill(const struct op_argon2id_plan *plan, struct op_argon2id_block *const *memory, unsigned count)
{
    if (count == 1)
        op_argon2id_walk(plan, memory, 1, compress);
    else
        op_argon2id_walk(plan, memory, OP_ARGON2ID_PAIR, compress);
}

/* Row r, words 2i and 2i+1, stand at vector (r / 2, i), half r % 2. */
#define TWO(r, i) 32 * (r / 2) + 4 * i + 2 * (r % 2), 32 * (r / 2) + 4 * i + 2 * (r % 2) + 1
#define ROW(r)                                                                                     \
    TWO(r, 0), TWO(r, 1), TWO(r, 2), TWO(r, 3), TWO(r, 4), TWO(r, 5), TWO(r, 6), TWO(r, 7)

static const uint8_t order[OP_ARGON2ID_WORDS] = {ROW(0), ROW(1), ROW(2), ROW(3),
                                                 ROW(4), ROW(5), ROW(6), ROW(7)};

const struct op_argon2id_kernel op_argon2id_avx2 = {{"avx2", usable}, order, fill};

#else
typedef int op_argon2id_avx2_is_for_x86_64; /* a translation unit is never empty */
#endif
