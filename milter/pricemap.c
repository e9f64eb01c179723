/*
 * pricemap.c - a file of factors as a hash table: the keys one after the other in one block, an
 * entry of 16 octets for each, and slots that hold the number of an entry, plus 1.
 *
 * What is wrong with a line is told without the line: it may go to a log that holds no address.
 * Canonical text is compared whole, so the hash need not resist anybody: it is built from the
 * operator's file, and a sender can do no more than look something up.
 */
#include "milter/pricemap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/addrkey.h"

#define FILE_MAX      (INT64_C(1) << 30) /* octets: offsets of keys have 32 bits */
#define SLOTS_MIN     16
#define ENTRIES_FIRST 64
#define TEXT_FIRST    4096
#define BLANKS        " \t\r\n"

struct entry {
    uint32_t text; /* offset of the key, NUL-terminated */
    uint32_t line;
    double factor;
};

struct pricemap {
    char *text;
    size_t text_len, text_room;
    struct entry *entry;
    size_t count, room;
    uint32_t *slot; /* 0: free */
    size_t slots;   /* a power of two, at least twice as many as entries */
};

struct source { /* the file being read */
    const char *path;
    uint32_t line;
    char *why;
    size_t why_size;
};

__attribute__((format(printf, 2, 3))) static bool complain(const struct source *source,
                                                           const char *format, ...)
{
    va_list args;
    int used = source->line ? snprintf(source->why, source->why_size, "%.200s:%" PRIu32 ": ",
                                       source->path, source->line)
                            : snprintf(source->why, source->why_size, "%.200s: ", source->path);
    if (used < 0 || (size_t)used >= source->why_size)
        return false;
    va_start(args, format);
    vsnprintf(source->why + used, source->why_size - (size_t)used, format, args);
    va_end(args);
    return false;
}

/* --- the table ---------------------------------------------------------------------------- */

static uint64_t hash(const char *key, size_t len) /* FNV-1a, its high bits mixed down */
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < len; i++)
        h = (h ^ (uint8_t)key[i]) * UINT64_C(0x100000001b3);
    return h ^ (h >> 32);
}

/* The slot that holds the key, or the free one where it belongs. */
static uint32_t *find_slot(const struct pricemap *map, const char *key, size_t len)
{
    size_t at = (size_t)hash(key, len) & (map->slots - 1);
    while (map->slot[at] != 0 && strcmp(map->text + map->entry[map->slot[at] - 1].text, key) != 0)
        at = (at + 1) & (map->slots - 1);
    return &map->slot[at];
}

static bool rehash(struct pricemap *map, size_t slots)
{
    uint32_t *slot = calloc(slots, sizeof *slot);
    if (!slot)
        return false;
    free(map->slot);
    map->slot = slot;
    map->slots = slots;
    for (size_t i = 0; i < map->count; i++) {
        const char *key = map->text + map->entry[i].text;
        *find_slot(map, key, strlen(key)) = (uint32_t)i + 1;
    }
    return true;
}

static bool reserve(struct pricemap *map, size_t key_len)
{
    if (map->count == map->room) {
        size_t room = map->room ? map->room * 2 : ENTRIES_FIRST;
        struct entry *entry = reallocarray(map->entry, room, sizeof *entry);
        if (!entry)
            return false;
        map->entry = entry;
        map->room = room;
    }
    if (map->text_room - map->text_len <= key_len) {
        size_t room = (map->text_room ? map->text_room * 2 : TEXT_FIRST) + key_len;
        char *text = realloc(map->text, room);
        if (!text)
            return false;
        map->text = text;
        map->text_room = room;
    }
    return map->count * 2 < map->slots || rehash(map, map->slots ? map->slots * 2 : SLOTS_MIN);
}

static bool insert(struct pricemap *map, const struct addrkey *key, double factor,
                   const struct source *source)
{
    if (!reserve(map, key->len))
        return complain(source, "out of memory");
    uint32_t *slot = find_slot(map, key->text, key->len);
    if (*slot != 0)
        return complain(source, "got an entry a second time, allowed: once (see line %" PRIu32 ")",
                        map->entry[*slot - 1].line);
    map->entry[map->count] =
        (struct entry){.text = (uint32_t)map->text_len, .line = source->line, .factor = factor};
    memcpy(map->text + map->text_len, key->text, key->len + 1);
    map->text_len += key->len + 1;
    *slot = (uint32_t)++map->count;
    return true;
}

/* What was reserved and is not used goes back. */
static void shrink(struct pricemap *map)
{
    struct entry *entry = reallocarray(map->entry, map->count ? map->count : 1, sizeof *entry);
    char *text = realloc(map->text, map->text_len ? map->text_len : 1);
    map->entry = entry ? entry : map->entry;
    map->text = text ? text : map->text;
}

/* --- the file ----------------------------------------------------------------------------- */

/* Digits, with or without decimals: no sign, exponent or hexadecimal. */
static bool parse_factor(const char *text, double *factor_r)
{
    char *end;
    if (text[0] == '\0' || text[strspn(text, "0123456789.")] != '\0')
        return false;
    double factor = strtod(text, &end);
    if (*end != '\0' || !(factor <= PRICEMAP_FACTOR_MAX))
        return false;
    *factor_r = factor;
    return true;
}

/* "#" begins a comment at the start of a line or after a blank; elsewhere it is a part of an
 * address. Blanks at both ends go too. */
static char *strip(char *line)
{
    line += strspn(line, BLANKS);
    for (char *at = line; (at = strchr(at, '#')) != NULL; at++) {
        if (at == line || strchr(BLANKS, at[-1])) {
            *at = '\0';
            break;
        }
    }
    size_t len = strlen(line);
    while (len > 0 && strchr(BLANKS, line[len - 1]))
        line[--len] = '\0';
    return line;
}

static bool read_line(struct pricemap *map, char *line, const struct source *source)
{
    struct addrkey key;
    double factor;
    const char *why = NULL;

    line = strip(line);
    if (*line == '\0')
        return true;
    char *blank = strrchr(line, ' '), *tab = strrchr(line, '\t');
    if (!blank || (tab && tab > blank))
        blank = tab;
    if (!blank)
        return complain(source, "got one word, allowed: ADDRESS FACTOR or @DOMAIN FACTOR");
    if (!parse_factor(blank + 1, &factor))
        return complain(source, "got another factor, allowed: a number from 0 to 1000");
    if (!addrkey_parse(line, (size_t)(blank - line), &key, &why))
        return complain(source, "got no address, allowed: ADDRESS or @DOMAIN (%s)", why);
    if (map->count == PRICEMAP_LINES_MAX)
        return complain(source, "got more entries than %d", PRICEMAP_LINES_MAX);
    return insert(map, &key, factor, source);
}

static bool read_stream(struct pricemap *map, FILE *file, struct source *source)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    bool ok = true;

    while (ok && (len = getline(&line, &room, file)) >= 0) {
        source->line++;
        ok = strlen(line) == (size_t)len ? read_line(map, line, source)
                                         : complain(source, "got an octet 0, allowed: text");
    }
    free(line);
    if (ok && !feof(file)) {
        source->line = 0;
        return complain(source, "cannot be read: %s", strerror(errno));
    }
    return ok;
}

/* Regular files alone: a pipe or a device might never end. */
static FILE *open_file(const struct source *source)
{
    struct stat status;
    int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) != 0)
        complain(source, "cannot be read: %s", strerror(errno));
    else if (!S_ISREG(status.st_mode))
        complain(source, "is not a regular file");
    else if (status.st_size > FILE_MAX)
        complain(source, "got more than 1 GiB, allowed: a list of factors");
    else
        return fdopen(fd, "r");
    if (fd >= 0)
        close(fd);
    return NULL;
}

struct pricemap *pricemap_load(const char *path, char *why_r, size_t why_size)
{
    struct source source = {.path = path, .why = why_r, .why_size = why_size};
    complain(&source, "out of memory"); /* unless something else turns out */
    FILE *file = open_file(&source);
    struct pricemap *map = file ? calloc(1, sizeof *map) : NULL;
    bool ok = map && rehash(map, SLOTS_MIN) && read_stream(map, file, &source);

    if (file)
        fclose(file);
    if (!ok) {
        pricemap_free(map);
        return NULL;
    }
    shrink(map);
    return map;
}

void pricemap_free(struct pricemap *map)
{
    if (!map)
        return;
    free(map->text);
    free(map->entry);
    free(map->slot);
    free(map);
}

/* --- questions ---------------------------------------------------------------------------- */

static bool look_up(const struct pricemap *map, const char *key, size_t len, double *factor_r)
{
    uint32_t number = *find_slot(map, key, len);
    if (number == 0)
        return false;
    *factor_r = map->entry[number - 1].factor;
    return true;
}

bool pricemap_find(const struct pricemap *map, const struct op_recipient *recipient,
                   double *factor_r)
{
    const char *domain;
    size_t len;
    if (look_up(map, recipient->text, recipient->len, factor_r))
        return true;
    return addrkey_domain(recipient, &domain, &len) && look_up(map, domain, len, factor_r);
}

size_t pricemap_count(const struct pricemap *map)
{
    return map->count;
}
