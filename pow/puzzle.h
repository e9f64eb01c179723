/*
 * puzzle.h - what hangs on a challenge: the puzzles' inputs and the seal. FORMAT.md section 4.
 */
#ifndef OP_PUZZLE_H
#define OP_PUZZLE_H

#include <stdbool.h>
#include <stdint.h>

#include "pow/stamp.h"

#define OP_PUZZLE_LEN 32

/* Input P_i of puzzle i: SHA-256("onionpow-v1 puzzle" || id || be32(i)). */
void op_puzzle_input(const uint8_t id[OP_ID_LEN], unsigned i, uint8_t puzzle_r[OP_PUZZLE_LEN]);

/* Input of the seal: SHA-256("onionpow-v1 seal" || id || nonces). A seal is a solution, of effort
 * 2^g, to the sha256 puzzle with this input. */
void op_seal_input(const struct op_stamp *stamp, const uint8_t id[OP_ID_LEN],
                   uint8_t input_r[OP_PUZZLE_LEN]);

bool op_seal_valid(const struct op_stamp *stamp, const uint8_t id[OP_ID_LEN]);

#endif
