/*
 * offer.h - offers: what a server asks for, in one token without blanks. FORMAT.md section 6.
 *
 *     onionpow:1:argon2id-16m/512/QUOTE,argon2id-256m/48
 */
#ifndef OP_OFFER_H
#define OP_OFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pow/stamp.h"
#include "pow/suite.h"

#define OP_OFFERS_MAX 8 /* offers in one token */
#define OP_OFFER_TEXT_MAX                                                                          \
    480 /* octets that op_offers_format writes, NUL included: one SMTP reply line */

struct op_offer {
    const struct op_suite *suite; /* never NULL */
    uint64_t effort;              /* 1..suite->effort_max */
    uint8_t quote_len;            /* 0 or OP_QUOTE_LEN */
    uint8_t quote[OP_QUOTE_LEN];
};

struct op_offers {                        /* a value */
    struct op_offer offer[OP_OFFERS_MAX]; /* best first */
    size_t count;
    unsigned unknown; /* offers of suites or efforts beyond this code, left out of the list */
};

/* Reads one whole token. False if malformed (then *offers_r is untouched); a well-formed token of
 * unknown suites alone is fine and has count 0. */
bool op_offers_parse(const char *text, size_t len, struct op_offers *offers_r);

/* Finds the first token inside a text, such as an SMTP reply. One that was cut off inside its
 * second or a later offer counts with the whole offers before the cut. False if there is none. */
bool op_offers_find(const char *text, size_t len, struct op_offers *offers_r);

/* Writes the token, NUL-terminated, and returns its length; offers that would not fit are left off
 * the end. */
size_t op_offers_format(const struct op_offers *offers, char text_r[OP_OFFER_TEXT_MAX]);

#endif
