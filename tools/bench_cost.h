/*
 * bench_cost.h - what a million stamps cost whom. Here stand the assumptions, each with its source.
 *
 * Rates of processors are those measured here, scaled; that of the GPU is other people's.
 */
#ifndef TOOLS_BENCH_COST_H
#define TOOLS_BENCH_COST_H

#include "tools/bench.h"

#define BENCH_COST_STAMPS        1e6
#define BENCH_COST_MACHINES      3
#define BENCH_COST_DOLLARS_A_KWH 0.30

enum bench_cost_who { BENCH_COST_LAPTOP, BENCH_COST_SERVER, BENCH_COST_GPU };

struct bench_cost_machine {
    const char *name;  /* one word */
    const char *title; /* for people */
    double watts;
    double rent; /* dollars an hour, power included; 0: its owner pays for the power */
    const char *source;
};

struct bench_cost { /* of BENCH_COST_STAMPS on one such machine */
    double rate;    /* evaluations a second; 0: nothing is known, and the rest is 0 as well */
    const char *basis;
    double hours, kwh, dollars;
};

const struct bench_cost_machine *bench_cost_machine(enum bench_cost_who who);

struct bench_cost bench_cost(const struct bench *bench, enum bench_cost_who who);

#endif
