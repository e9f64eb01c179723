/* dsn.c - see dsn.h. The MIME is mime.c's; this file reads the fields of a delivery status. */
#include "tools/dsn.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/fail.h"
#include "tools/message.h"
#include "tools/mime.h"
#include "tools/rcptlist.h"

const char *dsn_action_str(enum dsn_action action)
{
    switch (action) {
    case DSN_FAILED:
        return "failed";
    case DSN_DELAYED:
        return "delayed";
    case DSN_DELIVERED:
        return "delivered";
    case DSN_RELAYED:
        return "relayed";
    case DSN_EXPANDED:
        return "expanded";
    case DSN_UNKNOWN:
        return "unknown";
    }
    return "invalid";
}

static const char *dsn_skip_blanks(const char *text, const char *end)
{
    while (text < end && (*text == ' ' || *text == '\t' || *text == '\r' || *text == '\n'))
        text++;
    return text;
}

static enum dsn_action dsn_action_parse(const struct message_field *field)
{
    const char *end = field->value + field->value_len;
    const char *word = dsn_skip_blanks(field->value, end);
    size_t len = 0;

    while (word + len < end && (word[len] | 0x20) >= 'a' && (word[len] | 0x20) <= 'z')
        len++;
    for (int action = DSN_FAILED; action < DSN_UNKNOWN; action++) {
        const char *name = dsn_action_str((enum dsn_action)action);
        if (strlen(name) == len && strncasecmp(name, word, len) == 0)
            return (enum dsn_action)action;
    }
    return DSN_UNKNOWN;
}

/* "rfc822; bob@example.org": the type says how to read the rest, and all types here are mail. */
static bool dsn_address_parse(const struct message_field *field, struct mailbox *rcpt_r)
{
    const char *end = field->value + field->value_len;
    const char *type_end = memchr(field->value, ';', field->value_len);
    const char *text = dsn_skip_blanks(type_end != NULL ? type_end + 1 : field->value, end);

    while (end > text && dsn_skip_blanks(end - 1, end) == end)
        end--;
    return mailbox_parse(text, (size_t)(end - text), rcpt_r, NULL);
}

static void dsn_copy(const struct message_field *field, char *text_r, size_t size)
{
    const char *end = field->value + field->value_len;
    const char *text = dsn_skip_blanks(field->value, end);
    size_t len = (size_t)(end - text) < size - 1 ? (size_t)(end - text) : size - 1;

    for (size_t i = 0; i < len; i++)
        text_r[i] = (char)(text[i] != '\0' ? text[i] : ' ');
    text_r[len] = '\0';
}

static void dsn_add(struct dsn *dsn, const struct dsn_recipient *recipient)
{
    if (dsn->count == DSN_RECIPIENTS_MAX)
        return;
    if (dsn->count % 16 == 0)
        dsn->recipients = xrealloc(dsn->recipients, (dsn->count + 16) * sizeof *dsn->recipients);
    dsn->recipients[dsn->count++] = *recipient;
}

/* One group of fields. That about the message names no recipient. */
static void dsn_read_group(struct dsn *dsn, const struct message *group)
{
    struct dsn_recipient recipient = {.action = DSN_UNKNOWN};
    struct message_field field;
    struct mailbox rcpt;
    bool named = false, readable = false;

    for (size_t at = 0; message_next(group, &at, &field);) {
        if (message_field_is(&field, "Final-Recipient")) {
            named = true;
            readable = dsn_address_parse(&field, &rcpt);
        } else if (message_field_is(&field, "Action")) {
            recipient.action = dsn_action_parse(&field);
        } else if (message_field_is(&field, "Status")) {
            dsn_copy(&field, recipient.status, sizeof recipient.status);
        } else if (message_field_is(&field, "Diagnostic-Code")) {
            dsn_copy(&field, recipient.diagnostic, sizeof recipient.diagnostic);
        }
    }
    if (!readable) {
        dsn->unreadable += named;
        return;
    }
    recipient.recipient = rcpt.recipient;
    strcpy(recipient.spelled, rcpt.spelled);
    dsn_add(dsn, &recipient);
}

/* Groups are divided by empty lines, as header and body are. */
static void dsn_read_status(struct dsn *dsn, const char *text, size_t len)
{
    FILE *stream = fmemopen((void *)(uintptr_t)text, len, "r");
    struct message group;
    bool more = stream != NULL;

    while (more && message_read(stream, &group) == MESSAGE_OK) {
        more = group.len > 0;
        dsn_read_group(dsn, &group);
        message_clear(&group);
    }
    if (stream != NULL)
        fclose(stream);
}

static void dsn_keep(const char *text, size_t len, char **copy_r, size_t *len_r)
{
    *copy_r = xmalloc(len);
    memcpy(*copy_r, text, len);
    *len_r = len;
}

static void dsn_read_sender(struct dsn *dsn, const struct mime_part *part)
{
    FILE *stream = fmemopen((void *)(uintptr_t)part->header, part->header_len, "r");
    struct message header;
    struct message_field field;
    struct rcptlist list = {0};
    struct rcptlist_error error;

    if (stream == NULL)
        return;
    if (message_read(stream, &header) == MESSAGE_OK) {
        bool good = true;
        for (size_t at = 0; good && message_next(&header, &at, &field);) {
            if (message_field_is(&field, "To"))
                good = rcptlist_add_value(&list, field.value, field.value_len, &error);
        }
        dsn->has_sender = good && list.count == 1;
        if (dsn->has_sender) {
            dsn->sender = list.rcpts[0].recipient;
            strcpy(dsn->sender_spelled, list.rcpts[0].spelled);
        }
        rcptlist_clear(&list);
        message_clear(&header);
    }
    fclose(stream);
}

static bool dsn_is(const struct mime_part *part, const char *type, const char *global)
{
    return strcmp(part->type, type) == 0 || strcmp(part->type, global) == 0;
}

struct dsn_walk {
    struct dsn *dsn;
    unsigned report; /* the one that is read; 0: none yet */
};

static void dsn_visit(void *arg, const struct mime_part *part)
{
    struct dsn_walk *walk = arg;
    struct dsn *dsn = walk->dsn;

    if (part->report == 0 || (walk->report != 0 && part->report != walk->report))
        return;
    if (walk->report == 0) {
        walk->report = part->report;
        dsn_read_sender(dsn, part);
    }
    if (dsn_is(part, "message/delivery-status", "message/global-delivery-status")) {
        dsn_read_status(dsn, part->text, part->len);
    } else if (dsn->message == NULL && dsn_is(part, "message/rfc822", "message/global")) {
        dsn->original = part->whole ? DSN_ORIGINAL_WHOLE : DSN_ORIGINAL_CUT;
        dsn_keep(part->text, part->len, &dsn->message, &dsn->message_len);
    } else if (dsn->message == NULL &&
               dsn_is(part, "text/rfc822-headers", "message/global-headers")) {
        dsn->original = DSN_ORIGINAL_HEADER;
        dsn_keep(part->text, part->len, &dsn->message, &dsn->message_len);
    } else if (dsn->words == NULL && strcmp(part->type, "text/plain") == 0) {
        size_t len = part->len < DSN_WORDS_MAX ? part->len : DSN_WORDS_MAX;
        dsn_keep(part->text, len, &dsn->words, &dsn->words_len);
    }
}

bool dsn_read(const char *text, size_t len, struct dsn *dsn_r)
{
    struct dsn dsn = {.original = DSN_ORIGINAL_NONE};
    struct dsn_walk walk = {.dsn = &dsn};

    if (!mime_walk(text, len, dsn_visit, &walk) || dsn.count + dsn.unreadable == 0) {
        dsn_clear(&dsn);
        return false;
    }
    *dsn_r = dsn;
    return true;
}

void dsn_clear(struct dsn *dsn)
{
    free(dsn->recipients);
    free(dsn->words);
    free(dsn->message);
    *dsn = (struct dsn){0};
}
