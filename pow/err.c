/* err.c - names for the failures of the machinery. */
#include "pow/err.h"

const char *op_err_str(enum op_err err)
{
    switch (err) {
    case OP_OK:
        return "done";
    case OP_ERR_NOMEM:
        return "out of memory";
    case OP_ERR_INPUT:
        return "invalid argument";
    case OP_ERR_LIMIT:
        return "over the given limit";
    case OP_ERR_CANCELLED:
        return "cancelled";
    case OP_ERR_TIMEOUT:
        return "time limit reached";
    case OP_ERR_CRYPTO:
        return "cryptographic library failed";
    case OP_ERR_THREAD:
        return "cannot start a thread";
    case OP_ERR_SELFTEST:
        return "self-test failed";
    }
    return "unknown error";
}
