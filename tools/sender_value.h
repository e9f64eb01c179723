/*
 * sender_value.h - one value of the sender's configuration between text and struct. Internal to
 * the sender files and config.
 */
#ifndef TOOLS_SENDER_VALUE_H
#define TOOLS_SENDER_VALUE_H

#include "pow/err.h"
#include "pow/units.h"
#include "tools/sender.h"
#include "tools/sender_key.h"

enum sender_value_set {
    SENDER_VALUE_DONE,
    SENDER_VALUE_REFUSED, /* not what the key allows; nothing has changed */
    SENDER_VALUE_NOMEM,   /* nothing has changed */
};

/* Sets the value; a list grows by this element. */
OP_MUST_USE enum sender_value_set sender_value_set(const struct sender_key *key,
                                                   struct sender *sender, const char *text);
void sender_value_clear(const struct sender_key *key, struct sender *sender); /* frees; then zero */

/* The elements of a list; 1 of any other. */
size_t sender_value_count(const struct sender_key *key, const struct sender *sender);
/* One of them as the file has it, without quotes; in the configuration, static, or in scratch. */
const char *sender_value_text(const struct sender_key *key, const struct sender *sender, size_t i,
                              char scratch[OP_UNITS_MAX]);

#endif
