/*
 * ledger.h - which stamps have been used: double spending, without mistaking a retry for fraud.
 *
 *     absent -reserve-> RESERVED(lease) -pass-> PASSED -spend-> SPENT(fingerprint)
 *        ^                 |      |
 *        +----release------+      +-burn-> BURNT
 *
 * Every operation is atomic across threads (and, for a shared backend, processes and nodes). A
 * stamp's key is (date, id); the date is the stamp's own, so that expiry is a range. All functions
 * may be called from any thread. Results other than the states are enum ledger_err: the ledger
 * could not do it, nothing may be concluded, and nothing may be accepted.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pow/err.h"
#include "pow/stamp.h"

#define LEDGER_FINGERPRINT_LEN 32
#define LEDGER_RETRIES_MAX     16  /* how often one message may come again with its spent stamp */
#define LEDGER_LEASE_S         120 /* a reservation without an end counts as absent after this */
#define LEDGER_SPEND_MAX       200 /* stamps that one message can spend */
#define LEDGER_SIZE_MIN        (UINT64_C(1) << 20) /* octets: below this a ledger is no use */
#define LEDGER_SIZE_MAX        (UINT64_C(1) << 40) /* it is mapped into the address space */

struct ledger;

struct ledger_key { /* a value */
    uint32_t date;  /* of the stamp, YYYYMMDD */
    uint8_t id[OP_ID_LEN];
};

enum ledger_err {
    LEDGER_OK = 0,
    LEDGER_UNAVAILABLE, /* the store failed or cannot be reached: a retry may work */
    LEDGER_FULL,        /* no room, on disk or in memory: a purge may make some */
};

/* What reserve found. */
enum ledger_state {
    LEDGER_RESERVED_NEW, /* was absent; now ours: verify it, then pass, burn or release it */
    LEDGER_BUSY,         /* reserved by somebody who is verifying it now */
    LEDGER_PASSED,       /* verified before, not yet spent */
    LEDGER_SPENT_SAME,   /* has paid for a message of this fingerprint: the same mail again */
    LEDGER_SPENT_OTHER,  /* has paid for another message, or came again too often */
    LEDGER_BURNT,        /* its proof failed once */
    LEDGER_OUTDATED,     /* dated before what has been purged: nothing is known any more */
};

/* How to open one; the strings are borrowed during ledger_open. */
struct ledger_spec {
    const char *backend; /* "lmdb", "memory" */
    const char *path;    /* directory, for lmdb; made with mode 0700 if it is not there */
    uint64_t max_size;   /* octets, LEDGER_SIZE_MIN to LEDGER_SIZE_MAX */
};

/* NULL on failure, with a full sentence for the operator in why_r. The directory is locked against
 * a second opener, in this process or another, for the ledger's life. */
struct ledger *ledger_open(const struct ledger_spec *spec, char *why_r, size_t why_size);
void ledger_close(struct ledger *ledger); /* NULL is fine; no other thread may be inside */

/* Looks the stamp up and reserves it if absent (or if its lease is over), in one step. `token`
 * names the caller's message (any number unique among the messages in flight) and is what release,
 * pass and burn must show. A stamp that the same token has reserved already is BUSY as well.
 * LEDGER_FULL: more stamps are under verification than the ledger keeps in mind (65536).
 *
 * Reservations of "lmdb" and "memory" live in the process: after a crash the stamp is absent, which
 * is harmless, as it will be verified by the same sample. A lease is over LEDGER_LEASE_S after its
 * start, and also when the clock has gone back by more than that. */
OP_MUST_USE enum ledger_err ledger_reserve(struct ledger *ledger, const struct ledger_key *key,
                                           const uint8_t fingerprint[LEDGER_FINGERPRINT_LEN],
                                           uint64_t token, int64_t now, enum ledger_state *state_r);

/* Ends a reservation of ours: as if it had never been; verified; proof failed. Pass and burn are
 * durable on return. A reservation that is no longer ours (its lease is over) is left alone,
 * LEDGER_OK. A release that fails does no harm: the lease ends anyway. */
enum ledger_err ledger_release(struct ledger *ledger, const struct ledger_key *key, uint64_t token);
OP_MUST_USE enum ledger_err ledger_pass(struct ledger *ledger, const struct ledger_key *key,
                                        uint64_t token, int64_t now);
OP_MUST_USE enum ledger_err ledger_burn(struct ledger *ledger, const struct ledger_key *key,
                                        uint64_t token, int64_t now);

/* Spends all keys for one message, or none: each must be PASSED, or RESERVED by `token` (the caller
 * has verified it: pass and spend in one commit), or SPENT with the same fingerprint and fewer than
 * LEDGER_RETRIES_MAX times again. A key that is named twice counts once. *spent_r: true if done
 * (durable), false if one of them did not allow it; then *culprit_r is its index in keys and
 * nothing has changed. count is at most LEDGER_SPEND_MAX; spending nothing is done at once. */
OP_MUST_USE enum ledger_err ledger_spend(struct ledger *ledger, const struct ledger_key *keys,
                                         size_t count,
                                         const uint8_t fingerprint[LEDGER_FINGERPRINT_LEN],
                                         uint64_t token, int64_t now, bool *spent_r,
                                         size_t *culprit_r);

/* Forgets entries with a date before `before` (YYYYMMDD), at most `limit` of them, or fewer where
 * that would hold up others for long; *more_r tells whether there are more. From the first
 * call on, stamps of the newest date that is to go and of all before it are LEDGER_OUTDATED for
 * good, and cannot be passed, burnt or spent: so a call by a wrong clock makes none outdated but
 * those of which something is forgotten. A lower date than a former one changes nothing. Works in a
 * full ledger. */
OP_MUST_USE enum ledger_err ledger_purge(struct ledger *ledger, uint32_t before, size_t limit,
                                         bool *more_r);

/* A note is a small record that the site's nodes share, under a name: 1 to LEDGER_NOTE_NAME_MAX of
 * a-z, 0-9 and "-". There is room for LEDGER_NOTES_MAX of them, beside the stamps: a full ledger
 * takes them, and no purge touches them. Get: *len_r 0 if there is none. Put replaces it if it
 * still is `old` (old_len 0: if there is none) by 1 to LEDGER_NOTE_MAX octets, in one durable step;
 * *done_r false: somebody else was faster. A damaged note is LEDGER_UNAVAILABLE for both, and is
 * never taken for absent. */
#define LEDGER_NOTE_MAX      4096
#define LEDGER_NOTE_NAME_MAX 32
#define LEDGER_NOTES_MAX     16
OP_MUST_USE enum ledger_err ledger_note_get(struct ledger *ledger, const char *name,
                                            char note_r[LEDGER_NOTE_MAX], size_t *len_r);
OP_MUST_USE enum ledger_err ledger_note_put(struct ledger *ledger, const char *name,
                                            const char *old, size_t old_len, const char *note,
                                            size_t len, bool *done_r);

struct ledger_stats {
    uint64_t entries;          /* passed, spent or burnt */
    uint64_t bytes, max_bytes; /* store in use and its limit */
};
OP_MUST_USE enum ledger_err ledger_stats_get(struct ledger *ledger, struct ledger_stats *stats_r);

const char *ledger_err_str(enum ledger_err err);
const char *ledger_state_str(enum ledger_state state);

#endif
