/*
 * dispatch.h - what send and sendmail do: the message on stdin, to one recipient after the other.
 */
#ifndef TOOLS_DISPATCH_H
#define TOOLS_DISPATCH_H

#include "tools/options.h"

struct dispatch {
    const struct options *options;
    const char *sender;       /* envelope; NULL: the message's own */
    const char *name;         /* for a From field that is missing; or NULL */
    const char *const *rcpts; /* as given */
    size_t rcpt_count;
    bool from_headers; /* and those of the header */
};

/* The exit status: EX_OK if all took it, else that of the first who did not. Who did and who did
 * not is told on stderr, or with --json on stdout. */
int xdispatch(const struct dispatch *dispatch);

#endif
