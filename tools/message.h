/*
 * message.h - the header of a mail message, octet for octet, read from a stream.
 *
 * Line ends may be LF or CRLF and are kept. What follows the header stays in the stream. Fields are
 * those of RFC 5322 section 2.2, or a superset: whatever an MTA would take as a header line.
 */
#ifndef TOOLS_MESSAGE_H
#define TOOLS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define MESSAGE_HEADER_MAX (1024 * 1024) /* octets; MTAs take far less (Postfix: 100 KiB) */

enum message_result {
    MESSAGE_OK,
    MESSAGE_TOO_LARGE,  /* the header is beyond MESSAGE_HEADER_MAX */
    MESSAGE_UNREADABLE, /* errno says why */
};

struct message {
    char *text; /* all octets read from the stream so far */
    size_t len;
    size_t fields;  /* where the first field starts: behind an mbox "From " line, if there is one */
    size_t end;     /* where the last field ends */
    bool crlf;      /* the first line ends with CRLF */
    bool separated; /* an empty line follows the header */
};

struct message_field {
    const char *text; /* the whole of it, with its line ends */
    size_t len;
    const char *name;
    size_t name_len;
    const char *value; /* behind the colon: folds inside, no line end at the end */
    size_t value_len;
};

/* Reads up to the end of the header and at most one line further: octets from `end` on belong to
 * the body (or are the empty line). On MESSAGE_OK, message_clear gives the memory back. */
enum message_result message_read(FILE *stream, struct message *message_r);
void message_clear(struct message *message);

/* Walks the fields: *at starts at 0; false at the end. Borrows from the message. */
bool message_next(const struct message *message, size_t *at, struct message_field *field_r);

/* Is this the field of that name? Case does not matter. */
bool message_field_is(const struct message_field *field, const char *name);

#endif
