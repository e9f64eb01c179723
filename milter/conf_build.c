/*
 * conf_build.c - makes, extends, counts and frees configurations. Defaults come from the table of
 * keys and, for suites, from the registry. Knows no files and judges nothing.
 */
#include "milter/conf_build.h"

#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "milter/conf_value.h"
#include "milter/pricemap.h"
#include "pow/effort.h"
#include "pow/err.h"

#define DEPRECATED_SINCE 20260101 /* of suites that the registry deprecates */

struct snapshot {
    struct conf conf; /* first: a conf is its snapshot */
    atomic_uint references;
};

static bool init_keys(enum conf_key_block block, void *base)
{
    for (size_t i = 0; i < conf_key_count(); i++) {
        const struct conf_key *key = conf_key_at(i);
        if (key->block != block || !key->fallback)
            continue;
        enum conf_value_set set = conf_value_replace(key, base, key->fallback);
        OP_BUG_IF(set == CONF_VALUE_REFUSED);
        if (set != CONF_VALUE_DONE)
            return false;
    }
    return true;
}

static void clear_keys(enum conf_key_block block, void *base)
{
    for (size_t i = 0; i < conf_key_count(); i++) {
        if (conf_key_at(i)->block == block)
            conf_value_clear(conf_key_at(i), base);
    }
}

static bool init_listener(struct conf_listener *listener, const char *name)
{
    memset(listener, 0, sizeof *listener);
    listener->name = strdup(name);
    return listener->name && init_keys(CONF_KEY_LISTENER, listener) &&
           init_keys(CONF_KEY_EXEMPT, listener);
}

static void clear_listener(struct conf_listener *listener)
{
    clear_keys(CONF_KEY_LISTENER, listener);
    clear_keys(CONF_KEY_EXEMPT, listener);
    pricemap_free(listener->exempt.map);
    free(listener->name);
}

/* work stays 0, not given, until all keys are set. */
static bool init_suites(struct conf *conf)
{
    for (size_t i = 0; i < op_suite_count(); i++) {
        bool deprecated = op_suite_at(i)->status == OP_SUITE_DEPRECATED;
        conf->suite[i].enabled = !deprecated;
        conf->suite[i].deprecated_since = deprecated ? DEPRECATED_SINCE : 0;
        conf->suite[i].load_exponent = deprecated ? 2.0 : 1.0;
        if (!init_keys(CONF_KEY_SUITE, &conf->suite[i]))
            return false;
    }
    return true;
}

static bool in_conf(enum conf_key_block block)
{
    return !conf_key_titled(block) && conf_key_block_in(block) == CONF_KEY_ROOT;
}

struct conf *conf_build_new(void)
{
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (!snapshot)
        return NULL;
    struct conf *conf = &snapshot->conf;
    atomic_init(&snapshot->references, 1);
    bool ok = init_suites(conf) && init_listener(&conf->fallback, "default");
    for (int i = CONF_KEY_ROOT; ok && i < CONF_KEY_BLOCKS; i++) {
        enum conf_key_block block = (enum conf_key_block)i;
        ok = !in_conf(block) || init_keys(block, conf);
    }
    if (ok)
        return conf;
    conf_unref(conf);
    return NULL;
}

uint64_t conf_build_work(const struct op_suite *suite, double seconds)
{
    double work = ceil(seconds * suite->reference_rate);
    uint64_t most = op_effort_to_work(suite, suite->effort_max);
    if (!(work < (double)most)) /* conf_check refuses it */
        return most < UINT64_MAX ? most + 1 : most;
    return op_effort_to_work(suite, op_effort_from_work(suite, (uint64_t)work));
}

void conf_build_settle(struct conf *conf)
{
    for (size_t i = 0; i < op_suite_count(); i++) {
        const struct op_suite *suite = op_suite_at(i);
        struct conf_suite *row = &conf->suite[i];
        if (row->work != 0)
            row->work = op_effort_to_work(suite, op_effort_from_work(suite, row->work));
        else if (row->seconds > 0)
            row->work = conf_build_work(suite, row->seconds);
        else
            row->work = op_effort_to_work(suite, suite->effort_default);
    }
}

struct conf_listener *conf_build_listener(struct conf *conf, const char *name)
{
    struct conf_listener *listener =
        reallocarray(conf->listener, conf->listener_count + 1, sizeof *listener);
    if (!listener)
        return NULL;
    conf->listener = listener;
    listener += conf->listener_count++;
    return init_listener(listener, name) ? listener : NULL;
}

static struct conf_listener *find_listener(struct conf *conf, const char *name)
{
    for (size_t i = 0; i < conf->listener_count; i++) {
        if (strcmp(conf->listener[i].name, name) == 0)
            return &conf->listener[i];
    }
    return NULL;
}

void *conf_build_base(struct conf *conf, enum conf_key_block block, const char *title)
{
    if (in_conf(block))
        return conf;
    if (block != CONF_KEY_SUITE)
        return find_listener(conf, title);
    const struct op_suite *suite = op_suite_find(title, strlen(title));
    return suite ? &conf->suite[op_suite_index(suite)] : NULL;
}

void conf_build_titles(const struct conf *conf, enum conf_key_block block, char *text_r,
                       size_t size)
{
    bool suites = block == CONF_KEY_SUITE;
    size_t count = suites ? op_suite_count() : conf->listener_count, used = 0;
    text_r[0] = '\0';
    for (size_t i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(text_r + used, size - used, "%s%s", i ? ", " : "",
                                 suites ? op_suite_at(i)->name : conf->listener[i].name);
    if (count == 0)
        snprintf(text_r, size, "none, as there is no such block");
}

static struct snapshot *snapshot_of(const struct conf *conf)
{
    return (struct snapshot *)(uintptr_t)conf; /* made by us, not const: only the count changes */
}

const struct conf *conf_ref(const struct conf *conf)
{
    atomic_fetch_add_explicit(&snapshot_of(conf)->references, 1, memory_order_relaxed);
    return conf;
}

void conf_unref(const struct conf *conf)
{
    if (!conf || atomic_fetch_sub(&snapshot_of(conf)->references, 1) > 1)
        return;
    struct snapshot *snapshot = snapshot_of(conf);
    for (size_t i = 0; i < conf->listener_count; i++)
        clear_listener(&conf->listener[i]);
    free(conf->listener);
    clear_listener(&snapshot->conf.fallback);
    for (int i = CONF_KEY_ROOT; i < CONF_KEY_BLOCKS; i++) {
        if (in_conf((enum conf_key_block)i))
            clear_keys((enum conf_key_block)i, snapshot);
    }
    free(snapshot);
}
