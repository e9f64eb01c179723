/*
 * endpoint.h - is the place of our socket in the file system free?
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <stddef.h>

enum endpoint_state {
    ENDPOINT_FREE,
    ENDPOINT_IN_USE,     /* another process answers there */
    ENDPOINT_OBSTRUCTED, /* something else is in the way, or the directory is not ours to use */
};

/* Removes a socket that a dead process has left behind. Unless FREE, a sentence is in why_r. */
enum endpoint_state endpoint_claim(const char *path, char *why_r, size_t why_size);

#endif
