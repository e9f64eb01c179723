/*
 * textfile.c - writes aside, in the same directory, and renames. The name aside does not end in
 * ".prom", which is what the collector looks for. Not made durable: it is written anew each minute.
 */
#include "milter/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE 0644

/* False with errno. Closes the descriptor in any case. */
static bool fill(int fd, void (*write)(void *arg, FILE *out), void *arg)
{
    FILE *out = fdopen(fd, "w");
    if (!out) {
        int error = errno;
        close(fd);
        errno = error;
        return false;
    }
    errno = 0;
    write(arg, out);
    bool ok = ferror(out) == 0 && fflush(out) == 0 && fchmod(fd, MODE) == 0;
    int error = errno;
    if (fclose(out) != 0 && ok)
        return false;
    errno = error;
    return ok;
}

static bool replace(const char *path, char *aside, void (*write)(void *arg, FILE *out), void *arg)
{
    int fd = mkostemp(aside, O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fill(fd, write, arg) && rename(aside, path) == 0)
        return true;
    int error = errno;
    unlink(aside);
    errno = error;
    return false;
}

bool textfile_write(const char *path, void (*write)(void *arg, FILE *out), void *arg, char *why_r,
                    size_t why_size)
{
    char aside[PATH_MAX];
    int len = snprintf(aside, sizeof aside, "%s.XXXXXX", path);

    if (len < 0 || (size_t)len >= sizeof aside) {
        snprintf(why_r, why_size, "metrics file %s: the name is too long", path);
        return false;
    }
    if (replace(path, aside, write, arg))
        return true;
    snprintf(why_r, why_size, "metrics file %s cannot be written: %s", path, strerror(errno));
    return false;
}
