/*
 * simulate_script.c - the language of scenarios: lines, and what has to fit together.
 *
 * All sizes are bounded: lines, sources, the span, and with them the work of a simulation.
 */
#include "milter/simulate_script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "milter/simulate_key.h"
#include "pow/units.h"

#define SCRIPT_LINE_MAX  2048 /* octets, with its line break and a NUL */
#define SCRIPT_LINES_MAX 1000
#define SCRIPT_SHOWN_MAX 101 /* of a refused value */
#define SCRIPT_BLANKS    " \t\r\n"
#define SCRIPT_KINDS     "run, honest, replay, botnet, gpu, buyer, junk, clock"

struct reader {
    const char *name;
    unsigned line;
    struct simulate_script *script;
    struct simulate_source *source; /* of this line; NULL: of run */
    unsigned kind;                  /* of this line */
    bool given[SIMULATE_KEYS_MAX];  /* in this line, by index */
    bool run;                       /* has been seen */
    enum simulate_script_result result;
    char *why;
};

const char *simulate_kind_str(enum simulate_kind kind)
{
    switch (kind) {
    case SIMULATE_HONEST:
        return "honest";
    case SIMULATE_REPLAY:
        return "replay";
    case SIMULATE_BOTNET:
        return "botnet";
    case SIMULATE_GPU:
        return "gpu";
    case SIMULATE_BUYER:
        return "buyer";
    case SIMULATE_JUNK:
        return "junk";
    case SIMULATE_CLOCK:
        return "clock";
    case SIMULATE_KINDS:
        return "run";
    }
    return "invalid";
}

static bool refuse(struct reader *reader, const char *what, const char *got, const char *allowed)
{
    reader->result = SIMULATE_SCRIPT_BAD;
    snprintf(reader->why, SIMULATE_WHY_MAX, "%.300s:%u: %s: got \"%.100s\", allowed: %s",
             reader->name, reader->line, what, got, allowed);
    return false;
}

static bool in_line(const struct reader *reader, unsigned kinds)
{
    return (kinds & SIMULATE_KEY_IN(reader->kind)) != 0;
}

/* The key of this name in lines of this kind; their number if there is none. */
static size_t find_key(const struct reader *reader, const char *name)
{
    size_t i = 0;

    while (i < simulate_key_count() && (!in_line(reader, simulate_key_at(i)->kinds) ||
                                        strcmp(simulate_key_at(i)->name, name) != 0))
        i++;
    return i;
}

static bool refuse_key(struct reader *reader, const char *got)
{
    char names[256] = "";
    size_t used = 0;

    for (size_t i = 0; i < simulate_key_count() && used < sizeof names; i++)
        if (in_line(reader, simulate_key_at(i)->kinds))
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s=", used ? ", " : "",
                                     simulate_key_at(i)->name);
    return refuse(reader, simulate_kind_str((enum simulate_kind)reader->kind), got, names);
}

static bool read_pair(struct reader *reader, char *word)
{
    char shown[SCRIPT_SHOWN_MAX], *value = strchr(word, '=');
    size_t i;

    if (value == NULL)
        return refuse_key(reader, word);
    *value++ = '\0';
    i = find_key(reader, word);
    if (i == simulate_key_count())
        return refuse_key(reader, word);
    if (reader->given[i])
        return refuse(reader, word, value, "one value in a line");
    reader->given[i] = true;
    snprintf(shown, sizeof shown, "%s", value);
    return simulate_key_read(simulate_key_at(i), value,
                             reader->source ? (void *)reader->source : reader->script) ||
           refuse(reader, word, shown, simulate_key_at(i)->allowed);
}

static bool nothing_missing(struct reader *reader)
{
    for (size_t i = 0; i < simulate_key_count(); i++) {
        const struct simulate_key *key = simulate_key_at(i);
        if (in_line(reader, key->needed) && !reader->given[i])
            return refuse(reader, key->name, "nothing", key->allowed);
    }
    return true;
}

static struct simulate_source source_of(enum simulate_kind kind)
{
    return (struct simulate_source){
        .kind = kind,
        .cores = kind == SIMULATE_BOTNET ? 2 : 4,
        .speed = kind == SIMULATE_BOTNET ? 0.5 : 1,
        .patience_s = 600,
        .until_s = SIMULATE_SPAN_MAX,
    };
}

/* Makes room for what the line is about. */
static bool begin(struct reader *reader, const char *word)
{
    struct simulate_script *script = reader->script;
    unsigned kind = 0;

    while (kind <= SIMULATE_KINDS && strcmp(word, simulate_kind_str((enum simulate_kind)kind)) != 0)
        kind++;
    reader->kind = kind;
    reader->source = NULL;
    memset(reader->given, 0, sizeof reader->given);
    if (kind > SIMULATE_KINDS)
        return refuse(reader, "kind", word, SCRIPT_KINDS);
    if (kind == SIMULATE_KINDS) {
        bool again = reader->run;
        reader->run = true;
        return !again || refuse(reader, "kind", word, "one line of this kind");
    }
    if (script->source_count == SIMULATE_SOURCES_MAX)
        return refuse(reader, "kind", word, "64 lines besides run");
    reader->source = &script->source[script->source_count++];
    *reader->source = source_of((enum simulate_kind)kind);
    return true;
}

static bool fits(struct reader *reader)
{
    const struct simulate_source *source = reader->source;
    char got[OP_UNITS_MAX];

    if (source == NULL)
        return true;
    op_duration_format(source->from_s, got);
    if (source->from_s >= source->until_s)
        return refuse(reader, "from", got, "a time before until");
    if (source->ahead_s > source->from_s)
        return refuse(reader, "from", got, "a time not before the start, less ahead");
    op_duration_format(source->on_s, got);
    return (source->on_s == 0) == (source->off_s == 0) ||
           refuse(reader, "on", got, "on= and off= together");
}

static bool read_line(struct reader *reader, char *line)
{
    char *rest, *word = strtok_r(line, SCRIPT_BLANKS, &rest);

    if (word == NULL || word[0] == '#')
        return true;
    if (!begin(reader, word))
        return false;
    while ((word = strtok_r(NULL, SCRIPT_BLANKS, &rest)) != NULL && word[0] != '#')
        if (!read_pair(reader, word))
            return false;
    return nothing_missing(reader) && fits(reader);
}

static bool read_lines(struct reader *reader, FILE *stream)
{
    char line[SCRIPT_LINE_MAX];

    while (fgets(line, sizeof line, stream) != NULL) {
        reader->line++;
        if (strchr(line, '\n') == NULL && !feof(stream))
            return refuse(reader, "line", line, "less than 2047 octets");
        if (strlen(line) == 0 || reader->line > SCRIPT_LINES_MAX)
            return refuse(reader, "line", line, "text, at most 1000 lines");
        if (!read_line(reader, line))
            return false;
    }
    if (!ferror(stream))
        return true;
    reader->result = SIMULATE_SCRIPT_BROKEN;
    snprintf(reader->why, SIMULATE_WHY_MAX, "%.300s: %s", reader->name, strerror(errno));
    return false;
}

/* A path is relative to the scenario's directory; standard input has none. False: too long. */
static bool resolve(const char *name, char path[SIMULATE_PATH_MAX])
{
    const char *slash = strrchr(name, '/');
    size_t before = slash != NULL ? (size_t)(slash - name) + 1 : 0, len = strlen(path);

    if (path[0] == '/' || before == 0)
        return true;
    if (before + len >= SIMULATE_PATH_MAX)
        return false;
    memmove(path + before, path, len + 1);
    memcpy(path, name, before);
    return true;
}

static bool read_record(struct reader *reader, struct simulate_source *source)
{
    bool missing = false;

    if (!resolve(reader->name, source->file))
        return refuse(reader, "file", source->file, "a path of less than 1024 octets in all");
    if (simulate_record_read(source->file, reader->script->span_s / 60, &source->record, &missing,
                             reader->why, SIMULATE_WHY_MAX))
        return true;
    reader->result = missing ? SIMULATE_SCRIPT_MISSING : SIMULATE_SCRIPT_BAD;
    return false;
}

/* What can be said only when all lines are known. */
static bool finish(struct reader *reader)
{
    struct simulate_script *script = reader->script;

    if (!reader->run)
        return refuse(reader, "run", "nothing", "a line such as: run span=14d row=12h");
    if (script->row_s > script->span_s)
        script->row_s = script->span_s;
    if ((script->span_s - 1) / script->row_s >= SIMULATE_ROWS_MAX)
        return refuse(reader, "row", "more", "at most 10000 rows in the span");
    for (size_t i = 0; i < script->source_count; i++)
        if (script->source[i].kind == SIMULATE_REPLAY && !read_record(reader, &script->source[i]))
            return false;
    return true;
}

enum simulate_script_result simulate_script_read(const char *name, FILE *stream,
                                                 struct simulate_script **script_r,
                                                 char why_r[SIMULATE_WHY_MAX])
{
    struct reader reader = {.name = name, .why = why_r, .result = SIMULATE_SCRIPT_OK};

    reader.script = calloc(1, sizeof *reader.script);
    if (reader.script == NULL) {
        snprintf(why_r, SIMULATE_WHY_MAX, "%.300s: out of memory", name);
        return SIMULATE_SCRIPT_BROKEN;
    }
    reader.script->row_s = 12 * 3600;
    reader.script->start = 20260101;
    if (read_lines(&reader, stream) && finish(&reader))
        *script_r = reader.script;
    else
        simulate_script_free(reader.script);
    return reader.result;
}

void simulate_script_free(struct simulate_script *script)
{
    if (script == NULL)
        return;
    for (size_t i = 0; i < script->source_count; i++)
        simulate_record_clear(&script->source[i].record);
    free(script);
}
