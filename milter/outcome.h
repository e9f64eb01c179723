/*
 * outcome.h - what has been decided on a recipient or on a whole message.
 *
 * The decision code names the outcome; what it means to the sender (code, words) is reply.c's table
 * alone, so that no other place chooses between 4xx and 5xx.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdbool.h>

enum outcome {
    OUTCOME_PASS = 0,  /* a recipient: taken; a message: every guarded recipient is paid */
    OUTCOME_EXEMPT,    /* nothing has to be paid */
    OUTCOME_UNPAID,    /* a stamp is missing or not good; an enum op_verdict says which */
    OUTCOME_STAMPS,    /* more stamps than are looked at */
    OUTCOME_RELAY,     /* the recipient is not delivered here */
    OUTCOME_ADDRESS,   /* the recipient is not an address that a stamp can name */
    OUTCOME_CROWD,     /* more recipients than the stamps of one message can pay for */
    OUTCOME_BUSY,      /* a stamp is being verified for another delivery right now */
    OUTCOME_SATURATED, /* no memory or processor to be had for verifying */
    OUTCOME_BOUNCES,   /* so many bounces came at once that this one is beyond the cap */
    OUTCOME_LEDGER,    /* the ledger could not answer */
    OUTCOME_INTERNAL,  /* our own machinery failed */
    OUTCOME_CLOSING,   /* this connection has brought a failed proof before */
    OUTCOME_SIGNED,    /* a message of ours: let through, with a reply token where it can be */
    OUTCOME_MINTED,    /* a message of ours: stamps were made for it */
    OUTCOME_STAMPED,   /* a message of ours: it had stamps already */
    OUTCOME_UNSTAMPED, /* a message of ours: let through without the stamps that it should have */
    OUTCOME_LATE,      /* its stamps could not be made in time */
    OUTCOME_NO_MINTER, /* there was no turn, or no memory, to make them */
};

#define OUTCOME_COUNT 19

/* Is the recipient or message turned away, now or for good? */
bool outcome_refuses(enum outcome outcome);

/* The stable name used as a reason in the log. */
const char *outcome_str(enum outcome outcome);

#endif
