/*
 * simulate_plot.h - a simulation as a picture: SVG with four panels over one axis of time, for
 * light and dark.
 */
#ifndef SIMULATE_PLOT_H
#define SIMULATE_PLOT_H

#include <stddef.h>
#include <stdio.h>

#include "milter/simulate_world.h"

/* At least one row. */
void simulate_plot_write(FILE *stream, const char *name, const struct simulate_row *rows,
                         size_t count);

#endif
