/* purse_dir.c - see purse_dir.h. */
#include "tools/purse_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/fail.h"

#define PURSE_ASIDE      ".new-"
#define PURSE_FILE_NAMES 64 /* octets of a name, NUL included */

int purse_dir_open(int at, const char *name)
{
    if (mkdirat(at, name, 0700) != 0 && errno != EEXIST)
        return -1;
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool purse_dir_write(int fd, const char *text, size_t len)
{
    ssize_t n = write(fd, text, len);

    if (n >= 0 && (size_t)n != len)
        errno = ENOSPC;
    return n >= 0 && (size_t)n == len && fsync(fd) == 0;
}

int purse_dir_put(int directory, const char *name, const char *text, size_t len)
{
    char aside[PURSE_FILE_NAMES];
    uint64_t random;

    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return -1;
    snprintf(aside, sizeof aside, PURSE_ASIDE "%016llx", (unsigned long long)random);
    int fd = openat(directory, aside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_EX) == 0 && purse_dir_write(fd, text, len) &&
        renameat(directory, aside, directory, name) == 0)
        return fd;
    int error = errno;
    unlinkat(directory, aside, 0);
    close(fd);
    errno = error;
    return -1;
}

bool purse_dir_get(int fd, char text_r[PURSE_FILE_MAX])
{
    ssize_t n = pread(fd, text_r, PURSE_FILE_MAX, 0);

    if (n < 0 || n == PURSE_FILE_MAX)
        return false;
    text_r[n] = '\0';
    return strlen(text_r) == (size_t)n;
}

struct purse_entry {
    int64_t written;
    char name[PURSE_FILE_NAMES];
};

static int purse_by_age(const void *a, const void *b)
{
    const struct purse_entry *left = a, *right = b;

    return (left->written > right->written) - (left->written < right->written);
}

/* Removes what is too old and lists the rest. */
static size_t purse_dir_list(int directory, DIR *stream, int64_t since,
                             struct purse_entry **entries_r)
{
    struct purse_entry *entries = NULL;
    size_t count = 0, room = 0;

    for (const struct dirent *at; (at = readdir(stream)) != NULL;) {
        struct stat status;
        if (strcmp(at->d_name, ".") == 0 || strcmp(at->d_name, "..") == 0 ||
            strlen(at->d_name) >= PURSE_FILE_NAMES ||
            fstatat(directory, at->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
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

void purse_dir_sweep(int directory, int64_t since, size_t max)
{
    struct purse_entry *entries;
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;

    if (stream == NULL) {
        if (fd >= 0)
            close(fd);
        return; /* nothing is swept: the next one will */
    }
    size_t count = purse_dir_list(directory, stream, since, &entries);
    if (count > max) {
        qsort(entries, count, sizeof *entries, purse_by_age);
        for (size_t i = 0; i < count - max; i++)
            unlinkat(directory, entries[i].name, 0);
    }
    free(entries);
    closedir(stream);
}
