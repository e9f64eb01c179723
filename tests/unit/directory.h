/*
 * directory.h - a directory of a test's own, and the path of the one file in it that the test is
 * about.
 */
#ifndef DIRECTORY_H
#define DIRECTORY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[32];
static char path[64];

static inline int directory_setup(const char *file)
{
    strcpy(directory, "/tmp/onionpow-test-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/%s", directory, file);
    return 0;
}

static inline void directory_write(const char *text)
{
    FILE *file = fopen(path, "w");

    if (!file || fputs(text, file) == EOF || fclose(file) != 0)
        abort();
}

/* Fails if the test has left anything else in it. */
static inline int directory_teardown(void **state)
{
    (void)state;
    unlink(path);
    rmdir(path);
    return rmdir(directory);
}

#endif
