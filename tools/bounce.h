/*
 * bounce.h - what can be made good after a bounce: which recipients failed for want of a stamp, and
 * what each asks for.
 */
#ifndef TOOLS_BOUNCE_H
#define TOOLS_BOUNCE_H

#include "tools/demand.h"
#include "tools/dsn.h"

enum bounce_fate {
    BOUNCE_UNPAID,    /* failed, with a demand: a stamp may help */
    BOUNCE_FAILED,    /* failed for another reason */
    BOUNCE_WAITING,   /* still in a queue, which tries again by itself */
    BOUNCE_DELIVERED, /* or handed on; or not told: it must not be sent twice */
};

struct bounce_item {
    const struct dsn_recipient *about;
    enum bounce_fate fate;
    struct demand demand; /* of BOUNCE_UNPAID */
};

struct bounce {
    struct dsn dsn;
    struct bounce_item *items; /* one for each address */
    size_t count;
};

/* False, and nothing to clear, if the text holds no delivery report. */
bool bounce_read(const char *text, size_t len, struct bounce *bounce_r);
void bounce_clear(struct bounce *bounce);

const char *bounce_fate_str(enum bounce_fate fate); /* a phrase for people */

#endif
