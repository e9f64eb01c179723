/*
 * recipient.h - the canonical form of a mail address, so that minter and verifier hash the same
 * octets.
 *
 * The domain becomes a lower-case A-label (IDNA2008 by libidn2, UTS 46 non-transitional; RFC 5890),
 * the local part keeps its octets except that ASCII letters are lower-cased and quotes that need
 * not be there are gone (RFC 5321 section 4.1.2). Angle brackets and source routes are dropped.
 */
#ifndef OP_RECIPIENT_H
#define OP_RECIPIENT_H

#include <stdbool.h>
#include <stddef.h>

#define OP_LOCAL_MAX  256 /* octets; RFC 5321 says 64, VERP and SRS senders need more */
#define OP_DOMAIN_MAX 255 /* octets, RFC 1035 */
#define OP_RECIPIENT_MAX                                                                           \
    (OP_LOCAL_MAX * 2 + 2 + 1 + OP_DOMAIN_MAX + 1) /* canonical text with NUL */

struct op_recipient {
    char text[OP_RECIPIENT_MAX]; /* canonical, NUL-terminated, no NUL inside */
    size_t len;                  /* octets, without the NUL */
    size_t domain;               /* offset of the domain in text; == len for a bare "postmaster" */
};

/* Reads an address with or without angle brackets, `len` octets. False if it is not one (then
 * recipient_r is untouched and *why_r, unless why_r is NULL, is a static phrase that says what is
 * wrong). A bare "postmaster" is an address (RFC 5321 section 4.1.1.3); the null path "<>" is not.
 */
bool op_recipient_parse(const char *text, size_t len, struct op_recipient *recipient_r,
                        const char **why_r);

bool op_recipient_equal(const struct op_recipient *a, const struct op_recipient *b);

#endif
