/*
 * message.c - finds the header of a message in a stream.
 *
 * Decides where the header ends: at an empty line, at the first line that can be no part of a
 * header (then the body starts there, as MTAs have it), or at the end of input. Never interprets a
 * field.
 */
#include "tools/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/fail.h"

enum message_line {
    MESSAGE_LINE_FIELD,
    MESSAGE_LINE_FOLD,
    MESSAGE_LINE_EMPTY,
    MESSAGE_LINE_MBOX,
    MESSAGE_LINE_BODY,
};

/* Length of the name at the start of a line: printable ASCII up to a colon, with blanks before the
 * colon allowed (obsolete syntax). 0 if the line starts no field. */
static size_t message_name_len(const char *line, size_t len)
{
    size_t name = 0, colon;

    while (name < len && line[name] > ' ' && line[name] < 0x7f && line[name] != ':')
        name++;
    for (colon = name; colon < len && (line[colon] == ' ' || line[colon] == '\t'); colon++)
        ;
    return colon < len && line[colon] == ':' ? name : 0;
}

static enum message_line message_classify(const char *line, size_t len, bool first, bool in_field)
{
    if ((len == 1 && line[0] == '\n') || (len == 2 && line[0] == '\r' && line[1] == '\n'))
        return MESSAGE_LINE_EMPTY;
    if (in_field && (line[0] == ' ' || line[0] == '\t'))
        return MESSAGE_LINE_FOLD;
    if (message_name_len(line, len) > 0) /* "From : bob" too */
        return MESSAGE_LINE_FIELD;
    if (first && len >= 5 && memcmp(line, "From ", 5) == 0)
        return MESSAGE_LINE_MBOX;
    return MESSAGE_LINE_BODY;
}

/* Appends the next line, or as much of it as there is room for; false at the end of input. */
static bool message_read_line(FILE *stream, struct message *message, size_t *room)
{
    size_t start = message->len;
    int c;

    while (message->len < MESSAGE_HEADER_MAX && (c = getc_unlocked(stream)) != EOF) {
        if (message->len == *room) {
            *room *= 2;
            message->text = xrealloc(message->text, *room);
        }
        message->text[message->len++] = (char)c;
        if (c == '\n')
            break;
    }
    return message->len > start;
}

static bool message_ends_with_crlf(const struct message *message)
{
    return message->len >= 2 && memcmp(message->text + message->len - 2, "\r\n", 2) == 0;
}

/* Reads lines for as long as they belong to the header; false if it is too large. */
static bool message_read_header(FILE *stream, struct message *message)
{
    size_t room = 4096;
    bool first = true, in_field = false;

    message->text = xmalloc(room);
    for (;;) {
        size_t start = message->len;
        if (!message_read_line(stream, message, &room))
            return message->len < MESSAGE_HEADER_MAX;
        /* A line of the header that is cut off by the limit must not be taken for the body. */
        if (in_field && message->len == MESSAGE_HEADER_MAX &&
            message->text[message->len - 1] != '\n')
            return false;
        if (first)
            message->crlf = message_ends_with_crlf(message);
        switch (message_classify(message->text + start, message->len - start, first, in_field)) {
        case MESSAGE_LINE_MBOX:
            message->fields = message->len;
            break;
        case MESSAGE_LINE_FIELD:
            in_field = true;
            break;
        case MESSAGE_LINE_FOLD:
            break;
        case MESSAGE_LINE_EMPTY:
            message->separated = true;
            return true;
        case MESSAGE_LINE_BODY:
            return true;
        }
        message->end = message->len;
        first = false;
    }
}

enum message_result message_read(FILE *stream, struct message *message_r)
{
    struct message message = {0};
    bool fits = message_read_header(stream, &message);

    if (!fits || ferror(stream)) {
        int error = errno;
        message_clear(&message);
        errno = error;
        return fits ? MESSAGE_UNREADABLE : MESSAGE_TOO_LARGE;
    }
    *message_r = message;
    return MESSAGE_OK;
}

void message_clear(struct message *message)
{
    free(message->text);
    *message = (struct message){0};
}

static size_t message_line_len(const char *text, size_t len)
{
    const char *newline = memchr(text, '\n', len);

    return newline != NULL ? (size_t)(newline - text) + 1 : len;
}

bool message_next(const struct message *message, size_t *at, struct message_field *field_r)
{
    size_t start = *at < message->fields ? message->fields : *at;
    size_t end = start;

    if (start >= message->end)
        return false;
    do
        end += message_line_len(message->text + end, message->end - end);
    while (end < message->end && (message->text[end] == ' ' || message->text[end] == '\t'));

    struct message_field field = {.text = message->text + start, .len = end - start};
    field.name = field.text;
    field.name_len = message_name_len(field.text, field.len);
    field.value = (const char *)memchr(field.text, ':', field.len) + 1;
    field.value_len = field.len - (size_t)(field.value - field.text);
    if (field.value_len > 0 && field.value[field.value_len - 1] == '\n')
        field.value_len--;
    if (field.value_len > 0 && field.value[field.value_len - 1] == '\r')
        field.value_len--;
    *at = end;
    *field_r = field;
    return true;
}

bool message_field_is(const struct message_field *field, const char *name)
{
    return strlen(name) == field->name_len && strncasecmp(field->name, name, field->name_len) == 0;
}
