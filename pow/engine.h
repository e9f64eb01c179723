/*
 * engine.h - what a suite's file offers to the rest of pow/. Internal to pow/.
 *
 * An engine evaluates F(P, nonce) with memory of its own, kept between evaluations. Its state
 * belongs to one thread at a time.
 */
#ifndef OP_ENGINE_H
#define OP_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "pow/err.h"
#include "pow/puzzle.h"
#include "pow/suite.h"

struct op_engine {
    /* Evaluations that a search does best side by side, each in its own memory: 1 or 2. */
    unsigned (*width)(const struct op_suite *suite);

    /* width: 1, or more up to what width() says. */
    enum op_err (*open)(const struct op_suite *suite, unsigned width, void **state_r);
    void (*close)(void *state);

    /* x: the first 8 octets, big-endian, of F(puzzle, nonce). */
    enum op_err (*eval)(void *state, const uint8_t puzzle[OP_PUZZLE_LEN], uint64_t nonce,
                        uint64_t *x_r);

    /* Evaluates the nonces first, first + 1, ... (count of them) until one meets the effort or
     * *stop. *evals_r: evaluations made. */
    enum op_err (*search)(void *state, const uint8_t puzzle[OP_PUZZLE_LEN], uint64_t first,
                          uint64_t count, uint64_t effort, const atomic_bool *stop, bool *found_r,
                          uint64_t *nonce_r, uint64_t *evals_r);

    /* Nonces that a minting thread takes at once, times its width: some milliseconds of work at the
     * most. */
    uint64_t chunk;
};

extern const struct op_engine op_engine_sha256;
extern const struct op_engine op_engine_argon2id;

#endif
