/*
 * stamp.h - the stamp: its value, its text, its identity. FORMAT.md sections 2 to 4.
 */
#ifndef OP_STAMP_H
#define OP_STAMP_H

#include <stddef.h>
#include <stdint.h>

#include "pow/err.h"
#include "pow/recipient.h"
#include "pow/suite.h"
#include "pow/verdict.h"

#define OP_STAMP_FIELD "X-Onion-PoW" /* name of the header field */
#define OP_STAMP_MAX                                                                               \
    4096 /* octets of a field value that is looked at: an honest one has below 500 */
#define OP_STAMPS_MAX     200 /* stamps of a message that are looked at */
#define OP_STAMP_TAGS_MAX 32  /* tags in a stamp, unknown ones included */
#define OP_STAMP_TEXT_MAX 640 /* octets that op_stamp_format writes, NUL included */

#define OP_ID_LEN    32 /* challenge: the stamp's identity */
#define OP_SALT_LEN  16
#define OP_BLIND_LEN 16 /* blinded recipient */
#define OP_SEAL_LEN  8
#define OP_QUOTE_LEN 21 /* octets of a quote: expiry 4, key id 1, MAC 16 */

struct op_stamp { /* a value: copy freely, nothing to free */
    const struct op_suite *suite;
    uint64_t effort; /* d, 1..suite->effort_max */
    uint32_t date;   /* UTC day of minting, YYYYMMDD */
    uint8_t blind[OP_BLIND_LEN];
    uint8_t salt[OP_SALT_LEN];
    uint8_t quote_len; /* 0 or OP_QUOTE_LEN */
    uint8_t quote[OP_QUOTE_LEN];
    uint8_t nonces[OP_NONCES_MAX]; /* suite->puzzles times suite->nonce_len octets, big-endian */
    uint8_t seal[OP_SEAL_LEN];
};

/* Reads a field value (folds and all, without the field name), `len` octets, no allocation.
 * PASS: well-formed, written to *stamp_r. Else MALFORMED, VERSION or SUITE; *stamp_r is untouched
 * and *why_r (unless NULL) is a static phrase. */
enum op_verdict op_stamp_parse(const char *text, size_t len, struct op_stamp *stamp_r,
                               const char **why_r);

/* Writes the value folded with "\n\t" at 76 columns as if "X-Onion-PoW: " stood before it,
 * NUL-terminated, no line break at the end. Returns its length. */
size_t op_stamp_format(const struct op_stamp *stamp, char text_r[OP_STAMP_TEXT_MAX]);

/* Hides the recipient: SHA-256("onionpow-v1 recipient" || salt || recipient), first 16 octets. */
void op_stamp_blind(const uint8_t salt[OP_SALT_LEN], const struct op_recipient *recipient,
                    uint8_t blind_r[OP_BLIND_LEN]);

/* The challenge C over everything but nonces and seal: what the puzzles hang on, and the stamp's
 * identity. */
void op_stamp_id(const struct op_stamp *stamp, uint8_t id_r[OP_ID_LEN]);

/* The nonce of puzzle i, and its writer; i < suite->puzzles. */
uint64_t op_stamp_nonce(const struct op_stamp *stamp, unsigned i);
void op_stamp_set_nonce(struct op_stamp *stamp, unsigned i, uint64_t nonce);

#endif
