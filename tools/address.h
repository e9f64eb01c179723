/*
 * address.h - a recipient as a sender writes it, and what the name itself says of the way there.
 *
 *     user@<56 characters>.onion           version 3 onion address, its checksum tested
 *     user@<pin>.<56 characters>.onion     the same, and TLS with a certificate of this fingerprint
 *     user@example.org                     any other domain: route.h finds the way
 *
 * The pin is the start of the SHA-256 of the server's certificate (DER), in hexadecimal (20 digits
 * or more, an even number) or else base32 (16, 24, 32, 40, 48 characters, or all 52). It is for the
 * sender alone: the recipient of the envelope and of the stamp has it no more.
 */
#ifndef TOOLS_ADDRESS_H
#define TOOLS_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pow/recipient.h"

#define ADDRESS_HOST_MAX 256 /* octets of a host name, NUL included */
#define ADDRESS_PIN_MIN  10  /* octets of a fingerprint that are enough */
#define ADDRESS_PIN_MAX  32
#define ADDRESS_PIN_TEXT (2 * ADDRESS_PIN_MAX + 1) /* octets of a pin as text, NUL included */

struct address_pin { /* a value */
    uint8_t octet[ADDRESS_PIN_MAX];
    size_t len; /* 0: none */
};

struct address {                    /* a value */
    struct op_recipient recipient;  /* canonical, without the pin */
    char mailbox[OP_RECIPIENT_MAX]; /* the same with its local part in the case that was written,
                                       which is the server's to judge: what RCPT says */
    char host[ADDRESS_HOST_MAX]; /* its domain as an A-label, lower case; of an onion "....onion" */
    bool onion;
    struct address_pin pin;
};

/* With or without < >. False: *why_r is a static phrase (version 2 onion, checksum, ...). */
bool address_parse(const char *text, struct address *address_r, const char **why_r);

/* The same for a host name alone; the recipient is its postmaster. */
bool address_parse_host(const char *host, struct address *address_r, const char **why_r);

/* Does this host name or address end in ".onion"? Then DNS must never be asked for it. */
bool address_in_onion(const char *text);

/* Is this host name a version 3 onion address with a right checksum? */
bool address_onion_valid(const char *host, const char **why_r);

/* Reads a pin; false if it is neither hexadecimal nor base32, or too short. */
bool address_pin_parse(const char *text, size_t len, struct address_pin *pin_r);
void address_pin_format(const struct address_pin *pin, char text_r[ADDRESS_PIN_TEXT]);

#endif
