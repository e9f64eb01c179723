/*
 * bench_draw.h - the two pictures, as SVG elements. Knows neither files nor colours.
 */
#ifndef TOOLS_BENCH_DRAW_H
#define TOOLS_BENCH_DRAW_H

#include <stdio.h>

#include "tools/bench.h"
#include "tools/bench_mints.h"

#define BENCH_DRAW_WIDTH   880
#define BENCH_DRAW_COSTS_Y 400 /* where the second picture begins */
#define BENCH_DRAW_TRIALS  2000

/* A histogram of trials (evaluations of BENCH_DRAW_TRIALS mints) under the curve of theory. */
void bench_draw_mints(FILE *stream, const struct bench *bench, const double *trials);

/* For each suite three bars, on a logarithmic scale. */
void bench_draw_costs(FILE *stream, const struct bench *benches, size_t count);
double bench_draw_costs_height(size_t count);

#endif
