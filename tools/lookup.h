/*
 * lookup.h - the two protocols by which mail servers ask for a value: Postfix's and Sendmail's
 * socketmap (netstrings), and Postfix's tcp_table(5) (lines).
 *
 * Text in, text out; knows nothing of sockets and of what is asked.
 */
#ifndef TOOLS_LOOKUP_H
#define TOOLS_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>

#define LOOKUP_KEY_MAX     4096 /* octets with NUL: more than an address that a server takes */
#define LOOKUP_REQUEST_MAX 8192 /* octets of a request */
#define LOOKUP_VALUE_MAX   768
#define LOOKUP_REPLY_MAX   4096 /* octets of a reply: each of the value's may need three */

enum lookup_protocol { LOOKUP_SOCKETMAP, LOOKUP_TCP_TABLE };

enum lookup_step {
    LOOKUP_MORE,    /* the request is not complete */
    LOOKUP_KEY,     /* here is one */
    LOOKUP_UNKNOWN, /* a request, but not for a value */
    LOOKUP_BROKEN,  /* not this protocol; what follows cannot be read */
};

/* Reads the first request of what has come; used_r: its octets, unless MORE or BROKEN. */
enum lookup_step lookup_read(enum lookup_protocol protocol, const char *text, size_t len,
                             char key_r[LOOKUP_KEY_MAX], size_t *used_r);

enum lookup_result {
    LOOKUP_FOUND,
    LOOKUP_NONE,
    LOOKUP_LATER, /* the value is a reason */
    LOOKUP_NEVER, /* the same, for a request that is none */
};

struct lookup_reply { /* a value */
    enum lookup_result result;
    char value[LOOKUP_VALUE_MAX]; /* "" if NONE */
};

/* How many octets it has. */
size_t lookup_write(enum lookup_protocol protocol, const struct lookup_reply *reply,
                    char text_r[LOOKUP_REPLY_MAX]);

bool lookup_protocol_parse(const char *name, enum lookup_protocol *protocol_r);

#endif
