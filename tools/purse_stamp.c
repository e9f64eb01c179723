/*
 * purse_stamp.c - stamps on disk. Each is a file of fixed layout,
 *
 *     minted SECONDS
 *     message HASH        (or 32 dashes: it is free)
 *     VALUE               (of the header field)
 *
 * and is held by who has it locked (flock): the kernel gives back what a dead process held. The
 * hash is overwritten in place under that lock, so a file never changes its inode while it waits.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pow/heard.h"
#include "pow/quote.h"
#include "tools/fail.h"
#include "tools/purse.h"
#include "tools/purse_own.h"
#include "tools/statedir.h"

#define PURSE_ID        8 /* octets of a stamp's identity in its name */
#define PURSE_NAME_MAX  (PURSE_HASH_MAX + 2 * PURSE_ID + 1) /* HASH-ID, NUL included */
#define PURSE_LAYOUT    "minted %011lld\nmessage %s\n%s\n"
#define PURSE_MINTED_AT 7
#define PURSE_OWNER_AT  (PURSE_MINTED_AT + 11 + 1 + 8)
#define PURSE_VALUE_AT  (PURSE_OWNER_AT + PURSE_HASH_MAX)

static const char purse_free_owner[] = "--------------------------------";

struct purse_stamp {
    int directory; /* the purse's */
    int fd;        /* locked; -1: it is not on disk */
    char name[PURSE_NAME_MAX];
    struct op_stamp stamp;
};

const struct op_stamp *purse_stamp_value(const struct purse_stamp *held)
{
    return &held->stamp;
}

bool purse_meets(const struct op_stamp *stamp, const struct op_offers *offers, int64_t now)
{
    bool promised = stamp->quote_len > 0 && op_quote_expiry(stamp->quote) > now;

    for (size_t i = 0; i < offers->count; i++) {
        if (offers->offer[i].suite == stamp->suite &&
            (promised || offers->offer[i].effort <= stamp->effort))
            return true;
    }
    return false;
}

static void purse_close(struct purse_stamp *held)
{
    if (held->fd >= 0)
        close(held->fd);
    free(held);
}

void purse_spend(struct purse_stamp *held)
{
    if (held == NULL)
        return;
    if (held->fd >= 0)
        unlinkat(held->directory, held->name, 0);
    purse_close(held);
}

static bool purse_set_owner(const struct purse_stamp *held, const char *owner)
{
    return held->fd < 0 ||
           pwrite(held->fd, owner, PURSE_HASH_MAX - 1, PURSE_OWNER_AT) == PURSE_HASH_MAX - 1;
}

void purse_release(struct purse_stamp *held)
{
    if (held == NULL)
        return;
    if (!purse_set_owner(held, purse_free_owner))
        fail_note("a kept stamp: %s", strerror(errno));
    purse_close(held);
}

void purse_return(struct purse_stamp *held)
{
    if (held != NULL)
        purse_close(held);
}

/* Reads a file of this layout: the stamp, when it was minted, whose it is. */
static bool purse_read(int fd, struct op_stamp *stamp_r, int64_t *minted_r,
                       char owner_r[PURSE_HASH_MAX])
{
    char text[STATEDIR_FILE_MAX];
    long long minted;

    if (!statedir_get(fd, text) || strlen(text) <= PURSE_VALUE_AT ||
        sscanf(text, "minted %11lld\nmessage %32[-0-9a-f]\n", &minted, owner_r) != 2 ||
        strlen(owner_r) != PURSE_HASH_MAX - 1)
        return false;
    *minted_r = minted;
    const char *value = text + PURSE_VALUE_AT;
    return op_stamp_parse(value, strlen(value), stamp_r, NULL) == OP_VERDICT_PASS;
}

static struct purse_stamp *purse_hold(const struct purse *purse, int fd, const char *name,
                                      const struct op_stamp *stamp)
{
    struct purse_stamp *held = xmalloc(sizeof *held);

    *held = (struct purse_stamp){.directory = purse->stamps, .fd = fd, .stamp = *stamp};
    snprintf(held->name, sizeof held->name, "%s", name);
    return held;
}

struct purse_want {
    const char *owner;
    const struct op_offers *offers; /* of a free stamp; NULL: any */
    int64_t now;
};

enum purse_kind {
    PURSE_OWN,
    PURSE_FREE,
    PURSE_OTHER, /* another message's, or of no use */
    PURSE_DEAD,  /* damaged, or too old */
};

static enum purse_kind purse_classify(const struct purse *purse, const struct purse_want *want,
                                      int fd, struct op_stamp *stamp_r)
{
    char owner[PURSE_HASH_MAX];
    int64_t minted;

    if (!purse_read(fd, stamp_r, &minted, owner) ||
        !op_heard_fresh(minted, purse->stamp_s, want->now))
        return PURSE_DEAD;
    if (strcmp(owner, want->owner) == 0)
        return PURSE_OWN;
    if (strcmp(owner, purse_free_owner) != 0)
        return PURSE_OTHER;
    return want->offers == NULL || purse_meets(stamp_r, want->offers, want->now) ? PURSE_FREE
                                                                                 : PURSE_OTHER;
}

static bool purse_lock(int fd)
{
    struct stat status;

    return flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &status) == 0 && status.st_nlink > 0;
}

/* Holds this file if it is the message's, or free and wanted. It is looked at before it is locked:
 * whose stamp it is must not find it busy because others are looking around. */
static struct purse_stamp *purse_consider(const struct purse *purse, const char *name,
                                          const struct purse_want *want, bool *own_r)
{
    struct op_stamp stamp;
    int fd = statedir_file(purse->stamps, name, O_RDWR);

    if (fd < 0)
        return NULL;
    if (purse_classify(purse, want, fd, &stamp) != PURSE_OTHER && purse_lock(fd)) {
        switch (purse_classify(purse, want, fd, &stamp)) {
        case PURSE_OWN:
            *own_r = true;
            return purse_hold(purse, fd, name, &stamp);
        case PURSE_FREE:
            return purse_hold(purse, fd, name, &stamp);
        case PURSE_DEAD:
            unlinkat(purse->stamps, name, 0);
            break;
        case PURSE_OTHER:
            break;
        }
    }
    close(fd);
    return NULL;
}

static bool purse_is_stamp(const char *name)
{
    return strlen(name) == PURSE_NAME_MAX - 1 && strspn(name, STATEDIR_HEX) == PURSE_HASH_MAX - 1 &&
           name[PURSE_HASH_MAX - 1] == '-' &&
           strspn(name + PURSE_HASH_MAX, STATEDIR_HEX) == 2 * PURSE_ID;
}

/* The message's own stamp, else the first free one. */
static struct purse_stamp *purse_search(const struct purse *purse, DIR *stream, const char *prefix,
                                        const struct purse_want *want)
{
    struct purse_stamp *spare = NULL;

    for (const struct dirent *at; (at = readdir(stream)) != NULL;) {
        bool own = false;
        if (strncmp(at->d_name, prefix, PURSE_HASH_MAX - 1) != 0 || !purse_is_stamp(at->d_name))
            continue;
        struct purse_stamp *held = purse_consider(purse, at->d_name, want, &own);
        if (own) {
            purse_return(spare);
            return held;
        }
        if (spare == NULL)
            spare = held;
        else
            purse_return(held);
    }
    return spare;
}

struct purse_stamp *purse_claim(const struct purse *purse, const struct op_recipient *recipient,
                                const uint8_t message[OP_SHA256_LEN],
                                const struct op_offers *offers, int64_t now)
{
    char prefix[PURSE_HASH_MAX], owner[PURSE_HASH_MAX];
    int fd = openat(purse->stamps, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;

    if (stream == NULL) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    purse_hash(purse, "onionpow purse recipient", recipient->text, recipient->len, prefix);
    purse_hash(purse, "onionpow purse message", message, OP_SHA256_LEN, owner);
    const struct purse_want want = {.owner = owner, .offers = offers, .now = now};
    struct purse_stamp *held = purse_search(purse, stream, prefix, &want);
    closedir(stream);
    if (held != NULL && !purse_set_owner(held, owner))
        fail_note("a kept stamp: %s", strerror(errno));
    return held;
}

struct purse_stamp *purse_keep(const struct purse *purse, const struct op_recipient *recipient,
                               const uint8_t message[OP_SHA256_LEN], const struct op_stamp *stamp,
                               int64_t now, bool *kept_r)
{
    char prefix[PURSE_HASH_MAX], owner[PURSE_HASH_MAX], name[PURSE_NAME_MAX];
    char value[OP_STAMP_TEXT_MAX], text[STATEDIR_FILE_MAX];
    uint8_t id[OP_ID_LEN];

    purse_hash(purse, "onionpow purse recipient", recipient->text, recipient->len, prefix);
    purse_hash(purse, "onionpow purse message", message, OP_SHA256_LEN, owner);
    op_stamp_id(stamp, id);
    int at = snprintf(name, sizeof name, "%s-", prefix);
    for (size_t i = 0; i < PURSE_ID; i++)
        at += snprintf(name + at, sizeof name - (size_t)at, "%02x", id[i]);
    op_stamp_format(stamp, value);
    int len = snprintf(text, sizeof text, PURSE_LAYOUT, (long long)now, owner, value);
    statedir_sweep(purse->stamps, purse_is_stamp, now - (int64_t)purse->stamp_s,
                   PURSE_STAMPS_MAX - 1);
    int fd = statedir_put(purse->stamps, name, text, (size_t)len);
    *kept_r = fd >= 0;
    return purse_hold(purse, fd, name, stamp);
}
