/* worker.c - an engine's state with its suite, and the search loop of engines that have none of
 * their own. */
#include "pow/worker.h"

#include <stdlib.h>

#include "pow/effort.h"
#include "pow/engine.h"

struct op_worker {
    const struct op_suite *suite;
    void *state;
};

unsigned op_worker_width(const struct op_suite *suite)
{
    return suite->engine->width(suite);
}

enum op_err op_worker_new(const struct op_suite *suite, struct op_worker **worker_r)
{
    return op_worker_new_wide(suite, 1, worker_r);
}

enum op_err op_worker_new_wide(const struct op_suite *suite, unsigned width,
                               struct op_worker **worker_r)
{
    struct op_worker *worker = malloc(sizeof *worker);
    if (!worker)
        return OP_ERR_NOMEM;
    worker->suite = suite;
    enum op_err err = suite->engine->open(suite, width, &worker->state);
    if (err != OP_OK) {
        free(worker);
        return err;
    }
    *worker_r = worker;
    return OP_OK;
}

void op_worker_free(struct op_worker *worker)
{
    if (!worker)
        return;
    worker->suite->engine->close(worker->state);
    free(worker);
}

const struct op_suite *op_worker_suite(const struct op_worker *worker)
{
    return worker->suite;
}

uint64_t op_worker_mem(const struct op_suite *suite)
{
    return (uint64_t)suite->mem_kib * 1024;
}

enum op_err op_worker_eval(struct op_worker *worker, const uint8_t puzzle[OP_PUZZLE_LEN],
                           uint64_t nonce, uint64_t *x_r)
{
    return worker->suite->engine->eval(worker->state, puzzle, nonce, x_r);
}

static enum op_err search_one_by_one(struct op_worker *worker, const uint8_t puzzle[OP_PUZZLE_LEN],
                                     uint64_t first, uint64_t count, uint64_t effort,
                                     const atomic_bool *stop, bool *found_r, uint64_t *nonce_r,
                                     uint64_t *evals_r)
{
    uint64_t done = 0;
    bool found = false;
    while (!found && done < count && !atomic_load_explicit(stop, memory_order_relaxed)) {
        uint64_t x;
        enum op_err err = op_worker_eval(worker, puzzle, first + done, &x);
        if (err != OP_OK)
            return err;
        done++;
        found = op_effort_met(x, effort);
    }
    if (found)
        *nonce_r = first + done - 1;
    *found_r = found;
    *evals_r = done;
    return OP_OK;
}

enum op_err op_worker_search(struct op_worker *worker, const uint8_t puzzle[OP_PUZZLE_LEN],
                             uint64_t first, uint64_t count, uint64_t effort,
                             const atomic_bool *stop, bool *found_r, uint64_t *nonce_r,
                             uint64_t *evals_r)
{
    const struct op_engine *engine = worker->suite->engine;
    if (engine->search)
        return engine->search(worker->state, puzzle, first, count, effort, stop, found_r, nonce_r,
                              evals_r);
    return search_one_by_one(worker, puzzle, first, count, effort, stop, found_r, nonce_r, evals_r);
}
