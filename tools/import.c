/*
 * import.c - reads other people's lists, line by line: what stands in a line tells its form.
 * Refuses what it does not know; leaves out, and says so, what cannot be used: old onion addresses,
 * mistyped ones, patterns.
 */
#include "tools/import.h"

#include <stdarg.h>
#include <string.h>

#include "tools/map.h"

#define IMPORT_BLANKS " \t\r"
#define IMPORT_PORT   8 /* octets of ":PORT" with NUL */

struct import {
    FILE *out;
    struct import_count count;
    char onion[MAP_LINE_MAX + 1]; /* YAML: the key whose domains follow; "" = none yet */
    size_t number;                /* of the line, from 1 */
    char *why;
};

__attribute__((format(printf, 2, 3))) static bool import_refuse(struct import *import,
                                                                const char *format, ...)
{
    va_list args;
    int used = snprintf(import->why, IMPORT_WHY_MAX, "line %zu: ", import->number);

    va_start(args, format);
    vsnprintf(import->why + used, IMPORT_WHY_MAX - (size_t)used, format, args);
    va_end(args);
    return false;
}

/* A comment has to stay one, whatever was in the text. */
static void import_write_text(struct import *import, const char *text)
{
    for (; *text != '\0'; text++)
        fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, import->out);
}

static void import_leave(struct import *import, const char *domain, const char *onion,
                         const char *why)
{
    fputs("# left out: ", import->out);
    import_write_text(import, domain);
    fputc(' ', import->out);
    import_write_text(import, onion);
    fprintf(import->out, ": %s\n", why);
    import->count.left++;
}

/* onion: with its port, if it has one. */
static void import_pair(struct import *import, const char *domain, const char *onion)
{
    char text[2 * MAP_LINE_MAX + 2];
    struct map_line line;
    const char *why = "nothing is said";

    snprintf(text, sizeof text, "%s %s", domain, onion);
    if (map_line_parse(text, strlen(text), &line, &why) != MAP_LINE_GOOD) {
        import_leave(import, domain, onion, why);
        return;
    }
    map_line_write(&line, import->out);
    import->count.taken++;
}

/* --- lines -------------------------------------------------------------------------------- */

/* Cuts a comment and the blanks around off, and one pair of quotes. */
static char *import_trim(char *text)
{
    for (char *at = text; *at != '\0'; at++) {
        if (*at == '#' && (at == text || strchr(IMPORT_BLANKS, at[-1]) != NULL))
            *at = '\0';
    }
    text += strspn(text, IMPORT_BLANKS);
    size_t len = strlen(text);
    while (len > 0 && strchr(IMPORT_BLANKS, text[len - 1]) != NULL)
        text[--len] = '\0';
    if (len >= 2 && (*text == '\'' || *text == '"') && text[len - 1] == *text) {
        text[len - 1] = '\0';
        text++;
    }
    return text;
}

/* "- DOMAIN" */
static bool import_yaml_item(struct import *import, char *text)
{
    char *domain = import_trim(text + 1);

    if (import->onion[0] == '\0')
        return import_refuse(import, "got a domain before any onion service");
    if (*domain == '\0' || strpbrk(domain, IMPORT_BLANKS) != NULL)
        return import_refuse(import, "got \"- %.80s\", want a domain after \"-\"", domain);
    import_pair(import, domain, import->onion);
    return true;
}

/* "ONION:", quoted or not */
static void import_yaml_key(struct import *import, char *text)
{
    text[strlen(text) - 1] = '\0';
    strcpy(import->onion, import_trim(text));
}

/* The host and port of a transport's value: "smtptor:[HOST]:PORT", "smtptor:HOST". */
static const char *import_next_hop(char *value, char port_r[IMPORT_PORT])
{
    char *hop = strchr(value, ':') + 1, *rest;

    if (*hop == '[') {
        hop++;
        rest = strchr(hop, ']');
        if (rest == NULL)
            return NULL;
        *rest++ = '\0';
    } else {
        rest = hop + strcspn(hop, ":");
    }
    if (*rest != '\0' && (*rest != ':' || strlen(rest) >= IMPORT_PORT))
        return NULL;
    strcpy(port_r, rest);
    *rest = '\0';
    return hop;
}

/* "PATTERN TRANSPORT:NEXTHOP" */
static bool import_transport(struct import *import, char *pattern, char *value)
{
    char port[IMPORT_PORT] = "", onion[MAP_LINE_MAX + 1];
    const char *hop = import_next_hop(value, port);

    if (hop == NULL)
        return import_refuse(import, "got \"%.80s\", want TRANSPORT:[HOST]:PORT", value);
    snprintf(onion, sizeof onion, "%s%s", hop, port);
    if (strchr(pattern, '@') != NULL || *pattern == '.' || *pattern == '*')
        import_leave(import, pattern, onion, "only whole domains have lines in the map");
    else if (*hop == '\0')
        import_leave(import, pattern, onion, "no next hop");
    else
        import_pair(import, pattern, onion);
    return true;
}

static bool import_words(struct import *import, char *text, size_t len)
{
    struct map_line line;
    const char *why = NULL;
    char *value = text + strcspn(text, IMPORT_BLANKS);

    if (map_line_parse(text, len, &line, &why) == MAP_LINE_GOOD) {
        map_line_write(&line, import->out);
        import->count.taken++;
        return true;
    }
    if (*value != '\0')
        *value++ = '\0';
    value += strspn(value, IMPORT_BLANKS);
    if (*value == '\0')
        return import_refuse(import, "got \"%.80s\" alone, want a domain and its onion service",
                             text);
    value[strcspn(value, IMPORT_BLANKS)] = '\0';
    size_t colon = strcspn(value, ":");
    if (value[colon] == ':' && memchr(value, '.', colon) == NULL) /* not HOST:PORT */
        return import_transport(import, text, value);
    import_leave(import, text, value, why);
    return true;
}

static bool import_line(struct import *import, char *text)
{
    char *line = import_trim(text);
    size_t len = strlen(line);

    if (len == 0 || strcmp(line, "---") == 0 || strcmp(line, "...") == 0)
        return true;
    if (line[0] == '-' && (line[1] == '\0' || strchr(IMPORT_BLANKS, line[1]) != NULL))
        return import_yaml_item(import, line);
    if (line[len - 1] == ':' && strpbrk(line, IMPORT_BLANKS) == NULL)
        import_yaml_key(import, line);
    else if (strchr(IMPORT_BLANKS, *text) != NULL)
        return import_refuse(import, "got \"%.80s\" with blanks before it, want \"- DOMAIN\"",
                             line);
    else
        return import_words(import, line, len);
    return true;
}

bool import_text(const char *text, size_t len, FILE *out, struct import_count *count_r,
                 char why_r[IMPORT_WHY_MAX])
{
    struct import import = {.out = out, .why = why_r};
    const char *end = text + len;

    while (text < end) {
        char line[MAP_LINE_MAX + 1];
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t size = (size_t)((stop != NULL ? stop : end) - text);
        import.number++;
        if (size > MAP_LINE_MAX || memchr(text, '\0', size) != NULL)
            return import_refuse(&import, "got a line of %zu octets, or an octet 0: no list", size);
        memcpy(line, text, size);
        line[size] = '\0';
        if (!import_line(&import, line))
            return false;
        text += size + 1;
    }
    *count_r = import.count;
    return true;
}
