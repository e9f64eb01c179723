/* bench.c - see bench.h. */
#include "tools/bench.h"

#include <string.h>

#include "pow/effort.h"
#include "tools/bench_libargon2.h"
#include "tools/bench_memory.h"
#include "tools/fail.h"
#include "tools/rate.h"

double bench_work(const struct bench *bench)
{
    return (double)op_effort_to_work(bench->suite, bench->effort);
}

double bench_mint_s(const struct bench *bench, double p)
{
    return op_effort_quantile(bench->suite->puzzles, bench->effort, p) / bench->rate_all;
}

double bench_written(const struct bench *bench, double rate)
{
    return rate * bench->suite->mem_kib * 1024 * bench->suite->passes;
}

static void bench_remark(struct progress *progress, const struct bench *bench, const char *what)
{
    char remark[128];

    snprintf(remark, sizeof remark, "measuring %s: %s", bench->suite->name, what);
    progress_remark(progress, remark);
}

static double xbench_rate(const struct bench *bench, unsigned threads, double seconds)
{
    double rate;
    enum op_err err = rate_measure(bench->suite, threads, bench->max_mem, seconds, &rate);

    if (err != OP_OK)
        fail_exit(err == OP_ERR_NOMEM ? EX_TEMPFAIL : EX_SOFTWARE, "use fewer --threads", "%s: %s",
                  bench->suite->name, op_err_str(err));
    return rate;
}

static void bench_list_kernels(struct bench *bench)
{
    const char *task = bench->suite->mem_kib > 0 ? "argon2id" : "sha256-search";
    struct op_kernel kernels[OP_KERNELS_MAX];
    size_t count = op_kernel_list(kernels);

    for (size_t i = 0; i < count; i++) {
        if (kernels[i].usable && strcmp(kernels[i].task, task) == 0)
            bench->kernels[bench->kernel_count++] = (struct bench_kernel){
                kernels[i].name, kernels[i].active, kernels[i].active ? bench->rate_one : 0};
    }
}

/* The peak is that of the mint with all threads. */
static void xbench_measure_mint(struct bench *bench, double seconds, struct progress *progress)
{
    bench_remark(progress, bench, "one thread");
    bool reset = bench_memory_reset_peak();
    bench->rate_one = bench->rate_all = xbench_rate(bench, 1, seconds);
    if (bench->threads > 1) {
        bench_remark(progress, bench, "all threads");
        reset = bench_memory_reset_peak();
        bench->rate_all = xbench_rate(bench, bench->threads, seconds);
    }
    bench->peak = reset ? bench_memory_peak() : 0;
}

void xbench_measure(struct bench *bench, double seconds, struct progress *progress)
{
    const struct op_suite *suite = bench->suite;
    size_t size = (size_t)suite->mem_kib * 1024;

    if (size > 0) {
        bench_remark(progress, bench, "libargon2");
        bench->libargon2 = bench_libargon2_rate(suite, seconds);
    }
    xbench_measure_mint(bench, seconds, progress);
    if (size > 0 && size <= bench->max_mem / 2) {
        bench_remark(progress, bench, "memcpy");
        bench->memcpy_rate = bench_memory_copy_rate(size, seconds / 2);
    }
    bench_remark(progress, bench, "verifying");
    enum op_err err = bench_verify_measure(suite, seconds / 2, &bench->verify);
    if (err != OP_OK)
        fail_exit(err == OP_ERR_NOMEM ? EX_TEMPFAIL : EX_SOFTWARE, NULL, "%s: %s", suite->name,
                  op_err_str(err));
    bench_list_kernels(bench);
}

void xbench_measure_kernels(struct bench *benches, size_t count, double seconds,
                            struct progress *progress)
{
    for (size_t i = 0; i < count; i++) {
        struct bench *bench = &benches[i];
        for (size_t j = 0; j < bench->kernel_count; j++) {
            struct bench_kernel *kernel = &bench->kernels[j];
            if (kernel->active || !op_kernel_force(kernel->name))
                continue;
            bench_remark(progress, bench, kernel->name);
            kernel->rate = xbench_rate(bench, 1, seconds);
        }
    }
}
