/*
 * keyfile.h - the site key on disk: OP_KEY_LEN random octets that only the daemon may read.
 */
#ifndef KEYFILE_H
#define KEYFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "pow/key.h"

/* Reads the key, or makes one if the file is not there (mode 0600, on disk before this returns).
 * *made_r: it was not there, so a new one is (or, on failure, should have been) made. NULL with a
 * sentence for the operator in why_r. op_key_free the key. */
struct op_key *keyfile_open(const char *path, bool *made_r, char *why_r, size_t why_size);

#endif
