/*
 * courier_trip.h - one message on its way to one recipient: what the files of the courier share.
 * Nobody else's.
 */
#ifndef TOOLS_COURIER_TRIP_H
#define TOOLS_COURIER_TRIP_H

#include "tools/courier.h"
#include "tools/purse.h"
#include "tools/route.h"

#define COURIER_SHORT_S 30 /* a mint, on the reference laptop, that is worth no round trip */

struct courier {
    const struct sender *conf;
    struct options limits; /* as the minter takes them */
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
    struct smtp_peer peer;
    struct smtp *smtp;
    bool idle; /* the connection has waited for a stamp: the server may have ended it */
    struct purse_stamp *held;
    bool paused;
    struct smtp_outcome outcome;
};

enum courier_step {
    COURIER_DONE,
    COURIER_AGAIN,
};

/* Writes the report; returns COURIER_DONE. */
enum courier_step courier_end(struct courier_trip *trip, int status, const char *enhanced,
                              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* ---- courier_line.c: the connection ---- */

/* Finds the ways. False: it is reported. */
bool courier_route(struct courier_trip *trip);

/* By the first way that works, unless there is a connection; else trip->outcome is the first way's
 * failure. */
bool courier_connect(struct courier_trip *trip);
void courier_disconnect(struct courier_trip *trip);

/* ---- courier_mint.c: the work ---- */

/* Waits for a slot, chooses among the offers, mints, and keeps the stamp: trip->held. False: it is
 * reported. */
bool courier_mint(struct courier_trip *trip, const struct op_offers *offers);

#endif
