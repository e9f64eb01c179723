/* sha256.c - SHA-256, and its compression in plain C; kernel.c chooses a faster one where there is
 * one. */
#include "pow/sha256.h"

#include <string.h>

#include "pow/bytes.h"
#include "pow/sha256_kernel.h"

const uint32_t op_sha256_initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

const uint32_t op_sha256_round[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotr(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

/* FIPS 180-4 section 6.2.2. */
static void compress_one(uint32_t state[8], const uint8_t *data)
{
    uint32_t w[64];
    for (unsigned t = 0; t < 16; t++)
        w[t] = op_load_be32(data + 4 * t);
    for (unsigned t = 16; t < 64; t++) {
        uint32_t s0 = rotr(w[t - 15], 7) ^ rotr(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t s1 = rotr(w[t - 2], 17) ^ rotr(w[t - 2], 19) ^ w[t - 2] >> 10;
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (unsigned t = 0; t < 64; t++) {
        uint32_t t1 = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) +
                      op_sha256_round[t] + w[t];
        uint32_t t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + t1;
        d = c, c = b, b = a, a = t1 + t2;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

static void compress_portable(uint32_t state[8], const uint8_t *data, size_t blocks)
{
    for (; blocks > 0; blocks--, data += OP_SHA256_BLOCK)
        compress_one(state, data);
}

const struct op_sha256_kernel op_sha256_portable = {{"portable", op_kernel_always},
                                                    compress_portable};

const struct op_kernel_code *const op_sha256_kernels[] = {
#if defined(__x86_64__)
    &op_sha256_ni.code,
#endif
    &op_sha256_portable.code,
    NULL,
};

static void compress(uint32_t state[8], const uint8_t *data, size_t blocks)
{
    op_kernel_sha256()->compress(state, data, blocks);
}

void op_sha256_init(struct op_sha256 *hash)
{
    memcpy(hash->state, op_sha256_initial, sizeof op_sha256_initial);
    hash->length = 0;
}

void op_sha256_add(struct op_sha256 *hash, const void *data, size_t len)
{
    const uint8_t *in = data;
    size_t held = hash->length % OP_SHA256_BLOCK;
    hash->length += len;
    if (held > 0) {
        size_t take = len < OP_SHA256_BLOCK - held ? len : OP_SHA256_BLOCK - held;
        memcpy(hash->block + held, in, take);
        in += take;
        len -= take;
        if (held + take < OP_SHA256_BLOCK)
            return;
        compress(hash->state, hash->block, 1);
    }
    if (len >= OP_SHA256_BLOCK) {
        compress(hash->state, in, len / OP_SHA256_BLOCK);
        in += len - len % OP_SHA256_BLOCK;
        len %= OP_SHA256_BLOCK;
    }
    if (len > 0)
        memcpy(hash->block, in, len);
}

void op_sha256_final(struct op_sha256 *hash, uint8_t digest_r[OP_SHA256_LEN])
{
    uint64_t bits = hash->length * 8;
    size_t held = hash->length % OP_SHA256_BLOCK;
    hash->block[held++] = 0x80;
    if (held > OP_SHA256_BLOCK - 8) {
        memset(hash->block + held, 0, OP_SHA256_BLOCK - held);
        compress(hash->state, hash->block, 1);
        held = 0;
    }
    memset(hash->block + held, 0, OP_SHA256_BLOCK - 8 - held);
    op_store_be32(hash->block + OP_SHA256_BLOCK - 8, (uint32_t)(bits >> 32));
    op_store_be32(hash->block + OP_SHA256_BLOCK - 4, (uint32_t)bits);
    compress(hash->state, hash->block, 1);
    for (unsigned i = 0; i < 8; i++)
        op_store_be32(digest_r + 4 * i, hash->state[i]);
}
