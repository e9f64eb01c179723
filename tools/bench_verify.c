/*
 * bench_verify.c - see bench_verify.h.
 *
 * Stamps that are dear to verify can be had for nothing: every nonce solves a puzzle of effort 1,
 * and hardly any a puzzle of the greatest effort, so that only seals are searched.
 */
#include "tools/bench_verify.h"

#include <string.h>

#include "pow/bytes.h"
#include "pow/match.h"
#include "pow/verify.h"
#include "tools/stopwatch.h"

#define BENCH_VERIFY_DATE 19700102
#define BENCH_VERIFY_NOW  86400

struct bench_verify_case {
    char text[OP_STAMP_TEXT_MAX];
    size_t len;
    enum op_verdict verdict; /* that it must get */
};

struct bench_verify_server {
    struct op_terms terms;
    struct op_recipient rcpt;
    struct op_worker *worker;
    struct op_key *key;
};

static enum op_err bench_verify_seal(struct op_stamp *stamp)
{
    const struct op_suite *sha256 = op_suite_find("sha256", strlen("sha256"));
    atomic_bool stop = false;
    struct op_worker *worker;
    uint8_t id[OP_ID_LEN], input[OP_PUZZLE_LEN];
    uint64_t nonce = 0, evals;
    bool found;

    enum op_err err = op_worker_new(sha256, &worker);
    if (err != OP_OK)
        return err;
    op_stamp_id(stamp, id);
    op_seal_input(stamp, id, input);
    err = op_worker_search(worker, input, 0, UINT64_MAX, UINT64_C(1) << stamp->suite->seal_bits,
                           &stop, &found, &nonce, &evals);
    op_worker_free(worker);
    op_store_be64(stamp->seal, nonce);
    return err;
}

static enum op_err bench_verify_make(const struct op_suite *suite, uint64_t effort, bool sealed,
                                     const struct op_recipient *rcpt,
                                     struct bench_verify_case *case_r)
{
    struct op_stamp stamp = {.suite = suite, .effort = effort, .date = BENCH_VERIFY_DATE};

    op_stamp_blind(stamp.salt, rcpt, stamp.blind);
    enum op_err err = bench_verify_seal(&stamp);
    if (!sealed)
        stamp.seal[0] ^= 0xff;
    case_r->len = op_stamp_format(&stamp, case_r->text);
    case_r->verdict = effort == 1 ? OP_VERDICT_PASS : OP_VERDICT_PROOF;
    if (!sealed && suite->seal_bits > 0)
        case_r->verdict = OP_VERDICT_SEAL;
    return err;
}

static enum op_err bench_verify_judge(struct bench_verify_server *server,
                                      const struct bench_verify_case *this)
{
    struct op_stamp stamp;
    uint8_t id[OP_ID_LEN];
    enum op_err err = OP_OK;

    enum op_verdict verdict = op_stamp_parse(this->text, this->len, &stamp, NULL);
    if (verdict == OP_VERDICT_PASS)
        verdict = op_match(&stamp, &server->rcpt, &server->terms, id);
    if (verdict == OP_VERDICT_PASS)
        err = op_verify(&stamp, server->key, server->worker, &verdict);
    if (err == OP_OK && verdict != this->verdict)
        err = OP_ERR_SELFTEST;
    return err;
}

/* The first judgement faults in memory and is not counted. */
static enum op_err bench_verify_time(struct bench_verify_server *server,
                                     const struct bench_verify_case *this, double seconds,
                                     double *each_r)
{
    enum op_err err = bench_verify_judge(server, this);
    double spent = 0, start = stopwatch_read(CLOCK_THREAD_CPUTIME_ID);
    unsigned count = 0;

    while (err == OP_OK && spent < seconds) {
        err = bench_verify_judge(server, this);
        count++;
        spent = stopwatch_read(CLOCK_THREAD_CPUTIME_ID) - start;
    }
    *each_r = count > 0 ? spent / count : 0;
    return err;
}

static enum op_err bench_verify_all(struct bench_verify_server *server,
                                    const struct op_suite *suite, double seconds,
                                    struct bench_verify *verify_r)
{
    const struct {
        uint64_t effort;
        bool sealed;
        double *each_r;
    } cases[] = {{1, true, &verify_r->honest},
                 {suite->effort_max, false, &verify_r->junk},
                 {suite->effort_max, true, &verify_r->sealed}};
    enum op_err err = OP_OK;

    for (size_t i = 0; i < 3 && err == OP_OK; i++) {
        struct bench_verify_case this;
        err = bench_verify_make(suite, cases[i].effort, cases[i].sealed, &server->rcpt, &this);
        if (err == OP_OK)
            err = bench_verify_time(server, &this, seconds, cases[i].each_r);
    }
    return err;
}

enum op_err bench_verify_measure(const struct op_suite *suite, double seconds,
                                 struct bench_verify *verify_r)
{
    const uint8_t material[OP_KEY_LEN] = {0};
    struct bench_verify_server server = {
        .terms = {.now = BENCH_VERIFY_NOW, .validity_s = 604800, .skew_s = 3600}};

    server.terms.effort[op_suite_index(suite)] = 1;
    if (!op_recipient_parse("postmaster", strlen("postmaster"), &server.rcpt, NULL))
        return OP_ERR_INPUT;
    enum op_err err = op_key_new(material, &server.key);
    if (err != OP_OK)
        return err;
    err = op_worker_new(suite, &server.worker);
    if (err == OP_OK) {
        err = bench_verify_all(&server, suite, seconds, verify_r);
        op_worker_free(server.worker);
    }
    op_key_free(server.key);
    return err;
}
