/*
 * simulate_key.h - the keys of a scenario's lines: which kinds of line have them, what they allow,
 * and where their values go.
 */
#ifndef SIMULATE_KEY_H
#define SIMULATE_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "milter/simulate_script.h"

#define SIMULATE_KEYS_MAX 32

/* Kinds as sets. SIMULATE_KINDS stands for the line `run`. */
#define SIMULATE_KEY_IN(kind) (1u << (kind))

enum simulate_key_type {
    SIMULATE_KEY_NUMBER,
    SIMULATE_KEY_WHOLE,
    SIMULATE_KEY_SPAN,
    SIMULATE_KEY_JUMP,
    SIMULATE_KEY_MAILS,
    SIMULATE_KEY_BOOL,
    SIMULATE_KEY_DATE,
    SIMULATE_KEY_FILE,
};

struct simulate_key {
    unsigned kinds; /* in lines of these */
    const char *name;
    enum simulate_key_type type;
    size_t to;        /* offset of the value */
    unsigned needed;  /* by these kinds */
    double low, high; /* of a number, or of seconds */
    const char *allowed;
};

size_t simulate_key_count(void); /* at most SIMULATE_KEYS_MAX */
const struct simulate_key *simulate_key_at(size_t index);

/* Reads a value into a struct simulate_source, or the struct simulate_script for `run`; may cut the
 * text. False: not allowed. */
bool simulate_key_read(const struct simulate_key *key, char *text, void *base);

#endif
