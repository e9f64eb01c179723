/*
 * bench_threads.c - what a second thread adds to minting, and what a second process adds.
 *
 * Processes share nothing but the machine: what two of them reach together is the machine's ceiling
 * for two threads, and where that is below 2 no minter can help it. One thread, two threads and two
 * processes are measured by turns, in wall-clock time.
 */
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pow/mint.h"
#include "tests/bench/row.h"

#define DATE      20261122
#define SECONDS   1.0
#define WARM_UP_S 0.3 /* faults in memory; not counted */
#define HARD      (UINT64_C(1) << 26)

struct window { /* evaluations counted between two looks */
    double start_s, end_s;
    uint64_t start, end;
};

static bool look(void *arg, const struct op_mint_progress *progress)
{
    struct window *window = arg;
    if (progress->elapsed_s < WARM_UP_S || progress->evals == 0)
        return true;
    if (window->start_s == 0) {
        window->start_s = progress->elapsed_s;
        window->start = progress->evals;
    }
    window->end_s = progress->elapsed_s;
    window->end = progress->evals;
    return progress->elapsed_s < WARM_UP_S + SECONDS;
}

static double rate(const struct op_suite *suite, unsigned threads)
{
    struct op_recipient nobody;
    struct op_mint_result result;
    struct window window = {0};
    OP_BUG_IF(!op_recipient_parse("postmaster", strlen("postmaster"), &nobody, NULL));
    struct op_mint_spec spec = {.suite = suite,
                                .effort = HARD,
                                .date = DATE,
                                .recipient = &nobody,
                                .threads = threads,
                                .progress = look,
                                .arg = &window};
    OP_BUG_IF(op_mint(&spec, &result) != OP_ERR_CANCELLED);
    return (double)(window.end - window.start) / (window.end_s - window.start_s);
}

/* Evaluations in a second of a core's time: where a second thread costs the first one nothing, as
 * many with two threads as with one, however busy the machine is. */
static double rate_per_core(const struct op_suite *suite, unsigned threads, double *rate_r)
{
    double start_s = row_now(CLOCK_MONOTONIC), start_cpu = row_now(CLOCK_PROCESS_CPUTIME_ID);
    *rate_r = rate(suite, threads);
    double cpu = row_now(CLOCK_PROCESS_CPUTIME_ID) - start_cpu;
    return *rate_r * (row_now(CLOCK_MONOTONIC) - start_s) / cpu;
}

/* The sum of what two children reach at the same time. */
static double rate_of_processes(const struct op_suite *suite)
{
    pid_t child[2];
    double *rates =
        mmap(NULL, 2 * sizeof *rates, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    OP_BUG_IF(rates == MAP_FAILED);
    for (int i = 0; i < 2; i++) {
        child[i] = fork();
        OP_BUG_IF(child[i] < 0);
        if (child[i] == 0) {
            rates[i] = rate(suite, 1);
            _exit(0);
        }
    }
    for (int i = 0; i < 2; i++)
        OP_BUG_IF(waitpid(child[i], NULL, 0) != child[i]);
    double sum = rates[0] + rates[1];
    munmap(rates, 2 * sizeof *rates);
    return sum;
}

static bool scaling(const char *name)
{
    const struct op_suite *suite = op_suite_find(name, strlen(name));
    double one[ROW_ROUNDS], threads[ROW_ROUNDS], processes[ROW_ROUNDS], per_core[ROW_ROUNDS];
    char row[64];
    for (int i = 0; i < ROW_ROUNDS; i++) {
        double after;
        double core = rate_per_core(suite, 1, &one[i]);
        per_core[i] = rate_per_core(suite, 2, &threads[i]) / core;
        processes[i] = rate_of_processes(suite);
        (void)rate_per_core(suite, 1, &after);
        one[i] = (one[i] + after) / 2;
        threads[i] /= one[i];
        processes[i] /= one[i];
    }
    snprintf(row, sizeof row, "%s-evals/s-one-thread", name);
    row_median_tell(row, one);
    snprintf(row, sizeof row, "%s-two-processes-over-one", name);
    row_median_tell(row, processes);
    snprintf(row, sizeof row, "%s-per-core-second-two-over-one", name);
    row_median_tell(row, per_core);
    snprintf(row, sizeof row, "%s-two-threads-over-one", name);
    return row_median_least(row, threads, 1.9);
}

int main(void)
{
    bool missed = scaling("argon2id-16m");
    missed |= scaling("argon2id-64m");
    return missed;
}
