/*
 * exempt.c - the rules of an exempt block, in the order of their enum.
 *
 * What a client proves (a login, its address) comes before what it claims (its sender), and that
 * before what depends on the recipient. The first rule that matches decides, also one that makes
 * the price higher.
 */
#include "milter/exempt.h"

#include <string.h>

#include "milter/addrkey.h"
#include "milter/pricemap.h"

static bool client_listed(const struct conf_exempt *exempt, const struct scope_client *client)
{
    return client && scope_client_listed(client, exempt->client, exempt->client_count);
}

static bool is_null(const char *sender)
{
    return sender && (*sender == '\0' || strcmp(sender, "<>") == 0);
}

static bool sender_listed(const struct conf_exempt *exempt, const char *sender)
{
    struct op_recipient address;
    if (exempt->sender_count == 0 || !sender ||
        !op_recipient_parse(sender, strlen(sender), &address, NULL))
        return false;
    for (size_t i = 0; i < exempt->sender_count; i++) {
        if (addrkey_matches(exempt->sender[i], &address))
            return true;
    }
    return false;
}

/* RFC 5321 section 4.5.1 and RFC 2142 want them to be reachable. */
static bool is_role(const struct op_recipient *recipient)
{
    static const char *const roles[] = {"postmaster", "abuse"};
    size_t local = recipient->domain < recipient->len ? recipient->domain - 1 : recipient->len;
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (strlen(roles[i]) == local && memcmp(recipient->text, roles[i], local) == 0)
            return true;
    }
    return false;
}

static struct exempt_result bounce(const struct conf_exempt *exempt, double bounces)
{
    if (bounces + 1 <= exempt->null_sender_cap) /* room for this one as well */
        return (struct exempt_result){EXEMPT_NULL_SENDER, exempt->null_sender_factor};
    return (struct exempt_result){EXEMPT_BOUNCE_CAP, 1};
}

static struct exempt_result find(const struct conf_exempt *exempt, const struct exempt_facts *facts,
                                 const struct op_recipient *recipient)
{
    double factor;
    if (exempt->authenticated && facts->authenticated)
        return (struct exempt_result){EXEMPT_AUTHENTICATED, 0};
    if (client_listed(exempt, facts->client))
        return (struct exempt_result){EXEMPT_CLIENT, 0};
    if (sender_listed(exempt, facts->sender))
        return (struct exempt_result){EXEMPT_SENDER, 0};
    if (exempt->map && pricemap_find(exempt->map, recipient, &factor))
        return (struct exempt_result){EXEMPT_MAP, factor};
    if (is_role(recipient))
        return (struct exempt_result){EXEMPT_ROLE, exempt->role_factor};
    if (is_null(facts->sender))
        return bounce(exempt, facts->bounces);
    return (struct exempt_result){EXEMPT_NONE, 1};
}

void exempt_find(const struct conf_listener *listener, const struct exempt_facts *facts,
                 const struct op_recipient *recipient, struct exempt_result *result_r)
{
    *result_r = find(&listener->exempt, facts, recipient);
}

const char *exempt_rule_str(enum exempt_rule rule)
{
    switch (rule) {
    case EXEMPT_NONE:
        return "none";
    case EXEMPT_AUTHENTICATED:
        return "authenticated";
    case EXEMPT_CLIENT:
        return "client";
    case EXEMPT_SENDER:
        return "sender";
    case EXEMPT_MAP:
        return "recipient-map";
    case EXEMPT_ROLE:
        return "role";
    case EXEMPT_NULL_SENDER:
        return "null-sender";
    case EXEMPT_BOUNCE_CAP:
        return "bounce-cap";
    case EXEMPT_REPLY:
        return "reply";
    }
    return "invalid";
}
