/*
 * gate.c - hands out slots for verification, in the order of asking, inside limits of threads and
 * memory.
 *
 * It knows what a worker weighs, not what it computes. Only the head of the queue can be admitted:
 * a large worker at the head holds back small ones behind it, or it might wait for ever. Workers
 * are freed with the lock held, since what is off the books must be gone; that takes milliseconds
 * for the largest, which evaluate for a hundred times as long. They are made, and filled, outside
 * of it.
 */
#include "milter/gate.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

#include "milter/processors.h"

struct slot { /* a worker, busy or idle */
    TAILQ_ENTRY(slot) link;
    struct op_worker *worker; /* NULL until its first user has made it; set with the lock held */
    const struct op_suite *suite;
    uint64_t memory;
    bool fresh; /* used since the last gate_trim */
};

TAILQ_HEAD(slots, slot);

struct waiter {
    TAILQ_ENTRY(waiter) link;
    pthread_cond_t called; /* out of the queue, or the gate is closed */
    const struct op_suite *suite;
    bool queued;
    enum gate_err err;
    struct slot *slot; /* on GATE_OK */
};

TAILQ_HEAD(waiters, waiter);

struct gate {
    pthread_mutex_t lock;
    struct gate_limits limits;
    struct slots busy, idle; /* idle: last used first */
    struct waiters queue;
    bool closed;
    struct gate_stats stats; /* but its limits */
};

/*
 * Time
 */

static struct timespec now_plus(unsigned seconds)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += seconds;
    return time;
}

static bool earlier(struct timespec a, struct timespec b)
{
    return a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec < b.tv_nsec);
}

static bool is_over(struct timespec time)
{
    return !earlier(now_plus(0), time);
}

/*
 * Slots; with the lock held
 */

static struct slot *idle_of(struct gate *gate, const struct op_suite *suite)
{
    struct slot *slot;
    TAILQ_FOREACH(slot, &gate->idle, link)
    {
        if (slot->suite == suite)
            return slot;
    }
    return NULL;
}

static uint64_t idle_memory(struct gate *gate)
{
    uint64_t sum = 0;
    struct slot *slot;
    TAILQ_FOREACH(slot, &gate->idle, link)
    {
        sum += slot->memory;
    }
    return sum;
}

static void free_idle(struct gate *gate, struct slot *slot)
{
    TAILQ_REMOVE(&gate->idle, slot, link);
    gate->stats.memory -= slot->memory;
    op_worker_free(slot->worker);
    free(slot);
}

/* Frees idle workers, the longest idle first, until the memory in use is at most `target`. */
static void evict(struct gate *gate, uint64_t target)
{
    while (gate->stats.memory > target && !TAILQ_EMPTY(&gate->idle))
        free_idle(gate, TAILQ_LAST(&gate->idle, slots));
}

/* Is there a thread and memory for a worker of the suite, if idle ones of other suites have to go?
 */
static bool has_room(struct gate *gate, const struct op_suite *suite)
{
    if (gate->stats.busy >= gate->limits.threads)
        return false;
    if (idle_of(gate, suite))
        return true;
    return gate->stats.memory - idle_memory(gate) + op_worker_mem(suite) <= gate->limits.memory;
}

/* Gives the waiter an idle worker of its suite, or a place for a new one and what to free for it.
 */
static void take_slot(struct gate *gate, struct waiter *waiter)
{
    struct slot *slot = idle_of(gate, waiter->suite);
    if (slot) {
        TAILQ_REMOVE(&gate->idle, slot, link);
    } else {
        slot = calloc(1, sizeof *slot);
        if (!slot) {
            waiter->err = GATE_NOMEM;
            return;
        }
        slot->suite = waiter->suite;
        slot->memory = op_worker_mem(waiter->suite);
        evict(gate, gate->limits.memory - slot->memory);
        gate->stats.memory += slot->memory;
    }
    TAILQ_INSERT_HEAD(&gate->busy, slot, link);
    gate->stats.busy++;
    waiter->slot = slot;
    waiter->err = GATE_OK;
}

/*
 * The queue; with the lock held
 */

static void enqueue(struct gate *gate, struct waiter *waiter)
{
    waiter->queued = true;
    TAILQ_INSERT_TAIL(&gate->queue, waiter, link);
    gate->stats.waiting++;
}

static void dequeue(struct gate *gate, struct waiter *waiter)
{
    waiter->queued = false;
    TAILQ_REMOVE(&gate->queue, waiter, link);
    gate->stats.waiting--;
}

/* Admits from the head of the queue as long as there is room. Called whenever that may have
 * changed. */
static void admit(struct gate *gate)
{
    struct waiter *head;
    while (!gate->closed && (head = TAILQ_FIRST(&gate->queue))) {
        if (op_worker_mem(head->suite) > gate->limits.memory)
            head->err = GATE_TOO_BIG;
        else if (has_room(gate, head->suite))
            take_slot(gate, head);
        else
            return;
        dequeue(gate, head);
        pthread_cond_signal(&head->called);
    }
}

static bool call_tick(struct gate *gate, bool (*tick)(void *), void *arg)
{
    pthread_mutex_unlock(&gate->lock);
    bool awaited = tick(arg);
    pthread_mutex_lock(&gate->lock);
    return awaited;
}

/* Until admitted, or turned away with an error in waiter->err. */
static void wait_in_queue(struct gate *gate, struct waiter *waiter, bool (*tick)(void *), void *arg)
{
    struct timespec end = now_plus(gate->limits.wait_s), next = now_plus(GATE_TICK_S);
    bool awaited = true;
    while (waiter->queued && !gate->closed && awaited && !is_over(end)) {
        struct timespec until = tick && earlier(next, end) ? next : end;
        pthread_cond_timedwait(&waiter->called, &gate->lock, &until);
        if (tick && waiter->queued && !gate->closed && is_over(next)) {
            next = now_plus(GATE_TICK_S);
            awaited = call_tick(gate, tick, arg);
        }
    }
    if (!waiter->queued)
        return;
    dequeue(gate, waiter);
    waiter->err = gate->closed ? GATE_CLOSED : awaited ? GATE_SATURATED : GATE_GONE;
    admit(gate); /* it may have been the head */
}

static bool waiter_init(struct waiter *waiter, const struct op_suite *suite)
{
    *waiter = (struct waiter){.suite = suite};
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return false;
    bool done = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(&waiter->called, &attr) == 0;
    pthread_condattr_destroy(&attr);
    return done;
}

static void line_up(struct gate *gate, struct waiter *waiter, bool (*tick)(void *), void *arg)
{
    pthread_mutex_lock(&gate->lock);
    if (gate->closed) {
        waiter->err = GATE_CLOSED;
    } else if (op_worker_mem(waiter->suite) > gate->limits.memory) {
        waiter->err = GATE_TOO_BIG;
    } else if (TAILQ_EMPTY(&gate->queue) && has_room(gate, waiter->suite)) {
        take_slot(gate, waiter);
    } else if (gate->stats.waiting >= gate->limits.queue) {
        waiter->err = GATE_SATURATED;
    } else {
        enqueue(gate, waiter);
        wait_in_queue(gate, waiter, tick, arg);
    }
    if (waiter->err == GATE_SATURATED)
        gate->stats.saturated++;
    pthread_mutex_unlock(&gate->lock);
}

/* Fills the place that we were given; if that fails, gives the place up. */
static bool make_worker(struct gate *gate, struct slot *slot)
{
    struct op_worker *worker = NULL;
    bool done = op_worker_new(slot->suite, &worker) == OP_OK;
    pthread_mutex_lock(&gate->lock);
    if (done) {
        slot->worker = worker;
    } else {
        TAILQ_REMOVE(&gate->busy, slot, link);
        gate->stats.busy--;
        gate->stats.memory -= slot->memory;
        free(slot);
        admit(gate);
    }
    pthread_mutex_unlock(&gate->lock);
    return done;
}

enum gate_err gate_enter(struct gate *gate, const struct op_suite *suite, bool (*tick)(void *arg),
                         void *arg, struct op_worker **worker_r)
{
    struct waiter waiter;
    if (!waiter_init(&waiter, suite))
        return GATE_NOMEM;
    line_up(gate, &waiter, tick, arg);
    pthread_cond_destroy(&waiter.called);
    if (waiter.err != GATE_OK)
        return waiter.err;
    if (!waiter.slot->worker && !make_worker(gate, waiter.slot))
        return GATE_NOMEM;
    *worker_r = waiter.slot->worker;
    return GATE_OK;
}

static struct slot *busy_with(struct gate *gate, const struct op_worker *worker)
{
    struct slot *slot;
    TAILQ_FOREACH(slot, &gate->busy, link)
    {
        if (slot->worker == worker)
            return slot;
    }
    return NULL;
}

void gate_leave(struct gate *gate, struct op_worker *worker)
{
    pthread_mutex_lock(&gate->lock);
    struct slot *slot = busy_with(gate, worker);
    OP_BUG_IF(!slot);
    TAILQ_REMOVE(&gate->busy, slot, link);
    gate->stats.busy--;
    slot->fresh = true;
    TAILQ_INSERT_HEAD(&gate->idle, slot, link);
    evict(gate, gate->limits.memory); /* the limits may have been lowered */
    admit(gate);
    pthread_mutex_unlock(&gate->lock);
}

/*
 * Life
 */

void gate_set_limits(struct gate *gate, const struct gate_limits *limits)
{
    pthread_mutex_lock(&gate->lock);
    gate->limits = *limits;
    if (gate->limits.threads == 0)
        gate->limits.threads = processors_count();
    evict(gate, gate->limits.memory);
    admit(gate);
    pthread_mutex_unlock(&gate->lock);
}

struct gate *gate_new(const struct gate_limits *limits)
{
    struct gate *gate = calloc(1, sizeof *gate);
    if (!gate)
        return NULL;
    pthread_mutex_init(&gate->lock, NULL);
    TAILQ_INIT(&gate->busy);
    TAILQ_INIT(&gate->idle);
    TAILQ_INIT(&gate->queue);
    gate_set_limits(gate, limits);
    return gate;
}

void gate_free(struct gate *gate)
{
    if (!gate)
        return;
    OP_BUG_IF(!TAILQ_EMPTY(&gate->busy) || !TAILQ_EMPTY(&gate->queue));
    while (!TAILQ_EMPTY(&gate->idle))
        free_idle(gate, TAILQ_FIRST(&gate->idle));
    pthread_mutex_destroy(&gate->lock);
    free(gate);
}

void gate_close(struct gate *gate)
{
    struct waiter *waiter;
    pthread_mutex_lock(&gate->lock);
    gate->closed = true;
    TAILQ_FOREACH(waiter, &gate->queue, link)
    {
        pthread_cond_signal(&waiter->called);
    }
    pthread_mutex_unlock(&gate->lock);
}

void gate_trim(struct gate *gate)
{
    struct slot *slot, *next;
    pthread_mutex_lock(&gate->lock);
    for (slot = TAILQ_FIRST(&gate->idle); slot; slot = next) {
        next = TAILQ_NEXT(slot, link);
        if (slot->fresh)
            slot->fresh = false;
        else
            free_idle(gate, slot);
    }
    pthread_mutex_unlock(&gate->lock);
}

void gate_stats_get(struct gate *gate, struct gate_stats *stats_r)
{
    pthread_mutex_lock(&gate->lock);
    *stats_r = gate->stats;
    stats_r->threads = gate->limits.threads;
    stats_r->memory_max = gate->limits.memory;
    pthread_mutex_unlock(&gate->lock);
}

const char *gate_err_str(enum gate_err err)
{
    switch (err) {
    case GATE_OK:
        return "ok";
    case GATE_SATURATED:
        return "verification saturated";
    case GATE_GONE:
        return "nobody waits for it";
    case GATE_TOO_BIG:
        return "suite needs more memory than verification may use";
    case GATE_NOMEM:
        return "out of memory";
    case GATE_CLOSED:
        return "shutting down";
    }
    return "unknown gate error";
}
