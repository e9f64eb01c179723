/*
 * cmd_map.c - onionpow map: which onion service takes the mail of a domain; for people, and for
 * mail servers that ask.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/address.h"
#include "tools/cmd.h"
#include "tools/fail.h"
#include "tools/import.h"
#include "tools/input.h"
#include "tools/map.h"
#include "tools/mapserver.h"
#include "tools/out.h"
#include "tools/route.h"
#include "tools/sender.h"
#include "tools/transport.h"

#define CMD_MAP_INPUT_MAX (16 << 20) /* octets of a list to import */

/* --- import ------------------------------------------------------------------------------- */

static int cmd_map_import(const struct options *options)
{
    size_t len, size = 0;
    char *text = xinput_text(options->import, CMD_MAP_INPUT_MAX, &len), *map = NULL;
    struct import_count count;
    char why[IMPORT_WHY_MAX];
    FILE *out = open_memstream(&map, &size); /* nothing is printed unless all can be read */

    if (out == NULL)
        fail_exit(EX_TEMPFAIL, NULL, "out of memory");
    bool ok = import_text(text, len, out, &count, why);
    if (fclose(out) != 0)
        fail_exit(EX_TEMPFAIL, NULL, "out of memory");
    if (!ok)
        fail_exit(EX_DATAERR, "wanted: onionmx's YAML, a Postfix transport table, or a map", "%s",
                  why);
    if (count.taken == 0)
        fail_exit(EX_DATAERR, NULL, "no domain with an onion service that can be used");
    xout_write(map, size);
    fail_note("%zu taken, %zu left out", count.taken, count.left);
    free(map);
    free(text);
    return EX_OK;
}

/* --- look-up ------------------------------------------------------------------------------ */

static void cmd_map_print(const char *domain, const struct route *route, enum sender_tls usual)
{
    struct map_line line = {.route = *route, .tls_given = route->tls != usual};

    snprintf(line.domain, sizeof line.domain, "%s", domain);
    map_line_write(&line, stdout);
}

static void cmd_map_print_json(const char *domain, const struct route *route)
{
    char pin[ADDRESS_PIN_TEXT];

    address_pin_format(&route->pin, pin);
    printf("{\"schema\":1,\"domain\":");
    out_json_string(stdout, domain, strlen(domain));
    printf(",\"host\":\"%s\",\"port\":%u,\"tls\":\"%s\",\"pin\":\"%s\"}\n", route->host,
           route->port, sender_tls_str(route->tls), pin);
}

static int cmd_map_status(enum route_result result)
{
    switch (result) {
    case ROUTE_FOUND:
        return EX_OK;
    case ROUTE_NONE:
        return FAIL_JUDGED;
    case ROUTE_LATER:
        return EX_TEMPFAIL;
    case ROUTE_REFUSED:
        return EX_UNAVAILABLE;
    }
    return EX_SOFTWARE;
}

static int cmd_map_lookup(const struct options *options)
{
    struct address address;
    struct route routes[ROUTE_MAX];
    size_t count;
    const char *fault = NULL, *key = options->lookup;
    char why[SENDER_WHY_MAX];

    if (strchr(key, '@') != NULL ? !address_parse(key, &address, &fault)
                                 : !address_parse_host(key, &address, &fault))
        fail_exit(EX_DATAERR, NULL, "\"%.200s\": %s", key, fault);
    struct sender *sender = sender_load(options->config, why);
    if (sender == NULL)
        fail_exit(EX_CONFIG, NULL, "%s", why);
    enum route_result result = route_find(sender, &address, NULL, routes, &count, why);
    if (result != ROUTE_FOUND)
        fail_exit(cmd_map_status(result), NULL, "%s", why);
    for (size_t i = 0; i < count; i++) {
        if (options->json)
            cmd_map_print_json(address.host, &routes[i]);
        else
            cmd_map_print(address.host, &routes[i], sender->tls);
    }
    sender_free(sender);
    return EX_OK;
}

/* --- service ------------------------------------------------------------------------------ */

static int cmd_map_listen(const struct options *options)
{
    struct mapserver_plan plan = {
        .config = options->config,
        .listen = options->listen,
        .transport = options->transport != NULL ? options->transport : "onionpow",
        .protocol = options->protocol,
    };

    xmapserver_run(&plan);
    return EX_OK;
}

static int cmd_map_run(const struct options *options)
{
    int deeds = (options->import != NULL) + (options->lookup != NULL) + (options->listen != NULL);

    if (deeds != 1 || options->arg_count > 0)
        fail_exit(EX_USAGE, NULL, "map: one of --import FILE, --lookup DOMAIN, --listen SOCKET");
    if (options->import != NULL)
        return cmd_map_import(options);
    return options->lookup != NULL ? cmd_map_lookup(options) : cmd_map_listen(options);
}

const struct cmd cmd_map = {
    .name = "map",
    .verb = OPTIONS_MAP,
    .args = "",
    .summary = "which onion service takes a domain's mail",
    .text = "--import turns a list of onionmx (its YAML, or a Postfix transport table) into\n"
            "a map for sender.conf; what cannot be used is left out, with a comment that\n"
            "says why. --lookup tells the ways to a domain, as lines of a map. --listen\n"
            "answers mail servers: for each recipient whose domain has an onion service\n"
            "the transport to use, and \"not found\" for all others.\n",
    .example = "  onionpow map --import map.yml > map.new && mv map.new /etc/onionpow/map\n"
               "  onionpow map --lookup example.org\n"
               "  onionpow map --listen local:/run/onionpow-map/map.sock\n",
    .run = cmd_map_run,
};
