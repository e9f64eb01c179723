/*
 * map.c - a map in memory: the file's text, and its lines sorted by domain. A line is checked when
 * the map is loaded and read again when it is asked for; so even a long map takes little room.
 */
#include "tools/map.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAP_FILE_MAX   (16 << 20) /* octets */
#define MAP_ROOM_FIRST 4096

struct map_entry {
    char *domain;        /* canonical */
    uint32_t start, len; /* of the line in the text */
    uint32_t number;     /* of the line, from 1: keeps the order of equals */
};

struct map {
    char *text;
    struct map_entry *entry;
    size_t count, room;
};

struct map_source { /* the file being read */
    const char *path;
    char *why;
    size_t why_size;
};

static bool map_complain(const struct map_source *source, uint32_t number, const char *why)
{
    if (number > 0)
        snprintf(source->why, source->why_size, "%.200s:%" PRIu32 ": %s", source->path, number,
                 why);
    else
        snprintf(source->why, source->why_size, "%.200s: %s", source->path, why);
    return false;
}

/* The text, to be freed; NULL, with a sentence. */
static char *map_read(const struct map_source *source, FILE *file, size_t *len_r)
{
    char *text = NULL;
    size_t len = 0, room = 0;

    do {
        room = room > 0 ? 2 * room : MAP_ROOM_FIRST;
        char *more = realloc(text, room);
        if (more == NULL) {
            free(text);
            map_complain(source, 0, "out of memory");
            return NULL;
        }
        text = more;
        len += fread(text + len, 1, room - len, file);
    } while (len == room && len <= MAP_FILE_MAX);
    *len_r = len;
    if (!ferror(file) && len <= MAP_FILE_MAX)
        return text;
    map_complain(source, 0,
                 ferror(file) ? strerror(errno) : "got more than 16 MiB, allowed: a map");
    free(text);
    return NULL;
}

static bool map_add(struct map *map, const char *domain, struct map_entry entry)
{
    if (map->count == map->room) {
        size_t room = map->room > 0 ? 2 * map->room : 64;
        struct map_entry *more = reallocarray(map->entry, room, sizeof *more);
        if (more == NULL)
            return false;
        map->entry = more;
        map->room = room;
    }
    entry.domain = strdup(domain);
    if (entry.domain == NULL)
        return false;
    map->entry[map->count++] = entry;
    return true;
}

static bool map_read_lines(struct map *map, const struct map_source *source, size_t size)
{
    uint32_t number = 1;

    for (size_t at = 0; at < size; number++) {
        const char *text = map->text + at, *end = memchr(text, '\n', size - at);
        size_t len = end != NULL ? (size_t)(end - text) : size - at;
        struct map_line line;
        const char *why = "";
        enum map_line_kind kind = map_line_parse(text, len, &line, &why);
        if (kind == MAP_LINE_WRONG)
            return map_complain(source, number, why);
        if (kind == MAP_LINE_GOOD &&
            !map_add(map, line.domain,
                     (struct map_entry){NULL, (uint32_t)at, (uint32_t)len, number}))
            return map_complain(source, 0, "out of memory");
        at += len + 1;
    }
    return true;
}

static int map_compare(const void *a, const void *b)
{
    const struct map_entry *left = a, *right = b;
    int order = strcmp(left->domain, right->domain);

    return order != 0 ? order : (left->number > right->number) - (left->number < right->number);
}

static bool map_sort(struct map *map, const struct map_source *source)
{
    if (map->count == 0)
        return map_complain(source, 0,
                            "got no line, want one or more; who has no map says so by "
                            "map = \"\"");
    qsort(map->entry, map->count, sizeof *map->entry, map_compare);
    for (size_t i = ROUTE_MAX; i < map->count; i++) {
        if (strcmp(map->entry[i].domain, map->entry[i - ROUTE_MAX].domain) == 0)
            return map_complain(source, map->entry[i].number, "more than 8 lines for a domain");
    }
    return true;
}

static bool map_fill(struct map *map, const struct map_source *source, FILE *file)
{
    size_t len = 0;

    if (map == NULL)
        return map_complain(source, 0, "out of memory");
    map->text = map_read(source, file, &len);
    return map->text != NULL && map_read_lines(map, source, len) && map_sort(map, source);
}

struct map *map_load(const char *path, char *why_r, size_t why_size)
{
    struct map_source source = {path, why_r, why_size};
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        map_complain(&source, 0, strerror(errno));
        return NULL;
    }
    struct map *map = calloc(1, sizeof *map);
    bool ok = map_fill(map, &source, file);
    fclose(file);
    if (ok)
        return map;
    map_free(map);
    return NULL;
}

void map_free(struct map *map)
{
    if (map == NULL)
        return;
    for (size_t i = 0; i < map->count; i++)
        free(map->entry[i].domain);
    free(map->entry);
    free(map->text);
    free(map);
}

/* The first entry that is not before the domain. */
static size_t map_lower_bound(const struct map *map, const char *domain)
{
    size_t low = 0, high = map->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(map->entry[middle].domain, domain) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t map_find(const struct map *map, const char *domain, struct map_line lines_r[ROUTE_MAX])
{
    size_t count = 0;

    for (size_t i = map_lower_bound(map, domain);
         i < map->count && count < ROUTE_MAX && strcmp(map->entry[i].domain, domain) == 0; i++) {
        const struct map_entry *entry = &map->entry[i];
        const char *why;
        enum map_line_kind kind =
            map_line_parse(map->text + entry->start, entry->len, &lines_r[count++], &why);
        OP_BUG_IF(kind != MAP_LINE_GOOD); /* as it was when it was loaded */
    }
    return count;
}

size_t map_count(const struct map *map)
{
    return map->count;
}
