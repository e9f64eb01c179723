/*
 * fuzz_mime.c - any octets as a message of parts: no more parts than are allowed, each within its
 * bounds, whole ones in full; and nothing is visited where nothing speaks of MIME.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pow/err.h"
#include "tools/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct visited {
    const char *text;
    size_t len;
    unsigned parts;
};

/* A sanitizer sees a part that is not there. */
static void touch(const char *text, size_t len)
{
    volatile char sum = 0;

    for (size_t i = 0; i < len; i++)
        sum = (char)(sum ^ text[i]);
}

static void visit(void *arg, const struct mime_part *part)
{
    struct visited *visited = arg;

    OP_BUG_IF(memchr(part->type, '\0', MIME_TYPE_MAX) == NULL);
    OP_BUG_IF(strpbrk(part->type, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != NULL);
    OP_BUG_IF(part->len > visited->len || part->header_len > visited->len);
    touch(part->text, part->len);
    touch(part->header, part->header_len);
    visited->parts++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct visited visited = {.text = (const char *)data, .len = size};
    bool found = mime_walk(visited.text, size, visit, &visited);

    OP_BUG_IF(visited.parts > MIME_PARTS_MAX);
    OP_BUG_IF(!found && visited.parts > 0);
    return 0;
}
