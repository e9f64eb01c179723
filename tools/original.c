/* original.c - see original.h. All other octets stay as they are; where no field stays, an empty
 * line keeps the body from being taken for a header. */
#include "tools/original.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pow/stamp.h"
#include "tools/fail.h"

/* Fields of an earlier delivery. Old stamps have been judged already, and are no more worth than
 * that. */
static bool original_is_left_over(const struct message_field *field)
{
    return message_field_is(field, "Return-Path") || message_field_is(field, OP_STAMP_FIELD);
}

static void original_copy(const struct message_field *field, char word_r[ORIGINAL_WORD_MAX])
{
    size_t start = 0, n = 0;

    while (start < field->value_len && strchr(" \t\r\n", field->value[start]) != NULL)
        start++;
    for (size_t i = start; i < field->value_len && n + 1 < ORIGINAL_WORD_MAX; i++) {
        if (strchr("\r\n", field->value[i]) == NULL)
            word_r[n++] = field->value[i];
    }
    word_r[n] = '\0';
}

static void original_read_field(struct original *original, const struct message_field *field)
{
    struct rcptlist_error error;

    if (message_field_is(field, "Message-ID"))
        original_copy(field, original->id);
    else if (message_field_is(field, "Subject"))
        original_copy(field, original->subject);
    else if (message_field_is(field, "From") || message_field_is(field, "Sender"))
        (void)rcptlist_add_value(&original->authors, field->value, field->value_len, &error);
}

static void original_append(struct original *original, const char *text, size_t len)
{
    memcpy(original->text + original->len, text, len);
    original->len += len;
}

static void original_read_header(struct original *original, const struct message *header)
{
    struct message_field field;
    struct rcptlist_error error;

    original->crlf = header->crlf;
    for (size_t at = 0; message_next(header, &at, &field);) {
        original_read_field(original, &field);
        if (!original_is_left_over(&field))
            original_append(original, field.text, field.len);
    }
    if (original->len == 0 && header->len > header->end && !header->separated)
        original_append(original, "\n", 1); /* there is room: a field has gone */
    if (!rcptlist_add_message(&original->addressees, header, &error) && error.why == NULL)
        fail_note("%s: the message names more than %zu recipients; who comes behind is overlooked",
                  error.text, rcptlist_max(&original->addressees));
}

bool original_read(const char *text, size_t len, struct original *original_r)
{
    FILE *stream = fmemopen((void *)(uintptr_t)text, len, "r");
    struct original original = {.addressees.max = RCPTLIST_EACH_MAX};
    struct message header;

    if (stream == NULL)
        return false;
    enum message_result result = message_read(stream, &header);
    fclose(stream);
    if (result != MESSAGE_OK)
        return false;
    bool found = header.end > header.fields;
    if (found) {
        original.text = xmalloc(len);
        original_read_header(&original, &header);
        original_append(&original, text + header.end, len - header.end);
        *original_r = original;
    }
    message_clear(&header);
    return found;
}

void original_clear(struct original *original)
{
    free(original->text);
    rcptlist_clear(&original->authors);
    rcptlist_clear(&original->addressees);
    *original = (struct original){0};
}
