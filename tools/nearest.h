/*
 * nearest.h - "did you mean": the candidate that a mistyped word most likely meant.
 */
#ifndef TOOLS_NEAREST_H
#define TOOLS_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

/* Edit distance of two words (a letter more, less or other, two neighbours swapped: one edit each);
 * words beyond 31 octets count as far apart. */
size_t nearest_distance(const char *a, const char *b);

/* Near enough to be suggested: at most one edit for every three octets, and at least one. */
bool nearest_plausible(const char *word, size_t distance);

#endif
