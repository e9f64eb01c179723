/*
 * match.h - every test of a stamp that costs next to nothing: suite, recipient, effort, date, seal.
 */
#ifndef OP_MATCH_H
#define OP_MATCH_H

#include <stdint.h>

#include "pow/stamp.h"

struct op_terms {                   /* what the verifier asks for */
    int64_t now;                    /* unix seconds */
    uint32_t validity_s;            /* how old a stamp may be, counted from the end of its day */
    uint32_t skew_s;                /* how far ahead the sender's clock may be */
    uint64_t effort[OP_SUITES_MAX]; /* least effort by op_suite_index; 0 = suite not accepted */
};

/* PASS, or SUITE, RECIPIENT, WEAK, EXPIRED, FUTURE, SEAL, in this order; id_r (the stamp's
 * identity) is written on PASS and on SEAL. A stamp for somebody else is nobody's weak stamp, so
 * the recipient comes before effort and date. At most three SHA-256 over short inputs. */
enum op_verdict op_match(const struct op_stamp *stamp, const struct op_recipient *recipient,
                         const struct op_terms *terms, uint8_t id_r[OP_ID_LEN]);

/* The date test alone: PASS, EXPIRED or FUTURE. */
enum op_verdict op_match_date(uint32_t date, const struct op_terms *terms);

/* The last second in which a stamp of this date can pass. */
int64_t op_match_expiry(uint32_t date, const struct op_terms *terms);

#endif
