/*
 * cmd_bench.c - onionpow bench: which suites are measured, for how long, and who is told.
 */
#include "tools/bench.h"

#include "pow/effort.h"
#include "tools/bench_json.h"
#include "tools/bench_plot.h"
#include "tools/bench_text.h"
#include "tools/cmd.h"
#include "tools/fail.h"
#include "tools/out.h"
#include "tools/plan.h"

#define CMD_BENCH_S 2.0 /* a measurement, unless --seconds says otherwise */

/* The suites that are asked for and for which there is memory; returns how many. */
static size_t xcmd_bench_choose(const struct options *options, struct bench benches_r[])
{
    const struct plan_limits limits = plan_limits(options);
    size_t count = 0;

    for (size_t i = 0; i < op_suite_count(); i++) {
        const struct op_suite *suite = op_suite_at(i);
        struct bench bench = {.suite = suite, .effort = suite->effort_default};
        if (options->suite != NULL && options->suite != suite)
            continue;
        if (options->work != 0)
            bench.effort = op_effort_from_work(suite, options->work);
        if (bench.effort > suite->effort_max)
            fail_exit(EX_USAGE, NULL, "%s: no stamp can carry that much work; the most is %llu",
                      suite->name, (unsigned long long)op_effort_to_work(suite, suite->effort_max));
        bench.threads = plan_threads(&limits, suite, &bench.max_mem);
        if (plan_has_memory(suite, bench.max_mem))
            benches_r[count++] = bench;
        else
            fail_note("%s left out: it needs more memory than --max-mem", suite->name);
    }
    return count;
}

static void cmd_bench_print(const struct options *options, const struct bench *benches,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (options->json)
            bench_json_print(&benches[i]);
        else
            bench_text_print(&benches[i]);
    }
    if (!options->json && count > 0)
        bench_text_print_assumptions();
    xout_flush();
}

static int cmd_bench_run(const struct options *options)
{
    struct bench benches[OP_SUITES_MAX];
    struct progress progress;
    double seconds = options->seconds > 0 ? options->seconds : CMD_BENCH_S;

    if (options->arg_count > 0)
        fail_exit(EX_USAGE, NULL, "bench: takes no arguments");
    int plot = options->plot != NULL ? xbench_plot_open(options->plot) : -1;
    size_t count = xcmd_bench_choose(options, benches);
    if (op_kernel_slow() != NULL)
        fail_note("%s is computed by slow code here", op_kernel_slow());
    progress_init(&progress, options->progress, options->quiet);
    for (size_t i = 0; i < count; i++)
        xbench_measure(&benches[i], seconds, &progress);
    xbench_measure_kernels(benches, count, seconds, &progress);
    progress_clear(&progress);
    cmd_bench_print(options, benches, count);
    if (options->plot != NULL && count == 0)
        fail_exit(EX_UNAVAILABLE, NULL, "--plot: there is nothing to draw");
    if (options->plot != NULL)
        xbench_plot_write(plot, options->plot, benches, count);
    return EX_OK;
}

const struct cmd cmd_bench = {
    .name = "bench",
    .verb = OPTIONS_BENCH,
    .args = "",
    .summary = "measure each suite on this machine",
    .text = "For each suite: evaluations a second by each kernel that this processor can run\n"
            "and by all threads, compared with libargon2 and with a plain copy of memory;\n"
            "how long mints of the default work (or of --work) take; what a server spends on\n"
            "a message and on junk; and what a million stamps cost, from assumptions that\n"
            "stand at the end. --plot draws how mint times are spread, and the costs.\n",
    .example = "  onionpow bench --suite argon2id-16m --seconds 5 --plot bench.svg\n",
    .run = cmd_bench_run,
};
