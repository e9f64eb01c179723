/*
 * asker.h - a mail server that asks: its connection, one request at a time, and how long it may
 * take for what.
 *
 * Knows the protocol, not the answers. Times are milliseconds of any clock that only goes forward.
 */
#ifndef TOOLS_ASKER_H
#define TOOLS_ASKER_H

#include <stdint.h>

#include "tools/lookup.h"

#define ASKER_IDLE_MS  600000 /* a server that asks nothing for so long is sent away */
#define ASKER_SHARP_MS 15000  /* for the rest of a request, and to take a reply */

enum asker_state {
    ASKER_READING, /* wants a request */
    ASKER_WAITING, /* has a key; wants our reply */
    ASKER_WRITING, /* takes a reply */
    ASKER_GONE,    /* is to be freed */
};

struct asker;

/* Takes the descriptors over, which may be one; NULL: out of memory, and they are closed. */
struct asker *asker_new(enum lookup_protocol protocol, int in, int out, int64_t now);
void asker_free(struct asker *asker); /* NULL is fine */

enum asker_state asker_state(const struct asker *asker);
const char *asker_key(const struct asker *asker);  /* of one that is WAITING */
int64_t asker_deadline(const struct asker *asker); /* of one that is WAITING: none but the next */
/* Since when it has owed us a request; INT64_MAX unless READING. */
int64_t asker_silent_since(const struct asker *asker);
void asker_answer_by(struct asker *asker, int64_t deadline);

/* What to poll for; a descriptor and events. */
int asker_fd(const struct asker *asker);
short asker_events(const struct asker *asker);

/* After poll(): reads or writes as its state has it. */
void asker_go_on(struct asker *asker, int64_t now);
/* To one that is WAITING. */
void asker_reply(struct asker *asker, const struct lookup_reply *reply, int64_t now);
void asker_drop(struct asker *asker); /* it is GONE */

#endif
