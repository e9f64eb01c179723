/*
 * sender_state.c - the directory where the sender keeps stamps, offers and slots. Decides which it
 * is and whether it is safe: what lies there is worth money, and names who is written to.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/sender.h"
#include "tools/sender_home.h"

/* Without slashes at its end, behind which a symbolic link would be followed. NULL with a
 * sentence. */
static char *sender_state_path(const struct sender *sender, char *why_r)
{
    char *path = NULL;
    bool known = sender->state[0] != '\0' ? (path = strdup(sender->state)) != NULL
                                          : sender_home("XDG_STATE_HOME", ".local/state", &path);

    if (!known)
        snprintf(why_r, SENDER_WHY_MAX, "out of memory");
    else if (path == NULL)
        snprintf(why_r, SENDER_WHY_MAX,
                 "no directory for state: this user has no home, so set the key \"state\" in "
                 "sender.conf");
    for (size_t len = path != NULL ? strlen(path) : 0; len > 1 && path[len - 1] == '/'; len--)
        path[len - 1] = '\0';
    return path;
}

/* Makes a directory for nobody but us, if it is missing and the one above it is ours or root's: in
 * anybody else's home, root would leave what its owner cannot use. */
static bool sender_state_mkdir(const char *path, uid_t *owner)
{
    struct stat status;

    if (stat(path, &status) == 0) {
        *owner = status.st_uid;
        return true;
    }
    if (*owner != geteuid() && *owner != 0) {
        errno = EPERM;
        return false;
    }
    *owner = geteuid();
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* Makes what is missing of the path. */
static bool sender_state_make(char *path)
{
    uid_t owner = 0;

    for (char *slash = path; (slash = strchr(slash + 1, '/')) != NULL;) {
        *slash = '\0';
        bool made = sender_state_mkdir(path, &owner);
        *slash = '/';
        if (!made)
            return false;
    }
    return sender_state_mkdir(path, &owner);
}

/* What we make there, under the names that purse.c, slots.c, credit.c and resent.c have for it; the
 * key comes first of all. And what a file system of its own has at its top. */
static bool sender_state_ours(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strncmp(name, ".key-", 5) == 0 ||
           strcmp(name, "offers") == 0 || strcmp(name, "stamps") == 0 ||
           strcmp(name, "slots") == 0 || strcmp(name, "credit") == 0 ||
           strcmp(name, "resent") == 0 || strcmp(name, "lost+found") == 0;
}

/* Is this somebody's directory for other things, that "state" names by mistake? */
static bool sender_state_foreign(int fd)
{
    const struct dirent *at;
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = faccessat(fd, "key", F_OK, AT_SYMLINK_NOFOLLOW) != 0 && again >= 0
                      ? fdopendir(again)
                      : NULL;
    bool foreign = false;

    if (stream == NULL) {
        if (again >= 0)
            close(again);
        return false;
    }
    while (!foreign && (at = readdir(stream)) != NULL)
        foreign = strcmp(at->d_name, "key") != 0 && !sender_state_ours(at->d_name);
    closedir(stream);
    return foreign;
}

static bool sender_state_check(const char *path, int fd, char *why_r)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        snprintf(why_r, SENDER_WHY_MAX, "%.400s: %s", path, strerror(errno));
    else if (status.st_uid != geteuid())
        snprintf(why_r, SENDER_WHY_MAX,
                 "%.400s: belongs to user %u, and this is user %u: state is not shared", path,
                 (unsigned)status.st_uid, (unsigned)geteuid());
    else if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        snprintf(why_r, SENDER_WHY_MAX, "%.400s: others may write to it: chmod go-w it", path);
    else if (sender_state_foreign(fd))
        snprintf(why_r, SENDER_WHY_MAX,
                 "%.400s: holds other things: state wants a directory of its own", path);
    else
        return true;
    return false;
}

static bool sender_state_open(char *path, char *why_r)
{
    bool made = sender_state_make(path);
    int fd = made ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

    if (!made)
        snprintf(why_r, SENDER_WHY_MAX,
                 "%.400s: cannot be made: %s; the key \"state\" in sender.conf may name another",
                 path, strerror(errno));
    else if (fd < 0)
        snprintf(why_r, SENDER_WHY_MAX, "%.400s: %s", path,
                 errno == ENOTDIR || errno == ELOOP
                     ? "not a directory; a link to one is not followed"
                     : strerror(errno));
    if (fd < 0)
        return false;
    bool safe = sender_state_check(path, fd, why_r);
    close(fd);
    return safe;
}

char *sender_state(const struct sender *sender, char why_r[SENDER_WHY_MAX])
{
    char *path = sender_state_path(sender, why_r);

    if (path == NULL || sender_state_open(path, why_r))
        return path;
    free(path);
    return NULL;
}
