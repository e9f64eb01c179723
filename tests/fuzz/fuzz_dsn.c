/*
 * fuzz_dsn.c - any octets as a bounce: bounds are kept, addresses are canonical, each recipient has
 * one fate, and nothing is paid for that has not failed.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pow/err.h"
#include "tools/bounce.h"
#include "tools/original.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_recipient(const struct dsn_recipient *recipient)
{
    struct op_recipient again;

    OP_BUG_IF(memchr(recipient->status, '\0', sizeof recipient->status) == NULL);
    OP_BUG_IF(memchr(recipient->diagnostic, '\0', sizeof recipient->diagnostic) == NULL);
    OP_BUG_IF(
        !op_recipient_parse(recipient->recipient.text, recipient->recipient.len, &again, NULL));
}

static void check_items(const struct bounce *bounce)
{
    for (size_t i = 0; i < bounce->count; i++) {
        const struct bounce_item *item = &bounce->items[i];
        check_recipient(item->about);
        OP_BUG_IF(item->fate == BOUNCE_UNPAID && item->about->action != DSN_FAILED);
        for (size_t j = 0; j < i; j++)
            OP_BUG_IF(
                op_recipient_equal(&item->about->recipient, &bounce->items[j].about->recipient));
    }
    for (size_t i = 0; i < bounce->count; i++) {
        for (size_t j = 0; j < bounce->dsn.count; j++)
            OP_BUG_IF(bounce->items[i].fate == BOUNCE_UNPAID &&
                      bounce->dsn.recipients[j].action == DSN_DELIVERED &&
                      op_recipient_equal(&bounce->items[i].about->recipient,
                                         &bounce->dsn.recipients[j].recipient));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bounce bounce;
    struct original original;

    if (!bounce_read((const char *)data, size, &bounce))
        return 0;
    OP_BUG_IF(bounce.count > DSN_RECIPIENTS_MAX || bounce.dsn.count > DSN_RECIPIENTS_MAX);
    OP_BUG_IF((bounce.dsn.original == DSN_ORIGINAL_NONE) != (bounce.dsn.message == NULL));
    check_items(&bounce);
    if (bounce.dsn.message != NULL &&
        original_read(bounce.dsn.message, bounce.dsn.message_len, &original)) {
        OP_BUG_IF(original.len > bounce.dsn.message_len);
        original_clear(&original);
    }
    bounce_clear(&bounce);
    return 0;
}
