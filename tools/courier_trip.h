/*
 * courier_trip.h - one message on its way to one recipient: what the files of the courier share.
 * Nobody else's.
 */
#ifndef TOOLS_COURIER_TRIP_H
#define TOOLS_COURIER_TRIP_H

#include "tools/courier.h"
#include "tools/patience.h"
#include "tools/plan.h"
#include "tools/purse.h"
#include "tools/route.h"

#define COURIER_SHORT_S 30 /* a mint, on the reference laptop, that is worth no round trip */

struct courier {
    const struct sender *conf;
    const struct options *options;
    struct plan_limits limits; /* of a stamp for a message that is no bounce */
    const char *state;
    struct purse *purse;
    struct sender *own_conf; /* of xcourier_open */
    char *own_state;
};

struct courier_trip {
    struct courier *courier;
    const struct courier_job *job;
    struct courier_report *report;
    struct route routes[ROUTE_MAX];
    size_t count;
    const struct route *route; /* the one in use */
    char destination[ADDRESS_HOST_MAX + 8];
    char user[PURSE_HASH_MAX], password[PURSE_HASH_MAX];
    char account[PURSE_HASH_MAX]; /* whose credit is spent: see credit.h */
    struct patience patience;     /* with all servers of this trip */
    struct smtp_peer peer;
    struct smtp *smtp;
    bool idle; /* the connection has waited for a stamp: the server may have ended it */
    struct purse_stamp *held;
    bool unasked;     /* minted for a remembered offer, if at all */
    double charged_s; /* for the last stamp that was minted */
    int unkept;       /* errno, of a stamp that could not be kept */
    bool paused;
    struct smtp_outcome outcome;
};

/* In all of these files a bool is whether the trip goes on. False: its report is written. */

/* Writes the report; false. */
bool courier_end(struct courier_trip *trip, int status, const char *enhanced, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

/* The report is what the server said last, or why there is none; false. */
bool courier_end_outcome(struct courier_trip *trip);

/* From the null sender: strangers can make us send it. */
bool courier_is_bounce(const struct courier_trip *trip);

/* ---- courier_line.c: the connection ---- */

/* Finds the ways. */
bool courier_route(struct courier_trip *trip);

/* By the first way that works, unless there is a connection. Of all that fail, the first that may
 * work later is told. */
bool courier_connect(struct courier_trip *trip);
void courier_disconnect(struct courier_trip *trip);

/* ---- courier_mint.c: the work ---- */

/* Waits for a slot, chooses among the offers, mints, and keeps the stamp: trip->held, which stays
 * NULL if nobody has asked for one and no slot is free, or no credit is left: to ask costs less. */
bool courier_mint(struct courier_trip *trip, const struct op_offers *offers);

/* Has a remembered offer of this destination cost a stamp of late, in vain? */
bool courier_doubts(const struct courier_trip *trip);

/* A stamp was taken. */
void courier_credit(const struct courier_trip *trip);

/* The server has refused the message without a look at the stamp, as for a recipient that it does
 * not know. If that was minted unasked the server had no part in it: it is not charged, and it is
 * asked first for a while. */
void courier_forgive(const struct courier_trip *trip);

#endif
