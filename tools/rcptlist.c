/*
 * rcptlist.c - reads address lists (RFC 5322 section 3.4, RFC 6532 for UTF-8).
 *
 * Finds where each address starts and ends and strips comments and blanks from it; whether it is an
 * address at all, and its two forms, is mailbox_parse's decision. Display names, encoded
 * words included, are stepped over and never decoded: nobody's address is in them.
 */
#include "tools/rcptlist.h"

#include <stdlib.h>
#include <string.h>

#include "tools/fail.h"

#define RCPTLIST_ADDR_MAX  2048 /* octets of one address before it is canonical */
#define RCPTLIST_DEPTH_MAX 64   /* comments inside comments */

enum rcptlist_token {
    RCPTLIST_END,
    RCPTLIST_BLANK, /* blanks, folds, comments */
    RCPTLIST_WORD,  /* an atom, a quoted string, a domain literal */
    RCPTLIST_MARK,  /* one of , ; : < > @ . */
    RCPTLIST_BAD,   /* an unfinished quoted string or comment, a stray bracket */
};

struct rcptlist_reader {
    const char *at, *end;
    enum rcptlist_token token;
    const char *text; /* of the token */
    size_t len;
};

struct rcptlist_addr { /* an address while it is put together from tokens */
    char text[RCPTLIST_ADDR_MAX];
    size_t len;
    bool too_long;
    bool two_words; /* two words with only blanks between them: a display name, or an error */
    bool after_word;
};

static bool rcptlist_is_mark(char c)
{
    return c != '\0' && strchr(",;:<>@.", c) != NULL;
}

static bool rcptlist_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The octet behind a comment, or NULL if it does not end. */
static const char *rcptlist_skip_comment(const char *at, const char *end)
{
    unsigned depth = 0;

    for (; at < end; at++) {
        if (*at == '\\' && at + 1 < end)
            at++;
        else if (*at == '(' && ++depth > RCPTLIST_DEPTH_MAX)
            return NULL;
        else if (*at == ')' && --depth == 0)
            return at + 1;
    }
    return NULL;
}

/* The octet behind a quoted string or domain literal that `close` ends, or NULL. */
static const char *rcptlist_skip_quoted(const char *at, const char *end, char close)
{
    for (at++; at < end; at++) {
        if (*at == '\\' && at + 1 < end)
            at++;
        else if (*at == close)
            return at + 1;
    }
    return NULL;
}

static const char *rcptlist_skip_blank(const char *at, const char *end)
{
    while (at != NULL && at < end) {
        if (*at == '(')
            at = rcptlist_skip_comment(at, end);
        else if (rcptlist_is_blank(*at))
            at++;
        else
            break;
    }
    return at;
}

static const char *rcptlist_skip_atom(const char *at, const char *end)
{
    while (at < end && !rcptlist_is_blank(*at) && !rcptlist_is_mark(*at) && *at != '(' &&
           *at != ')' && *at != '"' && *at != '[' && *at != ']')
        at++;
    return at;
}

static void rcptlist_next(struct rcptlist_reader *reader)
{
    const char *at = reader->at, *next;

    if (at == reader->end) {
        reader->token = RCPTLIST_END;
        next = at;
    } else if (rcptlist_is_blank(*at) || *at == '(') {
        reader->token = RCPTLIST_BLANK;
        next = rcptlist_skip_blank(at, reader->end);
    } else if (rcptlist_is_mark(*at)) {
        reader->token = RCPTLIST_MARK;
        next = at + 1;
    } else {
        reader->token = RCPTLIST_WORD;
        if (*at == '"' || *at == '[')
            next = rcptlist_skip_quoted(at, reader->end, *at == '"' ? '"' : ']');
        else
            next = rcptlist_skip_atom(at, reader->end);
    }
    if (next == NULL || (next == at && at < reader->end)) {
        reader->token = RCPTLIST_BAD;
        next = reader->end;
    }
    reader->text = at;
    reader->len = (size_t)(next - at);
    reader->at = next;
}

/* A quoted string without the line ends of its folds, which are no part of it. */
static void rcptlist_addr_append(struct rcptlist_addr *addr, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\r' || text[i] == '\n')
            continue;
        if (addr->len == sizeof addr->text)
            addr->too_long = true;
        else
            addr->text[addr->len++] = text[i];
    }
}

static void rcptlist_addr_take(struct rcptlist_addr *addr, const struct rcptlist_reader *reader)
{
    bool word = reader->token == RCPTLIST_WORD;

    if (reader->token == RCPTLIST_BLANK)
        return;
    if (word && addr->after_word)
        addr->two_words = true;
    addr->after_word = word;
    rcptlist_addr_append(addr, reader->text, reader->len);
}

/* Folds and the blanks around the address are left out of what is shown. */
static void rcptlist_error_set(struct rcptlist_error *error_r, const char *text, size_t len,
                               const char *why)
{
    size_t shown = 0;

    while (len > 0 && rcptlist_is_blank(text[len - 1]))
        len--;
    for (size_t i = 0; i < len && shown < RCPTLIST_TEXT_MAX - 1; i++) {
        bool fold = text[i] == '\r' || text[i] == '\n';
        if (!fold && (shown > 0 || !rcptlist_is_blank(text[i])))
            error_r->text[shown++] = text[i];
    }
    error_r->text[shown] = '\0';
    error_r->why = why;
}

static void rcptlist_append(struct rcptlist *list, const struct mailbox *rcpt)
{
    /* Room doubles at powers of two. */
    if ((list->count & (list->count - 1)) == 0) {
        size_t room = list->count > 0 ? 2 * list->count : 1;
        list->rcpts = xrealloc(list->rcpts, room * sizeof *list->rcpts);
    }
    list->rcpts[list->count++] = *rcpt;
}

bool rcptlist_add(struct rcptlist *list, const char *text, size_t len,
                  struct rcptlist_error *error_r)
{
    struct mailbox rcpt;
    const char *why;

    if (!mailbox_parse(text, len, &rcpt, &why)) {
        rcptlist_error_set(error_r, text, len, why);
        return false;
    }
    rcptlist_append(list, &rcpt);
    return true;
}

size_t rcptlist_max(const struct rcptlist *list)
{
    return list->max != 0 ? list->max : RCPTLIST_MAX;
}

static bool rcptlist_add_addr(struct rcptlist *list, const struct rcptlist_addr *addr,
                              const char *shown, size_t shown_len, struct rcptlist_error *error_r)
{
    struct mailbox rcpt;
    const char *why = NULL;

    if (addr->too_long)
        why = "it is too long";
    else if (addr->two_words)
        why = "words without < > around an address";
    if (why != NULL || !mailbox_parse(addr->text, addr->len, &rcpt, &why)) {
        rcptlist_error_set(error_r, shown, shown_len, why);
        return false;
    }
    if (rcptlist_has(list, &rcpt.recipient))
        return true;
    if (list->count >= rcptlist_max(list)) {
        rcptlist_error_set(error_r, shown, shown_len, NULL);
        return false;
    }
    rcptlist_append(list, &rcpt);
    return true;
}

/* Reads what stands between < and >. */
static bool rcptlist_read_angle(struct rcptlist_reader *reader, struct rcptlist_addr *addr)
{
    *addr = (struct rcptlist_addr){0};
    for (;;) {
        rcptlist_next(reader);
        if (reader->token == RCPTLIST_END || reader->token == RCPTLIST_BAD)
            return false;
        if (reader->token == RCPTLIST_MARK && *reader->text == '<')
            return false;
        if (reader->token == RCPTLIST_MARK && *reader->text == '>')
            return true;
        rcptlist_addr_take(addr, reader);
    }
}

enum rcptlist_element { RCPTLIST_ADDRESS, RCPTLIST_NOTHING, RCPTLIST_ERROR };

/* Reads one element of the list with the mark behind it. A group's "name:" is an element that holds
 * nothing, and so is what stands between its ";" and the next comma. */
static enum rcptlist_element rcptlist_read_element(struct rcptlist_reader *reader,
                                                   struct rcptlist_addr *addr, const char **why_r)
{
    bool angle = false;

    *addr = (struct rcptlist_addr){0};
    *why_r = "a quoted string, comment or bracket has no end";
    for (rcptlist_next(reader); reader->token != RCPTLIST_END; rcptlist_next(reader)) {
        char mark = reader->token == RCPTLIST_MARK ? *reader->text : '\0';
        if (reader->token == RCPTLIST_BAD)
            return RCPTLIST_ERROR;
        if (mark == ',' || mark == ';')
            break;
        if (angle && reader->token != RCPTLIST_BLANK) {
            *why_r = "a comma is missing behind >";
            return RCPTLIST_ERROR;
        }
        if (mark == ':')
            return RCPTLIST_NOTHING;
        if (mark == '<') {
            if (!rcptlist_read_angle(reader, addr))
                return RCPTLIST_ERROR;
            angle = true;
        } else if (!angle) {
            rcptlist_addr_take(addr, reader);
        }
    }
    return angle || addr->len > 0 ? RCPTLIST_ADDRESS : RCPTLIST_NOTHING;
}

/* Octets of an element that was read, in whole or up to an error in it, without the mark behind it.
 */
static size_t rcptlist_element_len(const char *start, const struct rcptlist_reader *reader)
{
    const char *end = reader->at;

    if (reader->token == RCPTLIST_MARK && (*reader->text == ',' || *reader->text == ';'))
        return (size_t)(end - start) - 1;
    while (end < reader->end && *end != ',' && *end != ';')
        end++;
    return (size_t)(end - start);
}

bool rcptlist_add_value(struct rcptlist *list, const char *value, size_t len,
                        struct rcptlist_error *error_r)
{
    struct rcptlist_reader reader = {.at = value, .end = value + len};

    do {
        struct rcptlist_addr addr;
        const char *start = reader.at, *why;
        enum rcptlist_element element = rcptlist_read_element(&reader, &addr, &why);
        size_t shown = rcptlist_element_len(start, &reader);
        if (element == RCPTLIST_ERROR) {
            rcptlist_error_set(error_r, start, shown, why);
            return false;
        }
        if (element == RCPTLIST_ADDRESS && !rcptlist_add_addr(list, &addr, start, shown, error_r))
            return false;
    } while (reader.token != RCPTLIST_END);
    return true;
}

static bool rcptlist_is_recipient_field(const struct message_field *field, bool resent)
{
    static const char *const names[2][3] = {{"To", "Cc", "Bcc"},
                                            {"Resent-To", "Resent-Cc", "Resent-Bcc"}};

    for (size_t i = 0; i < 3; i++) {
        if (message_field_is(field, names[resent][i]))
            return true;
    }
    return false;
}

bool rcptlist_add_message(struct rcptlist *list, const struct message *message,
                          struct rcptlist_error *error_r)
{
    struct message_field field;
    bool resent = false;

    for (size_t at = 0; message_next(message, &at, &field);)
        resent = resent || rcptlist_is_recipient_field(&field, true);
    for (size_t at = 0; message_next(message, &at, &field);) {
        if (rcptlist_is_recipient_field(&field, resent) &&
            !rcptlist_add_value(list, field.value, field.value_len, error_r))
            return false;
    }
    return true;
}

bool rcptlist_is_blind(const struct message_field *field)
{
    return message_field_is(field, "Bcc") || message_field_is(field, "Resent-Bcc");
}

bool rcptlist_has(const struct rcptlist *list, const struct op_recipient *rcpt)
{
    for (size_t i = 0; i < list->count; i++) {
        if (op_recipient_equal(&list->rcpts[i].recipient, rcpt))
            return true;
    }
    return false;
}

void rcptlist_clear(struct rcptlist *list)
{
    free(list->rcpts);
    *list = (struct rcptlist){0};
}
