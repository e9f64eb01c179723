/*
 * original.h - the message that a bounce returns, or that the user gives in its place: what it says
 * of itself, and how it goes out again.
 */
#ifndef TOOLS_ORIGINAL_H
#define TOOLS_ORIGINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/rcptlist.h"

#define ORIGINAL_WORD_MAX 256 /* octets of a field's value that are shown, NUL included */

struct original {
    char *text; /* without what the first attempt has left in the header: Return-Path, stamps */
    size_t len;
    struct rcptlist authors;    /* From and Sender; what is no address is left out */
    struct rcptlist addressees; /* To, Cc, Bcc, or their Resent- forms */
    char id[ORIGINAL_WORD_MAX]; /* Message-ID; "" if there is none */
    char subject[ORIGINAL_WORD_MAX];
    bool crlf;
};

/* False, and nothing to clear, if it has no header. */
bool original_read(const char *text, size_t len, struct original *original_r);
void original_clear(struct original *original);

#endif
