/* statedir.c - see statedir.h. */
#include "tools/statedir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include "tools/fail.h"

#define STATEDIR_ASIDE    ".new-"
#define STATEDIR_RANDOM   16 /* digits after it */
#define STATEDIR_NAME_MAX 64 /* octets of a name, NUL included */

/* Closes it again if it is not what it should be: of this type, ours, and without these rights. */
static int statedir_check(int fd, mode_t type, mode_t others)
{
    struct stat status;

    if (fd < 0)
        return -1;
    int error = fstat(fd, &status) != 0 ? errno : 0;
    if (error == 0 && ((status.st_mode & S_IFMT) != type || status.st_uid != geteuid() ||
                       (status.st_mode & others) != 0))
        error = EPERM;
    if (error == 0)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

static int statedir_open_at(int at, const char *name)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    return statedir_check(fd, S_IFDIR, S_IWGRP | S_IWOTH);
}

int statedir_open(const char *path)
{
    return statedir_open_at(AT_FDCWD, path);
}

int statedir_sub(int at, const char *name)
{
    if (mkdirat(at, name, 0700) != 0 && errno != EEXIST)
        return -1;
    return statedir_open_at(at, name);
}

/* A FIFO would hang the opening. */
int statedir_file(int directory, const char *name, int flags)
{
    int fd = openat(directory, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

    return statedir_check(fd, S_IFREG, S_IRWXG | S_IRWXO);
}

static bool statedir_write(int fd, const char *text, size_t len)
{
    ssize_t n = write(fd, text, len);

    if (n >= 0 && (size_t)n != len)
        errno = ENOSPC;
    return n >= 0 && (size_t)n == len && fsync(fd) == 0;
}

int statedir_put(int directory, const char *name, const char *text, size_t len)
{
    char aside[STATEDIR_NAME_MAX];
    uint64_t random;

    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return -1;
    snprintf(aside, sizeof aside, STATEDIR_ASIDE "%016llx", (unsigned long long)random);
    int fd = openat(directory, aside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_EX) == 0 && statedir_write(fd, text, len) &&
        renameat(directory, aside, directory, name) == 0)
        return fd;
    int error = errno;
    unlinkat(directory, aside, 0);
    close(fd);
    errno = error;
    return -1;
}

bool statedir_get(int fd, char text_r[STATEDIR_FILE_MAX])
{
    ssize_t n = pread(fd, text_r, STATEDIR_FILE_MAX, 0);

    if (n < 0 || n == STATEDIR_FILE_MAX)
        return false;
    text_r[n] = '\0';
    return strlen(text_r) == (size_t)n;
}

struct statedir_entry {
    int64_t written;
    char name[STATEDIR_NAME_MAX];
};

static int statedir_by_age(const void *a, const void *b)
{
    const struct statedir_entry *left = a, *right = b;

    return (left->written > right->written) - (left->written < right->written);
}

/* What statedir_put has left where it was cut off. */
static bool statedir_is_aside(const char *name)
{
    size_t len = strlen(STATEDIR_ASIDE);

    return strncmp(name, STATEDIR_ASIDE, len) == 0 && strlen(name) == len + STATEDIR_RANDOM &&
           strspn(name + len, STATEDIR_HEX) == STATEDIR_RANDOM;
}

static bool statedir_lists(int directory, const char *name, bool (*ours)(const char *name),
                           struct stat *status_r)
{
    return strlen(name) < STATEDIR_NAME_MAX && (ours(name) || statedir_is_aside(name)) &&
           fstatat(directory, name, status_r, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(status_r->st_mode);
}

/* Removes what is too old and lists the rest. */
static size_t statedir_list(int directory, DIR *stream, bool (*ours)(const char *name),
                            int64_t since, struct statedir_entry **entries_r)
{
    struct statedir_entry *entries = NULL;
    size_t count = 0, room = 0;

    for (const struct dirent *at; (at = readdir(stream)) != NULL;) {
        struct stat status;
        if (!statedir_lists(directory, at->d_name, ours, &status))
            continue;
        if (status.st_mtime < since) {
            unlinkat(directory, at->d_name, 0);
            continue;
        }
        if (count == room) {
            room = room > 0 ? room * 2 : 64;
            entries = xrealloc(entries, room * sizeof *entries);
        }
        entries[count].written = status.st_mtime;
        memcpy(entries[count++].name, at->d_name, strlen(at->d_name) + 1);
    }
    *entries_r = entries;
    return count;
}

void statedir_sweep(int directory, bool (*ours)(const char *name), int64_t since, size_t max)
{
    struct statedir_entry *entries;
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;

    if (stream == NULL) {
        if (fd >= 0)
            close(fd);
        return; /* nothing is swept: the next one will */
    }
    size_t count = statedir_list(directory, stream, ours, since, &entries);
    if (count > max) {
        qsort(entries, count, sizeof *entries, statedir_by_age);
        for (size_t i = 0; i < count - max; i++)
            unlinkat(directory, entries[i].name, 0);
    }
    free(entries);
    closedir(stream);
}
