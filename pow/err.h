/*
 * err.h - what can go wrong with the machinery.
 *
 * enum op_err says that a function could not do its work (no memory, a limit, a cancel). What is
 * wrong with a *stamp* is never an op_err but an enum op_verdict (verdict.h); the two are never
 * mixed. A function that returns an error has left its out-parameters alone.
 */
#ifndef OP_ERR_H
#define OP_ERR_H

#include <stdio.h>
#include <stdlib.h>

enum op_err {
    OP_OK = 0,
    OP_ERR_NOMEM,     /* memory could not be had */
    OP_ERR_INPUT,     /* an argument is not of the form that the header asks for */
    OP_ERR_LIMIT,     /* the work would pass a limit that the caller set */
    OP_ERR_CANCELLED, /* the caller's progress callback said stop */
    OP_ERR_TIMEOUT,   /* the caller's time limit is over */
    OP_ERR_CRYPTO,    /* a cryptographic library failed */
    OP_ERR_THREAD,    /* a thread could not be started */
    OP_ERR_SELFTEST,  /* the code computes something else than the known answers */
};

/* A static sentence fragment in lower case, never NULL. */
const char *op_err_str(enum op_err err);

#define OP_MUST_USE __attribute__((warn_unused_result))

/* A broken promise inside the program: say where and abort. Never for input; never compiled out. */
#define OP_BUG_IF(cond)                                                                            \
    do {                                                                                           \
        if (cond) {                                                                                \
            fprintf(stderr, "bug: %s:%d: %s\n", __FILE__, __LINE__, #cond);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
