/*
 * ledger_dir.c - makes, locks and syncs a directory. It does not know what is kept there.
 *
 * Reservations live in the memory of one process, so a second process on the same directory would
 * let two connections verify, and a wrong one burn, the same stamp. Hence the lock: flock() on a
 * file of ours, which the kernel gives back however the holder dies. (LMDB's own locks let many
 * processes in.)
 */
#include "milter/ledger_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_FILE "onionpow.lock"

bool ledger_dir_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool done = fsync(fd) == 0;
    close(fd);
    return done;
}

/* The number that the holder of the lock has left in the file; 0 if it has not got that far. */
static long holder(int fd)
{
    char text[24] = "";
    ssize_t len = pread(fd, text, sizeof text - 1, 0);
    return len > 0 ? strtol(text, NULL, 10) : 0;
}

static int open_lock_file(const char *path)
{
    int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return -1;
    int fd = openat(dir, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int saved = errno;
    close(dir);
    errno = saved;
    return fd;
}

int ledger_dir_lock(const char *path, char *why_r, size_t why_size)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        snprintf(why_r, why_size, "ledger %s: cannot make the directory: %s", path,
                 strerror(errno));
        return -1;
    }
    int fd = open_lock_file(path);
    if (fd < 0) {
        snprintf(why_r, why_size, "ledger %s: cannot open the file " LOCK_FILE " in it: %s", path,
                 strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && ftruncate(fd, 0) == 0 &&
        dprintf(fd, "%ld\n", (long)getpid()) > 0)
        return fd;
    if (errno == EWOULDBLOCK)
        snprintf(why_r, why_size,
                 "ledger %s is in use by process %ld: each milter needs a ledger of its own", path,
                 holder(fd));
    else
        snprintf(why_r, why_size, "ledger %s: cannot lock it: %s", path, strerror(errno));
    close(fd);
    return -1;
}
