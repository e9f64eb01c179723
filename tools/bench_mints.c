/* bench_mints.c - see bench_mints.h. */
#include "tools/bench_mints.h"

#include <math.h>
#include <string.h>

#include "pow/bytes.h"
#include "pow/worker.h"

#define BENCH_MINTS_EFFORT 1024 /* the shape differs from that of larger ones by 1 / 2048 */

static enum op_err bench_mints_one(struct op_worker *worker, const struct op_suite *suite,
                                   uint64_t effort, uint64_t number, double *evals_r)
{
    const uint8_t salt[OP_ID_LEN - 8] = {0};
    uint8_t id[OP_ID_LEN], puzzle[OP_PUZZLE_LEN];
    atomic_bool stop = false;
    enum op_err err = OP_OK;

    op_store_be64(id, number);
    memcpy(id + 8, salt, sizeof salt);
    *evals_r = 0;
    for (unsigned i = 0; i < suite->puzzles && err == OP_OK; i++) {
        uint64_t nonce = 0, evals;
        bool found;
        op_puzzle_input(id, i, puzzle);
        err =
            op_worker_search(worker, puzzle, 0, UINT32_MAX, effort, &stop, &found, &nonce, &evals);
        *evals_r += (double)nonce + 1;
    }
    return err;
}

enum op_err bench_mints_try(const struct op_suite *suite, uint64_t effort, size_t count,
                            double *evals_r)
{
    uint64_t tried = effort < BENCH_MINTS_EFFORT ? effort : BENCH_MINTS_EFFORT;
    struct op_worker *worker;

    enum op_err err = op_worker_new(op_suite_find("sha256", strlen("sha256")), &worker);
    if (err != OP_OK)
        return err;
    for (size_t i = 0; i < count && err == OP_OK; i++) {
        err = bench_mints_one(worker, suite, tried, i, &evals_r[i]);
        evals_r[i] *= (double)effort / (double)tried;
    }
    op_worker_free(worker);
    return err;
}

double bench_mints_density(const struct op_suite *suite, uint64_t effort, double x)
{
    double k = suite->puzzles, scaled = x / (double)effort, log_factorial = 0;

    if (!(x > 0))
        return 0;
    for (unsigned i = 2; i < suite->puzzles; i++)
        log_factorial += log(i);
    return exp((k - 1) * log(scaled) - scaled - log_factorial) / (double)effort;
}
