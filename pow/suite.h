/*
 * suite.h - the registry of suites.
 *
 * A suite name fixes everything but the effort: the function, its memory and passes, how many
 * puzzles a stamp has (k), how many of them a verifier samples (s), the size of a nonce and the
 * bits of the seal (g). There are no free parameters on the wire. A new suite is a file and a row.
 */
#ifndef OP_SUITE_H
#define OP_SUITE_H

#include <stddef.h>
#include <stdint.h>

#define OP_SUITES_MAX     8   /* rows that the registry may have; sizes arrays indexed by suite */
#define OP_SUITE_NAME_MAX 24  /* octets in a suite's name, without a NUL */
#define OP_PUZZLES_MAX    32  /* k of any suite */
#define OP_NONCE_MAX      8   /* octets in a nonce of any suite */
#define OP_NONCES_MAX     128 /* octets in all nonces of a stamp: k * nonce_len of any suite */

struct op_engine; /* engine.h */

enum op_suite_status {
    OP_SUITE_PREFERRED,
    OP_SUITE_STRONG, /* for few messages a day: dear to verify */
    OP_SUITE_ACCEPTED,
    OP_SUITE_DEPRECATED, /* to be left behind; costs a surcharge */
};

struct op_suite {
    const char *name;
    enum op_suite_status status;
    uint32_t mem_kib;        /* memory of one evaluation, in KiB; 0 if negligible */
    uint32_t passes;         /* t of Argon2; 0 elsewhere */
    unsigned puzzles;        /* k */
    unsigned sample;         /* s: puzzles that a verifier checks */
    unsigned nonce_len;      /* octets */
    unsigned seal_bits;      /* g: leading zero bits of the seal's hash */
    uint64_t effort_default; /* d: expected evaluations for one puzzle */
    uint64_t effort_max;     /* above this the nonce space might hold no solution */
    /* Evaluations per second of the reference laptop, four cores at work; FORMAT.md section 5. For
     * prices in seconds, never for a decision. */
    double reference_rate;
    const struct op_engine *engine;
};

size_t op_suite_count(void);
const struct op_suite *op_suite_at(size_t index);    /* index < op_suite_count(); by preference */
size_t op_suite_index(const struct op_suite *suite); /* inverse of op_suite_at */
const struct op_suite *op_suite_find(const char *name,
                                     size_t len);             /* NULL if unknown; case matters */
const struct op_suite *op_suite_default(void);                /* the preferred one */
const char *op_suite_status_str(enum op_suite_status status); /* "preferred", ... */

#endif
