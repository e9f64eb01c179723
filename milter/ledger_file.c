/*
 * ledger_file.c - writes a note aside, syncs it, and renames it into place. It does not know what a
 * note says.
 *
 * The file is SHA-256(note) || note: what a failing disk or a careless hand has changed is told
 * from what was written, and never taken for it.
 */
#include "milter/ledger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pow/sha256.h"

#define FILE_MAX (OP_SHA256_LEN + LEDGER_NOTE_MAX)

static enum ledger_err err_of(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return LEDGER_FULL;
    default:
        return LEDGER_UNAVAILABLE;
    }
}

static void digest_of(const void *note, size_t len, uint8_t digest_r[OP_SHA256_LEN])
{
    struct op_sha256 hash;
    op_sha256_init(&hash);
    op_sha256_add(&hash, note, len);
    op_sha256_final(&hash, digest_r);
}

/* Is this what was written, and not empty? */
static bool sound(const uint8_t *file, ssize_t size)
{
    uint8_t digest[OP_SHA256_LEN];
    if (size <= OP_SHA256_LEN || size > FILE_MAX)
        return false;
    digest_of(file + OP_SHA256_LEN, (size_t)size - OP_SHA256_LEN, digest);
    return memcmp(file, digest, sizeof digest) == 0;
}

enum ledger_err ledger_file_read(int dir, const char *name, char note_r[LEDGER_NOTE_MAX],
                                 size_t *len_r)
{
    uint8_t file[FILE_MAX + 1]; /* one more, to see that it is too long */
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        *len_r = 0;
        return LEDGER_OK;
    }
    ssize_t size = fd < 0 ? -1 : read(fd, file, sizeof file);
    if (fd >= 0)
        close(fd);
    if (!sound(file, size))
        return LEDGER_UNAVAILABLE;
    *len_r = (size_t)size - OP_SHA256_LEN;
    memcpy(note_r, file + OP_SHA256_LEN, *len_r);
    return LEDGER_OK;
}

/* All of it, and on the disk; or false with errno. */
static bool fill(int fd, const uint8_t *file, size_t size)
{
    ssize_t put = write(fd, file, size);
    if (put >= 0 && (size_t)put < size) {
        errno = ENOSPC; /* which the next octet would have met */
        return false;
    }
    return put >= 0 && fsync(fd) == 0;
}

enum ledger_err ledger_file_write(int dir, const char *name, const char *note, size_t len)
{
    uint8_t file[FILE_MAX];
    char aside[64];
    digest_of(note, len, file);
    memcpy(file + OP_SHA256_LEN, note, len);
    snprintf(aside, sizeof aside, "%s.new", name);

    int fd = openat(dir, aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_of(errno);
    bool done = fill(fd, file, OP_SHA256_LEN + len) && renameat(dir, aside, dir, name) == 0 &&
                fsync(dir) == 0;
    int error = errno;
    close(fd);
    return done ? LEDGER_OK : err_of(error);
}
