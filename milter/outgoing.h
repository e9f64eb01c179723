/*
 * outgoing.h - a message of our own on its way out: the reply token and the stamps that it gets.
 *
 * A message that cannot have a token goes without; what becomes of one that cannot have its stamps
 * is postage.h's to say.
 */
#ifndef OUTGOING_H
#define OUTGOING_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/postage.h"
#include "milter/report.h"
#include "milter/sign.h"

struct outgoing { /* of one transaction; all zero: none */
    const struct conf *conf;
    bool mints;
    struct sign *sign;            /* NULL: no token */
    struct postage *postage;      /* NULL: does not mint, or there was no memory for it */
    struct postage_result result; /* once it has ended */
};

/* Is mail that comes through it our own? */
bool outgoing_is(const struct conf_listener *listener);

/* Both are borrowed; the listener is one of those. */
void outgoing_begin(struct outgoing *outgoing, const struct conf *conf,
                    const struct conf_listener *listener);
void outgoing_clear(struct outgoing *outgoing);

/* As postage_recipient, and SIGNED where nothing is minted. */
enum outcome outgoing_recipient(struct outgoing *outgoing, const char *address, const char *mailer);
void outgoing_field(struct outgoing *outgoing, const char *name, const char *value);

enum outcome outgoing_end(struct outgoing *outgoing, const struct postage_means *means);
void outgoing_report(const struct outgoing *outgoing, struct report *report_r);

/* See session.h. now: when the transaction began. */
bool outgoing_references(const struct outgoing *outgoing, const struct op_key *key, int64_t now,
                         const uint8_t salt[TOKEN_SALT_LEN], char text_r[SIGN_TEXT_MAX],
                         bool *present_r);
bool outgoing_stamp(const struct outgoing *outgoing, size_t index, char text_r[OP_STAMP_TEXT_MAX]);

#endif
