/*
 * sender_parse.c - takes the keys of one text over into the configuration.
 *
 * libconfuse does the syntax and hands over texts; what they mean is the table's business
 * (sender_key.h). The line of each key is kept in libconfuse's comment of it, so that every
 * complaint can name it.
 */
#include "tools/sender_parse.h"

#include <confuse.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sender_key.h"
#include "tools/sender_value.h"

#define SENDER_KEYS_MAX  32
#define SENDER_WHERE_MAX 512 /* octets of "FILE:LINE" */
#define SENDER_SHOWN_MAX 160 /* octets of a refused value that are shown */

/* libconfuse takes an unclosed comment at the end of the file for closed. This key, put behind the
 * text, is not seen then; and it ends the quotes that the text has left open. */
#define SENDER_SENTINEL "(end of file)"

struct sender_parse_text { /* a file being read */
    const char *name;
    const char *whole; /* with the sentinel */
    cfg_t *file;
    struct sender *sender;
    char *why; /* empty as long as nothing is wrong */
};

/* libconfuse's callbacks have no argument for the caller's use. */
static _Thread_local struct sender_parse_text *sender_parsing;

/* --- complaints --------------------------------------------------------------------------- */

/* The first complaint is the cause of the others. */
__attribute__((format(printf, 2, 3))) static bool sender_parse_complain(char *why_r,
                                                                        const char *format, ...)
{
    va_list args;

    if (why_r[0] == '\0') {
        va_start(args, format);
        vsnprintf(why_r, SENDER_WHY_MAX, format, args);
        va_end(args);
    }
    return false;
}

static bool sender_parse_complain_nomem(char *why_r, const char *name)
{
    return sender_parse_complain(why_r, "%.400s: out of memory", name);
}

static void sender_parse_where(const struct sender_parse_text *source, int line,
                               char where_r[SENDER_WHERE_MAX])
{
    if (line > 0)
        snprintf(where_r, SENDER_WHERE_MAX, "%.400s:%d", source->name, line);
    else
        snprintf(where_r, SENDER_WHERE_MAX, "%.400s", source->name);
}

static void sender_parse_complain_unknown(struct sender_parse_text *source, const char *where,
                                          const char *key)
{
    char keys[512];
    size_t used = 0;

    for (size_t i = 0; i < sender_key_count() && used < sizeof keys; i++)
        used += (size_t)snprintf(keys + used, sizeof keys - used, "%s%s", i > 0 ? ", " : "",
                                 sender_key_at(i)->name);
    sender_parse_complain(source->why, "%s: key \"%.*s\": got an unknown key, allowed: %s", where,
                          SENDER_SHOWN_MAX, key, keys);
}

static int sender_parse_lines(const char *text, size_t len)
{
    int lines = 0;

    for (const char *at = text; (at = memchr(at, '\n', (size_t)(text + len - at))) != NULL; at++)
        lines++;
    return lines;
}

/* Single quotes that are never closed: the sentinel closes the double ones. */
static void sender_parse_complain_open(struct sender_parse_text *source)
{
    const char *quote = strrchr(source->whole, '\'');
    char where[SENDER_WHERE_MAX];

    sender_parse_where(
        source,
        quote != NULL ? sender_parse_lines(source->whole, (size_t)(quote - source->whole)) + 1 : 0,
        where);
    sender_parse_complain(source->why,
                          "%s: got quotes that are open at the end of the file, "
                          "allowed: closed ones",
                          where);
}

/* libconfuse reports syntax errors here. Two of its messages are put into our own words. What it
 * quotes may have begun some lines before. */
__attribute__((format(printf, 2, 0))) static void
sender_parse_on_error(cfg_t *file, const char *format, va_list args)
{
    static const char unknown[] = "no such option '", open[] = "unterminated string constant";
    char where[SENDER_WHERE_MAX], text[512];

    vsnprintf(text, sizeof text, format, args);
    sender_parse_where(sender_parsing, file->line - sender_parse_lines(text, strlen(text)), where);
    if (strncmp(text, unknown, sizeof unknown - 1) == 0) {
        text[strlen(text) - 1] = '\0';
        sender_parse_complain_unknown(sender_parsing, where, text + sizeof unknown - 1);
    } else if (strcmp(text, open) == 0) {
        sender_parse_complain_open(sender_parsing);
    } else {
        sender_parse_complain(sender_parsing->why, "%s: %s", where, text);
    }
}

/* --- parsing ------------------------------------------------------------------------------ */

static int sender_parse_line(cfg_opt_t *option)
{
    const char *note = cfg_opt_getcomment(option);

    return note != NULL ? atoi(note) : 0;
}

/* Quotes that are not closed go on in the next lines. To be told before the complaint of what comes
 * behind the next quote: that one is about another line. */
static int sender_parse_check_quotes(cfg_t *file, cfg_opt_t *option)
{
    const char *text = cfg_opt_getnstr(option, cfg_opt_size(option) - 1);
    int lines = text != NULL ? sender_parse_lines(text, strlen(text)) : 0;
    char where[SENDER_WHERE_MAX];

    if (lines == 0)
        return 0;
    sender_parse_where(sender_parsing, file->line > lines ? file->line - lines : 1, where);
    sender_parse_complain(sender_parsing->why,
                          "%s: key \"%s\": got a line end inside quotes, allowed: one line", where,
                          cfg_opt_name(option));
    return -1;
}

/* Of the list that the key is in the middle of, how many values there were; 0: there is none. */
static unsigned sender_parse_seen(cfg_opt_t *option)
{
    const char *note = cfg_opt_getcomment(option), *blank = note != NULL ? strchr(note, ' ') : NULL;

    return blank != NULL ? (unsigned)atoi(blank) : 0;
}

/* Called by libconfuse whenever a value has been read, and at the end of a list: that there are no
 * more values than before tells it. */
static int sender_parse_on_value(cfg_t *file, cfg_opt_t *option)
{
    unsigned seen = sender_parse_seen(option), size = cfg_opt_size(option);
    bool list = (option->flags & CFGF_LIST) != 0, ends = size == seen;
    char where[SENDER_WHERE_MAX], note[32];

    if (sender_parse_check_quotes(file, option) != 0)
        return -1;
    if (cfg_opt_getcomment(option) != NULL && (seen == 0 || (!ends && size != seen + 1))) {
        sender_parse_where(sender_parsing, file->line, where);
        sender_parse_complain(sender_parsing->why,
                              "%s: key \"%s\": got it a second time, allowed: once (see line %d)",
                              where, cfg_opt_name(option), sender_parse_line(option));
        return -1;
    }
    snprintf(note, sizeof note, "%d %u", file->line, list && !ends ? size : 0);
    return cfg_opt_setcomment(option, note) == CFG_SUCCESS ? 0 : -1;
}

/* A second one says that the first was in the file. */
static int sender_parse_on_sentinel(cfg_t *file, cfg_opt_t *option)
{
    char where[SENDER_WHERE_MAX], line[16];

    if (cfg_opt_getcomment(option) != NULL) {
        sender_parse_where(sender_parsing, sender_parse_line(option), where);
        sender_parse_complain_unknown(sender_parsing, where, SENDER_SENTINEL);
        return -1;
    }
    snprintf(line, sizeof line, "%d", file->line);
    return cfg_opt_setcomment(option, line) == CFG_SUCCESS ? 0 : -1;
}

/* libconfuse copies the options, so ours may live on the stack. */
static cfg_t *sender_parse_parser(void)
{
    cfg_opt_t options[SENDER_KEYS_MAX + 2];
    const cfg_opt_t sentinel = CFG_STR(SENDER_SENTINEL, NULL, CFGF_NODEFAULT), end = CFG_END();
    size_t count = sender_key_count();

    OP_BUG_IF(count > SENDER_KEYS_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *name = sender_key_at(i)->name;
        cfg_opt_t one = CFG_STR(name, NULL, CFGF_NODEFAULT);
        cfg_opt_t many = CFG_STR_LIST(name, NULL, CFGF_NODEFAULT);
        options[i] = sender_key_is_list(sender_key_at(i)) ? many : one;
        options[i].validcb = sender_parse_on_value;
    }
    options[count] = sentinel;
    options[count].validcb = sender_parse_on_sentinel;
    options[count + 1] = end;
    cfg_t *parser = cfg_init(options, CFGF_NONE);
    if (parser != NULL)
        cfg_set_error_function(parser, sender_parse_on_error);
    return parser;
}

static bool sender_parse_stream(struct sender_parse_text *source, FILE *stream)
{
    source->file = sender_parse_parser();
    if (source->file == NULL || (source->file->filename = strdup(source->name)) == NULL)
        return sender_parse_complain_nomem(source->why, source->name);
    sender_parsing = source;
    int result = cfg_parse_fp(source->file, stream);
    sender_parsing = NULL;
    if (result != CFG_SUCCESS)
        return sender_parse_complain(source->why, "%.400s: cannot be parsed", source->name);
    if (cfg_getstr(source->file, SENDER_SENTINEL) == NULL)
        return sender_parse_complain(
            source->why,
            "%.400s: got the end of the file inside a comment, allowed: \"*/\" before it",
            source->name);
    return true;
}

/* A stream of the text and the sentinel. Memory, not the file itself: libconfuse's scanner ends the
 * process when a read fails. */
static bool sender_parse_whole(struct sender_parse_text *source, const char *text, size_t len)
{
    static const char tail[] = "\n\"" SENDER_SENTINEL "\" = \"\"\n";

    if (memchr(text, '\0', len) != NULL)
        return sender_parse_complain(source->why, "%.400s: got an octet 0, allowed: text",
                                     source->name);
    char *whole = malloc(len + sizeof tail);
    if (whole == NULL)
        return sender_parse_complain_nomem(source->why, source->name);
    memcpy(whole, text, len);
    memcpy(whole + len, tail, sizeof tail);
    source->whole = whole;
    FILE *stream = fmemopen(whole, len + sizeof tail - 1, "r");
    bool ok = stream != NULL ? sender_parse_stream(source, stream)
                             : sender_parse_complain_nomem(source->why, source->name);
    if (stream != NULL)
        fclose(stream);
    free(whole);
    return ok;
}

/* --- values ------------------------------------------------------------------------------- */

static bool sender_parse_take_value(struct sender_parse_text *source, const struct sender_key *key,
                                    const char *text, int line)
{
    char where[SENDER_WHERE_MAX];

    switch (sender_value_set(key, source->sender, text)) {
    case SENDER_VALUE_DONE:
        return true;
    case SENDER_VALUE_NOMEM:
        return sender_parse_complain_nomem(source->why, source->name);
    case SENDER_VALUE_REFUSED:
        break;
    }
    sender_parse_where(source, line, where);
    return sender_parse_complain(source->why, "%s: key \"%s\": got \"%.*s\", allowed: %s", where,
                                 key->name, SENDER_SHOWN_MAX, text, key->allowed);
}

/* Takes one key over from the file, if it is there. */
static bool sender_parse_take_key(struct sender_parse_text *source, const struct sender_key *key)
{
    cfg_opt_t *option = cfg_getopt(source->file, key->name);

    if ((option->flags & CFGF_MODIFIED) == 0)
        return true;
    if (cfg_opt_size(option) == 0 && sender_parse_line(option) > 0)
        return sender_parse_complain(
            source->why, "%.400s:%d: key \"%s\": got it again as an empty list, allowed: once",
            source->name, sender_parse_line(option), key->name);
    if (sender_key_is_list(key))
        sender_value_clear(key, source->sender);
    for (unsigned i = 0; i < cfg_opt_size(option); i++) {
        const char *text = cfg_opt_getnstr(option, i);
        if (!sender_parse_take_value(source, key, text != NULL ? text : "",
                                     sender_parse_line(option)))
            return false;
    }
    return true;
}

bool sender_parse(struct sender *sender, const char *name, const char *text, size_t len,
                  char why_r[SENDER_WHY_MAX])
{
    struct sender_parse_text source = {.name = name, .sender = sender, .why = why_r};

    why_r[0] = '\0';
    bool ok = sender_parse_whole(&source, text, len);

    for (size_t i = 0; ok && i < sender_key_count(); i++)
        ok = sender_parse_take_key(&source, sender_key_at(i));
    if (source.file != NULL)
        cfg_free(source.file);
    return ok;
}
