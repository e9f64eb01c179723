/*
 * courier_line.c - the connection of a trip: to the onion service of the recipient, on a circuit of
 * its own (Tor keeps streams of different SOCKS users apart).
 */
#include <string.h>
#include <sysexits.h>

#include "tools/courier_trip.h"

bool courier_route(struct courier_trip *trip)
{
    const struct courier_job *job = trip->job;
    char why[ROUTE_WHY_MAX];

    switch (route_find(trip->courier->conf, job->address, job->nexthop, trip->routes, &trip->count,
                       why)) {
    case ROUTE_FOUND:
        return true;
    case ROUTE_NONE:
        return courier_end(trip, EX_UNAVAILABLE, "5.4.4", "%s", why);
    case ROUTE_LATER:
        return courier_end(trip, EX_TEMPFAIL, "4.4.3", "%s", why);
    case ROUTE_REFUSED:
        break;
    }
    return courier_end(trip, EX_UNAVAILABLE, "5.4.4", "%s", why);
}

static void courier_take_route(struct courier_trip *trip, const struct route *route)
{
    const struct sender *conf = trip->courier->conf;
    const struct purse *purse = trip->courier->purse;

    trip->route = route;
    snprintf(trip->destination, sizeof trip->destination, "%s:%u", route->host, route->port);
    purse_hash(purse, "onionpow socks user", trip->destination, strlen(trip->destination),
               trip->user);
    purse_hash(purse, "onionpow socks password", trip->destination, strlen(trip->destination),
               trip->password);
    purse_hash(purse, courier_is_bounce(trip) ? "onionpow credit bounces" : "onionpow credit",
               route->host, strlen(route->host), trip->account);
    trip->peer = (struct smtp_peer){.proxy = conf->socks,
                                    .user = trip->user,
                                    .password = trip->password,
                                    .host = route->host,
                                    .port = route->port,
                                    .tls = route->tls,
                                    .pin = &route->pin,
                                    .helo = conf->helo,
                                    .connect_s = conf->connect_s,
                                    .reply_s = conf->reply_s,
                                    .patience = &trip->patience};
}

void courier_disconnect(struct courier_trip *trip)
{
    smtp_close(trip->smtp);
    trip->smtp = NULL;
    trip->idle = false;
}

/* The other failures of a connection may be over the next time. */
static bool courier_is_lasting(const struct smtp_outcome *outcome)
{
    return outcome->result == SMTP_REFUSED;
}

/* One way that may work later is enough for mail to wait: its failure is told, and not one that
 * would bounce it. */
bool courier_connect(struct courier_trip *trip)
{
    const struct route *told = NULL;
    struct smtp_outcome failure;

    if (trip->smtp != NULL && smtp_usable(trip->smtp))
        return true;
    courier_disconnect(trip);
    for (size_t i = 0; i < trip->count; i++) {
        courier_take_route(trip, &trip->routes[i]);
        trip->smtp = smtp_open(&trip->peer, &trip->outcome);
        if (trip->smtp != NULL)
            return true;
        if (told == NULL || (courier_is_lasting(&failure) && !courier_is_lasting(&trip->outcome))) {
            told = trip->route;
            failure = trip->outcome;
        }
    }
    courier_take_route(trip, told);
    trip->outcome = failure;
    return courier_end_outcome(trip);
}
