/*
 * conf_override.c - KEY=VALUE of the command line onto the configuration that the file has given.
 *
 * KEY is the path of a key: BLOCK.KEY, or BLOCK.TITLE.KEY where blocks have titles (a title may
 * have dots, a key has none), or listener.TITLE.exempt.KEY. A list's elements are separated by
 * commas.
 */
#include "milter/conf_override.h"

#include <string.h>

#include "milter/conf_build.h"
#include "milter/conf_value.h"
#include "milter/conf_why.h"

#define WHERE "option -o"

struct path { /* of a key, taken apart; points into text */
    char text[CONF_WHY_PATH_MAX];
    enum conf_key_block block;
    char *title; /* NULL: none */
    char *key;
};

static bool find_block(const char *name, enum conf_key_block *block_r)
{
    for (int i = CONF_KEY_ROOT + 1; i < CONF_KEY_BLOCKS; i++) {
        enum conf_key_block block = (enum conf_key_block)i;
        if (conf_key_block_in(block) == CONF_KEY_ROOT &&
            strcmp(conf_key_block_str(block), name) == 0) {
            *block_r = block;
            return true;
        }
    }
    return false;
}

/* "onion.exempt" may be a listener of that name, or the block in "onion": the key decides. */
static void enter_nested(struct path *path)
{
    char *dot = path->title ? strrchr(path->title, '.') : NULL;
    if (path->block != CONF_KEY_LISTENER || !dot || strcmp(dot, ".exempt") != 0 ||
        conf_key_find(CONF_KEY_LISTENER, path->key))
        return;
    *dot = '\0';
    path->block = CONF_KEY_EXEMPT;
}

/* Takes the path in path->text apart. False if its block is unknown or its number of parts wrong.
 */
static bool split(struct path *path)
{
    char *last = strrchr(path->text, '.'), *first = strchr(path->text, '.');
    path->block = CONF_KEY_ROOT;
    path->title = NULL;
    path->key = path->text;
    if (!last)
        return true;
    path->key = last + 1;
    *last = *first = '\0';
    if (!find_block(path->text, &path->block))
        return false;
    if (first != last)
        path->title = first + 1;
    if (conf_key_titled(path->block) != (path->title != NULL))
        return false;
    enter_nested(path);
    return true;
}

static bool complain_title(const struct conf *conf, const struct path *path, char *why_r)
{
    char titles[512];
    conf_build_titles(conf, path->block, titles, sizeof titles);
    return conf_why_value(why_r, WHERE, path->block == CONF_KEY_SUITE ? "suite" : "listener",
                          path->title, titles);
}

static bool apply(struct conf *conf, struct path *path, const char *value, char *why_r)
{
    char full[CONF_WHY_PATH_MAX]; /* splitting cuts the text */
    memcpy(full, path->text, sizeof full);
    if (!split(path))
        return conf_why_value(why_r, WHERE, full, value,
                              "KEY, BLOCK.KEY, suite.NAME.KEY, listener.NAME.KEY or "
                              "listener.NAME.exempt.KEY");
    const struct conf_key *key = conf_key_find(path->block, path->key);
    if (!key)
        return conf_why_unknown(why_r, WHERE, path->block, path->key);
    void *base = conf_build_base(conf, path->block, path->title);
    if (!base)
        return complain_title(conf, path, why_r);
    switch (conf_value_replace(key, base, value)) {
    case CONF_VALUE_DONE:
        return true;
    case CONF_VALUE_REFUSED:
        return conf_why_value(why_r, WHERE, full, value, key->allowed);
    case CONF_VALUE_NOMEM:
        break;
    }
    return conf_why_nomem(why_r, WHERE);
}

bool conf_override_apply(struct conf *conf, const char *override, char *why_r)
{
    const char *equals = strchr(override, '=');
    size_t len = equals ? (size_t)(equals - override) : 0;
    struct path path = {0};

    if (len == 0 || len >= sizeof path.text)
        return conf_why(why_r, "%s: got \"%.160s\", allowed: KEY=VALUE, such as ledger.path=/tmp/l",
                        WHERE, override);
    memcpy(path.text, override, len);
    return apply(conf, &path, equals + 1, why_r);
}

bool conf_override_sets(const char *override, const char *path)
{
    size_t len = strlen(path);
    return strncmp(override, path, len) == 0 && override[len] == '=';
}
