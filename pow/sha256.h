/*
 * sha256.h - SHA-256 (FIPS 180-4) for public data: challenges, puzzles, seals.
 *
 * Own code, because these hashes are the work that this project prices: no context look-up per
 * call, and the SHA instructions of the processor where it has them (chosen at run time). OpenSSL
 * is the oracle in the tests.
 */
#ifndef OP_SHA256_H
#define OP_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define OP_SHA256_LEN   32 /* octets in a digest */
#define OP_SHA256_BLOCK 64 /* octets in a block */

struct op_sha256 { /* a value: copy it to fork a computation */
    uint32_t state[8];
    uint64_t length; /* octets so far */
    uint8_t block[OP_SHA256_BLOCK];
};

void op_sha256_init(struct op_sha256 *hash);
void op_sha256_add(struct op_sha256 *hash, const void *data, size_t len);
void op_sha256_final(struct op_sha256 *hash, uint8_t digest_r[OP_SHA256_LEN]);

#endif
