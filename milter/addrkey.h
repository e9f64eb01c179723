/*
 * addrkey.h - whom an entry of a list of addresses means: one address, or all of a domain.
 *
 * Knows neither files nor prices. Canonical, as op_recipient_parse makes addresses, so that it does
 * not matter how an operator or a client spells one.
 */
#ifndef ADDRKEY_H
#define ADDRKEY_H

#include <stdbool.h>
#include <stddef.h>

#include "pow/recipient.h"

struct addrkey {                 /* a value */
    char text[OP_RECIPIENT_MAX]; /* "user@domain", "postmaster" or "@domain"; NUL-terminated */
    size_t len;
};

/* Reads `len` octets. False if they are none of these; *why_r (unless NULL) is a static phrase. */
bool addrkey_parse(const char *text, size_t len, struct addrkey *key_r, const char **why_r);

/* The key of all of the recipient's domain, a part of its text. False if it has none ("postmaster"
 * alone). */
bool addrkey_domain(const struct op_recipient *recipient, const char **key_r, size_t *len_r);

/* Is the recipient the address, or of the domain? `key` is the text of an addrkey. */
bool addrkey_matches(const char *key, const struct op_recipient *recipient);

#endif
