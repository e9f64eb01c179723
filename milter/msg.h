/*
 * msg.h - the facts of one mail transaction, gathered as they arrive and bounded in size.
 *
 * Recipients are known before the header, so that each stamp is put to every cheap test at once and
 * only what passes them is kept. Decides nothing about the message.
 */
#ifndef MSG_H
#define MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "milter/authres.h"
#include "milter/fingerprint.h"
#include "milter/outcome.h"
#include "milter/token.h"
#include "pow/key.h"
#include "pow/match.h"
#include "pow/quote.h"

#define MSG_RECIPIENTS_MAX OP_STAMPS_MAX /* each needs a stamp of its own */
/* Octets of all canonical recipients: 200 onion addresses fit. With 200 candidates of 224 octets a
 * message stays below 72 KiB. */
#define MSG_TEXT_MAX 16384

struct msg_terms {              /* what stamps have to meet; a value */
    struct op_terms when;       /* time and validity; its efforts are not looked at */
    double work[OP_SUITES_MAX]; /* price with every factor but the recipient's own, by
                                   op_suite_index; 0 = suite not accepted */
    const struct op_key *key;   /* of quotes and reply tokens; borrowed */
    unsigned uses;              /* messages that a reply token pays for; 0: none */
};

struct msg_recipient {
    uint16_t text;        /* offset in msg->text, NUL-terminated there */
    uint16_t len, domain; /* as in struct op_recipient */
    uint16_t best;        /* enum op_verdict: PASS = has a candidate; else of its furthest stamp */
    double factor;        /* on the price */
    bool elsewhere;       /* is not delivered here: no reply token helps */
};

struct msg_candidate { /* a stamp that has passed every cheap test */
    struct op_stamp stamp;
    uint16_t recipient; /* index */
    bool weak;          /* but for the price: good for a message that it has paid for before */
};

struct msg { /* to be read by the decision code; changed here only */
    struct msg_terms terms;
    struct fingerprint print;
    struct authres_marks forged;
    enum outcome trouble; /* PASS, or what the message as a whole is refused for already */
    unsigned stamps;      /* seen */
    unsigned quotes[OP_QUOTE_COUNT]; /* seen on stamps for our recipients, by enum op_quote */
    char *text;
    size_t text_len, text_size;
    struct msg_recipient *recipient;
    size_t recipient_count, recipient_size;
    struct msg_candidate *candidate; /* in the order of the header */
    size_t candidate_count, candidate_size;
    bool weak;                         /* one of them is */
    struct op_recipient correspondent; /* the envelope sender; len 0: none that a token can name */
    struct token token[TOKENS_MAX];    /* ours, and made for the correspondent */
    size_t token_count, tokens_seen;
};

/* sender: the argument of MAIL. NULL: out of memory. */
struct msg *msg_new(const struct msg_terms *terms, const char *sender);
void msg_free(struct msg *msg); /* NULL is fine */

/* PASS (also if it is there already), CROWD or INTERNAL (out of memory). */
enum outcome msg_add_recipient(struct msg *msg, const struct op_recipient *recipient, double factor,
                               bool elsewhere);

/* The least effort of a stamp of this suite for a recipient, without a quote; 0: not accepted. */
uint64_t msg_price(const struct msg *msg, const struct op_suite *suite, size_t recipient);

/* One header field; authserv_id is ours. Running out of memory shows as trouble INTERNAL. */
void msg_add_field(struct msg *msg, const char *authserv_id, const char *name, const char *value);

/* Remembers what the whole message is to be refused for; the first trouble stays. */
void msg_set_trouble(struct msg *msg, enum outcome trouble);

/* Canonical text, valid until the next msg_add_recipient. */
const char *msg_recipient_text(const struct msg *msg, size_t index);

#endif
