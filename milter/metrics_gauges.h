/*
 * metrics_gauges.h - what is read off, not counted: the state of the daemon at one moment.
 */
#ifndef METRICS_GAUGES_H
#define METRICS_GAUGES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "pow/suite.h"

struct metrics_gauges {                /* taken when the text is asked for */
    double load, load_max;             /* multiplier of the prices, and the ceiling on it */
    double price_work[OP_SUITES_MAX];  /* by op_suite_index; 0: not accepted */
    uint64_t gate_busy, gate_threads;  /* verifications going on; how many may at once */
    uint64_t gate_waiting, gate_queue; /* messages waiting for one; how many may */
    uint64_t gate_memory, gate_memory_max;
    uint64_t gate_saturated;               /* messages turned away since the start */
    uint64_t minter_busy, minter_messages; /* messages minted for; how many may be at once */
    uint64_t minter_waiting, minter_queue; /* ... waiting for it; how many may */
    uint64_t minter_stamps;                /* minted since the start */
    uint64_t ledger_entries, ledger_bytes, ledger_max_bytes;
    bool ledger_known; /* false: the ledger did not answer; its gauges are left out */
    uint64_t circuits, sessions;
    int64_t started; /* unix seconds */
    uint64_t reloads, reloads_failed;
};

void metrics_gauges_format(const struct metrics_gauges *gauges, FILE *out);

#endif
