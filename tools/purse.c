/*
 * purse.c - the directory, its key, and the offers. Stamps are purse_stamp.c's.
 *
 *     key               32 random octets
 *     offers/NAME       see pow/heard.h
 *     offers/NAME.doubt empty; what counts is when it was written
 *     stamps/HASH-ID    see purse_stamp.c
 */
#include "tools/purse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pow/heard.h"
#include "tools/fail.h"
#include "tools/purse_own.h"
#include "tools/statedir.h"

#define PURSE_HASH_LEN  (PURSE_HASH_MAX / 2) /* octets of a MAC that are enough for a name */
#define PURSE_DOUBT     ".doubt"
#define PURSE_DOUBT_MAX (OP_HEARD_NAME_MAX + sizeof PURSE_DOUBT - 1)

/* Seconds that an offer stays on disk at least: onionpow-milter reads it, too, and cannot ask. */
#define PURSE_OFFER_MIN_S 86400

/* A key that is made at the same time by two processes is the one that got its name first. */
static bool purse_make_key(int directory)
{
    uint8_t material[OP_KEY_LEN];
    char aside[32];

    if (getrandom(material, sizeof material, 0) != sizeof material)
        return false;
    snprintf(aside, sizeof aside, ".key-%ld", (long)getpid());
    int fd = openat(directory, aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool made = write(fd, material, sizeof material) == sizeof material && fsync(fd) == 0 &&
                (linkat(directory, aside, directory, "key", 0) == 0 || errno == EEXIST);
    int error = errno;
    close(fd);
    unlinkat(directory, aside, 0);
    explicit_bzero(material, sizeof material);
    errno = error;
    return made;
}

static bool purse_read_key(int directory, struct op_key **key_r)
{
    uint8_t material[OP_KEY_LEN + 1];
    int fd = statedir_file(directory, "key", O_RDONLY);

    if (fd < 0 && errno == ENOENT && purse_make_key(directory))
        fd = statedir_file(directory, "key", O_RDONLY);
    if (fd < 0)
        return false;
    ssize_t len = read(fd, material, sizeof material);
    int error = errno;
    close(fd);
    errno = len < 0 ? error : EINVAL; /* of another length it is no key */
    bool read = len == OP_KEY_LEN;
    if (read && op_key_new(material, key_r) != OP_OK) {
        errno = ENOMEM;
        read = false;
    }
    explicit_bzero(material, sizeof material);
    return read;
}

static bool purse_complain(const char *directory, const char *what, char why_r[PURSE_WHY_MAX])
{
    const char *why = errno == EPERM ? "it is not ours, or not ours alone" : strerror(errno);

    snprintf(why_r, PURSE_WHY_MAX, "%.300s%s: %s", directory, what, why);
    return false;
}

static bool purse_fill(struct purse *purse, int at, const char *directory,
                       char why_r[PURSE_WHY_MAX])
{
    if (!purse_read_key(at, &purse->key))
        return purse_complain(directory, errno == EINVAL ? "/key is no key" : "/key", why_r);
    purse->offers = statedir_sub(at, "offers");
    if (purse->offers < 0)
        return purse_complain(directory, "/offers", why_r);
    purse->stamps = statedir_sub(at, "stamps");
    return purse->stamps >= 0 || purse_complain(directory, "/stamps", why_r);
}

struct purse *purse_open(const char *directory, uint32_t offer_s, uint32_t stamp_s,
                         char why_r[PURSE_WHY_MAX])
{
    struct purse *purse = xmalloc(sizeof *purse);
    int at = statedir_open(directory);

    *purse = (struct purse){.offers = -1, .stamps = -1, .offer_s = offer_s, .stamp_s = stamp_s};
    bool filled =
        at >= 0 ? purse_fill(purse, at, directory, why_r) : purse_complain(directory, "", why_r);
    if (at >= 0)
        close(at);
    if (filled)
        return purse;
    purse_free(purse);
    return NULL;
}

void purse_free(struct purse *purse)
{
    if (purse == NULL)
        return;
    if (purse->offers >= 0)
        close(purse->offers);
    if (purse->stamps >= 0)
        close(purse->stamps);
    op_key_free(purse->key);
    free(purse);
}

void purse_hash(const struct purse *purse, const char *label, const void *data, size_t len,
                char hash_r[PURSE_HASH_MAX])
{
    uint8_t mac[OP_MAC_LEN];

    op_key_mac(purse->key, label, data, len, mac);
    for (size_t i = 0; i < PURSE_HASH_LEN; i++)
        sprintf(hash_r + 2 * i, "%02x", mac[i]);
}

bool purse_offers(const struct purse *purse, const char *destination, int64_t now,
                  struct op_offers *offers_r)
{
    char name[OP_HEARD_NAME_MAX], text[STATEDIR_FILE_MAX];
    int64_t when;

    op_heard_name(purse->key, destination, name);
    int fd = statedir_file(purse->offers, name, O_RDONLY);
    if (fd < 0)
        return false;
    bool read = statedir_get(fd, text);
    close(fd);
    return read && op_heard_parse(text, strlen(text), &when, offers_r) &&
           op_heard_fresh(when, purse->offer_s, now);
}

/* An offer, or a doubt. */
static bool purse_is_offer(const char *name)
{
    size_t len = strspn(name, STATEDIR_HEX);

    return len == OP_HEARD_NAME_MAX - 1 &&
           (name[len] == '\0' || strcmp(name + len, PURSE_DOUBT) == 0);
}

bool purse_remember(const struct purse *purse, const char *destination, int64_t now,
                    const struct op_offers *offers)
{
    char name[OP_HEARD_NAME_MAX], text[OP_HEARD_TEXT_MAX];
    size_t len = op_heard_format(now, offers, text);
    uint32_t kept_s = purse->offer_s > PURSE_OFFER_MIN_S ? purse->offer_s : PURSE_OFFER_MIN_S;

    op_heard_name(purse->key, destination, name);
    statedir_sweep(purse->offers, purse_is_offer, now - (int64_t)kept_s, PURSE_OFFERS_MAX - 1);
    int fd = statedir_put(purse->offers, name, text, len);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

static void purse_doubt_name(const struct purse *purse, const char *destination,
                             char name_r[PURSE_DOUBT_MAX])
{
    op_heard_name(purse->key, destination, name_r);
    strcat(name_r, PURSE_DOUBT);
}

bool purse_doubt(const struct purse *purse, const char *destination)
{
    char name[PURSE_DOUBT_MAX];

    purse_doubt_name(purse, destination, name);
    int fd = statedir_put(purse->offers, name, "", 0);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

bool purse_doubted(const struct purse *purse, const char *destination, int64_t now)
{
    char name[PURSE_DOUBT_MAX];
    struct stat status;

    purse_doubt_name(purse, destination, name);
    return fstatat(purse->offers, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           op_heard_fresh(status.st_mtime, PURSE_DOUBT_S, now);
}
