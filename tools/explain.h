/*
 * explain.h - a report of fields and checks, as text or as one JSON object, and what it says of a
 * stamp.
 */
#ifndef TOOLS_EXPLAIN_H
#define TOOLS_EXPLAIN_H

#include <stdbool.h>

#include "pow/stamp.h"
#include "tools/judge.h"
#include "tools/rcptlist.h"

enum explain_result { EXPLAIN_PASS, EXPLAIN_FAIL, EXPLAIN_UNCHECKED };

struct explain {
    bool json;
    bool in_checks; /* JSON: fields are behind us */
    bool comma;     /* JSON: something stands before the next member */
    bool failed;    /* a check did */
};

void explain_init(struct explain *explain, bool json);
void explain_start(struct explain *explain, const char *kind);

/* Fields come first, then checks. */
void explain_field(struct explain *explain, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void explain_check(struct explain *explain, const char *name, enum explain_result result,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Ends the report; the exit status: 0, or 1 if a check failed. */
int explain_end(struct explain *explain);

/* All fields of a stamp; what can be read of a quote without its server's key. */
void explain_stamp(struct explain *explain, const struct op_stamp *stamp);
void explain_quote(struct explain *explain, const char *name, const uint8_t quote[OP_QUOTE_LEN]);

/* All checks but the syntax. */
void xexplain_checks(struct explain *explain, const struct op_stamp *stamp, struct judge *judge,
                     const struct rcptlist *rcpts);

#endif
