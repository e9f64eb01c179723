/*
 * minter.h - how much memory and CPU the making of stamps may take, and the making itself.
 *
 * Apart from the gate, because a mint lasts a hundred times as long as a verification: in the same
 * queue it would hold up the mail that comes in. Its threads have the lowest priority, so they get
 * what verification leaves. Nobody may have more than half of its places, rounded up, nor two turns
 * in a row while somebody else waits. All functions may be called from any thread.
 */
#ifndef MINTER_H
#define MINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pow/err.h"
#include "pow/recipient.h"
#include "pow/stamp.h"

#define MINTER_TICK_S    4 /* between calls of `tick`: MTAs give up after 5 to 10 s of silence */
#define MINTER_OWNER_LEN 16

struct minter;

struct minter_limits {
    unsigned messages; /* minted for at the same time; at least 1 */
    unsigned threads;  /* of all of them; 0 = processors this process may use */
    uint64_t memory;   /* octets of all of them */
    unsigned queue;    /* messages that may wait */
};

enum minter_err {
    MINTER_OK = 0,
    MINTER_FULL,   /* as many messages wait as may, or the owner has his half of the places */
    MINTER_LATE,   /* the turn did not come in time, or came so late that too little was left */
    MINTER_DEAR,   /* for the next stamp the time has not done, or what is left of it would not */
    MINTER_CLOSED, /* minter_close was called: the daemon is stopping */
    MINTER_GONE,   /* tick has said so */
    MINTER_FAILED, /* no memory, thread or random octets to be had */
};

struct minter *minter_new(const struct minter_limits *limits); /* NULL: out of memory */
void minter_free(struct minter *minter); /* nobody may be inside; NULL is fine */

struct minter_order { /* one stamp; a value */
    const struct op_suite *suite;
    uint64_t effort;
    const struct op_recipient *recipient; /* borrowed */
};

struct minter_job { /* the stamps of one message; borrowed */
    const struct minter_order *order;
    size_t count;
    uint8_t owner[MINTER_OWNER_LEN]; /* names whose message it is */
    uint32_t date;                   /* that the stamps will bear */
    unsigned time_s;                 /* for all of it, waiting included */
    bool (*tick)(void *arg); /* called at least every MINTER_TICK_S meanwhile; false: nobody waits
                                for the stamps any more */
    void *arg;
};

/* Waits for its turn, in the order of asking but with those of one owner apart, and makes one stamp
 * after the other until one fails; *made_r: those before it, all if OK. */
OP_MUST_USE enum minter_err minter_run(struct minter *minter, const struct minter_job *job,
                                       struct op_stamp *stamps_r, size_t *made_r);

/* The memory that each of `messages` has: what does not fit into it cannot be minted. */
uint64_t minter_share(const struct minter_limits *limits);

/* Changes the limits (reload). What has begun goes on under the old ones. */
void minter_set_limits(struct minter *minter, const struct minter_limits *limits);

/* Cancels what is waiting and being minted; whoever is inside, or comes later, gets CLOSED. */
void minter_close(struct minter *minter);

struct minter_stats {
    unsigned busy, waiting; /* messages */
    uint64_t stamps;        /* made since the start */
};
void minter_stats_get(struct minter *minter, struct minter_stats *stats_r);

/* May a thread of this process lower its priority? If not minting takes its share of the
 * processors from verification. */
bool minter_yields(void);

#endif
