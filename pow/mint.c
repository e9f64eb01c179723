/*
 * mint.c - all threads search the puzzles of one stamp, one puzzle after the other, and last its
 * seal.
 *
 * One 64-bit cursor holds the puzzle at hand and the next chunk of its nonces: taking work is one
 * atomic addition, and going on to the next puzzle is one store, which threads notice at their next
 * addition. Nobody waits.
 */
#include "pow/mint.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pow/bytes.h"
#include "pow/date.h"
#include "pow/effort.h"
#include "pow/engine.h"
#include "pow/sha256_search.h"
#include "pow/verify.h"
#include "pow/worker.h"

#define STEP_SHIFT 48 /* the cursor: puzzle in the upper 16 bits, chunk in the lower 48 */
#define STEP_MASK  ((UINT64_C(1) << STEP_SHIFT) - 1)
#define SEAL_CHUNK 65536

struct job {
    const struct op_mint_spec *spec;
    unsigned width;                                   /* of each thread's worker */
    uint64_t chunk;                                   /* nonces that a thread takes at once */
    uint8_t input[OP_PUZZLES_MAX + 1][OP_PUZZLE_LEN]; /* the one after the puzzles' is the seal's */
    uint8_t id[OP_ID_LEN];
    _Atomic uint64_t cursor;
    atomic_bool stop;

    pthread_mutex_t lock; /* for all below */
    pthread_cond_t news;  /* a thread has ended */
    struct op_stamp stamp;
    unsigned solved;  /* puzzles, and the seal as the last */
    unsigned running; /* threads */
    enum op_err err;
};

struct searcher { /* one thread; on a cache line of its own because evals is written all the time */
    _Alignas(64) _Atomic uint64_t evals;
    struct job *job;
    pthread_t thread;
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Records a solution unless another thread was faster, and moves everybody on. */
static void solve(struct job *job, unsigned step, uint64_t nonce)
{
    unsigned puzzles = job->spec->suite->puzzles;
    pthread_mutex_lock(&job->lock);
    if (job->solved == step) {
        if (step < puzzles)
            op_stamp_set_nonce(&job->stamp, step, nonce);
        else
            op_store_be64(job->stamp.seal, nonce);
        if (step + 1 == puzzles)
            op_seal_input(&job->stamp, job->id, job->input[puzzles]);
        job->solved = step + 1;
        atomic_store(&job->cursor, (uint64_t)(step + 1) << STEP_SHIFT);
    }
    pthread_mutex_unlock(&job->lock);
}

static void fail(struct job *job, enum op_err err)
{
    pthread_mutex_lock(&job->lock);
    if (job->err == OP_OK)
        job->err = err;
    pthread_mutex_unlock(&job->lock);
    atomic_store(&job->stop, true);
}

static enum op_err search_chunk(struct searcher *me, struct op_worker *worker, unsigned step,
                                uint64_t chunk)
{
    struct job *job = me->job;
    const struct op_suite *suite = job->spec->suite;
    uint64_t nonce, evals;
    bool found;
    if (step == suite->puzzles) {
        found = op_sha256_search(job->input[step], chunk * SEAL_CHUNK, SEAL_CHUNK,
                                 UINT64_C(1) << suite->seal_bits, &job->stop, &nonce, &evals);
    } else {
        uint64_t first = chunk * job->chunk;
        if (suite->nonce_len < 8 && first >> (8 * suite->nonce_len) != 0)
            return OP_ERR_LIMIT; /* e^-64 and below: see effort_max */
        enum op_err err = op_worker_search(worker, job->input[step], first, job->chunk,
                                           job->spec->effort, &job->stop, &found, &nonce, &evals);
        if (err != OP_OK)
            return err;
        atomic_fetch_add_explicit(&me->evals, evals, memory_order_relaxed);
    }
    if (found)
        solve(job, step, nonce);
    return OP_OK;
}

static enum op_err search(struct searcher *me, struct op_worker *worker)
{
    struct job *job = me->job;
    while (!atomic_load_explicit(&job->stop, memory_order_relaxed)) {
        uint64_t at = atomic_fetch_add(&job->cursor, 1);
        unsigned step = (unsigned)(at >> STEP_SHIFT);
        if (step > job->spec->suite->puzzles)
            break;
        enum op_err err = search_chunk(me, worker, step, at & STEP_MASK);
        if (err != OP_OK)
            return err;
    }
    return OP_OK;
}

static void *run(void *arg)
{
    struct searcher *me = arg;
    struct op_worker *worker;
    enum op_err err = op_worker_new_wide(me->job->spec->suite, me->job->width, &worker);
    if (err == OP_OK) {
        err = search(me, worker);
        op_worker_free(worker);
    }
    if (err != OP_OK)
        fail(me->job, err);
    pthread_mutex_lock(&me->job->lock);
    me->job->running--;
    pthread_cond_signal(&me->job->news);
    pthread_mutex_unlock(&me->job->lock);
    return NULL;
}

static uint64_t count_evals(const struct searcher *searcher, unsigned threads)
{
    uint64_t evals = 0;
    for (unsigned i = 0; i < threads; i++)
        evals += atomic_load_explicit(&searcher[i].evals, memory_order_relaxed);
    return evals;
}

static void describe(const struct op_mint_spec *spec, unsigned solved, unsigned threads,
                     uint64_t evals, double elapsed, struct op_mint_progress *p)
{
    unsigned puzzles = spec->suite->puzzles;
    *p = (struct op_mint_progress){
        .suite = spec->suite,
        .effort = spec->effort,
        .solved = solved < puzzles ? solved : puzzles,
        .puzzles = puzzles,
        .threads = threads,
        .evals = evals,
        .elapsed_s = elapsed,
        .rate = elapsed > 0 ? (double)evals / elapsed : 0,
        .left_p50_s = -1,
        .left_p90_s = -1,
        .sealing = solved == puzzles,
    };
    if (p->rate > 0) {
        p->left_p50_s = op_effort_quantile(puzzles - p->solved, spec->effort, 0.5) / p->rate;
        p->left_p90_s = op_effort_quantile(puzzles - p->solved, spec->effort, 0.9) / p->rate;
    }
}

static struct timespec after_ms(long ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += ms * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* Waits for the threads to end, tells the caller about progress, and stops them where that is asked
 * for. */
static void supervise(struct job *job, const struct searcher *searcher, unsigned threads,
                      double start)
{
    const struct op_mint_spec *spec = job->spec;
    pthread_mutex_lock(&job->lock);
    while (job->running > 0) {
        struct timespec tick = after_ms(OP_MINT_TICK_MS);
        if (pthread_cond_timedwait(&job->news, &job->lock, &tick) == 0)
            continue;
        unsigned solved = job->solved;
        pthread_mutex_unlock(&job->lock);
        double elapsed = now_s() - start;
        struct op_mint_progress progress;
        describe(spec, solved, threads, count_evals(searcher, threads), elapsed, &progress);
        if (!atomic_load(&job->stop) && spec->progress && !spec->progress(spec->arg, &progress))
            fail(job, OP_ERR_CANCELLED);
        if (spec->max_s > 0 && elapsed > spec->max_s)
            fail(job, OP_ERR_TIMEOUT);
        pthread_mutex_lock(&job->lock);
    }
    pthread_mutex_unlock(&job->lock);
}

static unsigned start_threads(struct job *job, struct searcher *searcher, unsigned wanted)
{
    unsigned started = 0;
    job->running = wanted;
    while (started < wanted) {
        searcher[started].job = job;
        if (pthread_create(&searcher[started].thread, NULL, run, &searcher[started]) != 0)
            break;
        started++;
    }
    pthread_mutex_lock(&job->lock);
    job->running -= wanted - started;
    pthread_mutex_unlock(&job->lock);
    return started;
}

static enum op_err verify_own(const struct op_stamp *stamp)
{
    struct op_worker *worker;
    enum op_verdict verdict;
    enum op_err err = op_worker_new(stamp->suite, &worker);
    if (err != OP_OK)
        return err;
    err = op_verify_all(stamp, worker, &verdict);
    op_worker_free(worker);
    if (err == OP_OK && verdict != OP_VERDICT_PASS)
        err = OP_ERR_SELFTEST;
    return err;
}

/* Small enough that a thread which works on for a puzzle that another has solved wastes little of
 * it. */
static uint64_t chunk_of(const struct op_mint_spec *spec)
{
    uint64_t share = (spec->effort / 16 / 64 + 1) * 64;
    return spec->suite->engine->chunk < share ? spec->suite->engine->chunk : share;
}

static void init_job(struct job *job, const struct op_mint_spec *spec, unsigned width)
{
    job->spec = spec;
    job->width = width;
    job->chunk = chunk_of(spec) * width;
    job->stamp.suite = spec->suite;
    job->stamp.effort = spec->effort;
    job->stamp.date = spec->date;
    job->stamp.quote_len = spec->quote_len;
    memcpy(job->stamp.quote, spec->quote, spec->quote_len);
    memcpy(job->stamp.salt, spec->salt, OP_SALT_LEN);
    op_stamp_blind(spec->salt, spec->recipient, job->stamp.blind);
    op_stamp_id(&job->stamp, job->id);
    for (unsigned i = 0; i < spec->suite->puzzles; i++)
        op_puzzle_input(job->id, i, job->input[i]);
    pthread_mutex_init(&job->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&job->news, &attr);
    pthread_condattr_destroy(&attr);
}

static enum op_err work(struct job *job, struct searcher *searcher, unsigned threads,
                        struct op_mint_result *result)
{
    double start = now_s();
    threads = start_threads(job, searcher, threads);
    if (threads == 0)
        return OP_ERR_THREAD;
    supervise(job, searcher, threads, start);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(searcher[i].thread, NULL);
    /* A stop that came when all was done already takes nothing away. */
    if (job->solved <= job->spec->suite->puzzles)
        return job->err;
    enum op_err err = verify_own(&job->stamp);
    if (err != OP_OK)
        return err;
    *result = (struct op_mint_result){job->stamp, count_evals(searcher, threads), now_s() - start,
                                      threads};
    return OP_OK;
}

static bool spec_valid(const struct op_mint_spec *spec)
{
    return spec->effort >= 1 && spec->effort <= spec->suite->effort_max &&
           op_date_valid(spec->date) && (spec->quote_len == 0 || spec->quote_len == OP_QUOTE_LEN) &&
           spec->threads >= 1 && spec->threads <= OP_MINT_THREADS_MAX;
}

static void report_end(const struct op_mint_spec *spec, const struct op_mint_result *result)
{
    if (!spec->progress)
        return;
    struct op_mint_progress progress;
    describe(spec, spec->suite->puzzles, result->threads, result->evals, result->elapsed_s,
             &progress);
    progress.sealing = false;
    progress.done = true;
    (void)spec->progress(spec->arg, &progress);
}

/* Threads first: twice as many are worth more than threads of twice the width. */
static void fit_memory(const struct op_mint_spec *spec, unsigned *threads_r, unsigned *width_r)
{
    uint64_t mem = op_worker_mem(spec->suite);
    bool limited = spec->max_mem > 0 && mem > 0;
    unsigned threads = spec->threads, width = op_worker_width(spec->suite);
    if (limited && spec->max_mem / mem < threads)
        threads = (unsigned)(spec->max_mem / mem);
    if (limited && spec->max_mem / mem / width < threads)
        width = 1;
    *threads_r = threads;
    *width_r = width;
}

enum op_err op_mint(const struct op_mint_spec *spec, struct op_mint_result *result_r)
{
    if (!spec_valid(spec))
        return OP_ERR_INPUT;
    unsigned threads, width;
    fit_memory(spec, &threads, &width);
    if (threads == 0)
        return OP_ERR_LIMIT;
    struct job *job = calloc(1, sizeof *job);
    struct searcher *searcher = aligned_alloc(64, threads * sizeof *searcher);
    enum op_err err = OP_ERR_NOMEM;
    if (job && searcher) {
        memset(searcher, 0, threads * sizeof *searcher);
        init_job(job, spec, width);
        err = work(job, searcher, threads, result_r);
        pthread_cond_destroy(&job->news);
        pthread_mutex_destroy(&job->lock);
    }
    free(searcher);
    free(job);
    if (err == OP_OK)
        report_end(spec, result_r);
    return err;
}
