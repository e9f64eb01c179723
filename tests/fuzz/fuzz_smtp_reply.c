/*
 * fuzz_smtp_reply.c - any lines as a reply: bounded, terminated, and its code is one of SMTP's.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pow/err.h"
#include "tools/smtp_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct smtp_reply reply = {0};
    char *text = malloc(size + 1), enhanced[SMTP_ENHANCED_MAX];

    OP_BUG_IF(text == NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    for (char *line = text, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        enum smtp_reply_line kind = smtp_reply_add(&reply, line);
        OP_BUG_IF(reply.len >= sizeof reply.text || strlen(reply.text) != reply.len);
        if (kind == SMTP_REPLY_BAD)
            break;
        OP_BUG_IF(reply.code < 200 || reply.code > 559);
        if (smtp_reply_enhanced(&reply, enhanced))
            OP_BUG_IF(enhanced[0] - '0' != reply.code / 100 || enhanced[1] != '.');
    }
    free(text);
    return 0;
}
