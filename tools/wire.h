/*
 * wire.h - octets and lines to and from a server, in clear or under TLS, each with a deadline.
 *
 * Memory is one line and one block, whatever the other end sends.
 */
#ifndef TOOLS_WIRE_H
#define TOOLS_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/address.h"

#define WIRE_LINE_MAX 4096 /* octets of a line, NUL included; RFC 5321 has 512 */
#define WIRE_WHY_MAX  320

struct wire;

enum wire_result {
    WIRE_OK,
    WIRE_TIMEOUT,
    WIRE_CLOSED,   /* the other end has closed, or the connection is lost: wire_why */
    WIRE_LONG,     /* a line beyond WIRE_LINE_MAX */
    WIRE_ANSWERED, /* wire_write: there is input, which comes before what was to be written */
};

double wire_now(void); /* seconds, monotonic: what deadlines are counted in */

/* Takes the socket over, which is made non-blocking; wire_free closes it. */
struct wire *wire_new(int fd);
void wire_free(struct wire *wire); /* NULL is fine */

/* Input that has been read ahead is no part of the session under TLS: WIRE_ANSWERED. CLOSED also
 * where the handshake fails. */
enum wire_result wire_start_tls(struct wire *wire, const char *host, const struct address_pin *pin,
                                double deadline);
bool wire_pin_failed(const struct wire *wire);

/* One line without its end, LF or CRLF, NUL-terminated; octets that are not printable ASCII become
 * '?'. *len_r: octets that were read. */
enum wire_result wire_read_line(struct wire *wire, double deadline, char line_r[WIRE_LINE_MAX],
                                size_t *len_r);

/* Writes all, unless the other end says something meanwhile. */
enum wire_result wire_write(struct wire *wire, const void *data, size_t len, double deadline);

/* A phrase for the last CLOSED. */
const char *wire_why(const struct wire *wire);

#endif
