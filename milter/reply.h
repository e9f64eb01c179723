/*
 * reply.h - from an outcome to what the sender reads: code, enhanced code, words.
 *
 * Every refusal says what to do. All octets are printable ASCII, whatever went in; the doubling of
 * "%" that libmilter wants is done by act.c.
 */
#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "milter/outcome.h"
#include "pow/offer.h"
#include "pow/verdict.h"

#define REPLY_WIRE_MAX  900 /* octets in all with codes and line ends: Exim keeps about 1000 */
#define REPLY_LINE_MAX  512 /* octets of a line with code and line end: RFC 5321, 4.5.3.1.5 */
#define REPLY_LINES_MAX 16  /* libmilter takes 32 */
#define REPLY_PREFIX    10  /* "554-5.7.1 " */

struct reply {            /* a value */
    const char *code;     /* static, three digits */
    const char *enhanced; /* static */
    size_t lines;
    size_t wire;               /* octets with codes and line ends */
    char text[REPLY_WIRE_MAX]; /* the lines without codes, each ended by a NUL */
};

struct reply_facts {
    enum outcome outcome;    /* not PASS or EXEMPT */
    enum op_verdict verdict; /* for UNPAID */
    const char *why;         /* for ADDRESS: what is wrong with it; NULL: nothing more is known */
    const struct op_offers *offers; /* for UNPAID */
    const char *const *lacking; /* for UNPAID: canonical recipients without payment, at least one */
    size_t lacking_count;
    size_t recipient_count; /* of the message */
    const char *help_url;   /* "" = none */
};

void reply_make(const struct reply_facts *facts, struct reply *reply_r);

/* Does the outcome mean "try again later"? */
bool reply_is_temporary(enum outcome outcome);

/* The first line, and the one behind `line`; NULL behind the last. */
const char *reply_first(const struct reply *reply);
const char *reply_next(const struct reply *reply, const char *line);

#endif
