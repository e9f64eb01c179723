/* sha256_search.c - the search loop over nonces in one block of SHA-256. */
#include "pow/sha256_search.h"

#include "pow/bytes.h"
#include "pow/effort.h"
#include "pow/sha256.h"

uint64_t op_sha256_tail(const uint8_t input[OP_PUZZLE_LEN], uint64_t nonce)
{
    struct op_sha256 hash;
    uint8_t digest[OP_SHA256_LEN], number[8];
    op_store_be64(number, nonce);
    op_sha256_init(&hash);
    op_sha256_add(&hash, input, OP_PUZZLE_LEN);
    op_sha256_add(&hash, number, sizeof number);
    op_sha256_final(&hash, digest);
    return op_load_be64(digest);
}

bool op_sha256_search(const uint8_t input[OP_PUZZLE_LEN], uint64_t first, uint64_t count,
                      uint64_t effort, const atomic_bool *stop, uint64_t *nonce_r,
                      uint64_t *tried_r)
{
    uint64_t tried = 0;
    bool met = false;
    while (!met && tried < count && !atomic_load_explicit(stop, memory_order_relaxed))
        met = op_effort_met(op_sha256_tail(input, first + tried++), effort);
    *tried_r = tried;
    if (met)
        *nonce_r = first + tried - 1;
    return met;
}
