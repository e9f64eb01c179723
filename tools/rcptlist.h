/*
 * rcptlist.h - the recipients of a message: from arguments, or from its To, Cc and Bcc fields.
 */
#ifndef TOOLS_RCPTLIST_H
#define TOOLS_RCPTLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "pow/stamp.h"
#include "tools/mailbox.h"
#include "tools/message.h"

/* Of a message's own fields: each is compared with all. */
#define RCPTLIST_MAX      OP_STAMPS_MAX /* where one message carries all stamps: more cannot be paid */
#define RCPTLIST_EACH_MAX 2000          /* where each gets a message of its own */
#define RCPTLIST_TEXT_MAX 512 /* octets of an offending address that are shown, NUL included */

struct rcptlist { /* {0} is an empty list */
    struct mailbox *rcpts;
    size_t count;
    size_t max; /* 0: RCPTLIST_MAX */
};

struct rcptlist_error {
    char text[RCPTLIST_TEXT_MAX]; /* what was read, cut if long */
    const char *why;              /* NULL: it is an address, but one above the list's `max` */
};

/* Appends one address, be it in the list already or not. False if it is none; then the list is as
 * before. */
bool rcptlist_add(struct rcptlist *list, const char *text, size_t len,
                  struct rcptlist_error *error_r);

/* Appends the addresses of a field value, an address-list of RFC 5322 section 3.4 (groups,
 * comments, quoted strings, folds, obsolete forms) that are not yet in the list. False at the first
 * bad one, and at the first that would make more than the list's `max`. */
bool rcptlist_add_value(struct rcptlist *list, const char *value, size_t len,
                        struct rcptlist_error *error_r);

/* The same for all recipient fields: To, Cc, Bcc, or Resent-To, Resent-Cc, Resent-Bcc if there is
 * one of these, since then it is them that a resent message goes to. */
bool rcptlist_add_message(struct rcptlist *list, const struct message *message,
                          struct rcptlist_error *error_r);

/* Bcc or Resent-Bcc: names recipients that the others must not see. */
bool rcptlist_is_blind(const struct message_field *field);

/* How many its fields may name. */
size_t rcptlist_max(const struct rcptlist *list);

bool rcptlist_has(const struct rcptlist *list, const struct op_recipient *rcpt);
void rcptlist_clear(struct rcptlist *list);

#endif
