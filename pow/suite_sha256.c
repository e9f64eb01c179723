/*
 * suite_sha256.c - the engine of sha256: F(P, nonce) = SHA-256(P || nonce), nonce in 8 octets,
 * big-endian.
 */
#include "pow/engine.h"
#include "pow/sha256_search.h"

static unsigned sha256_width(const struct op_suite *suite)
{
    (void)suite;
    return 1; /* lanes cost no memory: sha256_search.c */
}

static enum op_err sha256_open(const struct op_suite *suite, unsigned width, void **state_r)
{
    (void)suite;
    (void)width;
    *state_r = NULL;
    return OP_OK;
}

static void sha256_close(void *state)
{
    (void)state;
}

static enum op_err sha256_eval(void *state, const uint8_t puzzle[OP_PUZZLE_LEN], uint64_t nonce,
                               uint64_t *x_r)
{
    (void)state;
    *x_r = op_sha256_tail(puzzle, nonce);
    return OP_OK;
}

static enum op_err sha256_search(void *state, const uint8_t puzzle[OP_PUZZLE_LEN], uint64_t first,
                                 uint64_t count, uint64_t effort, const atomic_bool *stop,
                                 bool *found_r, uint64_t *nonce_r, uint64_t *evals_r)
{
    (void)state;
    *found_r = op_sha256_search(puzzle, first, count, effort, stop, nonce_r, evals_r);
    return OP_OK;
}

const struct op_engine op_engine_sha256 = {
    .width = sha256_width,
    .open = sha256_open,
    .close = sha256_close,
    .eval = sha256_eval,
    .search = sha256_search,
    .chunk = 65536,
};
