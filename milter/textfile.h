/*
 * textfile.h - the metrics as a file, for the textfile collector of a node exporter.
 */
#ifndef TEXTFILE_H
#define TEXTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Puts what write(arg, out) writes in place of the file, with mode 0644, at once: a reader finds
 * the old text or the new one, whole. False with a sentence in why_r: the old file is as it was. */
bool textfile_write(const char *path, void (*write)(void *arg, FILE *out), void *arg, char *why_r,
                    size_t why_size);

#endif
