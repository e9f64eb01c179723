/*
 * scratch.h - a directory of a test's own, in which the code under test makes what it likes.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char directory[32];

static inline int scratch_setup(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/onionpow-test-XXXXXX");
    return mkdtemp(directory) != NULL ? 0 : -1;
}

static inline int scratch_teardown(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof command, "rm -r %s", directory);
    return system(command);
}

#endif
