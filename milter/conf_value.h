/*
 * conf_value.h - reads, writes and frees the value of a key. Internal to the conf files.
 *
 * `base` is the struct that holds the value: struct conf, conf_suite or conf_listener, as the key's
 * block says.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <stdio.h>

#include "milter/conf_key.h"
#include "pow/err.h"

enum conf_value_set {
    CONF_VALUE_DONE,
    CONF_VALUE_REFUSED, /* not what the key allows; nothing has changed */
    CONF_VALUE_NOMEM,   /* nothing has changed */
};

/* Sets the value; a list grows by this element. */
OP_MUST_USE enum conf_value_set conf_value_set(const struct conf_key *key, void *base,
                                               const char *text);

/* Replaces the value; of a list, by elements separated by commas ("" = none). If an element is
 * refused the list holds those before it. */
OP_MUST_USE enum conf_value_set conf_value_replace(const struct conf_key *key, void *base,
                                                   const char *text);

void conf_value_clear(const struct conf_key *key, void *base); /* frees; then it is zero */

/* Writes it as the file has it, strings in quotes. */
void conf_value_print(const struct conf_key *key, const void *base, FILE *out);
void conf_value_print_text(const char *text, FILE *out); /* a string in quotes */

#endif
