/*
 * report.h - the one line that the log gets for a message:
 *
 *     4XyZ: verdict=pass listener=onion rcpts=1 suite=sha256 work=64 price=64 reason=- ms=31
 *
 * Behind that comes what there is to tell: rule=null-sender (an exemption that held for one of the
 * recipients), replies=1 (recipients paid for by a reply token), quote=expired (a quote that was
 * not honoured), lack=late missing=2 (why stamps were not minted for a message of ours, and for how
 * many recipients), circuit=1f0c93aa (of this client, another every day).
 *
 * Without a client no address, Message-ID or stamp is in it. With one, the line ends with its
 * address, the first recipient, the number of the others, the start of the first stamp's identity,
 * and the domain whose price was more than could be paid for a message of ours:
 *
 *     client=fc00:dead:beef:4dad::44 rcpt=<bob@x.onion>+2 stamp=440ed7858931f665
 *     client=192.0.2.7 dear=far.onion
 */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "milter/conf.h"
#include "milter/exempt.h"
#include "milter/outcome.h"
#include "pow/quote.h"
#include "pow/verdict.h"

#define REPORT_MAX 1280 /* octets that report_format writes, NUL included */

struct report {           /* a value; strings are borrowed */
    const char *queue_id; /* NULL: the MTA has given none */
    const char *listener;
    enum conf_mode mode;
    enum outcome outcome;
    enum op_verdict verdict; /* for UNPAID */
    size_t recipients;       /* guarded ones */
    const char *suite;       /* NULL: none */
    uint64_t work;           /* paid at least, for each recipient */
    uint64_t price;          /* asked for: of that suite, else of the best offer */
    uint64_t ms;             /* from the end of the message to the answer */
    enum exempt_rule rule;   /* the first exemption that held for a recipient */
    unsigned replies;        /* recipients for whom a reply token stood in */
    enum op_quote quote;     /* VALID: no quote was refused */
    enum outcome lack;       /* UNSTAMPED: why stamps are missing; else PASS */
    size_t missing;          /* ... and how many */
    const char *circuit;     /* "" = unknown */
    const char *client;      /* address; NULL: not to be told, nor is the recipient */
    const char *recipient;   /* the first one; NULL: there is none */
    const char *dear;        /* domain; NULL: there is none */
    const uint8_t
        *stamp; /* identity of the first one; NULL: there is none, or it is not to be told */
};

void report_format(const struct report *report, char line_r[REPORT_MAX]);

#endif
