/*
 * bench_json.h - measurements and costs for programs: one object a line for each suite.
 */
#ifndef TOOLS_BENCH_JSON_H
#define TOOLS_BENCH_JSON_H

#include "tools/bench.h"

void bench_json_print(const struct bench *bench);

#endif
