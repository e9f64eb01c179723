/*
 * conf_fixture.h - what the tests of the configuration share: texts that have to be taken, or
 * refused in certain words.
 */
#ifndef CONF_FIXTURE_H
#define CONF_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "milter/conf.h"

#define PARTS 4 /* of a refusal's words, at most */

static inline const struct conf *load(const char *text, char why_r[CONF_WHY_MAX])
{
    return conf_load_text("t.conf", text, strlen(text), NULL, 0, why_r);
}

static inline void must_refuse(const char *text, const char *const *overrides, size_t count,
                               const char *const parts[PARTS])
{
    char why[CONF_WHY_MAX];
    const struct conf *conf = conf_load_text("t.conf", text, strlen(text), overrides, count, why);
    if (conf) {
        conf_unref(conf);
        fail_msg("accepted: %s", text);
    }
    for (size_t i = 0; i < PARTS && parts[i]; i++) {
        if (!strstr(why, parts[i]))
            fail_msg("%s\n  says: %s\n  lacks: %s", text, why, parts[i]);
    }
}

static inline const struct conf *must_load(const char *text)
{
    char why[CONF_WHY_MAX];
    const struct conf *conf = load(text, why);
    if (!conf)
        fail_msg("%s\n  refused: %s", text, why);
    return conf;
}

static inline char *dump(const struct conf *conf)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    conf_dump(conf, out);
    fclose(out);
    return text;
}

#endif
