/* verdict.c - names and sentences for verdicts. */
#include "pow/verdict.h"

const char *op_verdict_str(enum op_verdict verdict)
{
    switch (verdict) {
    case OP_VERDICT_PASS:
        return "pass";
    case OP_VERDICT_MISSING:
        return "missing";
    case OP_VERDICT_MALFORMED:
        return "malformed";
    case OP_VERDICT_VERSION:
        return "unknown-version";
    case OP_VERDICT_SUITE:
        return "unknown-suite";
    case OP_VERDICT_RECIPIENT:
        return "wrong-recipient";
    case OP_VERDICT_WEAK:
        return "weak";
    case OP_VERDICT_EXPIRED:
        return "expired";
    case OP_VERDICT_FUTURE:
        return "not-yet-valid";
    case OP_VERDICT_SEAL:
        return "bad-seal";
    case OP_VERDICT_PROOF:
        return "failed-proof";
    case OP_VERDICT_SPENT:
        return "spent";
    }
    return "invalid";
}

const char *op_verdict_text(enum op_verdict verdict)
{
    switch (verdict) {
    case OP_VERDICT_PASS:
        return "the stamp is good";
    case OP_VERDICT_MISSING:
        return "there is no stamp";
    case OP_VERDICT_MALFORMED:
        return "the stamp is not well-formed";
    case OP_VERDICT_VERSION:
        return "the stamp has a version that is not known here";
    case OP_VERDICT_SUITE:
        return "the stamp uses a suite that is not accepted here";
    case OP_VERDICT_RECIPIENT:
        return "the stamp was made for another recipient";
    case OP_VERDICT_WEAK:
        return "the stamp has less work than is asked for";
    case OP_VERDICT_EXPIRED:
        return "the stamp is too old";
    case OP_VERDICT_FUTURE:
        return "the stamp is dated in the future";
    case OP_VERDICT_SEAL:
        return "the seal of the stamp is broken";
    case OP_VERDICT_PROOF:
        return "the stamp's proof of work does not hold";
    case OP_VERDICT_SPENT:
        return "the stamp was already used for another message";
    }
    return "invalid verdict";
}
