/* puzzle.c - the inputs of the puzzles and the seal, all plain SHA-256 with a label in front. */
#include "pow/puzzle.h"

#include "pow/bytes.h"
#include "pow/effort.h"
#include "pow/sha256.h"
#include "pow/sha256_search.h"

void op_puzzle_input(const uint8_t id[OP_ID_LEN], unsigned i, uint8_t puzzle_r[OP_PUZZLE_LEN])
{
    static const char label[] = "onionpow-v1 puzzle";
    struct op_sha256 hash;
    uint8_t index[4];
    op_store_be32(index, i);
    op_sha256_init(&hash);
    op_sha256_add(&hash, label, sizeof label - 1);
    op_sha256_add(&hash, id, OP_ID_LEN);
    op_sha256_add(&hash, index, sizeof index);
    op_sha256_final(&hash, puzzle_r);
}

void op_seal_input(const struct op_stamp *stamp, const uint8_t id[OP_ID_LEN],
                   uint8_t input_r[OP_PUZZLE_LEN])
{
    static const char label[] = "onionpow-v1 seal";
    struct op_sha256 hash;
    op_sha256_init(&hash);
    op_sha256_add(&hash, label, sizeof label - 1);
    op_sha256_add(&hash, id, OP_ID_LEN);
    op_sha256_add(&hash, stamp->nonces, stamp->suite->puzzles * stamp->suite->nonce_len);
    op_sha256_final(&hash, input_r);
}

bool op_seal_valid(const struct op_stamp *stamp, const uint8_t id[OP_ID_LEN])
{
    uint8_t input[OP_PUZZLE_LEN];
    op_seal_input(stamp, id, input);
    uint64_t x = op_sha256_tail(input, op_load_be64(stamp->seal));
    return op_effort_met(x, UINT64_C(1) << stamp->suite->seal_bits);
}
