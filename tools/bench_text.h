/*
 * bench_text.h - measurements and costs for people, at most 100 columns wide.
 */
#ifndef TOOLS_BENCH_TEXT_H
#define TOOLS_BENCH_TEXT_H

#include "tools/bench.h"

void bench_text_print(const struct bench *bench); /* a block for one suite */
void bench_text_print_assumptions(void);          /* once, at the end */

#endif
