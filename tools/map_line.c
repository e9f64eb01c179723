/*
 * map_line.c - one line of a map: "domain onion[:port] [tls=WORD] [pin=FINGERPRINT]". Refuses what
 * would send mail another way than its writer meant.
 */
#include <string.h>

#include "pow/units.h"
#include "tools/map.h"

#define MAP_BLANKS " \t\r"

struct map_word { /* a slice */
    const char *at;
    size_t len;
};

/* The next word; false at the end of the line or at a comment. */
static bool map_next(struct map_word *rest, struct map_word *word_r)
{
    while (rest->len > 0 && strchr(MAP_BLANKS, *rest->at) != NULL)
        rest->at++, rest->len--;
    if (rest->len == 0 || *rest->at == '#')
        return false;
    *word_r = *rest;
    while (rest->len > 0 && strchr(MAP_BLANKS, *rest->at) == NULL)
        rest->at++, rest->len--;
    word_r->len -= rest->len;
    return true;
}

static const char *map_read_host(const char *text, struct address *address_r)
{
    const char *why = NULL;

    return address_parse_host(text, address_r, &why) ? NULL : why;
}

static const char *map_read_domain(struct map_word word, struct map_line *line)
{
    char text[MAP_LINE_MAX + 1];
    struct address address;

    memcpy(text, word.at, word.len);
    text[word.len] = '\0';
    const char *why = map_read_host(text, &address);
    if (why != NULL)
        return why;
    if (address.onion || address.host[0] == '[')
        return "the first word is to be a domain that has an onion service, and not itself one";
    strcpy(line->domain, address.host);
    return NULL;
}

/* "HOST.onion" or "HOST.onion:PORT". */
static const char *map_read_onion(struct map_word word, struct map_line *line)
{
    char text[MAP_LINE_MAX + 1];
    struct address address;
    uint64_t port = ROUTE_PORT;

    memcpy(text, word.at, word.len);
    text[word.len] = '\0';
    char *colon = strchr(text, ':');
    if (colon != NULL) {
        *colon++ = '\0';
        if (!op_decimal_parse(colon, strlen(colon), &port) || port < 1 || port > UINT16_MAX)
            return "a port is a number from 1 to 65535";
    }
    const char *why = map_read_host(text, &address);
    if (why != NULL)
        return why;
    if (!address.onion)
        return "the second word is to be an onion address";
    if (address.pin.len > 0)
        return "a fingerprint is given as pin=, not before the onion address";
    strcpy(line->route.host, address.host);
    line->route.port = (uint16_t)port;
    return NULL;
}

static bool map_after(struct map_word word, const char *prefix, struct map_word *rest_r)
{
    size_t len = strlen(prefix);

    if (word.len < len || memcmp(word.at, prefix, len) != 0)
        return false;
    *rest_r = (struct map_word){word.at + len, word.len - len};
    return true;
}

static const char *map_read_tls(struct map_word word, struct map_line *line)
{
    if (line->tls_given)
        return "tls= is given twice";
    for (int i = SENDER_TLS_NEVER; i <= SENDER_TLS_IMPLICIT; i++) {
        const char *name = sender_tls_str((enum sender_tls)i);
        if (word.len == strlen(name) && memcmp(word.at, name, word.len) == 0) {
            line->route.tls = (enum sender_tls)i;
            line->tls_given = true;
            return NULL;
        }
    }
    return "tls= is never, offered, required or implicit";
}

static const char *map_read_option(struct map_word word, struct map_line *line)
{
    struct map_word value;

    if (map_after(word, "tls=", &value))
        return map_read_tls(value, line);
    if (!map_after(word, "pin=", &value))
        return "after the onion address come tls=WORD and pin=FINGERPRINT";
    if (line->route.pin.len > 0)
        return "pin= is given twice";
    if (!address_pin_parse(value.at, value.len, &line->route.pin))
        return "pin= is at least 20 digits of hexadecimal, or 16, 24, 32, 40, 48 or 52 characters "
               "of base32";
    return NULL;
}

static const char *map_read_rest(struct map_word rest, struct map_line *line)
{
    struct map_word word;
    const char *why =
        map_next(&rest, &word) ? map_read_onion(word, line) : "the onion address is missing";

    while (why == NULL && map_next(&rest, &word))
        why = map_read_option(word, line);
    if (why == NULL && line->route.pin.len > 0 && line->tls_given &&
        line->route.tls < SENDER_TLS_REQUIRED)
        why = "pin= needs TLS: tls=required or tls=implicit";
    return why;
}

enum map_line_kind map_line_parse(const char *text, size_t len, struct map_line *line_r,
                                  const char **why_r)
{
    struct map_word rest = {text, len}, word;
    struct map_line line = {0};
    const char *why;

    if (len > MAP_LINE_MAX)
        why = "the line is too long";
    else if (memchr(text, '\0', len) != NULL)
        why = "an octet 0";
    else if (!map_next(&rest, &word))
        return MAP_LINE_EMPTY;
    else if ((why = map_read_domain(word, &line)) == NULL)
        why = map_read_rest(rest, &line);
    if (why != NULL) {
        *why_r = why;
        return MAP_LINE_WRONG;
    }
    *line_r = line;
    return MAP_LINE_GOOD;
}

void map_line_write(const struct map_line *line, FILE *out)
{
    char pin[ADDRESS_PIN_TEXT];

    fprintf(out, "%s %s", line->domain, line->route.host);
    if (line->route.port != ROUTE_PORT)
        fprintf(out, ":%u", line->route.port);
    if (line->tls_given)
        fprintf(out, " tls=%s", sender_tls_str(line->route.tls));
    address_pin_format(&line->route.pin, pin);
    if (line->route.pin.len > 0)
        fprintf(out, " pin=%s", pin);
    fputc('\n', out);
}
