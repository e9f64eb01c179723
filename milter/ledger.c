/*
 * ledger.c - finds the backend by its name, checks what every backend may rely on, and hands over.
 *
 * It knows no state of its own: the rules are in ledger_entry.c, where entries are kept is the
 * backend's.
 */
#include "milter/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "milter/ledger_backend.h"
#include "pow/err.h"

static const struct ledger_backend *const backends[] = {&ledger_embedded, &ledger_memory};

struct ledger {
    const struct ledger_backend *backend;
    void *self; /* the backend's */
};

static const struct ledger_backend *backend_find(const char *name)
{
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    }
    return NULL;
}

struct ledger *ledger_open(const struct ledger_spec *spec, char *why_r, size_t why_size)
{
    const struct ledger_backend *backend = backend_find(spec->backend);
    if (!backend) {
        snprintf(why_r, why_size, "ledger backend \"%s\" is not known; there are lmdb and memory",
                 spec->backend);
        return NULL;
    }
    if (spec->max_size < LEDGER_SIZE_MIN || spec->max_size > LEDGER_SIZE_MAX) {
        snprintf(why_r, why_size, "a ledger of %llu octets: the size must be from 1MiB to 1TiB",
                 (unsigned long long)spec->max_size);
        return NULL;
    }
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger) {
        snprintf(why_r, why_size, "no memory for the ledger");
        return NULL;
    }
    ledger->backend = backend;
    ledger->self = backend->open(spec, why_r, why_size);
    if (!ledger->self) {
        free(ledger);
        return NULL;
    }
    return ledger;
}

void ledger_close(struct ledger *ledger)
{
    if (!ledger)
        return;
    ledger->backend->close(ledger->self);
    free(ledger);
}

/* A stamp's date was checked when its text was read. */
static void check_key(const struct ledger_key *key)
{
    OP_BUG_IF(key->date == 0);
}

enum ledger_err ledger_reserve(struct ledger *ledger, const struct ledger_key *key,
                               const uint8_t fingerprint[LEDGER_FINGERPRINT_LEN], uint64_t token,
                               int64_t now, enum ledger_state *state_r)
{
    check_key(key);
    return ledger->backend->reserve(ledger->self, key, fingerprint, token, now, state_r);
}

enum ledger_err ledger_release(struct ledger *ledger, const struct ledger_key *key, uint64_t token)
{
    check_key(key);
    return ledger->backend->release(ledger->self, key, token);
}

enum ledger_err ledger_pass(struct ledger *ledger, const struct ledger_key *key, uint64_t token,
                            int64_t now)
{
    check_key(key);
    return ledger->backend->end(ledger->self, key, LEDGER_ENTRY_PASSED, token, now);
}

enum ledger_err ledger_burn(struct ledger *ledger, const struct ledger_key *key, uint64_t token,
                            int64_t now)
{
    check_key(key);
    return ledger->backend->end(ledger->self, key, LEDGER_ENTRY_BURNT, token, now);
}

enum ledger_err ledger_spend(struct ledger *ledger, const struct ledger_key *keys, size_t count,
                             const uint8_t fingerprint[LEDGER_FINGERPRINT_LEN], uint64_t token,
                             int64_t now, bool *spent_r, size_t *culprit_r)
{
    OP_BUG_IF(count > LEDGER_SPEND_MAX);
    for (size_t i = 0; i < count; i++)
        check_key(&keys[i]);
    if (count == 0) {
        *spent_r = true;
        return LEDGER_OK;
    }
    return ledger->backend->spend(ledger->self, keys, count, fingerprint, token, now, spent_r,
                                  culprit_r);
}

enum ledger_err ledger_purge(struct ledger *ledger, uint32_t before, size_t limit, bool *more_r)
{
    return ledger->backend->purge(ledger->self, before, limit, more_r);
}

/* Names are those of our own parts, and of files. */
static void check_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    OP_BUG_IF(len == 0 || len > LEDGER_NOTE_NAME_MAX || name[len] != '\0');
}

enum ledger_err ledger_note_get(struct ledger *ledger, const char *name,
                                char note_r[LEDGER_NOTE_MAX], size_t *len_r)
{
    check_name(name);
    return ledger->backend->note_get(ledger->self, name, note_r, len_r);
}

enum ledger_err ledger_note_put(struct ledger *ledger, const char *name, const char *old,
                                size_t old_len, const char *note, size_t len, bool *done_r)
{
    check_name(name);
    OP_BUG_IF(len == 0 || len > LEDGER_NOTE_MAX);
    return ledger->backend->note_put(ledger->self, name, old, old_len, note, len, done_r);
}

enum ledger_err ledger_stats_get(struct ledger *ledger, struct ledger_stats *stats_r)
{
    return ledger->backend->stats(ledger->self, stats_r);
}

const char *ledger_err_str(enum ledger_err err)
{
    switch (err) {
    case LEDGER_OK:
        return "ok";
    case LEDGER_UNAVAILABLE:
        return "ledger unavailable";
    case LEDGER_FULL:
        return "ledger full";
    }
    return "unknown ledger error";
}

const char *ledger_state_str(enum ledger_state state)
{
    switch (state) {
    case LEDGER_RESERVED_NEW:
        return "new";
    case LEDGER_BUSY:
        return "busy";
    case LEDGER_PASSED:
        return "passed";
    case LEDGER_SPENT_SAME:
        return "spent-same";
    case LEDGER_SPENT_OTHER:
        return "spent-other";
    case LEDGER_BURNT:
        return "burnt";
    case LEDGER_OUTDATED:
        return "outdated";
    }
    return "unknown ledger state";
}
