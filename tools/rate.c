/* rate.c - see rate.h. It is the minter itself that is measured: what it reports is what it will
 * do. */
#include "tools/rate.h"

#include <string.h>

#include "pow/mint.h"

struct rate { /* evaluations and time at the first and the last look that saw news */
    double seconds;
    double first_s, last_s;
    uint64_t first, last;
};

static bool rate_look(void *arg, const struct op_mint_progress *mint)
{
    struct rate *rate = arg;

    if (mint->evals < mint->threads)
        return true;
    if (rate->last == 0) {
        rate->first = rate->last = mint->evals;
        rate->first_s = rate->last_s = mint->elapsed_s;
    } else if (mint->evals > rate->last) {
        rate->last = mint->evals;
        rate->last_s = mint->elapsed_s;
    }
    return mint->elapsed_s - rate->first_s < rate->seconds || rate->last == rate->first;
}

enum op_err rate_measure(const struct op_suite *suite, unsigned threads, uint64_t max_mem,
                         double seconds, double *rate_r)
{
    struct rate rate = {.seconds = seconds};
    struct op_recipient nobody;
    struct op_mint_result result;

    if (!op_recipient_parse("postmaster", strlen("postmaster"), &nobody, NULL))
        return OP_ERR_INPUT;
    struct op_mint_spec spec = {
        .suite = suite,
        .effort = suite->effort_max,
        .date = 19700101,
        .recipient = &nobody,
        .threads = threads,
        .max_mem = max_mem,
        .progress = rate_look,
        .arg = &rate,
    };
    enum op_err err = op_mint(&spec, &result);
    if (err != OP_OK && err != OP_ERR_CANCELLED)
        return err;
    if (rate.last == rate.first)
        return OP_ERR_LIMIT;
    *rate_r = (double)(rate.last - rate.first) / (rate.last_s - rate.first_s);
    return OP_OK;
}
