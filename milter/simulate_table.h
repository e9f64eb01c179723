/*
 * simulate_table.h - a simulation in words and figures. Lines that are no rows begin with '#'.
 */
#ifndef SIMULATE_TABLE_H
#define SIMULATE_TABLE_H

#include <stdio.h>

#include "milter/conf.h"
#include "milter/simulate_script.h"
#include "milter/simulate_world.h"

#define SIMULATE_TIME_MAX 32

/* What is assumed, and the names of the columns. */
void simulate_table_head(FILE *stream, const char *name, const struct conf *conf,
                         const struct simulate_script *script);
void simulate_table_row(FILE *stream, const struct simulate_row *row);
void simulate_table_sum(FILE *stream, const struct simulate_row *sum);

/* "3d12:00" */
void simulate_table_time(uint32_t seconds, char text_r[SIMULATE_TIME_MAX]);

#endif
