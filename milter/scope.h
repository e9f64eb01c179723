/*
 * scope.h - which listener of the configuration guards a connection.
 *
 * Decided once, at connect, from what the MTA says of its own listener and from the client's
 * address. Knows nothing of messages.
 */
#ifndef SCOPE_H
#define SCOPE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "milter/conf.h"
#include "pow/key.h"

struct scope_client { /* a value */
    bool known;       /* false: not an IP address (a local process, or the MTA does not say) */
    uint8_t addr[16]; /* IPv4 as ::ffff:0:0/96 */
};

/* addr may be NULL. */
void scope_client_read(const struct sockaddr *addr, struct scope_client *client_r);

#define SCOPE_CLIENT_TEXT_MAX 46 /* INET6_ADDRSTRLEN */
void scope_client_format(const struct scope_client *client, char text_r[SCOPE_CLIENT_TEXT_MAX]);

/* May many clients hide behind it: is it unknown, or of this host, as all of Tor is where circuits
 * are not exported? */
bool scope_client_shared(const struct scope_client *client);

/* What counts as one client: a circuit of Tor, an IPv4 address, the /64 network of an IPv6 address;
 * all that are not known are one. */
void scope_client_one(const struct scope_client *client, uint8_t octets_r[16]);

/* Is it in one of these networks? Never if it is not known. */
bool scope_client_listed(const struct scope_client *client, const struct conf_net *nets,
                         size_t count);

#define SCOPE_NAME_MAX 9 /* octets, NUL included */
/* A name for a log that must not tell the address: a keyed hash, another one every day; "" if the
 * client is not known. */
void scope_client_name(const struct scope_client *client, const struct op_key *key, int64_t now,
                       char name_r[SCOPE_NAME_MAX]);

/* The first listener that matches, NULL if the connection is not guarded. Without any listener
 * block the fallback guards everything. daemon_name is the MTA's {daemon_name}, NULL if it gives
 * none. The result lives as long as conf. */
const struct conf_listener *scope_find(const struct conf *conf, const char *daemon_name,
                                       const struct scope_client *client);

#endif
