/*
 * fuzz_rcptlist.c - any octets as a message: its fields are its header, octet for octet, and every
 * recipient that is found is an address in canonical form, once.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pow/err.h"
#include "tools/rcptlist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_fields(const struct message *message)
{
    struct message_field field;
    size_t end = message->fields;

    for (size_t at = 0; message_next(message, &at, &field);) {
        OP_BUG_IF(field.text != message->text + end || field.name_len == 0);
        OP_BUG_IF(field.value + field.value_len > field.text + field.len);
        end += field.len;
    }
    OP_BUG_IF(end != message->end);
}

static void check_recipients(const struct rcptlist *list)
{
    struct rcptlist again = {0};
    struct rcptlist_error error;

    for (size_t i = 0; i < list->count; i++) {
        const struct op_recipient *rcpt = &list->rcpts[i];
        OP_BUG_IF(rcptlist_has(&again, rcpt));
        OP_BUG_IF(!rcptlist_add(&again, rcpt->text, rcpt->len, &error));
        OP_BUG_IF(!op_recipient_equal(&again.rcpts[i], rcpt));
    }
    rcptlist_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct message message;
    struct rcptlist list = {0};
    struct rcptlist_error error;
    FILE *stream = fmemopen((void *)(uintptr_t)data, size, "r");

    OP_BUG_IF(stream == NULL);
    if (message_read(stream, &message) == MESSAGE_OK) {
        OP_BUG_IF(message.len > size || memcmp(message.text, data, message.len) != 0);
        check_fields(&message);
        if (!rcptlist_add_message(&list, &message, &error))
            OP_BUG_IF(error.why == NULL);
        check_recipients(&list);
        rcptlist_clear(&list);
        message_clear(&message);
    }
    fclose(stream);
    return 0;
}
