/*
 * markup.h - HTML made readable, as far as a demand in a bounce needs it.
 */
#ifndef TOOLS_MARKUP_H
#define TOOLS_MARKUP_H

#include <stddef.h>

/* Both work in place and return the new length. Entities: numbers up to U+10FFFF, and the few names
 * that mail servers use; others stay as they stand. */
size_t markup_entities(char *text, size_t len);

/* Takes tags and comments out; those that begin a line in a browser leave a line break. */
size_t markup_tags(char *text, size_t len);

#endif
