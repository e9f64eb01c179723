/*
 * listen.c - reads where to listen, and listens there. Refuses an address that others can reach,
 * unless told; knows nothing of what is spoken.
 */
#include "milter/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/conf_net.h"
#include "milter/endpoint.h"
#include "pow/units.h"

#define BACKLOG    128
#define LOCAL_MODE 0660

struct place { /* a value */
    socklen_t len;
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
    } addr;
};

static bool read_port(const char *text, size_t len, in_port_t *port_r)
{
    uint64_t port;
    if (!op_decimal_parse(text, len, &port) || port < 1 || port > UINT16_MAX)
        return false;
    *port_r = htons((uint16_t)port);
    return true;
}

static bool read_inet(const char *text, struct place *place_r, struct conf_net *address_r)
{
    struct sockaddr_in *in = &place_r->addr.in;
    struct sockaddr_in6 *in6 = &place_r->addr.in6;
    const char *at = strchr(text, '@'), *host = at ? at + 1 : "";
    in_port_t port;

    if (strcmp(host, "localhost") == 0) /* is not looked up: it is no question */
        host = "127.0.0.1";
    if (strchr(host, '/') || !conf_net_parse(host, address_r) ||
        !read_port(text, (size_t)(at - text), &port))
        return false;
    memset(place_r, 0, sizeof *place_r);
    if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
        in->sin_family = AF_INET;
        in->sin_port = port;
        place_r->len = sizeof *in;
        return true;
    }
    in6->sin6_family = AF_INET6;
    in6->sin6_port = port;
    memcpy(&in6->sin6_addr, address_r->addr, sizeof in6->sin6_addr);
    place_r->len = sizeof *in6;
    return true;
}

static bool read_local(const char *path, struct place *place_r)
{
    struct sockaddr_un *un = &place_r->addr.un;
    if (path[0] != '/' || strlen(path) >= sizeof un->sun_path)
        return false;
    memset(place_r, 0, sizeof *place_r);
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, strlen(path));
    place_r->len = sizeof *un;
    return true;
}

static bool read_place(const char *text, bool public, struct place *place_r, char *why_r,
                       size_t why_size)
{
    struct conf_net address;

    if (listen_path(text) && read_local(listen_path(text), place_r))
        return true;
    if (strncmp(text, "inet:", 5) != 0 || !read_inet(text + 5, place_r, &address)) {
        snprintf(
            why_r, why_size,
            "got \"%s\", allowed: \"inet:PORT@ADDRESS\" with a numeric address or localhost, or "
            "\"local:/PATH\" of at most %zu octets",
            text, sizeof place_r->addr.un.sun_path - 1);
        return false;
    }
    if (public || conf_net_is_loopback(&address))
        return true;
    snprintf(why_r, why_size,
             "got \"%s\", allowed: a loopback address, or public = yes for one that others can "
             "reach",
             text);
    return false;
}

const char *listen_path(const char *text)
{
    return strncmp(text, "local:", 6) == 0 ? text + 6 : NULL;
}

/* A path is born with the mode that it shall have. */
static bool bind_place(int fd, const struct place *place)
{
    static const int on = 1;
    mode_t old = umask(~LOCAL_MODE & 0777);
    bool bound = true;

    if (place->addr.any.sa_family != AF_UNIX)
        bound = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
    if (place->addr.any.sa_family == AF_INET6)
        bound = bound && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0;
    bound = bound && bind(fd, &place->addr.any, place->len) == 0;
    umask(old);
    return bound;
}

int listen_open(const char *text, bool public, char *why_r, size_t why_size)
{
    struct place place;

    if (!read_place(text, public, &place, why_r, why_size))
        return -1;
    if (listen_path(text) && endpoint_claim(listen_path(text), why_r, why_size) != ENDPOINT_FREE)
        return -1;
    int fd = socket(place.addr.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && bind_place(fd, &place) && listen(fd, BACKLOG) == 0)
        return fd;
    snprintf(why_r, why_size, "cannot listen at %s: %s", text, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}
