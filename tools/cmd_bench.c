/*
 * cmd_bench.c - onionpow bench: how fast each suite is on this machine, and what a stamp takes
 * here.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pow/effort.h"
#include "pow/units.h"
#include "tools/cmd.h"
#include "tools/fail.h"
#include "tools/out.h"
#include "tools/plan.h"
#include "tools/progress.h"
#include "tools/rate.h"
#include "tools/span.h"

#define CMD_BENCH_S        2.0       /* a measurement, unless --seconds says otherwise */
#define CMD_BENCH_MESSAGES 1000000.0 /* mails that the last column is about */

struct cmd_bench {
    const struct op_suite *suite;
    uint64_t effort;
    unsigned threads;
    double rate_one, rate_all; /* evaluations a second */
    double p50_s, p90_s;       /* to mint one stamp with all threads */
    double million_core_s;     /* for a million stamps, on one core */
    uint64_t peak;             /* octets resident at the most; 0: the kernel does not tell */
};

/* The kernel's high-water mark starts anew (proc(5)); false if it cannot. */
static bool cmd_bench_reset_peak(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    bool done = write(fd, "5", 1) == 1;
    close(fd);
    return done;
}

static uint64_t cmd_bench_read_peak(void)
{
    char line[128];
    unsigned long long kib = 0;
    FILE *stream = fopen("/proc/self/status", "re");

    if (stream == NULL)
        return 0;
    while (fgets(line, sizeof line, stream) != NULL) {
        if (sscanf(line, "VmHWM: %llu kB", &kib) == 1)
            break;
    }
    fclose(stream);
    return kib * 1024;
}

static double xcmd_bench_rate(struct progress *progress, const struct cmd_bench *bench,
                              unsigned threads, uint64_t max_mem, double seconds)
{
    char remark[128];
    double rate;

    snprintf(remark, sizeof remark, "measuring %s with %u thread%s", bench->suite->name, threads,
             threads == 1 ? "" : "s");
    progress_remark(progress, remark);
    enum op_err err = rate_measure(bench->suite, threads, max_mem, seconds, &rate);
    if (err != OP_OK)
        fail_exit(err == OP_ERR_NOMEM ? EX_TEMPFAIL : EX_SOFTWARE, "use fewer --threads", "%s: %s",
                  bench->suite->name, op_err_str(err));
    return rate;
}

static void xcmd_bench_measure(const struct options *options, struct progress *progress,
                               uint64_t max_mem, struct cmd_bench *bench)
{
    const struct op_suite *suite = bench->suite;
    double seconds = options->seconds > 0 ? options->seconds : CMD_BENCH_S;

    bench->rate_one = xcmd_bench_rate(progress, bench, 1, max_mem, seconds);
    bool reset = cmd_bench_reset_peak();
    bench->rate_all = bench->rate_one;
    if (bench->threads > 1 || !reset)
        bench->rate_all = xcmd_bench_rate(progress, bench, bench->threads, max_mem, seconds);
    bench->peak = reset ? cmd_bench_read_peak() : 0;
    bench->effort =
        options->work != 0 ? op_effort_from_work(suite, options->work) : suite->effort_default;
    bench->p50_s = op_effort_quantile(suite->puzzles, bench->effort, 0.5) / bench->rate_all;
    bench->p90_s = op_effort_quantile(suite->puzzles, bench->effort, 0.9) / bench->rate_all;
    bench->million_core_s =
        CMD_BENCH_MESSAGES * (double)op_effort_to_work(suite, bench->effort) / bench->rate_one;
}

static void cmd_bench_print_json(const struct cmd_bench *bench)
{
    printf("{\"schema\":1,\"suite\":\"%s\",\"threads\":%u,\"rate_one\":%.2f,\"rate_all\":%.2f,"
           "\"work\":%llu,\"seconds_median\":%.3f,\"seconds_90\":%.3f,"
           "\"million_core_seconds\":%.0f,\"peak_memory\":",
           bench->suite->name, bench->threads, bench->rate_one, bench->rate_all,
           (unsigned long long)op_effort_to_work(bench->suite, bench->effort), bench->p50_s,
           bench->p90_s, bench->million_core_s);
    if (bench->peak > 0)
        printf("%llu}\n", (unsigned long long)bench->peak);
    else
        fputs("null}\n", stdout);
}

/* Three significant digits. */
static void cmd_bench_number(double number, char *text_r, size_t size)
{
    int decimals = number < 10 ? 2 : number < 100 ? 1 : 0;

    snprintf(text_r, size, "%.*f", decimals, number);
}

static void cmd_bench_print(const struct cmd_bench *bench)
{
    char one[32], all[32], p50[SPAN_MAX], p90[SPAN_MAX], peak[32] = "-", days[32];

    cmd_bench_number(bench->rate_one, one, sizeof one);
    cmd_bench_number(bench->rate_all, all, sizeof all);
    cmd_bench_number(bench->million_core_s / 86400, days, sizeof days);
    span_format(bench->p50_s, p50);
    span_format(bench->p90_s, p90);
    if (bench->peak > 0)
        snprintf(peak, sizeof peak, "%.1fMiB", (double)bench->peak / (1024 * 1024));
    printf("%-14s %10s %10s %7u %12llu %11s %11s %9s %9s\n", bench->suite->name, one, all,
           bench->threads, (unsigned long long)op_effort_to_work(bench->suite, bench->effort), p50,
           p90, peak, days);
}

static void cmd_bench_suite(const struct options *options, struct progress *progress,
                            const struct op_suite *suite)
{
    struct cmd_bench bench = {.suite = suite};
    uint64_t max_mem;

    bench.threads = plan_threads(options, suite, &max_mem);
    if (!plan_has_memory(suite, max_mem)) {
        fail_note("%s left out: it needs more memory than --max-mem", suite->name);
        return;
    }
    xcmd_bench_measure(options, progress, max_mem, &bench);
    progress_clear(progress);
    if (options->json)
        cmd_bench_print_json(&bench);
    else
        cmd_bench_print(&bench);
    xout_flush();
}

static int cmd_bench_run(const struct options *options)
{
    struct progress progress;

    if (options->arg_count > 0)
        fail_exit(EX_USAGE, NULL, "bench: takes no arguments");
    progress_init(&progress, options->progress, options->quiet);
    if (!options->json)
        printf("%-14s %10s %10s %7s %12s %11s %11s %9s %9s\n", "SUITE", "EVALS/S", "ALL", "THREADS",
               "WORK", "MEDIAN", "90%", "PEAK", "DAYS/1M");
    xout_flush();
    for (size_t i = 0; i < op_suite_count(); i++) {
        if (options->suite == NULL || options->suite == op_suite_at(i))
            cmd_bench_suite(options, &progress, op_suite_at(i));
    }
    return EX_OK;
}

const struct cmd cmd_bench = {
    .name = "bench",
    .verb = OPTIONS_BENCH,
    .args = "",
    .summary = "measure each suite on this machine",
    .text = "For each suite: evaluations a second with one thread and with all of them, the\n"
            "time that half and nine of ten mints of the default work (or of --work) take\n"
            "with all threads, the memory resident at the most, and the days that one core\n"
            "needs for a million stamps.\n",
    .example = "  onionpow bench --suite argon2id-16m --seconds 5\n",
    .run = cmd_bench_run,
};
