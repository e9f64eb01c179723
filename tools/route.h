/*
 * route.h - from an address to the onion service that takes its mail: by the address itself, by a
 * map file, or by DNS (SRV records _onion-mx._tcp.DOMAIN, DNSSEC-secure ones only).
 */
#ifndef TOOLS_ROUTE_H
#define TOOLS_ROUTE_H

#include "tools/address.h"
#include "tools/sender.h"

#define ROUTE_PORT    25
#define ROUTE_MAX     8   /* ways to one domain, best first */
#define ROUTE_WHY_MAX 512 /* octets of a sentence, NUL included */

struct route {                   /* a value */
    char host[ADDRESS_HOST_MAX]; /* "....onion", checked */
    uint16_t port;
    enum sender_tls tls;
    struct address_pin pin; /* len > 0: tls is at least SENDER_TLS_REQUIRED */
};

enum route_result {
    ROUTE_FOUND,
    ROUTE_NONE,    /* nobody has announced an onion service for this domain: for good */
    ROUTE_LATER,   /* DNS did not answer, or the map cannot be read */
    ROUTE_REFUSED, /* there is an answer that must not be used (not secure, not an onion, ours) */
};

/* nexthop: "HOST", "HOST:PORT", either with [] around the host, or NULL; one that is given is taken
 * in place of the address's domain, except that an address's own pin stays, and that an onion which
 * the map has for that domain is spoken to as the map says. why_r is set unless FOUND. */
enum route_result route_find(const struct sender *conf, const struct address *address,
                             const char *nexthop, struct route routes_r[ROUTE_MAX], size_t *count_r,
                             char why_r[ROUTE_WHY_MAX]);

/* --- the same in steps, for who must not wait ---------------------------------------------- */

struct map; /* map.h */

struct route_answer { /* a value */
    enum route_result result;
    struct route routes[ROUTE_MAX];
    size_t count;            /* 0 unless FOUND */
    char why[ROUTE_WHY_MAX]; /* "" if FOUND */
};

struct route_question { /* a value: what is left to be asked, and what is to be kept */
    char domain[ADDRESS_HOST_MAX];
    uint16_t port;          /* 0: as found */
    struct address_pin pin; /* of the address */
};

/* What can be told without DNS; map may be NULL. False: DNS has to be asked for question_r->domain
 * (srv.h), and route_accept() to be called on its answer. */
bool route_known(const struct sender *conf, const struct map *map, const struct address *address,
                 const char *nexthop, struct route_question *question_r,
                 struct route_answer *answer_r);
/* The gate that every answer passes, whoever has found it: with what the question keeps, and
 * without the ways that lead to ourselves; REFUSED if no other is left. */
void route_accept(const struct sender *conf, const struct route_question *question,
                  struct route_answer *answer);

/* Sets result and reason. */
void route_refuse(struct route_answer *answer_r, enum route_result result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
