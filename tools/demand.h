/*
 * demand.h - finds demands in what mail servers make of them: an SMTP reply, a log line, a bounce,
 * a mail that carries one of these.
 *
 * Copes with reply codes between joined lines, folds, "<addr>... " in front, "__", "??" or "\n" in
 * place of line breaks, tokens that were cut off, quoted-printable and base64 parts, HTML.
 */
#ifndef TOOLS_DEMAND_H
#define TOOLS_DEMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "pow/offer.h"
#include "pow/recipient.h"

#define DEMAND_INPUT_MAX (64 * 1024 * 1024) /* octets that verbs read to look for demands */
#define DEMAND_LIST_MAX  256                /* demands of one input; more are left out */
#define DEMAND_TEXT_MAX  512                /* octets of the words for people, NUL included */

struct demand { /* a value */
    struct op_offers offers;
    bool known; /* it says for whom, and names one alone */
    struct op_recipient recipient;
    char text[DEMAND_TEXT_MAX]; /* what stands behind the token, one line, without codes; may be ""
                                 */
};

struct demand_list { /* {0} is an empty list */
    struct demand *demands;
    size_t count;
};

/* Appends the demands of a text, in order, each once: what repeats an earlier one completes it. A
 * mail (or mbox) is read as such. */
void demand_find(struct demand_list *list, const char *text, size_t len);

/* The same for a text that is no mail: a reply, a line, a field. */
void demand_find_plain(struct demand_list *list, const char *text, size_t len);

void demand_clear(struct demand_list *list);

#endif
