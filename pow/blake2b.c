/* blake2b.c - BLAKE2b of RFC 7693, plain: it takes less than a hundredth of an Argon2 evaluation.
 */
#include "pow/blake2b.h"

#include <string.h>

#include "pow/err.h"

static const uint64_t iv[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                               0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                               0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

static const uint8_t sigma[10][16] = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                      {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
                                      {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
                                      {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
                                      {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
                                      {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
                                      {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
                                      {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
                                      {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
                                      {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

static uint64_t load_le64(const uint8_t *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

static uint64_t rotr(uint64_t x, unsigned n)
{
    return x >> n | x << (64 - n);
}

static void mix(uint64_t v[16], int a, int b, int c, int d, uint64_t x, uint64_t y)
{
    v[a] += v[b] + x;
    v[d] = rotr(v[d] ^ v[a], 32);
    v[c] += v[d];
    v[b] = rotr(v[b] ^ v[c], 24);
    v[a] += v[b] + y;
    v[d] = rotr(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = rotr(v[b] ^ v[c], 63);
}

static void compress(struct op_blake2b *hash, uint64_t last)
{
    uint64_t m[16], v[16];
    for (int i = 0; i < 16; i++)
        m[i] = load_le64(hash->block + 8 * i);
    memcpy(v, hash->state, sizeof hash->state);
    memcpy(v + 8, iv, sizeof iv);
    v[12] ^= hash->length;
    v[14] ^= last;
    for (int round = 0; round < 12; round++) {
        const uint8_t *s = sigma[round % 10];
        for (int i = 0; i < 4; i++)
            mix(v, i, i + 4, i + 8, i + 12, m[s[2 * i]], m[s[2 * i + 1]]);
        for (int i = 0; i < 4; i++)
            mix(v, i, (i + 1) % 4 + 4, (i + 2) % 4 + 8, (i + 3) % 4 + 12, m[s[2 * i + 8]],
                m[s[2 * i + 9]]);
    }
    for (int i = 0; i < 8; i++)
        hash->state[i] ^= v[i] ^ v[i + 8];
}

void op_blake2b_init(struct op_blake2b *hash, size_t digest_len)
{
    OP_BUG_IF(digest_len < 1 || digest_len > OP_BLAKE2B_MAX);
    memset(hash, 0, sizeof *hash);
    memcpy(hash->state, iv, sizeof iv);
    hash->state[0] ^= 0x01010000 ^ digest_len; /* fanout 1, depth 1, no key */
    hash->digest_len = digest_len;
}

void op_blake2b_add(struct op_blake2b *hash, const void *data, size_t len)
{
    const uint8_t *in = data;
    while (len > 0) {
        if (hash->held == OP_BLAKE2B_BLOCK) { /* the last block is kept for final */
            hash->length += OP_BLAKE2B_BLOCK;
            compress(hash, 0);
            hash->held = 0;
        }
        size_t take = OP_BLAKE2B_BLOCK - hash->held < len ? OP_BLAKE2B_BLOCK - hash->held : len;
        memcpy(hash->block + hash->held, in, take);
        hash->held += take;
        in += take;
        len -= take;
    }
}

void op_blake2b_final(struct op_blake2b *hash, uint8_t *digest_r)
{
    memset(hash->block + hash->held, 0, OP_BLAKE2B_BLOCK - hash->held);
    hash->length += hash->held;
    compress(hash, UINT64_MAX);
    for (size_t i = 0; i < hash->digest_len; i++)
        digest_r[i] = (uint8_t)(hash->state[i / 8] >> 8 * (i % 8));
}
