/*
 * mime.h - walks the parts of a mail message (RFC 2046), decoded, however badly it is formed;
 * depth, number and memory are bounded.
 *
 * Attached messages are walked as well, but not what a delivery report returns: that is the user's
 * own mail, and whatever it quotes is not what the report says.
 */
#ifndef TOOLS_MIME_H
#define TOOLS_MIME_H

#include <stdbool.h>
#include <stddef.h>

#define MIME_DEPTH_MAX 10  /* of parts in parts */
#define MIME_PARTS_MAX 400 /* of one message */
#define MIME_TYPE_MAX  80  /* octets of a media type, NUL included */

struct mime_part {    /* valid during the visit */
    const char *type; /* "text/plain", lower case, without parameters */
    const char *text; /* decoded */
    size_t len;
    unsigned report; /* number of the delivery report that it is a direct part of; 0: of none */
    bool whole;      /* its end was there: not cut off */
    /* The header of the message that it is in, as it stands, with the first empty line at most. */
    const char *header;
    size_t header_len;
};

typedef void mime_visit(void *arg, const struct mime_part *part);

/* Visits the parts that have no parts, in order. False, and nothing is visited, if the text does
 * not begin with a header that speaks of MIME. */
bool mime_walk(const char *text, size_t len, mime_visit *visit, void *arg);

#endif
