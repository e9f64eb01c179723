/* make_stamp.h - an honest stamp for a test, made in one thread by the plainest loop there is. */
#ifndef TEST_MAKE_STAMP_H
#define TEST_MAKE_STAMP_H

#include <string.h>

#include "pow/bytes.h"
#include "pow/puzzle.h"
#include "pow/sha256_search.h"
#include "pow/stamp.h"
#include "pow/worker.h"

static inline struct op_recipient make_recipient(const char *address)
{
    struct op_recipient recipient;
    OP_BUG_IF(!op_recipient_parse(address, strlen(address), &recipient, NULL));
    return recipient;
}

/* Searches the seal anew: after a change of nonces. */
static inline void make_seal(struct op_stamp *stamp)
{
    atomic_bool stop = false;
    uint8_t id[OP_ID_LEN], input[OP_PUZZLE_LEN];
    uint64_t nonce = 0, tried;
    op_stamp_id(stamp, id);
    op_seal_input(stamp, id, input);
    OP_BUG_IF(!op_sha256_search(input, 0, UINT64_MAX, UINT64_C(1) << stamp->suite->seal_bits, &stop,
                                &nonce, &tried));
    op_store_be64(stamp->seal, nonce);
}

/* Solves all puzzles and the seal of a stamp whose other fields are filled in. */
static inline void make_proof(struct op_stamp *stamp)
{
    atomic_bool stop = false;
    struct op_worker *worker;
    uint8_t id[OP_ID_LEN], puzzle[OP_PUZZLE_LEN];
    OP_BUG_IF(op_worker_new(stamp->suite, &worker) != OP_OK);
    op_stamp_id(stamp, id);
    for (unsigned i = 0; i < stamp->suite->puzzles; i++) {
        bool found = false;
        uint64_t nonce = 0, evals;
        op_puzzle_input(id, i, puzzle);
        enum op_err err = op_worker_search(worker, puzzle, 0, UINT32_MAX, stamp->effort, &stop,
                                           &found, &nonce, &evals);
        OP_BUG_IF(err != OP_OK || !found);
        op_stamp_set_nonce(stamp, i, nonce);
    }
    op_worker_free(worker);
    make_seal(stamp);
}

/* All but nonces and seal. */
static inline struct op_stamp make_blank(const char *suite, uint64_t effort, uint32_t date,
                                         const char *address)
{
    struct op_recipient recipient = make_recipient(address);
    struct op_stamp stamp = {
        .suite = op_suite_find(suite, strlen(suite)),
        .effort = effort,
        .date = date,
        .salt = {7, 6, 5, 4},
    };
    OP_BUG_IF(!stamp.suite);
    op_stamp_blind(stamp.salt, &recipient, stamp.blind);
    return stamp;
}

static inline struct op_stamp make_stamp(const char *suite, uint64_t effort, uint32_t date,
                                         const char *address)
{
    struct op_stamp stamp = make_blank(suite, effort, date, address);
    make_proof(&stamp);
    return stamp;
}

/* A seal over nonces that solve nothing: all that the cheap tests look at. */
static inline struct op_stamp make_sealed(const char *suite, uint64_t effort, uint32_t date,
                                          const char *address)
{
    struct op_stamp stamp = make_blank(suite, effort, date, address);
    make_seal(&stamp);
    return stamp;
}

#endif
