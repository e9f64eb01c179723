/*
 * fake_libmilter.h - a libmilter of the tests' own: it keeps what the filter registered, serves
 * macros, and writes down every call as one line of text.
 */
#ifndef FAKE_LIBMILTER_H
#define FAKE_LIBMILTER_H

#include <stdbool.h>

#include <libmilter/mfapi.h>

struct smfi_str { /* a connection; zero it to begin with */
    void *priv;
    const char *macro[16][2]; /* name, value */
};

extern struct smfiDesc fake_filter; /* as registered */
extern char fake_calls[65536];      /* lines of what was called; empty it by fake_reset */
extern const char *fake_failing; /* name of a function that is to fail, "smfi_setmlreply"; NULL */

void fake_reset(void);
void fake_macro(struct smfi_str *ctx, const char *name, const char *value); /* NULL: unset */

#endif
