/*
 * simulate_record.c - reads recorded arrivals into a count for each minute: memory depends on the
 * simulated span, not on the file.
 */
#include "milter/simulate_record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pow/units.h"

#define RECORD_LINE_MAX  128
#define RECORD_LINES_MAX 10000000
#define RECORD_MAILS_MAX 1000000 /* in one minute */
#define RECORD_BLANKS    " \t\r\n"
#define RECORD_ALLOWED   "UNIX-TIME or UNIX-TIME COUNT, in order of time"

struct reader {
    const char *path;
    size_t number; /* of the line */
    bool begun;
    uint64_t first, last;
    char *why;
    size_t why_size;
};

static bool refuse(const struct reader *reader, const char *got, const char *allowed)
{
    snprintf(reader->why, reader->why_size, "%.300s:%zu: got \"%.60s\", allowed: %s", reader->path,
             reader->number, got, allowed);
    return false;
}

static bool number(const char *word, uint64_t max, uint64_t *number_r)
{
    return op_decimal_parse(word, strlen(word), number_r) && *number_r <= max;
}

/* One line; the time in it counts from the first one. count 0: a comment, or an empty line. */
static bool read_line(struct reader *reader, char *line, uint64_t *at_r, uint64_t *count_r)
{
    char shown[RECORD_LINE_MAX], *rest = NULL;
    uint64_t at;

    memcpy(shown, line, strlen(line) + 1);
    shown[strcspn(shown, "\r\n")] = '\0';
    char *when = strtok_r(line, RECORD_BLANKS, &rest),
         *count = strtok_r(NULL, RECORD_BLANKS, &rest);

    *count_r = 0;
    if (when == NULL || when[0] == '#')
        return true;
    if (!number(when, UINT64_C(1) << 40, &at) || (reader->begun && at < reader->last) ||
        strtok_r(NULL, RECORD_BLANKS, &rest) != NULL)
        return refuse(reader, shown, RECORD_ALLOWED);
    *count_r = 1;
    if (count != NULL && !number(count, RECORD_MAILS_MAX, count_r))
        return refuse(reader, shown, "a count from 0 to 1000000");
    if (!reader->begun)
        reader->first = at;
    reader->begun = true;
    reader->last = at;
    *at_r = at - reader->first;
    return true;
}

static bool read_lines(struct reader *reader, FILE *stream, struct simulate_record *record)
{
    char line[RECORD_LINE_MAX];
    uint64_t at, count;

    while (fgets(line, sizeof line, stream) != NULL) {
        reader->number++;
        if (strchr(line, '\n') == NULL && !feof(stream))
            return refuse(reader, line, "lines of less than 127 octets");
        if (reader->number > RECORD_LINES_MAX)
            return refuse(reader, "more", "10000000 lines");
        if (!read_line(reader, line, &at, &count))
            return false;
        if (count == 0)
            continue;
        if (at / 60 >= record->minutes)
            return true;
        if (record->mails[at / 60] + count > RECORD_MAILS_MAX)
            return refuse(reader, "more", "1000000 mails in a minute");
        record->mails[at / 60] += (uint32_t)count;
    }
    if (ferror(stream)) {
        snprintf(reader->why, reader->why_size, "%.300s: %s", reader->path, strerror(errno));
        return false;
    }
    return reader->begun || refuse(reader, "nothing", RECORD_ALLOWED);
}

bool simulate_record_read(const char *path, size_t minutes, struct simulate_record *record_r,
                          bool *missing_r, char *why_r, size_t why_size)
{
    struct reader reader = {.path = path, .why = why_r, .why_size = why_size};
    struct simulate_record record = {calloc(minutes, sizeof *record.mails), minutes};
    FILE *stream = fopen(path, "re");
    bool ok = false;

    *missing_r = stream == NULL;
    if (stream == NULL)
        snprintf(why_r, why_size, "%.300s: %s", path, strerror(errno));
    else if (record.mails == NULL)
        snprintf(why_r, why_size, "%.300s: out of memory", path);
    else
        ok = read_lines(&reader, stream, &record);
    if (stream != NULL)
        fclose(stream);
    if (ok)
        *record_r = record;
    else
        simulate_record_clear(&record);
    return ok;
}

void simulate_record_clear(struct simulate_record *record)
{
    free(record->mails);
    memset(record, 0, sizeof *record);
}
