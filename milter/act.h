/*
 * act.h - the way out through libmilter: carries out what has been decided.
 *
 * Results are libmilter's SMFIS_* codes, to be returned from the callback.
 */
#ifndef ACT_H
#define ACT_H

#include <stdbool.h>

#include "milter/authres.h"
#include "milter/reply.h"
#include "pow/stamp.h"

struct smfi_str; /* libmilter's SMFICTX */

/* Refuses the recipient or message with the reply. */
int act_refuse(struct smfi_str *ctx, const struct reply *reply);

/* Removes the marked Authentication-Results fields, then inserts ours on top; forged and value may
 * be NULL. False if libmilter failed: then the message must not be taken as if it had been done.
 * Only at the end of a message. */
bool act_mark(struct smfi_str *ctx, const struct authres_marks *forged, const char *value);

/* Gives the message this References field: in place of the one it has, or as a new one. */
bool act_references(struct smfi_str *ctx, const char *value, bool present);

/* Inserts a stamp on top; false if libmilter failed. */
bool act_stamp(struct smfi_str *ctx, const char *value);

/* Tells the MTA that we are still at work; the argument is its context. Only at the end of a
 * message. False: it has gone, and nobody waits for the answer. */
bool act_progress(void *ctx);

#endif
