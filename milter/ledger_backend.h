/*
 * ledger_backend.h - what a backend offers to ledger.c. Internal to the ledger.
 *
 * One row of functions for each backend; they keep the contracts of ledger.h, with arguments that
 * ledger.c has checked. A new backend is a file and a row in ledger.c.
 */
#ifndef LEDGER_BACKEND_H
#define LEDGER_BACKEND_H

#include "milter/ledger_entry.h"

struct ledger_backend {
    const char *name;
    void *(*open)(const struct ledger_spec *spec, char *why_r, size_t why_size);
    void (*close)(void *self);
    enum ledger_err (*reserve)(void *self, const struct ledger_key *key, const uint8_t *fingerprint,
                               uint64_t token, int64_t now, enum ledger_state *state_r);
    enum ledger_err (*release)(void *self, const struct ledger_key *key, uint64_t token);
    /* pass and burn: `to` is LEDGER_ENTRY_PASSED or LEDGER_ENTRY_BURNT */
    enum ledger_err (*end)(void *self, const struct ledger_key *key, enum ledger_entry_state to,
                           uint64_t token, int64_t now);
    enum ledger_err (*spend)(void *self, const struct ledger_key *keys, size_t count,
                             const uint8_t *fingerprint, uint64_t token, int64_t now, bool *spent_r,
                             size_t *culprit_r);
    enum ledger_err (*purge)(void *self, uint32_t before, size_t limit, bool *more_r);
    enum ledger_err (*note_get)(void *self, const char *name, char *note_r, size_t *len_r);
    enum ledger_err (*note_put)(void *self, const char *name, const char *old, size_t old_len,
                                const char *note, size_t len, bool *done_r);
    enum ledger_err (*stats)(void *self, struct ledger_stats *stats_r);
};

extern const struct ledger_backend ledger_embedded; /* "lmdb" */
extern const struct ledger_backend ledger_memory;   /* "memory" */

#endif
