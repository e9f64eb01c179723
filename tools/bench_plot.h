/*
 * bench_plot.h - two pictures in one SVG file: how long mints take, and what stamps cost whom.
 */
#ifndef TOOLS_BENCH_PLOT_H
#define TOOLS_BENCH_PLOT_H

#include "tools/bench.h"

/* Opens the file before anything is measured, and leaves what is in it; ends the run with
 * EX_CANTCREAT if it cannot be written. */
int xbench_plot_open(const char *path);

/* Replaces the file's content; the first picture is of the first suite. At least one suite. */
void xbench_plot_write(int fd, const char *path, const struct bench *benches, size_t count);

#endif
