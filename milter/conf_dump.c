/*
 * conf_dump.c - writes a configuration so that conf_load reads the same one back: every key of the
 * table, block by block, then the listeners.
 */
#include "milter/conf.h"

#include <stdlib.h>
#include <string.h>

#include "milter/conf_key.h"
#include "milter/conf_value.h"
#include "milter/conf_why.h"

static void dump_keys(enum conf_key_block block, const void *base, const char *indent, FILE *out)
{
    for (size_t i = 0; i < conf_key_count(); i++) {
        const struct conf_key *key = conf_key_at(i);
        if (key->block != block)
            continue;
        fprintf(out, "%s%s = ", indent, key->name);
        conf_value_print(key, base, out);
        fputc('\n', out);
    }
}

static void dump_block(enum conf_key_block block, const char *title, const void *base, FILE *out)
{
    fprintf(out, "\n%s ", conf_key_block_str(block));
    if (title) {
        conf_value_print_text(title, out);
        fputc(' ', out);
    }
    fputs("{\n", out);
    dump_keys(block, base, "    ", out);
    if (block == CONF_KEY_LISTENER) {
        fputs("    exempt {\n", out);
        dump_keys(CONF_KEY_EXEMPT, base, "        ", out);
        fputs("    }\n", out);
    }
    fputs("}\n", out);
}

static void dump_suite(const struct conf *conf, size_t i, FILE *out)
{
    const struct op_suite *suite = op_suite_at(i);
    double work = (double)conf->suite[i].work;
    fprintf(out, "\n# %s: %.0f evaluations, %.1f s of the reference laptop", suite->name, work,
            work / suite->reference_rate);
    dump_block(CONF_KEY_SUITE, suite->name, &conf->suite[i], out);
}

void conf_dump(const struct conf *conf, FILE *out)
{
    dump_keys(CONF_KEY_ROOT, conf, "", out);
    for (size_t i = 0; i < op_suite_count(); i++)
        dump_suite(conf, i, out);
    for (int i = CONF_KEY_ROOT + 1; i < CONF_KEY_BLOCKS; i++) {
        enum conf_key_block block = (enum conf_key_block)i;
        if (!conf_key_titled(block) && conf_key_block_in(block) == CONF_KEY_ROOT)
            dump_block(block, NULL, conf, out);
    }
    for (size_t i = 0; i < conf->listener_count; i++)
        dump_block(CONF_KEY_LISTENER, conf->listener[i].name, &conf->listener[i], out);
}

/* The value as text, to be freed; NULL: out of memory. */
static char *value_text(const struct conf_key *key, const void *base)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    conf_value_print(key, base, out);
    fclose(out);
    return text;
}

static bool differs(const struct conf_key *key, const struct conf *a, const struct conf *b)
{
    char *text_a = value_text(key, a), *text_b = value_text(key, b);
    bool differ = !text_a || !text_b || strcmp(text_a, text_b) != 0;
    free(text_a);
    free(text_b);
    return differ;
}

void conf_fixed_changes(const struct conf *running, const struct conf *loaded,
                        char names_r[CONF_FIXED_MAX])
{
    size_t used = 0;
    names_r[0] = '\0';
    for (size_t i = 0; i < conf_key_count() && used < CONF_FIXED_MAX; i++) {
        const struct conf_key *key = conf_key_at(i);
        char path[CONF_WHY_PATH_MAX];
        if (!key->fixed || !differs(key, running, loaded))
            continue;
        conf_why_path(key->block, NULL, key->name, path);
        used +=
            (size_t)snprintf(names_r + used, CONF_FIXED_MAX - used, "%s%s", used ? ", " : "", path);
    }
}
