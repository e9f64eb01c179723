/*
 * resent.h - which bounces have been acted upon, so that the same one read twice does not send a
 * message twice.
 *
 * On disk nothing but the names of empty files, and these are hashes.
 */
#ifndef TOOLS_RESENT_H
#define TOOLS_RESENT_H

#include <stdbool.h>
#include <stdint.h>

#include "pow/sha256.h"
#include "tools/dsn.h"

#define RESENT_DAYS 60   /* how long it is remembered */
#define RESENT_MAX  4096 /* bounces that are remembered */

struct resent { /* one recipient of one bounce */
    uint8_t id[OP_SHA256_LEN];
};

/* The same for the same bounce however it was stored, another for the next bounce of the same
 * message: that one returns other trace fields and another stamp. */
void resent_init(struct resent *resent, const struct dsn *dsn, const struct dsn_recipient *about);

enum resent_result {
    RESENT_FIRST,  /* not acted upon before, and marked now */
    RESENT_BEFORE, /* marked already */
    RESENT_FAILED, /* it cannot be known: errno says why */
};

/* `state`: the directory of sender_state. Atomic among processes; on disk before it returns. */
enum resent_result resent_mark(const struct resent *resent, const char *state, int64_t now);

/* It was not sent after all. False: it could not be unmarked, errno says why. */
bool resent_unmark(const struct resent *resent, const char *state);

#endif
