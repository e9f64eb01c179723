/*
 * sha256_search.h - finds an 8-octet nonce with SHA-256(input || nonce) below a target.
 *
 * The inner loop of the sha256 suite and of every seal: input and nonce fill one block. Internal to
 * pow/.
 */
#ifndef OP_SHA256_SEARCH_H
#define OP_SHA256_SEARCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "pow/puzzle.h"

/* The first 8 octets of SHA-256(input || be64(nonce)), big-endian. */
uint64_t op_sha256_tail(const uint8_t input[OP_PUZZLE_LEN], uint64_t nonce);

/* Tries first, first + 1, ... (count of them) until one meets the effort (op_effort_met) or *stop.
 * *tried_r: how many were tried. */
bool op_sha256_search(const uint8_t input[OP_PUZZLE_LEN], uint64_t first, uint64_t count,
                      uint64_t effort, const atomic_bool *stop, uint64_t *nonce_r,
                      uint64_t *tried_r);

#endif
