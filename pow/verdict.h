/*
 * verdict.h - what is to be said of a stamp.
 *
 * A verdict is a judgement on input, not a failure of the program (that is enum op_err). The order
 * is the order of the checks, cheapest first: of two stamps the one with the larger value of a
 * refusing verdict came further, and is the better one to tell the sender about.
 */
#ifndef OP_VERDICT_H
#define OP_VERDICT_H

enum op_verdict {
    OP_VERDICT_PASS = 0,
    OP_VERDICT_MISSING,   /* no stamp at all */
    OP_VERDICT_MALFORMED, /* not the syntax of FORMAT.md */
    OP_VERDICT_VERSION,   /* a version that this code does not know */
    OP_VERDICT_SUITE,     /* a suite that is unknown or not accepted here */
    OP_VERDICT_RECIPIENT, /* made for somebody else */
    OP_VERDICT_WEAK,      /* less effort than is asked for */
    OP_VERDICT_EXPIRED,   /* older than the validity */
    OP_VERDICT_FUTURE,    /* dated later than the clock skew allows */
    OP_VERDICT_SEAL,      /* the seal does not close it: damaged, or never worked for */
    OP_VERDICT_PROOF,     /* a puzzle is not solved */
    OP_VERDICT_SPENT,     /* it has paid for another message */
};

#define OP_VERDICT_COUNT 12

/* The stable name used in logs, on the command line and as a metric label, such as
 * "wrong-recipient". */
const char *op_verdict_str(enum op_verdict verdict);

/* A sentence for people, without a full stop. */
const char *op_verdict_text(enum op_verdict verdict);

#endif
