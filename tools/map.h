/*
 * map.h - a file of domains and the onion services that take their mail; sender.conf(5) has its
 * form.
 */
#ifndef TOOLS_MAP_H
#define TOOLS_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "pow/err.h"
#include "tools/route.h"

#define MAP_LINE_MAX 1024 /* octets of a line */

struct map_line {                  /* a value */
    char domain[ADDRESS_HOST_MAX]; /* canonical */
    struct route route;
    bool tls_given; /* route.tls is what the line says; else it is free */
};

enum map_line_kind {
    MAP_LINE_EMPTY, /* or a comment */
    MAP_LINE_GOOD,
    MAP_LINE_WRONG, /* *why_r is a static phrase */
};

/* One line without its end. */
enum map_line_kind map_line_parse(const char *text, size_t len, struct map_line *line_r,
                                  const char **why_r);
/* With its end; reads back. */
void map_line_write(const struct map_line *line, FILE *out);

struct map;

/* NULL with a sentence: file, line, what is wrong. A file without one line is wrong too: that is
 * what is left of a map when writing it has failed. */
OP_MUST_USE struct map *map_load(const char *path, char *why_r, size_t why_size);
void map_free(struct map *map); /* NULL is fine */

/* The lines of a canonical domain, in the file's order; how many, at most ROUTE_MAX. */
size_t map_find(const struct map *map, const char *domain, struct map_line lines_r[ROUTE_MAX]);
size_t map_count(const struct map *map);

#endif
