/*
 * scope.c - matches a connection with the listeners, in their order.
 *
 * A listener matches if each list that it has contains the connection's value; an empty list asks
 * for nothing. What the MTA does not tell is in no list: an unknown client never matches
 * match-client.
 */
#include "milter/scope.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "pow/bytes.h"
#include "pow/date.h"

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:0:0/96 */

void scope_client_read(const struct sockaddr *addr, struct scope_client *client_r)
{
    memset(client_r, 0, sizeof *client_r);
    if (addr == NULL)
        return;
    if (addr->sa_family == AF_INET) {
        struct sockaddr_in in; /* copied: libmilter promises no alignment */
        memcpy(&in, addr, sizeof in);
        memcpy(client_r->addr, mapped, sizeof mapped);
        memcpy(client_r->addr + sizeof mapped, &in.sin_addr, 4);
        client_r->known = true;
    } else if (addr->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, addr, sizeof in6);
        memcpy(client_r->addr, &in6.sin6_addr, 16);
        client_r->known = true;
    }
}

void scope_client_format(const struct scope_client *client, char text_r[SCOPE_CLIENT_TEXT_MAX])
{
    if (!client->known)
        snprintf(text_r, SCOPE_CLIENT_TEXT_MAX, "unknown");
    else if (memcmp(client->addr, mapped, sizeof mapped) == 0)
        (void)inet_ntop(AF_INET, client->addr + sizeof mapped, text_r, SCOPE_CLIENT_TEXT_MAX);
    else
        (void)inet_ntop(AF_INET6, client->addr, text_r, SCOPE_CLIENT_TEXT_MAX);
}

bool scope_client_shared(const struct scope_client *client)
{
    static const uint8_t loopback[16] = {[15] = 1};

    if (!client->known || memcmp(client->addr, loopback, sizeof loopback) == 0)
        return true;
    return memcmp(client->addr, mapped, sizeof mapped) == 0 && client->addr[12] == 127;
}

void scope_client_one(const struct scope_client *client, uint8_t octets_r[16])
{
    static const uint8_t tor[8] = {0xfc, 0x00, 0xde, 0xad, 0xbe, 0xef, 0x4d, 0xad};

    if (!client->known) {
        memset(octets_r, 0xff, 16); /* no client: it would have lost its last 64 bits */
        return;
    }
    memcpy(octets_r, client->addr, 16);
    if (memcmp(octets_r, mapped, sizeof mapped) != 0 && memcmp(octets_r, tor, sizeof tor) != 0)
        memset(octets_r + 8, 0, 8);
}

void scope_client_name(const struct scope_client *client, const struct op_key *key, int64_t now,
                       char name_r[SCOPE_NAME_MAX])
{
    uint8_t input[4 + 16], mac[OP_MAC_LEN];

    name_r[0] = '\0';
    if (!client->known)
        return;
    op_store_be32(input, op_date_from_time(now));
    memcpy(input + 4, client->addr, 16);
    op_key_mac(key, "onionpow-v1 log circuit", input, sizeof input, mac);
    snprintf(name_r, SCOPE_NAME_MAX, "%02x%02x%02x%02x", mac[0], mac[1], mac[2], mac[3]);
}

bool scope_client_listed(const struct scope_client *client, const struct conf_net *nets,
                         size_t count)
{
    struct conf_net address = {.prefix = 128};

    memcpy(address.addr, client->addr, sizeof address.addr);
    return client->known && conf_net_lists(nets, count, &address);
}

static bool client_matches(const struct conf_listener *listener, const struct scope_client *client)
{
    return listener->match_client_count == 0 ||
           scope_client_listed(client, listener->match_client, listener->match_client_count);
}

static bool daemon_matches(const struct conf_listener *listener, const char *daemon_name)
{
    if (listener->match_daemon_count == 0)
        return true;
    if (daemon_name == NULL)
        return false;
    for (size_t i = 0; i < listener->match_daemon_count; i++) {
        if (strcmp(listener->match_daemon[i], daemon_name) == 0)
            return true;
    }
    return false;
}

const struct conf_listener *scope_find(const struct conf *conf, const char *daemon_name,
                                       const struct scope_client *client)
{
    if (conf->listener_count == 0)
        return &conf->fallback;
    for (size_t i = 0; i < conf->listener_count; i++) {
        const struct conf_listener *listener = &conf->listener[i];
        if (daemon_matches(listener, daemon_name) && client_matches(listener, client))
            return listener;
    }
    return NULL;
}
