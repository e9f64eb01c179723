/*
 * mailbox.h - an address in both its forms: the canonical one that stamps are made for, and the one
 * that was written, which is said to the server.
 *
 * The case of a local part is its host's to judge (RFC 5321 section 2.4). That and nothing else is
 * what the two differ in: brackets, source routes and needless quotes are gone from both, and the
 * domain is an A-label.
 */
#ifndef TOOLS_MAILBOX_H
#define TOOLS_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "pow/recipient.h"

struct mailbox { /* a value */
    struct op_recipient recipient;
    char spelled[OP_RECIPIENT_MAX]; /* as long as recipient.text, its domain at the same place */
};

/* As op_recipient_parse, whose reasons *why_r gives. */
bool mailbox_parse(const char *text, size_t len, struct mailbox *mailbox_r, const char **why_r);

#endif
