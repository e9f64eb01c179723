/* offerbook.c - see offerbook.h, and pow/heard.h for what the files are. */
#include "milter/offerbook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pow/heard.h"
#include "pow/key.h"
#include "pow/recipient.h"

#define PATH_MAX_LEN    4096
#define DESTINATION_MAX (OP_DOMAIN_MAX + 4) /* with ":25" and NUL */

/* Reads a file of fewer than `size` octets; its length, or -1 with errno. */
static ssize_t read_file(const char *directory, const char *name, void *octets_r, size_t size)
{
    char path[PATH_MAX_LEN];

    if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, name) >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -1;
    ssize_t len = read(fd, octets_r, size);
    int error = errno;
    close(fd);
    errno = error;
    if (len == (ssize_t)size) {
        errno = EFBIG;
        return -1;
    }
    return len;
}

static bool read_key(const char *directory, struct op_key **key_r)
{
    uint8_t material[OP_KEY_LEN + 1];
    ssize_t len = read_file(directory, "key", material, sizeof material);

    if (len >= 0)
        errno = EINVAL; /* what it is, unless it is a key */
    bool read = len == OP_KEY_LEN && op_key_new(material, key_r) == OP_OK;
    explicit_bzero(material, sizeof material);
    return read;
}

bool offerbook_find(const char *directory, const char *domain, int64_t now,
                    struct op_offers *offers_r)
{
    char destination[DESTINATION_MAX], text[OP_HEARD_TEXT_MAX + 1];
    char name[sizeof "offers/" + OP_HEARD_NAME_MAX] = "offers/";
    struct op_offers offers;
    struct op_key *key;
    int64_t when;

    if (!read_key(directory, &key))
        return false;
    snprintf(destination, sizeof destination, "%s:25", domain);
    op_heard_name(key, destination, name + strlen(name));
    op_key_free(key);
    ssize_t len = read_file(directory, name, text, sizeof text);
    if (len <= 0 || !op_heard_parse(text, (size_t)len, &when, &offers) ||
        !op_heard_fresh(when, OFFERBOOK_AGE_S, now))
        return false;
    *offers_r = offers;
    return true;
}

bool offerbook_readable(const char *directory, char *why_r, size_t why_size)
{
    struct op_key *key;

    if (!read_key(directory, &key)) {
        snprintf(why_r, why_size, "%s/key: %s", directory, strerror(errno));
        return false;
    }
    op_key_free(key);
    return true;
}
