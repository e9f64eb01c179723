/* bench_text.c - see bench_text.h. Three significant digits: the machine is not steadier. */
#include "tools/bench_text.h"

#include <string.h>

#include "pow/units.h"
#include "tools/bench_cost.h"
#include "tools/span.h"

#define BENCH_TEXT_MAX     48
#define BENCH_TEXT_COLUMNS 100

struct bench_text {
    char text[BENCH_TEXT_MAX];
};

/* "0.123", "12.3", "1234", "61.4 M"; "-" for 0, which is what is not known. */
static struct bench_text bench_text_number(double number)
{
    static const char *const units[] = {"", "", " M", " G", " T"};
    struct bench_text out = {"-"};
    unsigned unit = 0;

    if (!(number > 0))
        return out;
    while (number >= (unit == 0 ? 1e5 : 999.5) && unit < 4) {
        number /= unit == 0 ? 1e6 : 1e3;
        unit += unit == 0 ? 2 : 1;
    }
    int decimals = number < 0.995 ? 3 : number < 9.995 ? 2 : number < 99.95 ? 1 : 0;
    snprintf(out.text, sizeof out.text, "%.*f%s", decimals, number, units[unit]);
    return out;
}

static struct bench_text bench_text_span(double seconds)
{
    struct bench_text out;

    if (seconds < 0.9995e-3)
        snprintf(out.text, sizeof out.text, "%.40s us", bench_text_number(seconds * 1e6).text);
    else if (seconds < 0.9995)
        snprintf(out.text, sizeof out.text, "%.40s ms", bench_text_number(seconds * 1e3).text);
    else
        span_format(seconds, out.text);
    return out;
}

static void bench_text_rate(const struct bench *bench, const char *name, double rate)
{
    double written = bench->libargon2 > 0 ? bench_written(bench, rate) : 0;
    struct bench_text ratio = {"-"}, share = {"-"};

    if (bench->libargon2 > 0)
        snprintf(ratio.text, sizeof ratio.text, "%.2f", rate / bench->libargon2);
    if (bench->memcpy_rate > 0)
        snprintf(share.text, sizeof share.text, "%.0f %%", 100 * written / bench->memcpy_rate);
    printf("  %-26s %10s %14s %12s %12s\n", name, bench_text_number(rate).text, ratio.text,
           bench_text_number(written / 1e9).text, share.text);
}

static void bench_text_rates(const struct bench *bench)
{
    char name[BENCH_TEXT_MAX];

    printf("  %-26s %10s %14s %12s %12s\n", "ONE THREAD", "EVALS/S", "OVER LIBARGON2",
           "WRITTEN GB/S", "OF MEMCPY");
    for (size_t i = 0; i < bench->kernel_count; i++) {
        const struct bench_kernel *kernel = &bench->kernels[i];
        snprintf(name, sizeof name, "%s%s", kernel->name, kernel->active ? " (in use)" : "");
        bench_text_rate(bench, name, kernel->rate);
    }
    if (bench->libargon2 > 0)
        bench_text_rate(bench, "libargon2, for comparison", bench->libargon2);
    if (bench->memcpy_rate > 0)
        printf("  %-26s %10s %14s %12s %12s\n", "memcpy, for comparison", "-", "-",
               bench_text_number(bench->memcpy_rate / 1e9).text, "100 %");
    snprintf(name, sizeof name, "all %u threads", bench->threads);
    if (bench->threads > 1)
        bench_text_rate(bench, name, bench->rate_all);
}

static void bench_text_mint(const struct bench *bench)
{
    printf("  mint     half of all within %s, 90 %% within %s, 99 %% within %s; ",
           bench_text_span(bench_mint_s(bench, 0.5)).text,
           bench_text_span(bench_mint_s(bench, 0.9)).text,
           bench_text_span(bench_mint_s(bench, 0.99)).text);
    if (bench->peak > 0)
        printf("%.1f MiB resident\n", (double)bench->peak / (1 << 20));
    else
        puts("memory unknown");
    printf("  verify   a message %s of one core (%u evaluations); junk %s, junk with a seal %s\n",
           bench_text_span(bench->verify.honest).text, bench->suite->sample,
           bench_text_span(bench->verify.junk).text, bench_text_span(bench->verify.sealed).text);
}

static void bench_text_costs(const struct bench *bench)
{
    printf("  %-26s %10s %14s %12s %12s  %s\n", "A MILLION STAMPS ON A", "EVALS/S", "HOURS", "KWH",
           "DOLLARS", "PAID FOR");
    for (int who = 0; who < BENCH_COST_MACHINES; who++) {
        const struct bench_cost_machine *machine = bench_cost_machine((enum bench_cost_who)who);
        struct bench_cost cost = bench_cost(bench, (enum bench_cost_who)who);
        printf("  %-26s %10s %14s %12s %12s  %s\n", machine->title,
               bench_text_number(cost.rate).text, bench_text_number(cost.hours).text,
               bench_text_number(cost.kwh).text, bench_text_number(cost.dollars).text,
               machine->rent > 0 ? "rent" : "power");
    }
}

void bench_text_print(const struct bench *bench)
{
    char memory[OP_UNITS_MAX] = "next to no";

    if (bench->suite->mem_kib > 0)
        op_size_format((uint64_t)bench->suite->mem_kib * 1024, memory);
    printf("%s: work %.0f (%u puzzles of effort %llu), %s memory an evaluation\n",
           bench->suite->name, bench_work(bench), bench->suite->puzzles,
           (unsigned long long)bench->effort, memory);
    bench_text_rates(bench);
    bench_text_mint(bench);
    bench_text_costs(bench);
    putchar('\n');
}

/* As many words a line as fit, each line indented. */
static void bench_text_wrap(const char *text)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (column == 0 || column + 1 + len > BENCH_TEXT_COLUMNS) {
            fputs(column == 0 ? "   " : "\n   ", stdout);
            column = 3;
        }
        printf(" %.*s", (int)len, text);
        column += 1 + len;
        text += len;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void bench_text_print_gpu(void)
{
    for (size_t i = 0; i < op_suite_count(); i++) {
        struct bench bench = {.suite = op_suite_at(i), .effort = 1};
        struct bench_cost cost = bench_cost(&bench, BENCH_COST_GPU);
        if (cost.rate > 0)
            printf("    %s: %s/s (%s)\n", bench.suite->name, bench_text_number(cost.rate).text,
                   cost.basis);
    }
}

void bench_text_print_assumptions(void)
{
    puts("Measured here: rates, times, memory. Assumed: what a million stamps cost, namely");
    for (int who = 0; who < BENCH_COST_MACHINES; who++) {
        const struct bench_cost_machine *machine = bench_cost_machine((enum bench_cost_who)who);
        printf("  %s (%.0f W):\n", machine->title, machine->watts);
        bench_text_wrap(machine->source);
    }
    bench_text_print_gpu();
    puts("A machine that its owner does not know to be working pays nothing.");
}
