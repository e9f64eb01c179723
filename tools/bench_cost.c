/* bench_cost.c - see bench_cost.h. */
#include "tools/bench_cost.h"

#include <string.h>

#define BENCH_COST_CORES  4   /* of the laptop */
#define BENCH_COST_SHARED 0.8 /* what each of them keeps of its rate when all want memory */

static const struct bench_cost_machine machines[BENCH_COST_MACHINES] = {
    [BENCH_COST_LAPTOP] = {"laptop", "laptop, 4 such cores", 28, 0,
                           "assumed: 7 W a core, 0.30 $/kWh of its owner's power, 0.8 of a core's "
                           "rate each where all four want memory"},
    [BENCH_COST_SERVER] = {"server", "server, 1 such core", 10, 0.032,
                           "0.016 $/h a vCPU (spot price of c5.24xlarge in the AWS manual), 2 vCPU "
                           "a core; assumed: 10 W a core"},
    [BENCH_COST_GPU] = {"gpu", "GPU, RTX 4090", 450, 0.35,
                        "0.31 to 0.45 $/h (fairlane.systems, deploybase.ai); 450 W is the card's "
                        "limit"},
};

/* Evaluations a second of one RTX 4090. */
static const struct {
    const char *suite;
    double rate;
    const char *basis;
} gpu[] = {
    {"argon2id-16m", 26700, "hashcat PR 4284: 1667/s at 64 MiB, t=3; x4 for t=1, x4 for 16 MiB"},
    {"argon2id-64m", 6670, "hashcat PR 4284: 1667/s at 64 MiB, t=3; x4 for t=1"},
    {"argon2id-256m", 417, "as for 64 MiB, 1/4 by size and 1/4 as few fit: a guess"},
    {"sha256", 21.98e9, "hashcat's benchmark, at second hand"},
};

const struct bench_cost_machine *bench_cost_machine(enum bench_cost_who who)
{
    return &machines[who];
}

static void bench_cost_rate(const struct bench *bench, enum bench_cost_who who,
                            struct bench_cost *cost)
{
    bool memory = bench->suite->mem_kib > 0;

    switch (who) {
    case BENCH_COST_LAPTOP:
        cost->rate = bench->rate_one * BENCH_COST_CORES * (memory ? BENCH_COST_SHARED : 1);
        cost->basis = memory ? "one thread here x 4 x 0.8" : "one thread here x 4";
        return;
    case BENCH_COST_SERVER:
        cost->rate = bench->rate_one;
        cost->basis = "one thread here";
        return;
    case BENCH_COST_GPU:
        for (size_t i = 0; i < sizeof gpu / sizeof gpu[0]; i++) {
            if (strcmp(gpu[i].suite, bench->suite->name) == 0) {
                cost->rate = gpu[i].rate;
                cost->basis = gpu[i].basis;
            }
        }
        return;
    }
}

struct bench_cost bench_cost(const struct bench *bench, enum bench_cost_who who)
{
    const struct bench_cost_machine *machine = &machines[who];
    struct bench_cost cost = {.basis = "unknown"};

    bench_cost_rate(bench, who, &cost);
    if (cost.rate > 0) {
        cost.hours = BENCH_COST_STAMPS * bench_work(bench) / cost.rate / 3600;
        cost.kwh = cost.hours * machine->watts / 1000;
        cost.dollars =
            machine->rent > 0 ? cost.hours * machine->rent : cost.kwh * BENCH_COST_DOLLARS_A_KWH;
    }
    return cost;
}
