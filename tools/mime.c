/* mime.c - see mime.h. The delimiters alone decide where parts begin and end; nothing is refused,
 * and what is beyond the bounds is left out. */
#include "tools/mime.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/fail.h"
#include "tools/message.h"
#include "tools/transfer.h"

#define MIME_BOUNDARY_MAX 256 /* octets, NUL included; RFC 2046 allows 70 */

struct mime_head { /* what the header of an entity says */
    char type[MIME_TYPE_MAX];
    char boundary[MIME_BOUNDARY_MAX];
    enum transfer transfer;
    bool spoken; /* it says anything of MIME at all */
    size_t body; /* where the body starts */
};

struct mime_walk {
    mime_visit *visit;
    void *arg;
    unsigned parts, reports;
};

struct mime_place { /* where in the message an entity stands */
    unsigned depth, report;
    bool whole;
    const char *header;
    size_t header_len;
};

/* The next token or quoted string of a structured field, unquoted, cut to fit; *at goes behind it.
 */
static void mime_word(const char *text, size_t len, size_t *at, char *word_r, size_t size)
{
    size_t i = *at, n = 0;
    bool quoted = i < len && text[i] == '"';

    for (i += quoted; i < len; i++) {
        if (quoted ? text[i] == '"' : strchr(" \t\r\n;=()<>\"", text[i]) != NULL)
            break;
        if (quoted && text[i] == '\\' && i + 1 < len)
            i++;
        if (n + 1 < size)
            word_r[n++] = text[i];
    }
    word_r[n] = '\0';
    *at = i + (quoted && i < len);
}

/* Goes on to the next parameter's name. */
static bool mime_next_parameter(const char *text, size_t len, size_t *at)
{
    while (*at < len && text[*at] != ';')
        (*at)++;
    while (*at < len && strchr("; \t\r\n", text[*at]) != NULL && text[*at] != '\0')
        (*at)++;
    return *at < len;
}

static void mime_read_type(const struct message_field *field, struct mime_head *head)
{
    const char *text = field->value;
    size_t len = field->value_len, at = 0;
    char name[32];

    while (at < len && strchr(" \t\r\n", text[at]) != NULL && text[at] != '\0')
        at++;
    mime_word(text, len, &at, head->type, sizeof head->type);
    for (char *c = head->type; *c != '\0'; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c);
    while (mime_next_parameter(text, len, &at)) {
        size_t start = at;
        mime_word(text, len, &at, name, sizeof name);
        if (at < len && text[at] == '=') {
            char value[MIME_BOUNDARY_MAX];
            at++;
            mime_word(text, len, &at, value, sizeof value);
            if (strcasecmp(name, "boundary") == 0)
                memcpy(head->boundary, value, sizeof value);
        } else if (at == start) {
            at++; /* what is no parameter is passed over */
        }
    }
}

static void mime_read_head(const char *text, size_t len, struct mime_head *head_r)
{
    struct message message;
    struct message_field field;
    struct mime_head head = {.type = "text/plain"};
    FILE *stream = fmemopen((void *)(uintptr_t)text, len, "r");

    *head_r = head;
    if (stream == NULL || message_read(stream, &message) != MESSAGE_OK) {
        if (stream != NULL)
            fclose(stream);
        return; /* a header beyond all bounds: a text like any other */
    }
    for (size_t at = 0; message_next(&message, &at, &field);) {
        bool type = message_field_is(&field, "Content-Type");
        bool transfer = message_field_is(&field, "Content-Transfer-Encoding");
        head.spoken = head.spoken || type || transfer;
        if (type)
            mime_read_type(&field, &head);
        if (transfer)
            head.transfer = transfer_parse(field.value, field.value_len);
    }
    head.body = message.separated ? message.len : message.end;
    message_clear(&message);
    fclose(stream);
    *head_r = head;
}

/* The next delimiter line from `at` on; *next_r is behind it, *last_r tells if it closes. */
static bool mime_delimiter(const char *text, size_t len, const char *boundary, size_t *at,
                           size_t *next_r, bool *last_r)
{
    size_t boundary_len = strlen(boundary);

    for (size_t line = *at; line < len;) {
        const char *newline = memchr(text + line, '\n', len - line);
        size_t end = newline != NULL ? (size_t)(newline - text) : len;
        size_t i = line + 2 + boundary_len;
        if (i <= end && memcmp(text + line, "--", 2) == 0 &&
            memcmp(text + line + 2, boundary, boundary_len) == 0) {
            bool last = i + 2 <= end && memcmp(text + i, "--", 2) == 0;
            for (i += last ? 2 : 0; i < end && strchr(" \t\r", text[i]) != NULL; i++)
                ;
            if (i == end) {
                *at = line;
                *next_r = newline != NULL ? end + 1 : len;
                *last_r = last;
                return true;
            }
        }
        line = newline != NULL ? end + 1 : len;
    }
    return false;
}

static void mime_entity(struct mime_walk *walk, const char *text, size_t len,
                        struct mime_place place);

/* The line end before a delimiter belongs to the delimiter. */
static size_t mime_part_end(const char *text, size_t start, size_t end)
{
    if (end > start && text[end - 1] == '\n')
        end--;
    if (end > start && text[end - 1] == '\r')
        end--;
    return end;
}

static void mime_multipart(struct mime_walk *walk, const struct mime_head *head, const char *text,
                           size_t len, struct mime_place place)
{
    size_t at = 0, next;
    bool last;

    place.report = strcmp(head->type, "multipart/report") == 0 ? ++walk->reports : 0;
    place.depth++;
    if (!mime_delimiter(text, len, head->boundary, &at, &next, &last))
        return;
    while (!last && walk->parts < MIME_PARTS_MAX) {
        size_t start = next;
        at = start;
        place.whole = mime_delimiter(text, len, head->boundary, &at, &next, &last);
        size_t end = place.whole ? mime_part_end(text, start, at) : len;
        mime_entity(walk, text + start, end - start, place);
        if (!place.whole)
            return;
    }
}

static void mime_leaf(struct mime_walk *walk, const struct mime_head *head, const char *text,
                      size_t len, struct mime_place place)
{
    char *decoded = NULL;
    struct mime_part part = {.type = head->type,
                             .text = text,
                             .len = len,
                             .report = place.report,
                             .whole = place.whole,
                             .header = place.header,
                             .header_len = place.header_len};

    if (head->transfer != TRANSFER_PLAIN) {
        part.text = decoded = xmalloc(len);
        part.len = transfer_decode(head->transfer, text, len, decoded);
    }
    walk->parts++;
    walk->visit(walk->arg, &part);
    if (strcmp(part.type, "message/rfc822") == 0 && part.report == 0) {
        place.depth++;
        place.header = NULL;
        mime_entity(walk, part.text, part.len, place);
    }
    free(decoded);
}

static void mime_entity(struct mime_walk *walk, const char *text, size_t len,
                        struct mime_place place)
{
    struct mime_head head;

    if (place.depth > MIME_DEPTH_MAX || walk->parts >= MIME_PARTS_MAX)
        return;
    mime_read_head(text, len, &head);
    if (place.header == NULL) {
        place.header = text;
        place.header_len = head.body;
    }
    if (strncmp(head.type, "multipart/", 10) == 0 && head.boundary[0] != '\0')
        mime_multipart(walk, &head, text + head.body, len - head.body, place);
    else
        mime_leaf(walk, &head, text + head.body, len - head.body, place);
}

bool mime_walk(const char *text, size_t len, mime_visit *visit, void *arg)
{
    struct mime_walk walk = {.visit = visit, .arg = arg};
    struct mime_head head;

    mime_read_head(text, len, &head);
    if (!head.spoken)
        return false;
    mime_entity(&walk, text, len, (struct mime_place){.whole = true});
    return true;
}
