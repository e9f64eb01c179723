/*
 * credit.h - how long we have minted for a destination that has taken no stamp of ours since.
 *
 * A server that refuses each stamp and asks for another costs its owner nothing. So who has had so
 * much and took none is given no more until some of it is forgotten, which goes on evenly: a server
 * that recovers is not shut out for long. On disk the destination is named by a keyed hash.
 */
#ifndef TOOLS_CREDIT_H
#define TOOLS_CREDIT_H

#include <stdbool.h>
#include <stdint.h>

#define CREDIT_S   86400 /* from the last mint until all is forgotten */
#define CREDIT_MAX 1024  /* destinations that are kept; the oldest makes room */

struct credit {     /* a value */
    int64_t since;  /* the last mint */
    double noted_s; /* spent by then */
    double spent_s; /* what counts of that now */
};

/* Of this state directory and name (see purse_hash). Since `now` and nothing spent if there is
 * none: a file that is damaged is as good as none. */
void credit_read(const char *state, const char *name, int64_t now, struct credit *credit_r);

/* Seconds from now on until no more than so many count, if nothing is added. */
double credit_wait_s(const struct credit *credit, int64_t now, double spent_s);

/* Adds seconds, or takes some back that were not used after all. Who adds must be the only one for
 * this name. False: it could not be written, errno says why. */
bool credit_add(const char *state, const char *name, int64_t now, double seconds);

/* A stamp was taken. At any time: an addition under way may outlive it, and the next stamp that is
 * taken ends that. False: as above. */
bool credit_clear(const char *state, const char *name);

#endif
