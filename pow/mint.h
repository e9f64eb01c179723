/*
 * mint.h - computes stamps. The one file of pow/ with threads and a (monotonic) clock.
 *
 * All threads search nonces of the same puzzle and go on to the next without waiting for each
 * other.
 */
#ifndef OP_MINT_H
#define OP_MINT_H

#include <stdbool.h>
#include <stdint.h>

#include "pow/err.h"
#include "pow/stamp.h"

#define OP_MINT_THREADS_MAX 1024
#define OP_MINT_TICK_MS     100 /* how often progress is called */

struct op_mint_progress {
    const struct op_suite *suite;
    uint64_t effort;
    unsigned solved;  /* puzzles */
    unsigned puzzles; /* k */
    unsigned threads;
    uint64_t evals; /* evaluations so far, all threads */
    double elapsed_s;
    double rate;       /* evaluations a second; 0 as long as it is not known */
    double left_p50_s; /* remaining time that half of all mints need; < 0 unknown */
    double left_p90_s; /* ... that nine of ten need */
    bool sealing;      /* the puzzles are done, the seal is searched */
    bool done;         /* the last call of a mint that succeeded */
};

struct op_mint_spec {
    const struct op_suite *suite;
    uint64_t effort;                      /* 1..suite->effort_max */
    uint32_t date;                        /* valid, see date.h */
    const struct op_recipient *recipient; /* borrowed during the call */
    uint8_t salt[OP_SALT_LEN];            /* fresh random octets */
    uint8_t quote_len;                    /* 0 or OP_QUOTE_LEN */
    uint8_t quote[OP_QUOTE_LEN];
    unsigned
        threads; /* 1..OP_MINT_THREADS_MAX; fewer are used where max_mem does not allow so many */
    uint64_t max_mem; /* octets for all threads' buffers together; 0 = no limit */
    double max_s;     /* time limit in seconds; 0 = none */

    /* Called by the calling thread about every OP_MINT_TICK_MS and once at the end; false = cancel.
     * May be NULL. */
    bool (*progress)(void *arg, const struct op_mint_progress *progress);
    void *arg;
};

struct op_mint_result {
    struct op_stamp stamp;
    uint64_t evals; /* evaluations made for the puzzles */
    double elapsed_s;
    unsigned threads; /* threads that took part */
};

/* Mints, re-verifies every puzzle and the seal, and writes *result_r. ERR_LIMIT: not even one
 * thread fits into max_mem. ERR_CANCELLED, ERR_TIMEOUT: threads have ended, nothing is left behind.
 */
OP_MUST_USE enum op_err op_mint(const struct op_mint_spec *spec, struct op_mint_result *result_r);

#endif
