/*
 * transport.c - from a mail server's question to its answer. Decides that what is not for Tor is
 * left to the server: domains without an onion service, our own, and those whose answer in DNS must
 * not be believed. What cannot be told now is no "no": the mail waits, and takes no worse way.
 */
#include "tools/transport.h"

#include <stdio.h>
#include <string.h>

#include "tools/address.h"

bool transport_name_valid(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    return len > 0 && len < TRANSPORT_NAME_MAX - 1 &&
           (name[len] == '\0' || strcmp(name + len, ":") == 0);
}

void transport_reply(const char *name, const struct route_answer *answer,
                     struct lookup_reply *reply_r)
{
    bool bare = name[strlen(name) - 1] == ':';

    *reply_r = (struct lookup_reply){.result = LOOKUP_NONE};
    switch (answer->result) {
    case ROUTE_FOUND:
        reply_r->result = LOOKUP_FOUND;
        if (bare)
            snprintf(reply_r->value, sizeof reply_r->value, "%s", name);
        else
            snprintf(reply_r->value, sizeof reply_r->value, "%s:[%s]:%u", name,
                     answer->routes[0].host, answer->routes[0].port);
        return;
    case ROUTE_NONE:
    case ROUTE_REFUSED:
        return;
    case ROUTE_LATER:
        reply_r->result = LOOKUP_LATER;
        snprintf(reply_r->value, sizeof reply_r->value, "%s", answer->why);
        return;
    }
}

bool transport_known(const struct sender *conf, const struct map *map, const char *name,
                     const char *key, struct route_question *question_r,
                     struct lookup_reply *reply_r)
{
    struct address address;
    struct route_answer answer;
    const char *why = "";
    bool good = strchr(key, '@') != NULL ? address_parse(key, &address, &why)
                                         : address_parse_host(key, &address, &why);

    *reply_r = (struct lookup_reply){.result = LOOKUP_NONE};
    if (!good) {
        if (address_in_onion(key)) {
            reply_r->result = LOOKUP_FOUND;
            snprintf(reply_r->value, sizeof reply_r->value, "error:5.1.2 %s", why);
        }
        return true;
    }
    if (!route_known(conf, map, &address, NULL, question_r, &answer))
        return false;
    transport_reply(name, &answer, reply_r);
    return true;
}
