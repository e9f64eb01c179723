/*
 * route.c - decides which onion service takes the mail: the address or the next hop itself if it is
 * one, then the map, then DNS. Never asks for a name in ".onion", and never for a domain of ours;
 * what is found passes one gate, route_accept().
 */
#include "tools/route.h"

#include <stdarg.h>
#include <string.h>

#include "pow/units.h"
#include "tools/map.h"
#include "tools/srv.h"

#define ROUTE_HOP_MAX 512 /* octets of a next hop */

void route_refuse(struct route_answer *answer_r, enum route_result result, const char *format, ...)
{
    va_list args;

    answer_r->result = result;
    answer_r->count = 0;
    va_start(args, format);
    vsnprintf(answer_r->why, sizeof answer_r->why, format, args);
    va_end(args);
}

static bool route_is_own(const struct sender *conf, const char *domain)
{
    for (size_t i = 0; i < conf->own_count; i++) {
        if (strcmp(conf->own[i], domain) == 0)
            return true;
    }
    return false;
}

static void route_add(const struct sender *conf, const struct map_line *line,
                      struct route_answer *answer)
{
    struct route *route = &answer->routes[answer->count++];

    *route = line->route;
    if (!line->tls_given)
        route->tls = conf->tls;
}

/* Takes "HOST", "[HOST]", either with ":PORT", apart. */
static const char *route_read_hop(const char *nexthop, struct address *hop_r, uint16_t *port_r)
{
    char text[ROUTE_HOP_MAX];
    const char *why = NULL;
    uint64_t port = 0;

    if (strlen(nexthop) >= sizeof text)
        return "the name is too long";
    strcpy(text, nexthop);
    char *host = text, *rest = text + strcspn(text, ":");
    if (text[0] == '[') {
        host++;
        rest = strchr(text, ']');
        if (rest == NULL)
            return "the bracket does not close";
        *rest++ = '\0';
    }
    if (*rest != '\0') {
        if (*rest != ':' || !op_decimal_parse(rest + 1, strlen(rest + 1), &port) || port < 1 ||
            port > UINT16_MAX)
            return "allowed: HOST or HOST:PORT, with a port from 1 to 65535";
        *rest = '\0';
    }
    if (!address_parse_host(host, hop_r, &why))
        return why;
    *port_r = (uint16_t)port;
    return NULL;
}

/* An onion service by its name; how it is spoken to the map may say. */
static void route_onion(const struct sender *conf, const struct map *map, const char *domain,
                        const struct address *hop, uint16_t port, struct route_answer *answer_r)
{
    struct map_line lines[ROUTE_MAX], line = {.route.port = port > 0 ? port : ROUTE_PORT};
    size_t count = map != NULL ? map_find(map, domain, lines) : 0;

    strcpy(line.route.host, hop->host);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(lines[i].route.host, hop->host) == 0 &&
            (port == 0 || lines[i].route.port == port)) {
            line = lines[i];
            break;
        }
    }
    if (hop->pin.len > 0)
        line.route.pin = hop->pin;
    answer_r->count = 0;
    route_add(conf, &line, answer_r);
    answer_r->result = ROUTE_FOUND;
}

static bool route_mapped(const struct sender *conf, const struct map *map, const char *domain,
                         struct route_answer *answer_r)
{
    struct map_line lines[ROUTE_MAX];
    size_t count = map != NULL ? map_find(map, domain, lines) : 0;

    answer_r->count = 0;
    for (size_t i = 0; i < count; i++)
        route_add(conf, &lines[i], answer_r);
    answer_r->result = ROUTE_FOUND;
    return count > 0;
}

/* As the question has it, and with TLS if there is a fingerprint, which is no use without. */
static struct route route_settle(const struct route_question *question, const struct route *found)
{
    struct route route = *found;

    if (question->port > 0)
        route.port = question->port;
    if (question->pin.len > 0)
        route.pin = question->pin;
    if (route.pin.len > 0 && route.tls < SENDER_TLS_REQUIRED)
        route.tls = SENDER_TLS_REQUIRED;
    return route;
}

void route_accept(const struct sender *conf, const struct route_question *question,
                  struct route_answer *answer)
{
    size_t count = 0;

    for (size_t i = 0; i < answer->count; i++) {
        if (!route_is_own(conf, answer->routes[i].host))
            answer->routes[count++] = route_settle(question, &answer->routes[i]);
    }
    if (answer->result == ROUTE_FOUND && count == 0)
        route_refuse(answer, ROUTE_REFUSED,
                     "%s: its onion service is ours: mail to it does not go through Tor",
                     question->domain);
    answer->count = count;
}

bool route_known(const struct sender *conf, const struct map *map, const struct address *address,
                 const char *nexthop, struct route_question *question_r,
                 struct route_answer *answer_r)
{
    struct address hop = *address;
    const char *own = NULL, *why;
    uint16_t port = 0;

    why = nexthop != NULL ? route_read_hop(nexthop, &hop, &port) : NULL;

    *answer_r = (struct route_answer){0};
    *question_r = (struct route_question){.port = port, .pin = address->pin};
    if (why != NULL) {
        route_refuse(answer_r, ROUTE_REFUSED, "next hop \"%.200s\": %s", nexthop, why);
        return true;
    }
    strcpy(question_r->domain, hop.host);
    if (route_is_own(conf, address->host)) /* whatever next hop it is given */
        own = address->host;
    else if (route_is_own(conf, hop.host))
        own = hop.host;
    if (own != NULL)
        route_refuse(answer_r, ROUTE_REFUSED, "%s is ours: mail to it does not go through Tor",
                     own);
    else if (hop.onion)
        route_onion(conf, map, address->host, &hop, port, answer_r);
    else if (hop.host[0] == '[')
        route_refuse(answer_r, ROUTE_NONE, "%s: an address has no onion service", hop.host);
    else if (!route_mapped(conf, map, hop.host, answer_r)) {
        if (conf->srv && strlen(hop.host) <= SRV_DOMAIN_MAX)
            return false;
        route_refuse(answer_r, ROUTE_NONE, "%s is not in the map, and DNS is not asked%s", hop.host,
                     conf->srv ? ": the name is too long" : " (srv = no)");
    }
    route_accept(conf, question_r, answer_r);
    return true;
}

static void route_answer(const struct sender *conf, const struct map *map,
                         const struct address *address, const char *nexthop,
                         struct route_answer *answer_r)
{
    struct route_question question;

    if (route_known(conf, map, address, nexthop, &question, answer_r))
        return;
    struct srv *srv = srv_new(conf, answer_r->why);
    if (srv != NULL) {
        srv_find(srv, question.domain, answer_r);
        route_accept(conf, &question, answer_r);
    } else {
        answer_r->result = ROUTE_LATER;
    }
    srv_free(srv);
}

enum route_result route_find(const struct sender *conf, const struct address *address,
                             const char *nexthop, struct route routes_r[ROUTE_MAX], size_t *count_r,
                             char why_r[ROUTE_WHY_MAX])
{
    struct route_answer answer = {.result = ROUTE_LATER};
    bool mapped = conf->map[0] != '\0';
    struct map *map = mapped ? map_load(conf->map, answer.why, sizeof answer.why) : NULL;

    if (map != NULL || !mapped)
        route_answer(conf, map, address, nexthop, &answer);
    map_free(map);
    memcpy(routes_r, answer.routes, answer.count * sizeof *routes_r);
    *count_r = answer.count;
    strcpy(why_r, answer.why);
    return answer.result;
}
