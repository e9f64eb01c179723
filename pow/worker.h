/*
 * worker.h - one thread's means to evaluate a suite: its buffers, kept and reused.
 *
 * A worker belongs to one thread at a time. Its memory is faulted in at its first use, by the
 * thread that uses it.
 */
#ifndef OP_WORKER_H
#define OP_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "pow/err.h"
#include "pow/puzzle.h"
#include "pow/suite.h"

struct op_worker;

OP_MUST_USE enum op_err op_worker_new(const struct op_suite *suite, struct op_worker **worker_r);

/* How many times the memory makes searching faster: 1 or 2. A wide worker of width w searches w
 * nonces side by side and occupies w times op_worker_mem. */
unsigned op_worker_width(const struct op_suite *suite);
OP_MUST_USE enum op_err op_worker_new_wide(const struct op_suite *suite, unsigned width,
                                           struct op_worker **worker_r);
void op_worker_free(struct op_worker *worker); /* NULL is fine */

const struct op_suite *op_worker_suite(const struct op_worker *worker);

/* Octets of a worker's buffers once used; 0 for a suite that needs none. */
uint64_t op_worker_mem(const struct op_suite *suite);

/* One evaluation; x as in op_effort_met. */
OP_MUST_USE enum op_err op_worker_eval(struct op_worker *worker,
                                       const uint8_t puzzle[OP_PUZZLE_LEN], uint64_t nonce,
                                       uint64_t *x_r);

/* Tries `count` nonces from `first` on, until one meets the effort or *stop is set. */
OP_MUST_USE enum op_err op_worker_search(struct op_worker *worker,
                                         const uint8_t puzzle[OP_PUZZLE_LEN], uint64_t first,
                                         uint64_t count, uint64_t effort, const atomic_bool *stop,
                                         bool *found_r, uint64_t *nonce_r, uint64_t *evals_r);

#endif
