/*
 * postage.h - an outgoing message gets the stamps that the servers of its recipients ask for.
 *
 * Gathers whom they are for while the message passes by; at its end chooses what to mint, has it
 * minted, and says what becomes of the message if that cannot be done. One thread at a time.
 */
#ifndef POSTAGE_H
#define POSTAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "milter/conf.h"
#include "milter/minter.h"
#include "milter/outcome.h"

struct postage; /* of one transaction */

/* Both are borrowed. NULL: out of memory. */
struct postage *postage_new(const struct conf *conf, const struct conf_listener *listener);
void postage_free(struct postage *postage); /* NULL is fine */

/* The argument of RCPT, and the MTA's {rcpt_mailer} or NULL. PASS: it gets a stamp; if it has a pin
 * (pin.h), for the address without. EXEMPT: it is in none of the listener's domains, or no address.
 * CROWD: one too many, to be refused. */
enum outcome postage_recipient(struct postage *postage, const char *address, const char *mailer);
void postage_field(struct postage *postage, const char *name);

struct postage_means { /* borrowed */
    struct minter *minter;
    const uint8_t *owner;    /* see struct minter_job */
    int64_t now;             /* unix seconds */
    bool (*tick)(void *arg); /* see struct minter_job */
    void *arg;
};

struct postage_result {           /* a value */
    enum outcome outcome;         /* MINTED, STAMPED, UNSTAMPED, EXEMPT; LATE, NO_MINTER: refused */
    enum outcome lack;            /* UNSTAMPED: LATE, NO_MINTER or CROWD */
    size_t missing;               /* UNSTAMPED: recipients that get no stamp */
    const char *dear;             /* a domain whose price was too much; NULL: none was */
    const struct op_suite *suite; /* of the first stamp; NULL: there is none */
    uint64_t work;                /* ... its work */
};
/* The result's strings live as long as the postage. */
void postage_end(struct postage *postage, const struct postage_means *means,
                 struct postage_result *result_r);

size_t postage_count(const struct postage *postage);  /* recipients that should get a stamp */
size_t postage_stamps(const struct postage *postage); /* to be inserted, once it has ended */
/* index < postage_stamps: the value of the field, folded with "\n\t". */
void postage_stamp(const struct postage *postage, size_t index, char text_r[OP_STAMP_TEXT_MAX]);

#endif
