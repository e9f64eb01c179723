/*
 * fuzz_rcptlist.c - any octets as a message: its fields are its header, octet for octet, and every
 * recipient that is found is an address in canonical form, once. What it was spelled like is the
 * same address, has other capitals at the most, and fits between < and > on the wire.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

/* A Mailbox of RFC 5321 section 4.1.2: blanks in quotes alone, angle brackets there and in a
 * literal
 * ("a@[x>y]"), which ends the address. */
static void check_wire(const char *text, size_t domain)
{
    bool quoted = *text == '"';

    for (size_t i = quoted; text[i] != '\0'; i++) {
        bool literal = i > domain && text[domain] == '[';
        OP_BUG_IF((unsigned char)text[i] < ' ' || text[i] == 0x7f);
        OP_BUG_IF(!quoted && text[i] == ' ');
        OP_BUG_IF(!quoted && !literal && strchr("\"<>", text[i]) != NULL);
        if (quoted && text[i] == '\\')
            i++;
        else if (quoted && text[i] == '"')
            quoted = false;
    }
    OP_BUG_IF(quoted);
}

static void check_spelled(const struct mailbox *mailbox)
{
    const struct op_recipient *rcpt = &mailbox->recipient;
    struct mailbox again;

    OP_BUG_IF(strlen(mailbox->spelled) != rcpt->len);
    OP_BUG_IF(strcasecmp(mailbox->spelled, rcpt->text) != 0);
    OP_BUG_IF(strcmp(mailbox->spelled + rcpt->domain, rcpt->text + rcpt->domain) != 0);
    OP_BUG_IF(!mailbox_parse(mailbox->spelled, rcpt->len, &again, NULL));
    OP_BUG_IF(!op_recipient_equal(&again.recipient, rcpt));
    OP_BUG_IF(strcmp(again.spelled, mailbox->spelled) != 0);
    check_wire(mailbox->spelled, rcpt->domain);
}

static void check_recipients(const struct rcptlist *list)
{
    struct rcptlist again = {0};
    struct rcptlist_error error;

    for (size_t i = 0; i < list->count; i++) {
        const struct op_recipient *rcpt = &list->rcpts[i].recipient;
        check_spelled(&list->rcpts[i]);
        OP_BUG_IF(rcptlist_has(&again, rcpt));
        OP_BUG_IF(!rcptlist_add(&again, rcpt->text, rcpt->len, &error));
        OP_BUG_IF(!op_recipient_equal(&again.rcpts[i].recipient, rcpt));
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
