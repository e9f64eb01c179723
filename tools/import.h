/*
 * import.h - turns lists of domains and onion services that others keep into lines of our map:
 * the YAML of onionmx ("ONION:", then "- DOMAIN"), Postfix transport tables
 * ("DOMAIN smtptor:[ONION]"), and maps of ours.
 */
#ifndef TOOLS_IMPORT_H
#define TOOLS_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define IMPORT_WHY_MAX 256

struct import_count {
    size_t taken, left; /* domains: in the map; left out, each with a comment that says why */
};

/* Writes the map; false with a sentence (its line first) if the text has another form. What is
 * written before that is no use. */
bool import_text(const char *text, size_t len, FILE *out, struct import_count *count_r,
                 char why_r[IMPORT_WHY_MAX]);

#endif
