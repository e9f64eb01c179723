/*
 * complete.h - completion scripts for shells, written from the tables of verbs and options.
 */
#ifndef TOOLS_COMPLETE_H
#define TOOLS_COMPLETE_H

#include "tools/cmd.h"

/* `shell` is "bash" or "zsh"; false if it is another. */
bool complete_write(FILE *stream, const char *shell, const struct cmd *const *verbs, size_t count);

#endif
