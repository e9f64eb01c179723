/* judge.c - see judge.h. */
#include "tools/judge.h"

#include <time.h>

#include "pow/date.h"
#include "pow/effort.h"
#include "pow/verify.h"
#include "tools/fail.h"

void judge_init(struct judge *judge, const struct options *options)
{
    *judge = (struct judge){.terms = {
                                .now = time(NULL),
                                .validity_s = options->validity_s,
                                .skew_s = JUDGE_SKEW_S,
                            }};
    if (options->date != 0)
        judge->terms.now = op_date_to_time(options->date); /* its first second */
    for (size_t i = 0; i < op_suite_count(); i++) {
        const struct op_suite *suite = op_suite_at(i);
        if (options->suite != NULL && options->suite != suite)
            continue;
        judge->terms.effort[i] =
            options->work != 0 ? op_effort_from_work(suite, options->work) : suite->effort_default;
    }
}

void judge_clear(struct judge *judge)
{
    for (size_t i = 0; i < OP_SUITES_MAX; i++)
        op_worker_free(judge->worker[i]);
    *judge = (struct judge){0};
}

struct op_worker *xjudge_worker(struct judge *judge, const struct op_suite *suite)
{
    struct op_worker **worker = &judge->worker[op_suite_index(suite)];

    if (*worker == NULL) {
        enum op_err err = op_worker_new(suite, worker);
        if (err != OP_OK)
            fail_exit(EX_TEMPFAIL, NULL, "%s: %s", suite->name, op_err_str(err));
    }
    return *worker;
}

enum op_verdict xjudge_stamp(struct judge *judge, const struct op_stamp *stamp,
                             const struct op_recipient *rcpt)
{
    uint8_t id[OP_ID_LEN];
    enum op_verdict verdict = op_match(stamp, rcpt, &judge->terms, id);

    if (verdict != OP_VERDICT_PASS)
        return verdict;
    enum op_err err = op_verify_all(stamp, xjudge_worker(judge, stamp->suite), &verdict);
    if (err != OP_OK)
        fail_exit(err == OP_ERR_NOMEM ? EX_TEMPFAIL : EX_SOFTWARE, NULL, "%s: %s",
                  stamp->suite->name, op_err_str(err));
    return verdict;
}
