/*
 * listen.h - a listening socket of our own, from the text that names it: "inet:PORT@ADDRESS" with a
 * numeric address, IPv4 or IPv6, or "localhost" for 127.0.0.1; or "local:/PATH".
 */
#ifndef LISTEN_H
#define LISTEN_H

#include <stdbool.h>
#include <stddef.h>

/* Opens: a descriptor that does not block; -1 with a sentence in why_r, also for an address that is
 * not loopback unless public. The place of a path is claimed as endpoint.h says, and its mode is
 * 0660. By the main thread: uses the umask. */
int listen_open(const char *text, bool public, char *why_r, size_t why_size);

const char *listen_path(const char *text); /* NULL: not in the file system */

#endif
