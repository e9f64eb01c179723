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

/* The octets of the dot that the text begins with, of which IDNA knows four; 0: it is no dot. */
static size_t transport_dot(const char *text)
{
    static const char *const dots[] = {".", "\343\200\202", "\357\274\216", "\357\275\241"};

    for (size_t i = 0; i < sizeof dots / sizeof *dots; i++) {
        if (strncmp(text, dots[i], strlen(dots[i])) == 0)
            return strlen(dots[i]);
    }
    return 0;
}

/* The host of a key with "." for every dot, and none at its end. */
static void transport_host(const char *key, char host_r[LOOKUP_KEY_MAX])
{
    const char *at = strrchr(key, '@'), *text = at != NULL ? at + 1 : key;
    size_t used = 0, dot;

    for (; *text != '\0' && used + 1 < LOOKUP_KEY_MAX; text += dot > 0 ? dot : 1) {
        dot = transport_dot(text);
        host_r[used++] = dot > 0 ? '.' : *text;
    }
    while (used > 0 && host_r[used - 1] == '.')
        used--;
    host_r[used] = '\0';
}

/* Would a resolver, or who hands the name on to one, take it for one in ".onion"? That its last
 * label decides, whatever is wrong with the others. */
static bool transport_in_onion(const char *key)
{
    char host[LOOKUP_KEY_MAX], text[LOOKUP_KEY_MAX + 2];
    struct op_recipient recipient;

    transport_host(key, host);
    const char *dot = strrchr(host, '.');
    int len = snprintf(text, sizeof text, "x@%s", dot != NULL ? dot + 1 : host);
    return op_recipient_parse(text, (size_t)len, &recipient, NULL) &&
           strcmp(recipient.text + recipient.domain, "onion") == 0;
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
        if (transport_in_onion(key)) {
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
