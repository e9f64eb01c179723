/*
 * exempt.h - who pays nothing or less: the rules of a listener's exempt block, first match wins.
 *
 * Pure. Says nothing on relaying: that is asked before, and an exemption never changes it.
 */
#ifndef EXEMPT_H
#define EXEMPT_H

#include "milter/conf.h"
#include "milter/scope.h"
#include "pow/recipient.h"

enum exempt_rule {
    EXEMPT_NONE,
    EXEMPT_AUTHENTICATED,
    EXEMPT_CLIENT,
    EXEMPT_SENDER,      /* envelope sender or its domain: forgeable, for closed set-ups */
    EXEMPT_MAP,         /* the recipient's own factor in the map file */
    EXEMPT_ROLE,        /* postmaster, abuse */
    EXEMPT_NULL_SENDER, /* a bounce, below the cap of its circuit */
    EXEMPT_BOUNCE_CAP,  /* a bounce beyond the cap: full price */
    EXEMPT_REPLY,       /* an answer to our own mail; found by token.h, never by exempt_find */
};

struct exempt_facts { /* borrowed */
    bool authenticated;
    const struct scope_client *client;
    const char *sender; /* argument of MAIL, with or without < >; "<>" or "" is the null sender */
    double bounces;     /* of this circuit of late, circuits_bounces */
};

struct exempt_result { /* a value */
    enum exempt_rule rule;
    double factor; /* 0: nothing to pay; 1: full price */
};

void exempt_find(const struct conf_listener *listener, const struct exempt_facts *facts,
                 const struct op_recipient *recipient, struct exempt_result *result_r);

const char *exempt_rule_str(enum exempt_rule rule); /* "none", "authenticated", ... */

#endif
