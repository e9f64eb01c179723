/*
 * simulate.h - onionpow-milter --simulate: what the configured prices would do in a scenario.
 */
#ifndef SIMULATE_H
#define SIMULATE_H

#include "milter/conf.h"

/* Runs the scenario of a file ("-": standard input), prints a table to standard output, and draws
 * it into plot_path unless that is NULL. Returns a status for exit: EX_OK, EX_DATAERR (no
 * scenario), EX_NOINPUT, EX_CANTCREAT, EX_IOERR, EX_OSERR; then a line has been logged. */
int simulate_main(const struct conf *conf, const char *path, const char *plot_path);

#endif
