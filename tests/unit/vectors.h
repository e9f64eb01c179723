/* vectors.h - reads the text files of tests/vectors: a line is a key, a blank and a value. */
#ifndef TEST_VECTORS_H
#define TEST_VECTORS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pow/err.h"

#define VECTORS_LINE_MAX 4096

static inline FILE *vectors_open(const char *name)
{
    const char *source = getenv("ONIONPOW_SOURCE");
    char path[VECTORS_LINE_MAX];
    snprintf(path, sizeof path, "%s/tests/vectors/%s", source ? source : ".", name);
    FILE *file = fopen(path, "r");
    if (!file)
        fprintf(stderr, "cannot open %s: is ONIONPOW_SOURCE set?\n", path);
    OP_BUG_IF(!file);
    return file;
}

/* The next line that is neither empty nor a comment, without its end; false at the end of file. */
static inline bool vectors_line(FILE *file, char line_r[VECTORS_LINE_MAX])
{
    while (fgets(line_r, VECTORS_LINE_MAX, file)) {
        OP_BUG_IF(!strchr(line_r, '\n'));
        line_r[strcspn(line_r, "\n")] = '\0';
        if (line_r[0] != '\0' && line_r[0] != '#')
            return true;
    }
    return false;
}

/* Reads hexadecimal; exactly `len` octets, followed by the end or a blank. */
static inline void vectors_hex(const char *text, uint8_t *data_r, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned octet;
        OP_BUG_IF(sscanf(text + 2 * i, "%2x", &octet) != 1);
        data_r[i] = (uint8_t)octet;
    }
    OP_BUG_IF(text[2 * len] != '\0' && text[2 * len] != ' ');
}

#endif
