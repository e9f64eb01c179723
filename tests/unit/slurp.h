/*
 * slurp.h - a file of the source tree, whole, for tests that read what others have captured.
 */
#ifndef TESTS_SLURP_H
#define TESTS_SLURP_H

#include <stdio.h>
#include <stdlib.h>

/* To be freed; NUL-terminated. */
static inline char *slurp(const char *name, size_t *len_r)
{
    const char *source = getenv("ONIONPOW_SOURCE");
    char path[4096];
    size_t room = 1 << 20;
    char *text = malloc(room);

    snprintf(path, sizeof path, "%s/%s", source != NULL ? source : ".", name);
    FILE *file = fopen(path, "rb");
    if (file == NULL || text == NULL) {
        perror(path);
        abort();
    }
    *len_r = fread(text, 1, room - 1, file);
    text[*len_r] = '\0';
    fclose(file);
    return text;
}

#endif
