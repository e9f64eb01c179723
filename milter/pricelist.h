/*
 * pricelist.h - the prices of a day as a person reads them: onionpow-milter -d --at DATE.
 */
#ifndef PRICELIST_H
#define PRICELIST_H

#include <stdint.h>
#include <stdio.h>

#include "milter/conf.h"

/* What holds at unix second `at` under this load: each suite, then the offers of each listener, all
 * without a sender's own factors. A load beyond what the configuration lets count is cut, and the
 * text says so. Returns an exit status: EX_OK, or EX_IOERR. */
int pricelist_print(const struct conf *conf, int64_t at, double load, FILE *out);

/* The load as it counts, where it does not why not, and a newline. */
void pricelist_print_load(const struct conf *conf, double load, FILE *out);

#endif
