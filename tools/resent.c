/* resent.c - see resent.h. The mark is made before the message is sent: what ends in between is
 * taken for sent, and the user is asked. */
#include "tools/resent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pow/date.h"
#include "tools/statedir.h"

#define RESENT_NAMED    16 /* octets of the identity that the file is called by */
#define RESENT_NAME_MAX (2 * RESENT_NAMED + 1)

/* Line ends may have changed on the way to a file. */
static void resent_add(struct op_sha256 *hash, const char *text, size_t len)
{
    for (size_t start = 0, end; start < len; start = end + 1) {
        const char *cr = memchr(text + start, '\r', len - start);
        end = cr != NULL ? (size_t)(cr - text) : len;
        op_sha256_add(hash, text + start, end - start);
    }
    op_sha256_add(hash, "", 1);
}

void resent_init(struct resent *resent, const struct dsn *dsn, const struct dsn_recipient *about)
{
    struct op_sha256 hash;

    op_sha256_init(&hash);
    resent_add(&hash, "onionpow resent", strlen("onionpow resent"));
    resent_add(&hash, about->recipient.text, about->recipient.len);
    resent_add(&hash, about->diagnostic, strlen(about->diagnostic));
    if (dsn->message != NULL)
        resent_add(&hash, dsn->message, dsn->message_len);
    op_sha256_final(&hash, resent->id);
}

static void resent_name(const struct resent *resent, char name_r[RESENT_NAME_MAX])
{
    for (size_t i = 0; i < RESENT_NAMED; i++)
        snprintf(name_r + 2 * i, 3, "%02x", resent->id[i]);
}

static bool resent_is_mark(const char *name)
{
    return strlen(name) == RESENT_NAME_MAX - 1 && strspn(name, STATEDIR_HEX) == RESENT_NAME_MAX - 1;
}

static int resent_open(const char *state)
{
    int at = statedir_open(state);
    int directory = at >= 0 ? statedir_sub(at, "resent") : -1;
    int error = errno;

    if (at >= 0)
        close(at);
    errno = error;
    return directory;
}

enum resent_result resent_mark(const struct resent *resent, const char *state, int64_t now)
{
    char name[RESENT_NAME_MAX];
    int directory = resent_open(state);

    if (directory < 0)
        return RESENT_FAILED;
    statedir_sweep(directory, resent_is_mark, now - RESENT_DAYS * (int64_t)OP_DAY_S,
                   RESENT_MAX - 1);
    resent_name(resent, name);
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int error = errno;
    bool synced = fd >= 0 && fsync(fd) == 0 && fsync(directory) == 0;
    if (fd >= 0 && !synced) {
        error = errno;
        unlinkat(directory, name, 0); /* nothing is sent */
    }
    if (fd >= 0)
        close(fd);
    close(directory);
    errno = error;
    if (synced)
        return RESENT_FIRST;
    return fd < 0 && error == EEXIST ? RESENT_BEFORE : RESENT_FAILED;
}

bool resent_unmark(const struct resent *resent, const char *state)
{
    char name[RESENT_NAME_MAX];
    int directory = resent_open(state);

    if (directory < 0)
        return false;
    resent_name(resent, name);
    bool gone = unlinkat(directory, name, 0) == 0 || errno == ENOENT;
    int error = errno;
    close(directory);
    errno = error;
    return gone;
}
