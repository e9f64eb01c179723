/*
 * keyfile.c - reads or makes the site key. A file of the wrong size, or one that others may read,
 * is refused: who knows the key knows which puzzles are checked, and need solve only those.
 */
#include "milter/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

struct why {
    char *text;
    size_t size;
};

__attribute__((format(printf, 2, 3))) static bool complain(const struct why *why,
                                                           const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why->text, why->size, format, args);
    va_end(args);
    return false;
}

static bool trusted(const char *path, const struct stat *st, const struct why *why)
{
    if (!S_ISREG(st->st_mode))
        return complain(why, "key file %s is not a regular file", path);
    if (st->st_mode & (S_IRWXG | S_IRWXO))
        return complain(why,
                        "key file %s has mode %04o, which lets others in: chmod 0600 it, or "
                        "remove it for a new key if somebody may have read it",
                        path, (unsigned)(st->st_mode & 07777));
    if (st->st_size != OP_KEY_LEN)
        return complain(why, "key file %s has %lld octets, allowed: exactly %d", path,
                        (long long)st->st_size, OP_KEY_LEN);
    return true;
}

static bool read_key(int fd, const char *path, uint8_t material_r[OP_KEY_LEN],
                     const struct why *why)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return complain(why, "key file %s: %s", path, strerror(errno));
    if (!trusted(path, &st, why))
        return false;
    ssize_t got = read(fd, material_r, OP_KEY_LEN);
    if (got != OP_KEY_LEN)
        return complain(why, "key file %s: %s", path, got < 0 ? strerror(errno) : "cut short");
    return true;
}

/* The directory entry has to survive a crash too: another key would be another sample of every
 * stamp. */
static bool sync_directory(const char *path)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash > path ? (size_t)(slash - path) : 1;
    if (!slash || len >= sizeof dir)
        return false;
    memcpy(dir, path, len);
    dir[len] = '\0';
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool fill(int fd, uint8_t material_r[OP_KEY_LEN])
{
    return getrandom(material_r, OP_KEY_LEN, 0) == OP_KEY_LEN &&
           write(fd, material_r, OP_KEY_LEN) == OP_KEY_LEN && fsync(fd) == 0;
}

/* Writes aside and links the whole file into place, so that nobody ever reads half a key, and of
 * two processes that start at once one's key is both's. False with errno. */
static bool place_key(const char *path, char *aside, uint8_t material_r[OP_KEY_LEN])
{
    int fd = mkostemp(aside, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return false;
    bool ok = fill(fd, material_r) && link(aside, path) == 0 && sync_directory(path);
    int error = errno;
    close(fd);
    unlink(aside);
    errno = error;
    return ok;
}

/* False with *exists_r = true: somebody else has just made it. */
static bool make_key(const char *path, uint8_t material_r[OP_KEY_LEN], bool *exists_r,
                     const struct why *why)
{
    char aside[PATH_MAX];
    int len = snprintf(aside, sizeof aside, "%s.XXXXXX", path);
    if (len < 0 || (size_t)len >= sizeof aside)
        return complain(why, "key file %s: the name is too long", path);
    if (place_key(path, aside, material_r))
        return true;
    *exists_r = errno == EEXIST;
    return complain(why, "key file %s cannot be made: %s", path, strerror(errno));
}

static bool load(const char *path, uint8_t material_r[OP_KEY_LEN], bool *made_r,
                 const struct why *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not make us wait */
    *made_r = fd < 0 && errno == ENOENT;
    if (*made_r) {
        bool exists = false;
        if (make_key(path, material_r, &exists, why))
            return true;
        if (!exists)
            return false;
        *made_r = false;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    }
    if (fd < 0)
        return complain(why, "key file %s: %s", path, strerror(errno));
    bool ok = read_key(fd, path, material_r, why);
    close(fd);
    return ok;
}

struct op_key *keyfile_open(const char *path, bool *made_r, char *why_r, size_t why_size)
{
    const struct why why = {.text = why_r, .size = why_size};
    uint8_t material[OP_KEY_LEN];
    struct op_key *key = NULL;

    if (load(path, material, made_r, &why)) {
        enum op_err err = op_key_new(material, &key);
        if (err != OP_OK)
            complain(&why, "key file %s: %s", path, op_err_str(err));
    }
    explicit_bzero(material, sizeof material);
    return key;
}
