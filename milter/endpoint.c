/*
 * endpoint.c - looks at the path of a Unix socket before it is bound. A second daemon must not take
 * the socket away from one that runs, and a file that is no socket is nobody's to remove.
 */
#include "milter/endpoint.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* 0 if somebody listens, else an errno; ECONNREFUSED: a socket without a listener. */
static int probe(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len >= sizeof addr.sun_path)
        return ENAMETOOLONG;
    memcpy(addr.sun_path, path, len);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    int error = connect(fd, (const struct sockaddr *)&addr, sizeof addr) < 0 ? errno : 0;
    close(fd);
    return error == EAGAIN ? 0 : error; /* EAGAIN: its backlog is full */
}

static enum endpoint_state claim_directory(const char *path, char *why_r, size_t why_size)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash && slash > path ? (size_t)(slash - path) : 1;
    if (!slash || len >= sizeof dir)
        return ENDPOINT_OBSTRUCTED;
    memcpy(dir, path, len);
    dir[len] = '\0';
    if (access(dir, W_OK | X_OK) == 0)
        return ENDPOINT_FREE;
    snprintf(why_r, why_size,
             "socket directory %s: %s. It has to be there and be writable by this user (id %ld)",
             dir, strerror(errno), (long)geteuid());
    return ENDPOINT_OBSTRUCTED;
}

enum endpoint_state endpoint_claim(const char *path, char *why_r, size_t why_size)
{
    struct stat st;
    if (lstat(path, &st) < 0 && errno == ENOENT)
        return claim_directory(path, why_r, why_size);
    int error = probe(path);
    if (error == 0) {
        snprintf(why_r, why_size, "another process listens at %s already", path);
        return ENDPOINT_IN_USE;
    }
    if (error != ECONNREFUSED || !S_ISSOCK(st.st_mode)) {
        snprintf(why_r, why_size, "%s is in the way and no socket of ours: %s", path,
                 strerror(error));
        return ENDPOINT_OBSTRUCTED;
    }
    if (unlink(path) == 0)
        return ENDPOINT_FREE;
    snprintf(why_r, why_size, "the old socket %s cannot be removed: %s", path, strerror(errno));
    return ENDPOINT_OBSTRUCTED;
}
