/* wire.c - see wire.h. */
#include "tools/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/tls.h"

struct wire {
    int fd;
    struct tls *tls; /* NULL: in clear */
    char why[WIRE_WHY_MAX];
    size_t at, len; /* of the block: what has been read and not been taken */
    char block[WIRE_LINE_MAX];
};

enum wire_step { /* what a single read or write came to */
                 WIRE_MOVED,
                 WIRE_WANT_READ,
                 WIRE_WANT_WRITE,
                 WIRE_ENDED,
};

double wire_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct wire *wire_new(int fd)
{
    struct wire *wire = xmalloc(sizeof *wire);

    *wire = (struct wire){.fd = fd};
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return wire;
}

void wire_free(struct wire *wire)
{
    if (wire == NULL)
        return;
    tls_free(wire->tls);
    close(wire->fd);
    free(wire);
}

const char *wire_why(const struct wire *wire)
{
    return wire->why;
}

bool wire_pin_failed(const struct wire *wire)
{
    return wire->tls != NULL && tls_pin_failed(wire->tls);
}

static enum wire_step wire_end(struct wire *wire, const char *why)
{
    snprintf(wire->why, sizeof wire->why, "%s", why);
    return WIRE_ENDED;
}

static enum wire_step wire_step_of_tls(struct wire *wire, enum tls_result result)
{
    switch (result) {
    case TLS_DONE:
        return WIRE_MOVED;
    case TLS_WANT_READ:
        return WIRE_WANT_READ;
    case TLS_WANT_WRITE:
        return WIRE_WANT_WRITE;
    case TLS_CLOSED:
        return wire_end(wire, "the other side closed the connection");
    case TLS_FAILED:
        break;
    }
    return wire_end(wire, tls_why(wire->tls));
}

static enum wire_step wire_step_of_socket(struct wire *wire, ssize_t n, enum wire_step want)
{
    if (n > 0)
        return WIRE_MOVED;
    if (n == 0)
        return wire_end(wire, "the other side closed the connection");
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return want;
    return wire_end(wire, strerror(errno));
}

/* Reads what is there; MOVED: the block, which was empty, has something. */
static enum wire_step wire_fill(struct wire *wire)
{
    enum wire_step step;
    size_t len = 0;

    if (wire->tls != NULL) {
        step = wire_step_of_tls(wire, tls_read(wire->tls, wire->block, sizeof wire->block, &len));
    } else {
        ssize_t n = recv(wire->fd, wire->block, sizeof wire->block, 0);
        step = wire_step_of_socket(wire, n, WIRE_WANT_READ);
        len = n > 0 ? (size_t)n : 0;
    }
    wire->at = 0;
    wire->len = step == WIRE_MOVED ? len : 0;
    return step;
}

static enum wire_step wire_drain(struct wire *wire, const char *data, size_t len, size_t *len_r)
{
    if (wire->tls != NULL)
        return wire_step_of_tls(wire, tls_write(wire->tls, data, len, len_r));
    ssize_t n = send(wire->fd, data, len, MSG_NOSIGNAL);
    *len_r = n > 0 ? (size_t)n : 0;
    return wire_step_of_socket(wire, n, WIRE_WANT_WRITE);
}

/* Waits until the socket is ready for one of the events; false when the deadline is over. */
static bool wire_wait(struct wire *wire, short events, double deadline)
{
    struct pollfd polled = {.fd = wire->fd, .events = events};

    for (;;) {
        double left = deadline - wire_now();
        if (left <= 0)
            return false;
        int ready = poll(&polled, 1, (int)fmin(ceil(left * 1000), 1e6));
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return true; /* an error shows in the next read or write */
    }
}

enum wire_result wire_start_tls(struct wire *wire, const char *host, const struct address_pin *pin,
                                double deadline)
{
    if (wire->at < wire->len)
        return WIRE_ANSWERED;
    wire->tls = tls_new(wire->fd, host, pin);
    if (wire->tls == NULL) {
        wire_end(wire, "OpenSSL is out of memory");
        return WIRE_CLOSED;
    }
    for (;;) {
        enum wire_step step = wire_step_of_tls(wire, tls_handshake(wire->tls));
        if (step == WIRE_MOVED)
            return WIRE_OK;
        if (step == WIRE_ENDED)
            return WIRE_CLOSED;
        if (!wire_wait(wire, step == WIRE_WANT_READ ? POLLIN : POLLOUT, deadline))
            return WIRE_TIMEOUT;
    }
}

/* The block has something to take, or the result says why not. */
static enum wire_result wire_need(struct wire *wire, double deadline)
{
    while (wire->at == wire->len) {
        enum wire_step step = wire_fill(wire);
        if (step == WIRE_ENDED)
            return WIRE_CLOSED;
        if (step != WIRE_MOVED &&
            !wire_wait(wire, step == WIRE_WANT_READ ? POLLIN : POLLOUT, deadline))
            return WIRE_TIMEOUT;
    }
    return WIRE_OK;
}

enum wire_result wire_read_line(struct wire *wire, double deadline, char line_r[WIRE_LINE_MAX],
                                size_t *len_r)
{
    size_t len = 0;

    for (;;) {
        enum wire_result result = wire_need(wire, deadline);
        if (result != WIRE_OK)
            return result;
        char c = wire->block[wire->at++];
        if (c == '\n')
            break;
        if (len == WIRE_LINE_MAX - 1)
            return WIRE_LONG;
        line_r[len++] = c;
    }
    *len_r = len + 1;
    if (len > 0 && line_r[len - 1] == '\r')
        len--;
    line_r[len] = '\0';
    for (size_t i = 0; i < len; i++) {
        if (line_r[i] < ' ' || line_r[i] > '~')
            line_r[i] = '?';
    }
    return WIRE_OK;
}

enum wire_result wire_write(struct wire *wire, const void *data, size_t len, double deadline)
{
    const char *at = data;

    while (len > 0) {
        size_t written = 0;
        if (wire->at == wire->len && wire_fill(wire) == WIRE_ENDED)
            return WIRE_CLOSED;
        if (wire->at < wire->len)
            return WIRE_ANSWERED;
        enum wire_step step = wire_drain(wire, at, len, &written);
        if (step == WIRE_ENDED)
            return WIRE_CLOSED;
        if (step != WIRE_MOVED && !wire_wait(wire, POLLIN | POLLOUT, deadline))
            return WIRE_TIMEOUT;
        at += step == WIRE_MOVED ? written : 0;
        len -= step == WIRE_MOVED ? written : 0;
    }
    return WIRE_OK;
}
