/*
 * quote.h - quotes: a server's promise to take a stamp of this suite and effort for this recipient
 * until a given minute, whatever its price is then. FORMAT.md section 6.
 *
 * Stateless: a quote is authenticated with a key made of the site key and the day of its expiry, so
 * that every node of a site honours it and keys change daily. To the sender it is opaque.
 */
#ifndef OP_QUOTE_H
#define OP_QUOTE_H

#include <stdint.h>

#include "pow/key.h"
#include "pow/stamp.h"

enum op_quote {
    OP_QUOTE_VALID,
    OP_QUOTE_EXPIRED, /* ours, but its time is over */
    OP_QUOTE_FOREIGN, /* not ours: another site, suite, effort or recipient, or made up */
};

/* expires: unix seconds, rounded up to a minute; clamped to 0..2^32 - 1 minutes (the year 10136).
 */
void op_quote_make(const struct op_key *key, const struct op_suite *suite, uint64_t effort,
                   const struct op_recipient *recipient, int64_t expires,
                   uint8_t quote_r[OP_QUOTE_LEN]);

/* The promise is for the effort that was quoted, so `effort` is the stamp's own. Allocates nothing;
 * how long it takes does not tell what is wrong with a foreign one. */
enum op_quote op_quote_check(const struct op_key *key, const struct op_suite *suite,
                             uint64_t effort, const struct op_recipient *recipient, int64_t now,
                             const uint8_t quote[OP_QUOTE_LEN]);

/* Unix seconds at which it ends; readable without a key, and not to be believed without a check. */
int64_t op_quote_expiry(const uint8_t quote[OP_QUOTE_LEN]);

#define OP_QUOTE_COUNT 3

const char *op_quote_str(enum op_quote quote); /* "valid", "expired", "foreign" */

#endif
