/* conf_why.c - the sentences about a configuration that is refused. */
#include "milter/conf_why.h"

#include <stdarg.h>
#include <stdio.h>

#define VALUE_MAX 160 /* octets of a refused value that are shown */

bool conf_why(char *why_r, const char *format, ...)
{
    va_list args;
    if (why_r[0] != '\0')
        return false;
    va_start(args, format);
    vsnprintf(why_r, CONF_WHY_MAX, format, args);
    va_end(args);
    return false;
}

bool conf_why_nomem(char *why_r, const char *where)
{
    return conf_why(why_r, "%.400s: out of memory", where);
}

bool conf_why_value(char *why_r, const char *where, const char *path, const char *got,
                    const char *allowed)
{
    return conf_why(why_r, "%s: key \"%s\": got \"%.*s\", allowed: %s", where, path, VALUE_MAX, got,
                    allowed);
}

/* The keys of a block, and the blocks in it. */
static void list_keys(enum conf_key_block block, char *text_r, size_t size)
{
    size_t used = 0;
    text_r[0] = '\0';
    for (size_t i = 0; i < conf_key_count() && used < size; i++) {
        if (conf_key_at(i)->block == block)
            used += (size_t)snprintf(text_r + used, size - used, "%s%s", used ? ", " : "",
                                     conf_key_at(i)->name);
    }
    for (int i = CONF_KEY_ROOT + 1; i < CONF_KEY_BLOCKS && used < size; i++) {
        if (conf_key_block_in((enum conf_key_block)i) == block)
            used += (size_t)snprintf(text_r + used, size - used, ", %s",
                                     conf_key_block_str((enum conf_key_block)i));
    }
}

bool conf_why_unknown(char *why_r, const char *where, enum conf_key_block block, const char *name)
{
    char keys[512];
    list_keys(block, keys, sizeof keys);
    return conf_why(why_r, "%s: key \"%.*s\": got an unknown key, allowed%s%s: %s", where,
                    VALUE_MAX, name, block == CONF_KEY_ROOT ? "" : " in ",
                    conf_key_block_str(block), keys);
}

void conf_why_path(enum conf_key_block block, const char *title, const char *key,
                   char path_r[CONF_WHY_PATH_MAX])
{
    enum conf_key_block around = conf_key_block_in(block);
    bool nested = around != CONF_KEY_ROOT;
    const char *in = conf_key_block_str(nested ? around : block);
    snprintf(path_r, CONF_WHY_PATH_MAX, "%s%s%s%s%s%s%s", in, *in ? "." : "", title ? title : "",
             title ? "." : "", nested ? conf_key_block_str(block) : "", nested ? "." : "", key);
}
