/*
 * report.h - the one line that the log gets for a message. No address, Message-ID, stamp or circuit
 * is in it.
 *
 *     4XyZ: verdict=pass listener=onion rcpts=1 suite=argon2id-16m work=16384 price=16384 reason=-
 * ms=31
 */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "milter/conf.h"
#include "milter/outcome.h"
#include "pow/verdict.h"

#define REPORT_MAX 512 /* octets that report_format writes, NUL included */

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
};

void report_format(const struct report *report, char line_r[REPORT_MAX]);

#endif
