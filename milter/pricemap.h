/*
 * pricemap.h - per-recipient price factors from a file, one "ADDRESS FACTOR" or "@DOMAIN FACTOR" a
 * line; "#" begins a comment.
 *
 * Addresses are put into canonical form. Read-only once loaded; a million lines take less than two
 * seconds and some 64 octets each.
 */
#ifndef PRICEMAP_H
#define PRICEMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "pow/recipient.h"

#define PRICEMAP_LINES_MAX  4000000
#define PRICEMAP_FACTOR_MAX 1000.0 /* 0: nothing to pay */

struct pricemap;

/* NULL on failure, with file, line, what was there and what is allowed in why_r. */
struct pricemap *pricemap_load(const char *path, char *why_r, size_t why_size);
void pricemap_free(struct pricemap *map); /* NULL is fine */

/* The recipient's factor, else its domain's; false if neither is there. */
bool pricemap_find(const struct pricemap *map, const struct op_recipient *recipient,
                   double *factor_r);

size_t pricemap_count(const struct pricemap *map);

#endif
