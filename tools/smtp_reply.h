/*
 * smtp_reply.h - one reply of an SMTP server, put together from its lines. Pure.
 */
#ifndef TOOLS_SMTP_REPLY_H
#define TOOLS_SMTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/smtp.h"

struct smtp_reply { /* {0} before the first line */
    int code;       /* 200..599 */
    size_t len;     /* of the text */
    char text[SMTP_TEXT_MAX];
};

enum smtp_reply_line {
    SMTP_REPLY_MORE, /* there is another line */
    SMTP_REPLY_LAST,
    SMTP_REPLY_BAD, /* no line of a reply, or one with another code */
};

/* Appends a line without its end. The first is kept as it is; of the others the code, and the
 * enhanced code if it is the same, are left out. What does not fit is cut. */
enum smtp_reply_line smtp_reply_add(struct smtp_reply *reply, const char *line);

/* The enhanced code (RFC 3463) of the first line if it has one of the code's class. */
bool smtp_reply_enhanced(const struct smtp_reply *reply, char enhanced_r[SMTP_ENHANCED_MAX]);

#endif
