/*
 * letter.c - writes a message octet by octet into its form on the wire.
 *
 * The identity leaves out what MTAs add anew at each attempt (Delivery-date and the like): it is
 * made of the fields that a receiving onionpow-milter knows a message by, and of the body.
 */
#include "tools/letter.h"

#include <errno.h>
#include <string.h>

#include "tools/fail.h"
#include "tools/rcptlist.h"

struct letter_pen {
    struct letter *letter;
    struct op_sha256 hash;
    bool hashing;  /* what is written now belongs to the identity */
    bool after_cr; /* a CR was read, and is not written yet */
    uint64_t line; /* octets of this line so far */
    const char *why;
    size_t used;
    char block[SPOOL_BLOCK];
};

static void letter_flush(struct letter_pen *pen)
{
    xspool_add(&pen->letter->wire, pen->block, pen->used);
    if (pen->hashing)
        op_sha256_add(&pen->hash, pen->block, pen->used);
    pen->used = 0;
}

static void letter_set_hashing(struct letter_pen *pen, bool hashing)
{
    if (hashing != pen->hashing)
        letter_flush(pen);
    pen->hashing = hashing;
}

static void letter_put(struct letter_pen *pen, char c)
{
    if (pen->used == sizeof pen->block)
        letter_flush(pen);
    pen->block[pen->used++] = c;
}

static void letter_end_line(struct letter_pen *pen)
{
    letter_put(pen, '\r');
    letter_put(pen, '\n');
    pen->letter->size += pen->line + 2;
    pen->line = 0;
    pen->after_cr = false;
}

static void letter_write(struct letter_pen *pen, const char *text, size_t len)
{
    for (size_t i = 0; i < len && pen->why == NULL; i++) {
        char c = text[i];
        if (c == '\n') {
            letter_end_line(pen);
        } else if (pen->after_cr) {
            pen->why = "it has a carriage return that is no part of a line end";
        } else if (c == '\0') {
            pen->why = "it has a NUL";
        } else if (c == '\r') {
            pen->after_cr = true;
        } else {
            if (c == '.' && pen->line == 0)
                letter_put(pen, '.');
            letter_put(pen, c);
            pen->line++;
            pen->letter->eight_bit |= (c & 0x80) != 0;
        }
    }
}

static bool letter_identifies(const struct message_field *field)
{
    static const char *const names[] = {"From", "Date", "Message-ID", "Subject"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (message_field_is(field, names[i]))
            return true;
    }
    return false;
}

static void letter_write_header(struct letter_pen *pen, const struct message *message,
                                const char *added, bool drop_blind)
{
    struct message_field field;
    bool any = added != NULL;

    if (added != NULL)
        letter_write(pen, added, strlen(added));
    for (size_t at = 0; message_next(message, &at, &field);) {
        if (drop_blind && rcptlist_is_blind(&field))
            continue;
        letter_set_hashing(pen, letter_identifies(&field));
        letter_write(pen, field.text, field.len);
        any = true;
    }
    pen->letter->headless = !any && !message->separated;
    if (added != NULL && message->end == message->fields && !message->separated)
        letter_write(pen, "\n", 1);
}

static void letter_write_body(struct letter_pen *pen, const struct message *message, FILE *stream)
{
    char block[SPOOL_BLOCK];
    size_t n;

    letter_set_hashing(pen, true);
    letter_write(pen, message->text + message->end, message->len - message->end);
    while (pen->why == NULL && (n = fread(block, 1, sizeof block, stream)) > 0)
        letter_write(pen, block, n);
    if (ferror(stream))
        fail_exit(EX_IOERR, NULL, "input: %s", strerror(errno));
}

static void letter_finish(struct letter_pen *pen)
{
    if (pen->why == NULL && pen->after_cr)
        pen->why = "it ends with a carriage return";
    else if (pen->why == NULL && pen->line > 0)
        letter_end_line(pen);
    letter_flush(pen);
    op_sha256_final(&pen->hash, pen->letter->identity);
}

bool letter_make(FILE *stream, const struct message *message, const char *added, bool drop_blind,
                 struct letter *letter_r, const char **why_r)
{
    struct letter letter = {0};
    struct letter_pen pen = {.letter = &letter};

    xspool_init(&letter.wire);
    op_sha256_init(&pen.hash);
    letter_write_header(&pen, message, added, drop_blind);
    letter_write_body(&pen, message, stream);
    letter_finish(&pen);
    if (pen.why != NULL) {
        letter_clear(&letter);
        *why_r = pen.why;
        return false;
    }
    *letter_r = letter;
    return true;
}

void letter_clear(struct letter *letter)
{
    spool_clear(&letter->wire);
}

size_t letter_stamp(const struct letter *letter, const struct op_stamp *stamp,
                    char text_r[LETTER_STAMP_MAX])
{
    char value[OP_STAMP_TEXT_MAX];
    size_t len = strlen(OP_STAMP_FIELD ": ");

    op_stamp_format(stamp, value);
    memcpy(text_r, OP_STAMP_FIELD ": ", len);
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '\n')
            text_r[len++] = '\r';
        text_r[len++] = *at;
    }
    /* A message without a header that starts with an empty line has that one. */
    len += (size_t)sprintf(text_r + len, "%s", letter->headless ? "\r\n\r\n" : "\r\n");
    return len;
}
