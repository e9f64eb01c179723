/*
 * gate.h - how much memory and CPU verification may spend at once.
 *
 * A caller asks for a slot with a worker of its suite; slots are handed out in the order of asking.
 * The gate owns the workers and keeps them for reuse, inside the memory limit; idle ones are given
 * back to the system by gate_trim. All functions may be called from any thread.
 */
#ifndef GATE_H
#define GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pow/worker.h"

#define GATE_TICK_S 4 /* between two calls of `tick`: MTAs give up after 5 to 10 s of silence */

struct gate;

struct gate_limits {
    unsigned threads; /* evaluations at the same time; 0 = processors this process may use */
    uint64_t memory;  /* octets for all workers together, busy and idle */
    unsigned queue;   /* callers that may wait */
    unsigned wait_s;  /* how long one may wait */
};

enum gate_err {
    GATE_OK = 0,
    GATE_SATURATED, /* queue full, or waited too long */
    GATE_TOO_BIG,   /* one worker of this suite does not fit into the memory limit at all */
    GATE_NOMEM,     /* a worker's memory could not be had */
    GATE_CLOSED,    /* gate_close was called: the daemon is stopping */
    GATE_GONE,      /* tick has said so */
};

struct gate *gate_new(const struct gate_limits *limits); /* NULL: out of memory */
void gate_free(struct gate *gate);                       /* nobody may be inside; NULL is fine */

/* Waits for a slot. While waiting, tick(arg) (NULL: nothing) is called every GATE_TICK_S, without
 * the gate's lock held; false: whoever we wait for has gone. On GATE_OK *worker_r is the caller's
 * until gate_leave. If memory is short, idle workers of other suites are freed for a new one. */
OP_MUST_USE enum gate_err gate_enter(struct gate *gate, const struct op_suite *suite,
                                     bool (*tick)(void *arg), void *arg,
                                     struct op_worker **worker_r);
void gate_leave(struct gate *gate, struct op_worker *worker);

/* Changes the limits of a running gate (reload). Those inside finish under the old ones; who waits
 * keeps his place and his time, but is turned away if his suite has become too big. */
void gate_set_limits(struct gate *gate, const struct gate_limits *limits);

void gate_close(struct gate *gate); /* those who wait, and whoever comes later, get GATE_CLOSED */
void gate_trim(struct gate *gate); /* frees workers that nobody has used since the last gate_trim */

struct gate_stats {
    unsigned busy, threads; /* evaluations now, and at most */
    unsigned waiting;
    uint64_t memory, memory_max; /* octets of all workers now, and at most */
    uint64_t saturated;          /* callers that got GATE_SATURATED since the start */
};
void gate_stats_get(struct gate *gate, struct gate_stats *stats_r);

const char *gate_err_str(enum gate_err err);

#endif
