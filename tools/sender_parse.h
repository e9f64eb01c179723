/*
 * sender_parse.h - reads the text of a configuration file; libconfuse's home. Internal to the
 * sender files.
 */
#ifndef TOOLS_SENDER_PARSE_H
#define TOOLS_SENDER_PARSE_H

#include "pow/err.h"
#include "tools/sender.h"

/* Replaces what the text has keys for. False with a sentence: file, line, key, got, allowed. */
OP_MUST_USE bool sender_parse(struct sender *sender, const char *name, const char *text, size_t len,
                              char why_r[SENDER_WHY_MAX]);

#endif
