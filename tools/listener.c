/* listener.c - listens where it is told to, on this machine alone. */
#include "tools/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "pow/units.h"

#define LISTENER_BACKLOG 64
#define LISTENER_MODE    0666

struct listener_place { /* a value */
    socklen_t len;
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
    } addr;
};

static const char *listener_path(const char *text)
{
    return strncmp(text, "local:", 6) == 0 ? text + 6 : NULL;
}

static bool listener_read_path(const char *path, struct listener_place *place_r)
{
    struct sockaddr_un *un = &place_r->addr.un;

    if (path[0] != '/' || strlen(path) >= sizeof un->sun_path)
        return false;
    un->sun_family = AF_UNIX;
    strcpy(un->sun_path, path);
    place_r->len = sizeof *un;
    return true;
}

/* PORT@ADDRESS, a loopback one. */
static bool listener_read_inet(const char *text, struct listener_place *place_r)
{
    struct sockaddr_in *in = &place_r->addr.in;
    struct sockaddr_in6 *in6 = &place_r->addr.in6;
    const char *at = strchr(text, '@'), *host = at != NULL ? at + 1 : "";
    uint64_t port;

    if (at == NULL || !op_decimal_parse(text, (size_t)(at - text), &port) || port < 1 ||
        port > UINT16_MAX)
        return false;
    if (strcmp(host, "localhost") == 0) /* is not looked up: it is no question */
        host = "127.0.0.1";
    if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
        in->sin_family = AF_INET;
        in->sin_port = htons((uint16_t)port);
        place_r->len = sizeof *in;
        return ntohl(in->sin_addr.s_addr) >> 24 == 127;
    }
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons((uint16_t)port);
    place_r->len = sizeof *in6;
    return inet_pton(AF_INET6, host, &in6->sin6_addr) == 1 && IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

static bool listener_read(const char *text, struct listener_place *place_r)
{
    const char *path = listener_path(text);

    memset(place_r, 0, sizeof *place_r);
    if (path != NULL)
        return listener_read_path(path, place_r);
    return strncmp(text, "inet:", 5) == 0 && listener_read_inet(text + 5, place_r);
}

/* Removes a socket at the path that nobody listens at. Anything else stays, and bind() will say
 * that the place is taken. */
static void listener_clear(const struct listener_place *place)
{
    struct stat status;
    const char *path = place->addr.un.sun_path;

    if (lstat(path, &status) != 0 || !S_ISSOCK(status.st_mode))
        return;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    if (connect(fd, &place->addr.any, place->len) != 0 && errno == ECONNREFUSED)
        unlink(path);
    close(fd);
}

/* A path is born with the mode that it shall have. */
static bool listener_bind(int fd, const struct listener_place *place)
{
    static const int on = 1;
    mode_t old = umask(~LISTENER_MODE & 0777);
    bool bound = place->addr.any.sa_family == AF_UNIX ||
                 setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;

    bound = bound && bind(fd, &place->addr.any, place->len) == 0;
    umask(old);
    return bound;
}

int listener_open(const char *text, char why_r[LISTENER_WHY_MAX])
{
    struct listener_place place;

    if (!listener_read(text, &place)) {
        snprintf(
            why_r, LISTENER_WHY_MAX,
            "got \"%.200s\", want local:/PATH of at most 107 octets, or inet:PORT@ADDRESS with "
            "an address of this machine alone, such as 127.0.0.1",
            text);
        return -1;
    }
    if (place.addr.any.sa_family == AF_UNIX)
        listener_clear(&place);
    int fd = socket(place.addr.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && listener_bind(fd, &place) && listen(fd, LISTENER_BACKLOG) == 0)
        return fd;
    snprintf(why_r, LISTENER_WHY_MAX, "cannot listen at %.200s: %s", text, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

void listener_close(const char *text, int fd)
{
    if (listener_path(text) != NULL)
        unlink(listener_path(text));
    close(fd);
}
