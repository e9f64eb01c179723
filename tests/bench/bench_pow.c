/*
 * bench_pow.c - what the library must reach, as ratios and rates within one run.
 *
 * Prints rows "name value want ok|LOW" and exits 1 if one falls short; a row with the want "-" is
 * told and not judged. Randomness is fixed: the evaluations that a mint needs are nearly the same
 * in every run.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pow/bytes.h"
#include "pow/date.h"
#include "pow/effort.h"
#include "pow/match.h"
#include "pow/mint.h"
#include "tests/bench/row.h"
#include "tests/unit/make_stamp.h"

#define DATE 20261122

static bool missed;

static struct op_recipient bob;

static struct op_mint_spec spec_of(const char *suite, uint64_t effort, unsigned threads)
{
    static uint64_t count;
    struct op_mint_spec spec = {.suite = op_suite_find(suite, strlen(suite)),
                                .effort = effort,
                                .date = DATE,
                                .recipient = &bob,
                                .threads = threads};
    op_store_be64(spec.salt, ++count);
    return spec;
}

struct spread {
    double sum, squares;
    unsigned count;
};

static void spread_add(struct spread *spread, double value)
{
    spread->sum += value;
    spread->squares += value * value;
    spread->count++;
}

/* How near std / mean is to 1 / sqrt(k): 1 is there, 0.85 is 15 % off to either side. */
static double spread_nearness(const struct spread *spread, unsigned k)
{
    double mean = spread->sum / spread->count;
    double var = (spread->squares - mean * spread->sum) / (spread->count - 1);
    return 1 - fabs(sqrt(var) / mean * sqrt(k) - 1);
}

static void mint_spread(void)
{
    struct spread evals = {0}, elapsed = {0};
    for (unsigned n = 0; n < 200; n++) {
        struct op_mint_spec spec = spec_of("sha256", 1 << 15, 2);
        struct op_mint_result result;
        OP_BUG_IF(op_mint(&spec, &result) != OP_OK);
        spread_add(&evals, (double)result.evals);
        spread_add(&elapsed, result.elapsed_s);
    }
    missed |= row_least("mint-spread-evals-nearness", spread_nearness(&evals, 16), 0.85);
    missed |= row_least("mint-spread-time-nearness", spread_nearness(&elapsed, 16), 0.85);
}

#define MINTS 40

/* What the progress said when half of the puzzles were solved. */
static bool note_half(void *arg, const struct op_mint_progress *progress)
{
    struct op_mint_progress *half = arg;
    if (half->solved == 0 && progress->solved >= progress->puzzles / 2)
        *half = *progress;
    return true;
}

static bool within_quarter(double guess, double truth)
{
    return fabs(guess - truth) <= truth / 4;
}

/* The remaining m puzzles have a relative deviation of 1 / sqrt(m), 25 % at 16 of 32, so the
 * remaining time alone cannot be within 25 % more than two times in three; the estimate of the
 * whole can, nine times in ten. Counted in evaluations, so that other load on the machine does not
 * speak. */
static void estimate(void)
{
    unsigned whole = 0, rest = 0;
    for (unsigned n = 0; n < MINTS; n++) {
        struct op_mint_progress half = {0};
        struct op_mint_result result;
        struct op_mint_spec spec = spec_of("argon2id-16m", 8, 2);
        spec.progress = note_half;
        spec.arg = &half;
        OP_BUG_IF(op_mint(&spec, &result) != OP_OK);
        double left = half.left_p50_s * half.rate, done = (double)half.evals;
        whole += within_quarter(done + left, (double)result.evals);
        rest += within_quarter(left, (double)result.evals - done);
    }
    missed |= row_least("estimate-at-half-of-whole-in-25%", (double)whole / MINTS, 0.9);
    row_tell("estimate-at-half-of-rest-in-25%", (double)rest / MINTS);
}

struct junk {
    const char *name;
    enum op_verdict want;
    struct op_stamp stamp;
    const char *replace, *with; /* in the text */
};

/* Refusals a second of one core's time, from text to verdict. */
static double refusals(const struct junk *junk)
{
    char text[OP_STAMP_TEXT_MAX];
    struct op_terms terms = {.now = op_date_to_time(DATE),
                             .validity_s = 604800,
                             .skew_s = 43200,
                             .effort = {2, 2, 2, 2}};
    size_t len = op_stamp_format(&junk->stamp, text);
    char *at = junk->replace ? strstr(text, junk->replace) : NULL;
    OP_BUG_IF(junk->replace && !at);
    if (at)
        memcpy(at, junk->with, strlen(junk->with));
    unsigned count = 0;
    double start = row_now(CLOCK_THREAD_CPUTIME_ID), spent = 0;
    while (spent < 0.5) {
        for (int n = 0; n < 1000; n++, count++) {
            struct op_stamp stamp;
            uint8_t id[OP_ID_LEN];
            enum op_verdict verdict = op_stamp_parse(text, len, &stamp, NULL);
            if (verdict == OP_VERDICT_PASS)
                verdict = op_match(&stamp, &bob, &terms, id);
            OP_BUG_IF(verdict != junk->want);
        }
        spent = row_now(CLOCK_THREAD_CPUTIME_ID) - start;
    }
    return count / spent;
}

static void junk(void)
{
    struct op_stamp good = make_sealed("argon2id-16m", 2, DATE, "bob@example.com");
    struct op_stamp other = make_sealed("argon2id-16m", 2, DATE, "eve@example.com");
    struct op_stamp stale = make_sealed("argon2id-16m", 2, DATE - 10, "bob@example.com");
    struct op_stamp broken = good;
    broken.seal[0] ^= 1;
    const struct junk rows[] = {
        {"refused/s-bad-seal", OP_VERDICT_SEAL, broken, NULL, NULL},
        {"refused/s-wrong-recipient", OP_VERDICT_RECIPIENT, other, NULL, NULL},
        {"refused/s-stale-date", OP_VERDICT_EXPIRED, stale, NULL, NULL},
        {"refused/s-unknown-suite", OP_VERDICT_SUITE, good, "a=argon2id", "a=argon3id"},
        {"refused/s-malformed", OP_VERDICT_MALFORMED, good, "g=", "y="},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        missed |= row_least(rows[i].name, refusals(&rows[i]), 500000);
}

int main(void)
{
    bob = make_recipient("bob@example.com");
    mint_spread();
    estimate();
    junk();
    return missed;
}
