/*
 * minter.c - a queue of messages, a share of the budget for each of those that have left its head,
 * and one thread apiece that mints.
 *
 * The thread that asks belongs to the MTA's connection: it waits and ticks. Another one mints,
 * because priority is given up for good, and a connection may go on to verify.
 */
#include "milter/minter.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

#include "milter/processors.h"
#include "pow/mint.h"

#define LOWEST_PRIORITY 19
/* A stamp that has had a part of the message's time, and of which half of all mints would still
 * take so many times what is left, is given up: the work is spared. One that asks for far more than
 * that is given up as soon as our speed is known. */
#define HOPELESS_AFTER 0.25
#define HOPELESS_TIMES 4.0
#define ABSURD_AFTER_S 1.0
#define ABSURD_TIMES   1000.0

struct turn { /* a message, waiting or at work */
    TAILQ_ENTRY(turn) link;
    const struct minter_job *job;
    struct minter *minter;
    struct op_stamp *stamps;
    size_t made;
    struct timespec end;
    bool had_to_wait; /* for over half of its time */
    unsigned threads; /* its share, from when it is at work */
    uint64_t memory;
    atomic_bool gone; /* tick has said that nobody waits for it */
    bool done;
    enum minter_err err;
};

TAILQ_HEAD(turns, turn);

struct minter {
    pthread_mutex_t lock;
    pthread_cond_t news; /* somebody has left, or is done; the limits have changed; closed */
    struct minter_limits limits;
    struct turns queue, working;
    uint8_t last[MINTER_OWNER_LEN]; /* whose the latest turn was */
    struct minter_stats stats;
    atomic_bool closed;
};

/* --- time --------------------------------------------------------------------------------- */

static struct timespec now_plus(unsigned seconds)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += seconds;
    return time;
}

static double left(const struct timespec *end)
{
    struct timespec now = now_plus(0);

    return (double)(end->tv_sec - now.tv_sec) + (double)(end->tv_nsec - now.tv_nsec) * 1e-9;
}

/* --- minting, in a thread of its own ------------------------------------------------------ */

static bool lower_priority(void)
{
    /* In Linux priority belongs to the thread; those that it starts inherit it. */
    return setpriority(PRIO_PROCESS, 0, LOWEST_PRIORITY) == 0;
}

static bool is_hopeless(const struct turn *turn, const struct op_mint_progress *progress)
{
    double times = progress->left_p50_s / fmax(left(&turn->end), 1);

    return (progress->elapsed_s > HOPELESS_AFTER * turn->job->time_s && times > HOPELESS_TIMES) ||
           (progress->elapsed_s > ABSURD_AFTER_S && times > ABSURD_TIMES);
}

/* Is there a reason from outside to end it? */
static enum minter_err stopped(const struct turn *turn)
{
    if (atomic_load(&turn->minter->closed))
        return MINTER_CLOSED;
    return atomic_load(&turn->gone) ? MINTER_GONE : MINTER_OK;
}

static bool go_on(void *arg, const struct op_mint_progress *progress)
{
    const struct turn *turn = arg;

    return stopped(turn) == MINTER_OK && !is_hopeless(turn, progress);
}

/* The time has not done for a stamp: that is the price, or those who were there before. */
static enum minter_err out_of_time(const struct turn *turn)
{
    return turn->had_to_wait ? MINTER_LATE : MINTER_DEAR;
}

static enum minter_err mint_one(struct turn *turn, size_t i)
{
    const struct minter_order *order = &turn->job->order[i];
    struct op_mint_result result;
    struct op_mint_spec spec = {
        .suite = order->suite,
        .effort = order->effort,
        .date = turn->job->date,
        .recipient = order->recipient,
        .threads = turn->threads,
        .max_mem = turn->memory,
        .max_s = left(&turn->end),
        .progress = go_on,
        .arg = turn,
    };

    if (spec.max_s <= 0)
        return out_of_time(turn);
    if (getrandom(spec.salt, sizeof spec.salt, 0) != sizeof spec.salt)
        return MINTER_FAILED;
    switch (op_mint(&spec, &result)) {
    case OP_OK:
        turn->stamps[i] = result.stamp;
        return MINTER_OK;
    case OP_ERR_TIMEOUT:
        return out_of_time(turn);
    case OP_ERR_CANCELLED:
        return stopped(turn) != MINTER_OK ? stopped(turn) : out_of_time(turn);
    case OP_ERR_NOMEM:
    case OP_ERR_INPUT:
    case OP_ERR_LIMIT:
    case OP_ERR_CRYPTO:
    case OP_ERR_THREAD:
    case OP_ERR_SELFTEST:
        break;
    }
    return MINTER_FAILED;
}

static void *mint_all(void *arg)
{
    struct turn *turn = arg;
    struct minter *minter = turn->minter;
    enum minter_err err = MINTER_OK;

    (void)lower_priority(); /* minter_yields has been asked at the start */
    while (turn->made < turn->job->count && (err = mint_one(turn, turn->made)) == MINTER_OK)
        turn->made++;
    pthread_mutex_lock(&minter->lock);
    minter->stats.stamps += turn->made;
    turn->err = err;
    turn->done = true;
    pthread_cond_broadcast(&minter->news);
    pthread_mutex_unlock(&minter->lock);
    return NULL;
}

/* --- waiting; with the lock held ---------------------------------------------------------- */

/* Until there is news, or it is that late. */
static void wait_and_tick(struct turn *turn, const struct timespec *until, struct timespec *next)
{
    struct minter *minter = turn->minter;

    pthread_cond_timedwait(&minter->news, &minter->lock, until);
    if (left(next) > 0)
        return;
    *next = now_plus(MINTER_TICK_S);
    pthread_mutex_unlock(&minter->lock);
    if (!turn->job->tick(turn->job->arg))
        atomic_store(&turn->gone, true);
    pthread_mutex_lock(&minter->lock);
}

static size_t owned(const struct turns *turns, const uint8_t owner[MINTER_OWNER_LEN])
{
    const struct turn *turn;
    size_t count = 0;

    TAILQ_FOREACH(turn, turns, link)
    {
        if (memcmp(turn->job->owner, owner, MINTER_OWNER_LEN) == 0)
            count++;
    }
    return count;
}

static bool is_full(const struct minter *minter)
{
    return minter->stats.busy >= minter->limits.messages &&
           minter->stats.waiting >= minter->limits.queue;
}

static bool has_half(const struct minter *minter, const uint8_t owner[MINTER_OWNER_LEN])
{
    size_t places = (size_t)minter->limits.messages + minter->limits.queue;

    return owned(&minter->queue, owner) + owned(&minter->working, owner) >= (places + 1) / 2;
}

/* The first of another owner than the latest turn's, so that who fills the queue does not have it
 * to himself; the head is passed over no more than once. */
static const struct turn *next_turn(const struct minter *minter)
{
    const struct turn *turn;

    TAILQ_FOREACH(turn, &minter->queue, link)
    {
        if (memcmp(turn->job->owner, minter->last, MINTER_OWNER_LEN) != 0)
            return turn;
    }
    return TAILQ_FIRST(&minter->queue);
}

static bool has_turn(const struct turn *turn)
{
    const struct minter *minter = turn->minter;

    return next_turn(minter) == turn && minter->stats.busy < minter->limits.messages;
}

static enum minter_err wait_for_turn(struct turn *turn)
{
    struct minter *minter = turn->minter;
    struct timespec next = now_plus(MINTER_TICK_S);
    enum minter_err err;

    TAILQ_INSERT_TAIL(&minter->queue, turn, link);
    minter->stats.waiting++;
    while ((err = stopped(turn)) == MINTER_OK && !has_turn(turn)) {
        const struct timespec *until = left(&next) < left(&turn->end) ? &next : &turn->end;
        if (left(&turn->end) <= 0) {
            err = MINTER_LATE;
            break;
        }
        wait_and_tick(turn, until, &next);
    }
    TAILQ_REMOVE(&minter->queue, turn, link);
    minter->stats.waiting--;
    pthread_cond_broadcast(&minter->news); /* it is another's turn now */
    return err;
}

static enum minter_err work(struct turn *turn)
{
    struct minter *minter = turn->minter;
    struct timespec next = now_plus(MINTER_TICK_S);
    pthread_t thread;

    turn->threads = minter->limits.threads / minter->limits.messages;
    if (turn->threads == 0)
        turn->threads = 1;
    turn->memory = minter_share(&minter->limits);
    turn->had_to_wait = left(&turn->end) < turn->job->time_s / 2.0;
    memcpy(minter->last, turn->job->owner, sizeof minter->last);
    if (pthread_create(&thread, NULL, mint_all, turn) != 0)
        return MINTER_FAILED;
    TAILQ_INSERT_TAIL(&minter->working, turn, link);
    minter->stats.busy++;
    while (!turn->done)
        wait_and_tick(turn, &next, &next);
    TAILQ_REMOVE(&minter->working, turn, link);
    minter->stats.busy--;
    pthread_cond_broadcast(&minter->news);
    pthread_mutex_unlock(&minter->lock);
    pthread_join(thread, NULL);
    pthread_mutex_lock(&minter->lock);
    return turn->err;
}

enum minter_err minter_run(struct minter *minter, const struct minter_job *job,
                           struct op_stamp *stamps_r, size_t *made_r)
{
    struct turn turn = {
        .job = job, .minter = minter, .stamps = stamps_r, .end = now_plus(job->time_s)};
    enum minter_err err;

    pthread_mutex_lock(&minter->lock);
    if (atomic_load(&minter->closed))
        err = MINTER_CLOSED;
    else if (is_full(minter) || has_half(minter, job->owner))
        err = MINTER_FULL;
    else
        err = wait_for_turn(&turn);
    if (err == MINTER_OK)
        err = work(&turn);
    pthread_mutex_unlock(&minter->lock);
    *made_r = turn.made;
    return err;
}

/* --- life --------------------------------------------------------------------------------- */

uint64_t minter_share(const struct minter_limits *limits)
{
    return limits->memory / limits->messages;
}

void minter_set_limits(struct minter *minter, const struct minter_limits *limits)
{
    pthread_mutex_lock(&minter->lock);
    minter->limits = *limits;
    if (minter->limits.threads == 0)
        minter->limits.threads = processors_count();
    pthread_cond_broadcast(&minter->news);
    pthread_mutex_unlock(&minter->lock);
}

struct minter *minter_new(const struct minter_limits *limits)
{
    struct minter *minter = calloc(1, sizeof *minter);
    pthread_condattr_t attr; /* a deadline must not move with the wall clock */

    if (minter == NULL)
        return NULL;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&minter->news, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&minter->lock, NULL);
    atomic_init(&minter->closed, false);
    TAILQ_INIT(&minter->queue);
    TAILQ_INIT(&minter->working);
    minter_set_limits(minter, limits);
    return minter;
}

void minter_free(struct minter *minter)
{
    if (minter == NULL)
        return;
    OP_BUG_IF(minter->stats.busy > 0 || minter->stats.waiting > 0);
    pthread_cond_destroy(&minter->news);
    pthread_mutex_destroy(&minter->lock);
    free(minter);
}

void minter_close(struct minter *minter)
{
    pthread_mutex_lock(&minter->lock);
    atomic_store(&minter->closed, true);
    pthread_cond_broadcast(&minter->news);
    pthread_mutex_unlock(&minter->lock);
}

void minter_stats_get(struct minter *minter, struct minter_stats *stats_r)
{
    pthread_mutex_lock(&minter->lock);
    *stats_r = minter->stats;
    pthread_mutex_unlock(&minter->lock);
}

static void *try_lower_priority(void *arg)
{
    *(bool *)arg = lower_priority();
    return NULL;
}

bool minter_yields(void)
{
    pthread_t thread;
    bool yields = false;

    if (pthread_create(&thread, NULL, try_lower_priority, &yields) != 0)
        return false;
    pthread_join(thread, NULL);
    return yields;
}
