/* bench_json.c - see bench_json.h. What is not known is null. */
#include "tools/bench_json.h"

#include <string.h>

#include "tools/bench_cost.h"
#include "tools/out.h"

/* Nothing that is measured or counted here can be 0. */
static void bench_json_number(const char *name, double number)
{
    if (number > 0)
        printf(",\"%s\":%.6g", name, number);
    else
        printf(",\"%s\":null", name);
}

static void bench_json_string(const char *name, const char *text)
{
    printf(",\"%s\":", name);
    out_json_string(stdout, text, strlen(text));
}

static void bench_json_kernels(const struct bench *bench)
{
    fputs(",\"kernels\":[", stdout);
    for (size_t i = 0; i < bench->kernel_count; i++) {
        const struct bench_kernel *kernel = &bench->kernels[i];
        printf("%s{\"kernel\":\"%s\",\"active\":%s", i > 0 ? "," : "", kernel->name,
               kernel->active ? "true" : "false");
        bench_json_number("rate", kernel->rate);
        bench_json_number("over_libargon2",
                          bench->libargon2 > 0 ? kernel->rate / bench->libargon2 : 0);
        bench_json_number("of_memcpy", bench->memcpy_rate > 0
                                           ? bench_written(bench, kernel->rate) / bench->memcpy_rate
                                           : 0);
        fputs("}", stdout);
    }
    fputs("]", stdout);
}

static void bench_json_costs(const struct bench *bench)
{
    fputs(",\"million\":[", stdout);
    for (int who = 0; who < BENCH_COST_MACHINES; who++) {
        const struct bench_cost_machine *machine = bench_cost_machine((enum bench_cost_who)who);
        struct bench_cost cost = bench_cost(bench, (enum bench_cost_who)who);
        printf("%s{\"machine\":\"%s\"", who > 0 ? "," : "", machine->name);
        bench_json_number("rate", cost.rate);
        bench_json_string("basis", cost.basis);
        bench_json_number("watts", machine->watts);
        bench_json_number("dollars_per_hour", machine->rent);
        bench_json_number("dollars_per_kwh", machine->rent > 0 ? 0 : BENCH_COST_DOLLARS_A_KWH);
        bench_json_string("source", machine->source);
        bench_json_number("hours", cost.hours);
        bench_json_number("kwh", cost.kwh);
        bench_json_number("dollars", cost.dollars);
        fputs("}", stdout);
    }
    fputs("]", stdout);
}

void bench_json_print(const struct bench *bench)
{
    printf("{\"schema\":1,\"suite\":\"%s\",\"threads\":%u,\"work\":%.0f", bench->suite->name,
           bench->threads, bench_work(bench));
    bench_json_number("rate_one", bench->rate_one);
    bench_json_number("rate_all", bench->rate_all);
    bench_json_number("rate_libargon2", bench->libargon2);
    bench_json_number("memcpy", bench->memcpy_rate);
    bench_json_kernels(bench);
    bench_json_number("seconds_median", bench_mint_s(bench, 0.5));
    bench_json_number("seconds_90", bench_mint_s(bench, 0.9));
    bench_json_number("seconds_99", bench_mint_s(bench, 0.99));
    bench_json_number("verify_seconds", bench->verify.honest);
    bench_json_number("junk_seconds", bench->verify.junk);
    bench_json_number("sealed_junk_seconds", bench->verify.sealed);
    bench_json_number("million_core_seconds",
                      BENCH_COST_STAMPS * bench_work(bench) / bench->rate_one);
    bench_json_number("peak_memory", (double)bench->peak);
    bench_json_costs(bench);
    fputs("}\n", stdout);
}
