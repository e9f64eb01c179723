/*
 * base32.h - base32 of RFC 4648 section 6, without padding, as onion addresses and fingerprints
 * are written.
 */
#ifndef TOOLS_BASE32_H
#define TOOLS_BASE32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads `len` characters, upper or lower case. False if one is not of the alphabet, if the last
 * one is superfluous or has bits beyond the last octet, or if there are more than `max` octets. */
bool base32_decode(const char *text, size_t len, uint8_t *octets_r, size_t max, size_t *count_r);

#endif
