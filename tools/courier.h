/*
 * courier.h - brings a message to one recipient: asks what the server wants, mints it, and presents
 * it, in one call.
 *
 * A stamp is never minted twice for a message as long as one is kept, and a minted one is kept
 * until it is spent. The sender guards itself: a demand beyond the configuration's limits is
 * refused.
 */
#ifndef TOOLS_COURIER_H
#define TOOLS_COURIER_H

#include "pow/offer.h"
#include "tools/address.h"
#include "tools/letter.h"
#include "tools/options.h"
#include "tools/sender.h"
#include "tools/smtp.h"

#define COURIER_TEXT_MAX 4096

struct courier;

struct courier_job {
    const struct address *address;
    const char *from;    /* "": the null sender; else see courier_sender_valid */
    const char *nexthop; /* as of route_find; NULL: by the address */
    struct letter *letter;
    const struct op_offers *demand; /* the server's demand where it is known already; or NULL */
    const char *probe; /* a field to present in place of stamps, LF-terminated: no demand is met */
};

struct courier_report { /* a value */
    int status;         /* of <sysexits.h>: OK, UNAVAILABLE (refused), TEMPFAIL, ... */
    char enhanced[SMTP_ENHANCED_MAX]; /* RFC 3463, of the status's class: 2, 4 or 5 */
    char text[COURIER_TEXT_MAX];      /* one line: who said what, or what went wrong */
    bool maybe_delivered;             /* TEMPFAIL, but the server may have taken the message */
    bool asked;                       /* the server has made a demand: */
    struct op_offers offers;          /* ... its last */
    unsigned minted;                  /* stamps */
};

/* `conf` and `options` (for progress and --json) must outlive it. `state`: the directory of
 * sender_state. NULL with a sentence. */
struct courier *courier_new(const struct sender *conf, const struct options *options,
                            const char *state, char why_r[SENDER_WHY_MAX]);
void courier_free(struct courier *courier); /* NULL is fine */

void courier_deliver(struct courier *courier, const struct courier_job *job,
                     struct courier_report *report_r);

/* Can this stand between < and > of a MAIL command? "" can. */
bool courier_sender_valid(const char *from, const char **why_r);

/* The configuration that the options name, and a courier by it; ends the run with EX_CONFIG. */
struct courier *xcourier_open(const struct options *options);
const struct sender *courier_conf(const struct courier *courier);

#endif
