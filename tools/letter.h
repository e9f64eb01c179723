/*
 * letter.h - a message as SMTP wants it on the wire, made once and sent as often as need be.
 *
 * Every line ends with CRLF and a dot that starts a line is doubled (RFC 5321 section 4.5.2), so
 * nothing inside can be taken for the end of the data. What SMTP has no form for, a NUL and a
 * carriage return that is no part of a line end, is refused and never repaired: two servers could
 * read two messages out of it. Lines may be longer than the 998 octets that every server has to
 * take (section 4.5.3.1.6): to break one would break a signature, and the server may well take it
 * whole.
 */
#ifndef TOOLS_LETTER_H
#define TOOLS_LETTER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "pow/sha256.h"
#include "pow/stamp.h"
#include "tools/message.h"
#include "tools/spool.h"

/* A stamp's field on the wire, NUL included: each of its few folds grows by a CR. */
#define LETTER_STAMP_MAX (OP_STAMP_TEXT_MAX + 64)

struct letter {
    struct spool wire; /* without the final dot */
    uint64_t size;     /* octets before dots were doubled: what SIZE is about */
    bool eight_bit;    /* there are octets beyond ASCII */
    bool headless;     /* it has no header: one that is put before it needs an empty line */
    uint8_t identity[OP_SHA256_LEN]; /* the same for each attempt to deliver this message */
};

/* From a header that was read from the stream, and the rest of the stream. An mbox "From " line is
 * left out. `added`: fields that go before all others, LF-terminated, or NULL. drop_blind: without
 * Bcc. False: it has no form in SMTP, *why_r says why. Ends the run as xspool_read does. */
bool letter_make(FILE *stream, const struct message *message, const char *added, bool drop_blind,
                 struct letter *letter_r, const char **why_r);
void letter_clear(struct letter *letter);

/* The field that goes before the letter; the empty line too if it is headless. Returns its length.
 */
size_t letter_stamp(const struct letter *letter, const struct op_stamp *stamp,
                    char text_r[LETTER_STAMP_MAX]);

#endif
