/*
 * sha256_search.h - finds an 8-octet nonce with SHA-256(input || nonce) below a target. Internal to
 * pow/.
 *
 * The inner loop of the sha256 suite and of every seal. Input and nonce fill one block, of which
 * only the nonce changes.
 */
#ifndef OP_SHA256_SEARCH_H
#define OP_SHA256_SEARCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "pow/kernel_choice.h"
#include "pow/puzzle.h"

/* The first 8 octets of SHA-256(input || be64(nonce)), big-endian. */
uint64_t op_sha256_tail(const uint8_t input[OP_PUZZLE_LEN], uint64_t nonce);

/* Tries first, first + 1, ... (count of them) until one meets the effort (op_effort_met) or *stop.
 * *tried_r: how many were tried. */
bool op_sha256_search(const uint8_t input[OP_PUZZLE_LEN], uint64_t first, uint64_t count,
                      uint64_t effort, const atomic_bool *stop, uint64_t *nonce_r,
                      uint64_t *tried_r);

/* What all tries of a run share: the nonces of a run have the same upper half. */
struct op_sha256_run {
    uint32_t word[16]; /* the block; word 9, the lower half of the nonce, is each try's own */
    uint32_t state[8]; /* after rounds 0 to 8 */
    uint32_t abef[4], cdgh[4]; /* after rounds 0 to 7, in the order of the SHA extensions */
    uint32_t fixed[24]; /* [16..23]: what constant words add to these words of the schedule */
    uint32_t limit;     /* a try is a candidate if the first word of its digest is at most this */
};

struct op_sha256_scanner {
    struct op_kernel_code code; /* "avx512", "sha-ni", "avx2", "portable" */
    unsigned lanes;             /* tries at once */
    /* Tries the lower halves low .. low + count - 1 (count a multiple of lanes, no overflow).
     * Returns the offset of the first candidate, or count. */
    uint32_t (*scan)(const struct op_sha256_run *run, uint32_t low, uint32_t count);
};

extern const struct op_sha256_scanner op_sha256_scan_avx512, op_sha256_scan_ni, op_sha256_scan_avx2,
    op_sha256_scan_portable;

/* op_sha256_search with a scanner of the caller's choice. */
bool op_sha256_search_with(const struct op_sha256_scanner *scanner,
                           const uint8_t input[OP_PUZZLE_LEN], uint64_t first, uint64_t count,
                           uint64_t effort, const atomic_bool *stop, uint64_t *nonce_r,
                           uint64_t *tried_r);

#endif
