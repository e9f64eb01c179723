/*
 * dsn.h - a bounce in the form of RFC 3464 (or 6533): what became of which recipient, and what is
 * left of the message.
 *
 * Anybody can write one. Nothing here is believed but what it says; what may follow from it is the
 * business of others.
 */
#ifndef TOOLS_DSN_H
#define TOOLS_DSN_H

#include <stdbool.h>
#include <stddef.h>

#include "pow/recipient.h"

#define DSN_RECIPIENTS_MAX 256         /* of one report; more are left out */
#define DSN_DIAGNOSTIC_MAX 4096        /* octets, NUL included; no MTA keeps more of a reply */
#define DSN_STATUS_MAX     16          /* "5.999.999" and NUL, with room */
#define DSN_WORDS_MAX      (64 * 1024) /* octets of the part for people that are looked at */

enum dsn_action { /* RFC 3464 section 2.3.3 */
                  DSN_FAILED,
                  DSN_DELAYED,
                  DSN_DELIVERED,
                  DSN_RELAYED,
                  DSN_EXPANDED,
                  DSN_UNKNOWN, /* not said, or no word of the standard */
};

struct dsn_recipient { /* a value */
    struct op_recipient recipient;
    char spelled[OP_RECIPIENT_MAX]; /* the same as it was written: see mailbox.h */
    enum dsn_action action;
    char status[DSN_STATUS_MAX];         /* "5.7.1"; "" if there is none */
    char diagnostic[DSN_DIAGNOSTIC_MAX]; /* Diagnostic-Code, type and folds and all; or "" */
};

enum dsn_original {
    DSN_ORIGINAL_NONE,
    DSN_ORIGINAL_HEADER, /* its header alone */
    DSN_ORIGINAL_CUT,    /* the bounce itself ends before it does */
    DSN_ORIGINAL_WHOLE,
};

struct dsn {
    struct dsn_recipient *recipients;
    size_t count;
    unsigned unreadable; /* recipients whose address is none */
    bool has_sender;
    struct op_recipient sender; /* to whom the bounce was sent: the message's envelope sender */
    char sender_spelled[OP_RECIPIENT_MAX];
    char *words; /* the part for people */
    size_t words_len;
    enum dsn_original original;
    char *message; /* NULL if there is nothing of it */
    size_t message_len;
};

/* The first report in a mail. False, and nothing to clear, if there is none. */
bool dsn_read(const char *text, size_t len, struct dsn *dsn_r);
void dsn_clear(struct dsn *dsn);

const char *dsn_action_str(enum dsn_action action); /* "failed", ... */

#endif
