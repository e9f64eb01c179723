/*
 * conf_why.h - what is said of a configuration that is refused: place, key, what was got, what is
 * allowed. Internal to the conf files.
 */
#ifndef CONF_WHY_H
#define CONF_WHY_H

#include <stdbool.h>

#include "milter/conf.h"
#include "milter/conf_key.h"

#define CONF_WHY_PATH_MAX 192 /* octets of "listener.NAME.exempt.key" with NUL */

/* Each writes into why_r (CONF_WHY_MAX octets), unless something stands there: the first complaint
 * is the cause of the others. Each returns false. */
bool conf_why(char *why_r, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool conf_why_nomem(char *why_r, const char *where);
bool conf_why_value(char *why_r, const char *where, const char *path, const char *got,
                    const char *allowed);
bool conf_why_unknown(char *why_r, const char *where, enum conf_key_block block, const char *name);

/* The key's name as an override has it: "validity", "ledger.path", "listener.onion.mode",
 * "listener.onion.exempt.client". The title is NULL for a block without. */
void conf_why_path(enum conf_key_block block, const char *title, const char *key,
                   char path_r[CONF_WHY_PATH_MAX]);

#endif
