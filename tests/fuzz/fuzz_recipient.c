/*
 * fuzz_recipient.c - any octets as an address. What is accepted must be a fixed point: its
 * canonical form, with or without brackets, is an address with the same canonical form.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pow/err.h"
#include "pow/recipient.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct op_recipient *recipient)
{
    struct op_recipient again;
    char bracketed[OP_RECIPIENT_MAX + 2] = "<";
    OP_BUG_IF(recipient->len >= OP_RECIPIENT_MAX || recipient->text[recipient->len] != '\0');
    OP_BUG_IF(memchr(recipient->text, '\0', recipient->len) != NULL);
    OP_BUG_IF(strpbrk(recipient->text, "\r\n") != NULL);
    OP_BUG_IF(recipient->domain < recipient->len && recipient->text[recipient->domain - 1] != '@');
    OP_BUG_IF(!op_recipient_parse(recipient->text, recipient->len, &again, NULL));
    OP_BUG_IF(!op_recipient_equal(recipient, &again) || again.domain != recipient->domain);
    memcpy(bracketed + 1, recipient->text, recipient->len);
    bracketed[recipient->len + 1] = '>';
    OP_BUG_IF(!op_recipient_parse(bracketed, recipient->len + 2, &again, NULL));
    OP_BUG_IF(!op_recipient_equal(recipient, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct op_recipient recipient;
    const char *why = NULL;
    bool good = op_recipient_parse((const char *)data, size, &recipient, &why);
    OP_BUG_IF(good != (why == NULL));
    if (good)
        check(&recipient);
    return 0;
}
