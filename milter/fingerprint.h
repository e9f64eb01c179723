/*
 * fingerprint.h - tells one message from another, so that a retry is not taken for a replay.
 *
 * Over what stays the same when a message is sent again, by another hop or another connection:
 * envelope sender, From, Date, Message-ID, Subject and the start of the body. Not over Received
 * fields, stamps or recipients.
 */
#ifndef FINGERPRINT_H
#define FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pow/sha256.h"

#define FINGERPRINT_LEN OP_SHA256_LEN
/* Octets of the body that count: one chunk of the milter protocol, so that the MTA never has to
 * send a second. */
#define FINGERPRINT_BODY_MAX 65535

struct fingerprint { /* a value */
    struct op_sha256 hash;
    size_t body; /* octets of the body so far */
};

/* sender: the argument of MAIL, with or without < >. */
void fingerprint_init(struct fingerprint *print, const char *sender);

/* Fields of other names change nothing. A value counts unfolded, each run of white space as one
 * blank and none at the ends: other hops fold otherwise. */
void fingerprint_field(struct fingerprint *print, const char *name, const char *value);

/* False: enough, the rest of the body changes nothing. */
bool fingerprint_body(struct fingerprint *print, const void *data, size_t len);

void fingerprint_final(const struct fingerprint *print, uint8_t digest_r[FINGERPRINT_LEN]);

#endif
