/*
 * verify.h - the one dear test: are the puzzles solved?
 *
 * Neither function looks at date, recipient, price or seal: that is match.h, and comes first.
 */
#ifndef OP_VERIFY_H
#define OP_VERIFY_H

#include <stdint.h>

#include "pow/err.h"
#include "pow/key.h"
#include "pow/stamp.h"
#include "pow/worker.h"

/* Which puzzles a site samples: the first suite->sample distinct indices from
 * HMAC(key, "onionpow-v1 sample" || id || be32(n)), n = 0, 1, ...; the same for one id for ever. */
void op_verify_sample(const struct op_suite *suite, const struct op_key *key,
                      const uint8_t id[OP_ID_LEN], uint8_t index_r[OP_PUZZLES_MAX]);

/* Checks the sampled puzzles, stops at the first that is not solved: *verdict_r is PASS or PROOF.
 * The worker is of the stamp's suite. */
OP_MUST_USE enum op_err op_verify(const struct op_stamp *stamp, const struct op_key *key,
                                  struct op_worker *worker, enum op_verdict *verdict_r);

/* Checks all puzzles and the seal, without a key: what the minter does before it returns, and what
 * anybody can do. */
OP_MUST_USE enum op_err op_verify_all(const struct op_stamp *stamp, struct op_worker *worker,
                                      enum op_verdict *verdict_r);

#endif
