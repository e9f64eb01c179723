/*
 * fuzz_map.c - any octets as a list to import and as a map. What import writes is a map with as
 * many lines as it says; what a map has reads back.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pow/err.h"
#include "tools/import.h"
#include "tools/map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each line on its own: written, it reads as the same. */
static size_t check_lines(const char *text, size_t size)
{
    size_t good = 0;

    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at), *why = NULL;
        size_t len = end ? (size_t)(end - text) - at : size - at, written_len;
        struct map_line line, again;
        enum map_line_kind kind = map_line_parse(text + at, len, &line, &why);
        OP_BUG_IF((kind == MAP_LINE_WRONG) != (why != NULL));
        if (kind == MAP_LINE_GOOD) {
            char *written = NULL;
            FILE *out = open_memstream(&written, &written_len);
            map_line_write(&line, out);
            fclose(out);
            OP_BUG_IF(map_line_parse(written, written_len - 1, &again, &why) != MAP_LINE_GOOD);
            OP_BUG_IF(memcmp(&line, &again, sizeof line) != 0);
            free(written);
            good++;
        }
        at += len + 1;
    }
    return good;
}

static void check_map(const char *text, size_t size)
{
    char path[32], why[256] = "";
    int fd = memfd_create("map", MFD_CLOEXEC);

    OP_BUG_IF(fd < 0 || write(fd, text, size) != (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct map *map = map_load(path, why, sizeof why);
    OP_BUG_IF((map == NULL) != (why[0] != '\0'));
    if (map) {
        struct map_line lines[ROUTE_MAX];
        OP_BUG_IF(map_count(map) != check_lines(text, size));
        map_find(map, "a.example", lines);
    }
    map_free(map);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *map = NULL, why[IMPORT_WHY_MAX] = "";
    size_t len = 0;
    struct import_count count = {0};
    FILE *out = open_memstream(&map, &len);

    OP_BUG_IF(!out);
    bool ok = import_text((const char *)data, size, out, &count, why);
    fclose(out);
    OP_BUG_IF(ok != (why[0] == '\0'));
    OP_BUG_IF(ok && check_lines(map, len) != count.taken);
    free(map);
    check_lines((const char *)data, size);
    check_map((const char *)data, size);
    return 0;
}
