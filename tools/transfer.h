/*
 * transfer.h - content transfer encodings of MIME (RFC 2045 section 6), read as mail is: what is
 * malformed is passed over, not refused.
 */
#ifndef TOOLS_TRANSFER_H
#define TOOLS_TRANSFER_H

#include <stddef.h>

enum transfer {
    TRANSFER_PLAIN, /* 7bit, 8bit, binary, and what is unknown */
    TRANSFER_QUOTED_PRINTABLE,
    TRANSFER_BASE64,
};

/* The value of a Content-Transfer-Encoding field. */
enum transfer transfer_parse(const char *text, size_t len);

/* Writes the decoded octets, at most `len` of them, and returns how many; out_r may be text. */
size_t transfer_decode(enum transfer transfer, const char *text, size_t len, char *out_r);

#endif
