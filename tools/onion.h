/*
 * onion.h - is this the name of an onion service? Version 3 alone (Tor's rend-spec-v3, section 6):
 * base32 of the service's key, a checksum of two octets and the version.
 */
#ifndef TOOLS_ONION_H
#define TOOLS_ONION_H

#include <stdbool.h>
#include <stddef.h>

#define ONION_LEN 56 /* characters before ".onion" */

/* `len` characters without ".onion". False: *why_r is a static phrase. */
bool onion_valid(const char *name, size_t len, const char **why_r);

#endif
