/*
 * blake2b.h - BLAKE2b (RFC 7693) without a key, digests of 1 to 64 octets; what Argon2 hashes with.
 */
#ifndef OP_BLAKE2B_H
#define OP_BLAKE2B_H

#include <stddef.h>
#include <stdint.h>

#define OP_BLAKE2B_MAX   64  /* octets in the longest digest */
#define OP_BLAKE2B_BLOCK 128 /* octets in a block */

struct op_blake2b { /* a value */
    uint64_t state[8];
    uint64_t length; /* octets compressed so far */
    size_t held;     /* octets in block */
    size_t digest_len;
    uint8_t block[OP_BLAKE2B_BLOCK];
};

void op_blake2b_init(struct op_blake2b *hash, size_t digest_len);
void op_blake2b_add(struct op_blake2b *hash, const void *data, size_t len);
void op_blake2b_final(struct op_blake2b *hash, uint8_t *digest_r);

#endif
