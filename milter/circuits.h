/*
 * circuits.h - what each client has sent of late, to make it dearer the more it is.
 *
 * A client is one Tor circuit where Tor exports them (the whole address inside of
 * fc00:dead:beef:4dad::/64), else an IPv4 address, or the /64 network of an IPv6 address, since one
 * host has 2^64 of these. A handle, not an identity: who wants to be rid of his counters takes a
 * new circuit. Counts decay within minutes, memory is bounded whatever arrives, and nothing but
 * price hangs on them.
 */
#ifndef CIRCUITS_H
#define CIRCUITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "milter/conf.h"
#include "milter/scope.h"

struct circuits;

/* What a message is noted as, once its fate is known. One that was refused for lack of work is not:
 * asking is free. */
enum circuit_event {
    CIRCUIT_ACCEPTED, /* it was accepted for work, or as a bounce at the reduced price */
    CIRCUIT_FAILED,   /* a proof failed */
};

/* Room for this many clients, 56 octets each, for good. Each client may stand in 16 places only,
 * so some are forgotten before all places are taken. NULL: out of memory or of randomness. */
struct circuits *circuits_new(size_t max);
void circuits_free(struct circuits *circuits); /* NULL is fine */

/* Any thread. now: unix seconds; one that is less than a day behind the last is taken for that, and
 * a clock that is put back further stops the decay for no longer than until the next change. A
 * client that is not known counts as one client together with all others that are not. */
void circuits_note(struct circuits *circuits, const struct conf *conf,
                   const struct scope_client *client, int64_t now, enum circuit_event event);

/* The factor on this client's price: 1 up to conf->circuit.free accepted messages, then growth for
 * each further one, and surcharge for each failed proof; decayed with conf->circuit.forget_s as
 * time constant, hence continuous; at least 1, at most conf->price.ceiling. */
double circuits_factor(struct circuits *circuits, const struct conf *conf,
                       const struct scope_client *client, int64_t now);

/* Bounces accepted of late, decayed likewise. Those that are only claimed may be forgeries, and
 * must not make others dear who share the address. */
double circuits_bounces(struct circuits *circuits, const struct conf *conf,
                        const struct scope_client *client, int64_t now);

/* Takes room for this many bounces at the reduced price, if with them the client has at most `cap`,
 * accepted or claimed. False: it has more, and nothing has changed. Each claim ends in one of the
 * two that follow. */
bool circuits_claim_bounces(struct circuits *circuits, const struct conf *conf,
                            const struct scope_client *client, int64_t now, unsigned count,
                            double cap);
void circuits_accept_bounces(struct circuits *circuits, const struct conf *conf,
                             const struct scope_client *client, int64_t now, unsigned count);
void circuits_return_bounces(struct circuits *circuits, const struct scope_client *client,
                             unsigned count);

/* Clients remembered at this time. Looks at all places: for the metrics, not for each message. */
size_t circuits_count(struct circuits *circuits, const struct conf *conf, int64_t now);

#endif
