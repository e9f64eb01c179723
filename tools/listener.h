/*
 * listener.h - a socket that waits for clients of this machine: "local:/PATH" or
 * "inet:PORT@ADDRESS". An address that others can reach is refused.
 */
#ifndef TOOLS_LISTENER_H
#define TOOLS_LISTENER_H

#include <stddef.h>

#define LISTENER_WHY_MAX 512

/* Not blocking. -1 with a sentence. A path is made with mode 0666: its directory decides who may
 * connect; one that nobody listens at any more is taken over. */
int listener_open(const char *text, char why_r[LISTENER_WHY_MAX]);

/* Closes it and removes its path. */
void listener_close(const char *text, int fd);

#endif
