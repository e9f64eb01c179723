/*
 * conf.c - loads the configuration: file, then overrides, then the checks, then the price maps.
 *
 * libconfuse does the syntax and hands over texts; what they mean is the table's business
 * (conf_key.h). The line of each key is kept in libconfuse's comment of it, so that every complaint
 * can name it.
 */
#include "milter/conf.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "milter/conf_build.h"
#include "milter/conf_check.h"
#include "milter/conf_form.h"
#include "milter/conf_key.h"
#include "milter/conf_override.h"
#include "milter/conf_value.h"
#include "milter/conf_why.h"
#include "milter/pricemap.h"
#include "pow/err.h"

#define FILE_MAX  (1 << 20) /* octets of a configuration: far beyond any honest one */
#define KEYS_MAX  16        /* keys of one block */
#define BLOCK_MAX (KEYS_MAX + CONF_KEY_BLOCKS + 2) /* with the blocks in it, sentinel and end */
#define WHERE_MAX 512                              /* octets of "FILE:LINE: " */

/* libconfuse takes an unclosed block at the end of the file for closed. This key, put behind the
 * text, is at home outside of all blocks only. */
#define SENTINEL "(end of file)"

struct load { /* one conf_load at work */
    const char *name;
    cfg_t *file; /* NULL before parsing */
    const char *const *overrides;
    size_t override_count;
    struct conf *conf;
    char *why; /* empty as long as nothing is wrong */
};

/* libconfuse's callbacks have no argument for the caller's use. */
static _Thread_local struct load *loading;

/* --- complaints --------------------------------------------------------------------------- */

static bool complain_nomem(struct load *load)
{
    return conf_why_nomem(load->why, load->name);
}

static void where_line(const struct load *load, int line, char where_r[WHERE_MAX])
{
    if (line > 0)
        snprintf(where_r, WHERE_MAX, "%.400s:%d", load->name, line);
    else
        snprintf(where_r, WHERE_MAX, "%.400s", load->name);
}

static enum conf_key_block block_of(cfg_t *section)
{
    for (int i = CONF_KEY_ROOT + 1; i < CONF_KEY_BLOCKS; i++) {
        if (strcmp(cfg_name(section), conf_key_block_str((enum conf_key_block)i)) == 0)
            return (enum conf_key_block)i;
    }
    return CONF_KEY_ROOT;
}

/* libconfuse reports syntax errors here. Two of its messages are put into our own words. */
__attribute__((format(printf, 2, 0))) static void on_error(cfg_t *section, const char *format,
                                                           va_list args)
{
    char where[WHERE_MAX], text[512];
    where_line(loading, section->line, where);
    vsnprintf(text, sizeof text, format, args);
    char *name = strchr(text, '\'');
    if (!name || name[1] == '\0') {
        conf_why(loading->why, "%s: %s", where, text);
    } else if (strcmp(name, "'" SENTINEL "'") == 0) {
        conf_why(loading->why,
                 "%s: got the end of the file inside a block, allowed: \"}\" before it", where);
    } else if (strncmp(text, "no such option", 14) == 0) {
        name[strlen(name) - 1] = '\0';
        conf_why_unknown(loading->why, where, block_of(section), name + 1);
    } else if (strncmp(text, "found duplicate title", 21) == 0) {
        conf_why(loading->why, "%s: got a second block %s, allowed: one block of a name", where,
                 name);
    } else {
        conf_why(loading->why, "%s: %s", where, text);
    }
}

/* --- parsing ------------------------------------------------------------------------------ */

static int line_of(cfg_opt_t *option)
{
    const char *note = option ? cfg_opt_getcomment(option) : NULL;
    return note ? atoi(note) : 0;
}

/* Called by libconfuse whenever a key or block has been read. */
static int on_value(cfg_t *section, cfg_opt_t *option)
{
    char where[WHERE_MAX], line[16];
    bool repeatable = (option->flags & (CFGF_LIST | CFGF_MULTI)) != 0;
    if (cfg_opt_getcomment(option) && !repeatable) {
        where_line(loading, section->line, where);
        conf_why(loading->why, "%s: key \"%s\": got it a second time, allowed: once (see line %d)",
                 where, cfg_opt_name(option), line_of(option));
        return -1;
    }
    snprintf(line, sizeof line, "%d", section->line);
    return cfg_opt_setcomment(option, line) == CFG_SUCCESS ? 0 : -1;
}

static cfg_opt_t key_option(const struct conf_key *key)
{
    cfg_opt_t one = CFG_STR(key->name, NULL, CFGF_NODEFAULT);
    cfg_opt_t many = CFG_STR_LIST(key->name, NULL, CFGF_NODEFAULT);
    cfg_opt_t option = conf_key_is_list(key) ? many : one;
    option.validcb = on_value;
    return option;
}

static size_t block_options(enum conf_key_block block, cfg_opt_t options_r[BLOCK_MAX])
{
    static const cfg_opt_t end = CFG_END();
    size_t count = 0;
    for (size_t i = 0; i < conf_key_count(); i++) {
        OP_BUG_IF(count > KEYS_MAX);
        if (conf_key_at(i)->block == block)
            options_r[count++] = key_option(conf_key_at(i));
    }
    options_r[count] = end;
    return count;
}

static cfg_opt_t block_option(enum conf_key_block block, cfg_opt_t *options)
{
    cfg_opt_t one = CFG_SEC(conf_key_block_str(block), options, CFGF_NODEFAULT);
    cfg_opt_t titled =
        CFG_SEC(conf_key_block_str(block), options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
    cfg_opt_t option = conf_key_titled(block) ? titled : one;
    option.validcb = on_value;
    return option;
}

/* libconfuse copies the tree of options, so ours may live on the stack. */
static cfg_t *make_parser(void)
{
    cfg_opt_t options[CONF_KEY_BLOCKS][BLOCK_MAX];
    const cfg_opt_t sentinel = CFG_STR(SENTINEL, NULL, CFGF_NODEFAULT), end = CFG_END();
    size_t count[CONF_KEY_BLOCKS];

    for (int i = CONF_KEY_ROOT; i < CONF_KEY_BLOCKS; i++)
        count[i] = block_options((enum conf_key_block)i, options[i]);
    for (int i = CONF_KEY_BLOCKS - 1; i > CONF_KEY_ROOT; i--) { /* from the innermost outwards */
        enum conf_key_block block = (enum conf_key_block)i, around = conf_key_block_in(block);
        options[around][count[around]++] = block_option(block, options[i]);
        options[around][count[around]] = end;
    }
    options[CONF_KEY_ROOT][count[CONF_KEY_ROOT]++] = sentinel;
    options[CONF_KEY_ROOT][count[CONF_KEY_ROOT]] = end;
    cfg_t *parser = cfg_init(options[CONF_KEY_ROOT], CFGF_NONE);
    if (parser)
        cfg_set_error_function(parser, on_error);
    return parser;
}

/* A stream of the text and the sentinel. Memory, not the file itself: libconfuse's scanner ends the
 * process when a read fails. */
static bool parse_stream(struct load *load, FILE *stream)
{
    load->file = make_parser();
    if (!load->file || !(load->file->filename = strdup(load->name)))
        return complain_nomem(load);
    loading = load;
    int result = cfg_parse_fp(load->file, stream);
    loading = NULL;
    if (result != CFG_SUCCESS)
        return conf_why(load->why, "%s: cannot be parsed", load->name);
    if (!cfg_getstr(load->file, SENTINEL))
        return conf_why(load->why,
                        "%s: got the end of the file inside a comment, allowed: \"*/\" before it",
                        load->name);
    return true;
}

static bool parse_text(struct load *load, const char *text, size_t len)
{
    static const char tail[] = "\n\"" SENTINEL "\" = \"\"\n";
    if (memchr(text, '\0', len))
        return conf_why(load->why, "%s: got an octet 0, allowed: text", load->name);
    char *whole = malloc(len + sizeof tail);
    if (!whole)
        return complain_nomem(load);
    memcpy(whole, text, len);
    memcpy(whole + len, tail, sizeof tail);

    FILE *stream = fmemopen(whole, len + sizeof tail - 1, "r");
    bool ok = stream ? parse_stream(load, stream) : complain_nomem(load);
    if (stream)
        fclose(stream);
    free(whole);
    return ok;
}

/* --- values ------------------------------------------------------------------------------- */

/* Takes one key over from the file, if it is there. */
static bool take_key(struct load *load, const struct conf_key *key, cfg_t *section,
                     const char *title, void *base)
{
    cfg_opt_t *option = cfg_getopt(section, key->name);
    if (!(option->flags & CFGF_MODIFIED))
        return true;
    if (conf_key_is_list(key))
        conf_value_clear(key, base);
    for (unsigned i = 0; i < cfg_opt_size(option); i++) {
        char where[WHERE_MAX], path[CONF_WHY_PATH_MAX];
        const char *text = cfg_opt_getnstr(option, i);
        enum conf_value_set set = conf_value_set(key, base, text ? text : "");
        if (set == CONF_VALUE_NOMEM)
            return complain_nomem(load);
        if (set == CONF_VALUE_DONE)
            continue;
        where_line(load, line_of(option), where);
        conf_why_path(key->block, title, key->name, path);
        return conf_why_value(load->why, where, path, text ? text : "", key->allowed);
    }
    return true;
}

static bool take_block(struct load *load, enum conf_key_block block, cfg_t *section,
                       const char *title, void *base)
{
    for (size_t i = 0; i < conf_key_count(); i++) {
        if (conf_key_at(i)->block == block && !take_key(load, conf_key_at(i), section, title, base))
            return false;
    }
    return true;
}

static bool take_suite(struct load *load, cfg_t *section)
{
    const char *title = cfg_title(section);
    void *base = conf_build_base(load->conf, CONF_KEY_SUITE, title);
    char where[WHERE_MAX], titles[512];
    if (base)
        return take_block(load, CONF_KEY_SUITE, section, title, base);
    where_line(load, section->line, where);
    conf_build_titles(load->conf, CONF_KEY_SUITE, titles, sizeof titles);
    return conf_why_value(load->why, where, "suite", title, titles);
}

/* The block without title in this section; NULL if it is not there. */
static cfg_t *find_plain(cfg_t *section, enum conf_key_block block)
{
    const char *name = conf_key_block_str(block);
    return cfg_size(section, name) > 0 ? cfg_getnsec(section, name, 0) : NULL;
}

static bool take_listener(struct load *load, cfg_t *section)
{
    const char *title = cfg_title(section);
    char where[WHERE_MAX];

    where_line(load, section->line, where);
    if (!conf_form_name(title))
        return conf_why_value(load->why, where, "listener", title,
                              "a name of at most 64 letters, digits and -._");
    if (load->conf->listener_count == CONF_LISTENERS_MAX)
        return conf_why_value(load->why, where, "listener", title, "at most 64 listeners");
    struct conf_listener *listener = conf_build_listener(load->conf, title);
    if (!listener)
        return complain_nomem(load);
    cfg_t *exempt = find_plain(section, CONF_KEY_EXEMPT);
    return take_block(load, CONF_KEY_LISTENER, section, title, listener) &&
           (!exempt || take_block(load, CONF_KEY_EXEMPT, exempt, title, listener));
}

static bool take_titled(struct load *load, const char *name,
                        bool (*take)(struct load *load, cfg_t *section))
{
    for (unsigned i = 0; i < cfg_size(load->file, name); i++) {
        if (!take(load, cfg_getnsec(load->file, name, i)))
            return false;
    }
    return true;
}

static bool take_plain(struct load *load, enum conf_key_block block)
{
    cfg_t *section = find_plain(load->file, block);
    return !section || take_block(load, block, section, NULL, load->conf);
}

static bool take_file(struct load *load)
{
    bool ok = take_block(load, CONF_KEY_ROOT, load->file, NULL, load->conf) &&
              take_titled(load, "suite", take_suite) &&
              take_titled(load, "listener", take_listener);
    for (int i = CONF_KEY_ROOT + 1; ok && i < CONF_KEY_BLOCKS; i++) {
        enum conf_key_block block = (enum conf_key_block)i;
        ok = conf_key_titled(block) || conf_key_block_in(block) != CONF_KEY_ROOT ||
             take_plain(load, block);
    }
    return ok;
}

/* --- loading ------------------------------------------------------------------------------ */

/* The block with this title; NULL if the file has none. */
static cfg_t *find_titled(cfg_t *file, enum conf_key_block block, const char *title)
{
    const char *name = conf_key_block_str(block);
    for (unsigned i = 0; i < cfg_size(file, name); i++) {
        cfg_t *section = cfg_getnsec(file, name, i);
        if (strcmp(cfg_title(section), title) == 0)
            return section;
    }
    return NULL;
}

static cfg_opt_t *option_of(struct load *load, enum conf_key_block block, const char *title,
                            const char *key)
{
    enum conf_key_block around = conf_key_block_in(block);
    cfg_t *section = load->file;
    if (section && around != CONF_KEY_ROOT)
        section = find_titled(section, around, title);
    if (section && conf_key_titled(block))
        section = find_titled(section, block, title);
    else if (section && block != CONF_KEY_ROOT)
        section = find_plain(section, block);
    return section ? cfg_getopt(section, key) : NULL;
}

/* Where a key was set last: by an override, in a line of the file, or not; and its path. */
static void where_key(struct load *load, enum conf_key_block block, const char *title,
                      const char *key, char where_r[WHERE_MAX], char path_r[CONF_WHY_PATH_MAX])
{
    conf_why_path(block, title, key, path_r);
    where_line(load, line_of(option_of(load, block, title, key)), where_r);
    for (size_t i = 0; i < load->override_count; i++) {
        if (conf_override_sets(load->overrides[i], path_r))
            snprintf(where_r, WHERE_MAX, "option -o");
    }
}

static bool complain_conflict(struct load *load, const struct conf_conflict *conflict)
{
    char where[WHERE_MAX], path[CONF_WHY_PATH_MAX];
    where_key(load, conflict->block, conflict->title, conflict->key, where, path);
    return conf_why_value(load->why, where, path, conflict->got, conflict->allowed);
}

/* A map is part of the snapshot: a wrong line in it refuses the whole. */
static bool load_map(struct load *load, struct conf_listener *listener)
{
    char where[WHERE_MAX], path[CONF_WHY_PATH_MAX], why[CONF_WHY_MAX / 2];
    if (listener->exempt.recipient_map[0] == '\0')
        return true;
    listener->exempt.map = pricemap_load(listener->exempt.recipient_map, why, sizeof why);
    if (listener->exempt.map)
        return true;
    where_key(load, CONF_KEY_EXEMPT, listener->name, "recipient-map", where, path);
    return conf_why(load->why, "%.300s: key \"%s\": %s", where, path, why);
}

static bool load_maps(struct load *load)
{
    for (size_t i = 0; i < load->conf->listener_count; i++) {
        if (!load_map(load, &load->conf->listener[i]))
            return false;
    }
    return true;
}

static bool build(struct load *load, const char *text, size_t len)
{
    struct conf_conflict conflict;
    if (!load->conf)
        return complain_nomem(load);
    if (text && (!parse_text(load, text, len) || !take_file(load)))
        return false;
    for (size_t i = 0; i < load->override_count; i++) {
        if (!conf_override_apply(load->conf, load->overrides[i], load->why))
            return false;
    }
    conf_build_settle(load->conf);
    if (!conf_check(load->conf, &conflict))
        return complain_conflict(load, &conflict);
    return load_maps(load);
}

const struct conf *conf_load_text(const char *name, const char *text, size_t len,
                                  const char *const *overrides, size_t override_count,
                                  char why_r[CONF_WHY_MAX])
{
    struct load load = {.name = name,
                        .overrides = overrides,
                        .override_count = override_count,
                        .conf = conf_build_new(),
                        .why = why_r};
    why_r[0] = '\0';
    bool ok = build(&load, text, len);
    if (load.file)
        cfg_free(load.file);
    if (ok)
        return load.conf;
    conf_unref(load.conf);
    return NULL;
}

static bool read_file(const char *path, char **text_r, size_t *len_r, char why_r[CONF_WHY_MAX])
{
    FILE *file = fopen(path, "re");
    char *text = file ? malloc(FILE_MAX + 1) : NULL;
    size_t len = text ? fread(text, 1, FILE_MAX + 1, file) : 0;
    int error = !file || ferror(file) ? errno : 0;

    if (file)
        fclose(file);
    if (error == 0 && text && len <= FILE_MAX) {
        *text_r = text;
        *len_r = len;
        return true;
    }
    free(text);
    if (error != 0)
        return conf_why(why_r,
                        "%.400s: cannot be read: %s. Name the configuration with -c, or start from "
                        "the onionpow.conf that comes with onionpow",
                        path, strerror(error));
    if (text)
        return conf_why(why_r, "%.400s: got more than 1 MiB, allowed: a configuration", path);
    return conf_why_nomem(why_r, path);
}

const struct conf *conf_load(const char *path, const char *const *overrides, size_t override_count,
                             char why_r[CONF_WHY_MAX])
{
    char *text = NULL;
    size_t len = 0;

    why_r[0] = '\0';
    if (path && !read_file(path, &text, &len, why_r))
        return NULL;
    const struct conf *conf = conf_load_text(path ? path : "built-in defaults", text, len,
                                             overrides, override_count, why_r);
    free(text);
    return conf;
}
