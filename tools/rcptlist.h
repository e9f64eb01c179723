/*
 * rcptlist.h - the recipients of a message: from arguments, or from its To, Cc and Bcc fields.
 */
#ifndef TOOLS_RCPTLIST_H
#define TOOLS_RCPTLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "pow/recipient.h"
#include "tools/message.h"

#define RCPTLIST_TEXT_MAX 512 /* octets of an offending address that are shown, NUL included */

struct rcptlist { /* {0} is an empty list */
    struct op_recipient *rcpts;
    size_t count;
};

struct rcptlist_error {
    char text[RCPTLIST_TEXT_MAX]; /* what was read, cut if long */
    const char *why;
};

/* Appends one address. False if it is none; then the list is as before. */
bool rcptlist_add(struct rcptlist *list, const char *text, size_t len,
                  struct rcptlist_error *error_r);

/* Appends the addresses of a field value, an address-list of RFC 5322 section 3.4 (groups,
 * comments, quoted strings, folds, obsolete forms) that are not yet in the list. False at the first
 * bad one. */
bool rcptlist_add_value(struct rcptlist *list, const char *value, size_t len,
                        struct rcptlist_error *error_r);

/* The same for all recipient fields: To, Cc, Bcc, or Resent-To, Resent-Cc, Resent-Bcc if there is
 * one of these, since then it is them that a resent message goes to. */
bool rcptlist_add_message(struct rcptlist *list, const struct message *message,
                          struct rcptlist_error *error_r);

/* Bcc or Resent-Bcc: names recipients that the others must not see. */
bool rcptlist_is_blind(const struct message_field *field);

bool rcptlist_has(const struct rcptlist *list, const struct op_recipient *rcpt);
void rcptlist_clear(struct rcptlist *list);

#endif
