/*
 * conf_override.h - a key that the command line sets: "validity=36h",
 * "listener.onion.mode=monitor". Internal to the conf files.
 */
#ifndef CONF_OVERRIDE_H
#define CONF_OVERRIDE_H

#include <stdbool.h>

#include "milter/conf.h"

/* Applies one. False with a sentence in why_r. Of a block with a title the title has to be known.
 */
bool conf_override_apply(struct conf *conf, const char *override, char *why_r);

/* Does it set the key with this path (conf_why.h)? */
bool conf_override_sets(const char *override, const char *path);

#endif
