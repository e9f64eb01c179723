/*
 * conf_check.h - contradictions: values that are fine alone and wrong together. Internal to conf.
 */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include <stdbool.h>

#include "milter/conf.h"
#include "milter/conf_key.h"

struct conf_conflict { /* a value */
    enum conf_key_block block;
    const char *title; /* of a suite or listener, borrowed from the configuration; else NULL */
    const char *key;   /* static */
    char got[128];
    char allowed[256];
};

/* False if there is a contradiction; then the first one found is in *conflict_r. */
bool conf_check(const struct conf *conf, struct conf_conflict *conflict_r);

#endif
