/*
 * fuzz_pricemap.c - any octets as a file of factors: refused with file and line, or taken; what is
 * taken has no more entries than lines, and factors within bounds.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "milter/pricemap.h"
#include "pow/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_lines(const uint8_t *data, size_t size)
{
    size_t lines = size > 0 && data[size - 1] != '\n';
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    return lines;
}

/* Whatever a line begins with may be looked up. */
static void look_up(const struct pricemap *map, const char *line, size_t len)
{
    struct op_recipient recipient;
    double factor = 0;
    if (op_recipient_parse(line, len, &recipient, NULL) && pricemap_find(map, &recipient, &factor))
        OP_BUG_IF(!(factor >= 0 && factor <= PRICEMAP_FACTOR_MAX) || pricemap_count(map) == 0);
}

static void check(const struct pricemap *map, const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *end = at + size;
    OP_BUG_IF(pricemap_count(map) > count_lines(data, size));
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((line_end ? line_end : end) - at);
        const char *blank = memchr(at, ' ', len);
        look_up(map, at, blank ? (size_t)(blank - at) : len);
        at += len + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[32], why[512] = "";
    int fd = memfd_create("map", MFD_CLOEXEC);
    OP_BUG_IF(fd < 0 || write(fd, data, size) != (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct pricemap *map = pricemap_load(path, why, sizeof why);
    if (map)
        check(map, data, size);
    else
        OP_BUG_IF(strncmp(why, path, strlen(path)) != 0);
    pricemap_free(map);
    close(fd);
    return 0;
}
