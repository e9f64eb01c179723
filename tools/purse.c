/*
 * purse.c - the directory, its key, and the offers. Stamps are purse_stamp.c's.
 *
 *     key               32 random octets
 *     offers/NAME       see pow/heard.h
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
#include "tools/purse_dir.h"
#include "tools/purse_own.h"

#define PURSE_HASH_LEN (PURSE_HASH_MAX / 2) /* octets of a MAC that are enough for a name */

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
    int fd = openat(directory, "key", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0 && errno == ENOENT && purse_make_key(directory))
        fd = openat(directory, "key", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
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
    snprintf(why_r, PURSE_WHY_MAX, "%.300s%s: %s", directory, what, strerror(errno));
    return false;
}

static bool purse_fill(struct purse *purse, int at, const char *directory,
                       char why_r[PURSE_WHY_MAX])
{
    if (!purse_read_key(at, &purse->key))
        return purse_complain(directory, "/key", why_r);
    purse->offers = purse_dir_open(at, "offers");
    if (purse->offers < 0)
        return purse_complain(directory, "/offers", why_r);
    purse->stamps = purse_dir_open(at, "stamps");
    return purse->stamps >= 0 || purse_complain(directory, "/stamps", why_r);
}

struct purse *purse_open(const char *directory, uint32_t offer_s, uint32_t stamp_s,
                         char why_r[PURSE_WHY_MAX])
{
    struct purse *purse = xmalloc(sizeof *purse);
    int at = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

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
    char name[OP_HEARD_NAME_MAX], text[PURSE_FILE_MAX];
    int64_t when;

    op_heard_name(purse->key, destination, name);
    int fd = openat(purse->offers, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    bool read = purse_dir_get(fd, text);
    close(fd);
    return read && op_heard_parse(text, strlen(text), &when, offers_r) &&
           op_heard_fresh(when, purse->offer_s, now);
}

bool purse_remember(const struct purse *purse, const char *destination, int64_t now,
                    const struct op_offers *offers)
{
    char name[OP_HEARD_NAME_MAX], text[OP_HEARD_TEXT_MAX];
    size_t len = op_heard_format(now, offers, text);

    op_heard_name(purse->key, destination, name);
    purse_dir_sweep(purse->offers, now - (int64_t)purse->offer_s, PURSE_OFFERS_MAX - 1);
    int fd = purse_dir_put(purse->offers, name, text, len);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}
