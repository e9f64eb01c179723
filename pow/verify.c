/*
 * verify.c - checks puzzles: a secret sample of them for a server, all of them for anybody else.
 *
 * The sample is a keyed function of the stamp's identity, so that races, other nodes and lost
 * databases give nobody a second draw.
 */
#include "pow/verify.h"

#include <string.h>

#include "pow/bytes.h"
#include "pow/effort.h"
#include "pow/puzzle.h"

void op_verify_sample(const struct op_suite *suite, const struct op_key *key,
                      const uint8_t id[OP_ID_LEN], uint8_t index_r[OP_PUZZLES_MAX])
{
    uint8_t input[OP_ID_LEN + 4], mac[OP_MAC_LEN];
    uint64_t taken = 0;
    unsigned count = 0;
    /* k is a power of two, so an octet modulo k has no bias. */
    OP_BUG_IF(suite->puzzles > OP_PUZZLES_MAX || (suite->puzzles & (suite->puzzles - 1)) != 0);
    memcpy(input, id, OP_ID_LEN);
    for (uint32_t n = 0; count < suite->sample; n++) {
        op_store_be32(input + OP_ID_LEN, n);
        op_key_mac(key, "onionpow-v1 sample", input, sizeof input, mac);
        for (unsigned i = 0; i < OP_MAC_LEN && count < suite->sample; i++) {
            uint8_t candidate = (uint8_t)(mac[i] % suite->puzzles);
            if (taken >> candidate & 1)
                continue;
            taken |= UINT64_C(1) << candidate;
            index_r[count++] = candidate;
        }
    }
}

static enum op_err check(const struct op_stamp *stamp, const uint8_t id[OP_ID_LEN],
                         const uint8_t *index, unsigned count, struct op_worker *worker,
                         enum op_verdict *verdict_r)
{
    OP_BUG_IF(op_worker_suite(worker) != stamp->suite);
    for (unsigned i = 0; i < count; i++) {
        uint8_t puzzle[OP_PUZZLE_LEN];
        uint64_t x;
        op_puzzle_input(id, index[i], puzzle);
        enum op_err err = op_worker_eval(worker, puzzle, op_stamp_nonce(stamp, index[i]), &x);
        if (err != OP_OK)
            return err;
        if (!op_effort_met(x, stamp->effort)) {
            *verdict_r = OP_VERDICT_PROOF;
            return OP_OK;
        }
    }
    *verdict_r = OP_VERDICT_PASS;
    return OP_OK;
}

enum op_err op_verify(const struct op_stamp *stamp, const struct op_key *key,
                      struct op_worker *worker, enum op_verdict *verdict_r)
{
    uint8_t id[OP_ID_LEN], index[OP_PUZZLES_MAX];
    op_stamp_id(stamp, id);
    op_verify_sample(stamp->suite, key, id, index);
    return check(stamp, id, index, stamp->suite->sample, worker, verdict_r);
}

enum op_err op_verify_all(const struct op_stamp *stamp, struct op_worker *worker,
                          enum op_verdict *verdict_r)
{
    uint8_t id[OP_ID_LEN], index[OP_PUZZLES_MAX];
    op_stamp_id(stamp, id);
    if (!op_seal_valid(stamp, id)) {
        *verdict_r = OP_VERDICT_SEAL;
        return OP_OK;
    }
    for (unsigned i = 0; i < stamp->suite->puzzles; i++)
        index[i] = (uint8_t)i;
    return check(stamp, id, index, stamp->suite->puzzles, worker, verdict_r);
}
