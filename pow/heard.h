/*
 * heard.h - what one program remembers of a server's offers, and another reads: the name and the
 * text of the file in which they are kept.
 *
 *     heard 1795003200 onionpow:1:argon2id-16m/512,argon2id-256m/48
 *
 * The name is a MAC of the destination, so that a list of files tells nobody who was written to.
 * Knows no files.
 */
#ifndef OP_HEARD_H
#define OP_HEARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pow/key.h"
#include "pow/offer.h"

#define OP_HEARD_NAME_MAX 33                        /* octets of a name, NUL included */
#define OP_HEARD_TEXT_MAX (OP_OFFER_TEXT_MAX + 32u) /* octets of a text, NUL included */

/* destination: "HOST:PORT", HOST as a lower-case A-label. */
void op_heard_name(const struct op_key *key, const char *destination,
                   char name_r[OP_HEARD_NAME_MAX]);

/* Writes one line, ended by LF and NUL, and returns its length. Quotes are left out: each is for
 * one recipient. */
size_t op_heard_format(int64_t when, const struct op_offers *offers,
                       char text_r[OP_HEARD_TEXT_MAX]);

/* Reads it. False if it is damaged or offers nothing that is known here. */
bool op_heard_parse(const char *text, size_t len, int64_t *when_r, struct op_offers *offers_r);

/* Is what was heard then, and is remembered for so long, still good? */
bool op_heard_fresh(int64_t when, uint32_t kept_s, int64_t now);

#endif
