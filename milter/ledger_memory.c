/*
 * ledger_memory.c - the ledger that forgets with its process: for tests, and for trying things out.
 *
 * The same states and rules as on disk, under one lock. Leases and notes do not count against
 * max_size.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "milter/ledger_backend.h"
#include "milter/ledger_table.h"

struct note {
    char name[LEDGER_NOTE_NAME_MAX + 1];
    char *text; /* NULL: the place is free */
    size_t len;
};

struct memory {
    pthread_mutex_t lock; /* everything below */
    uint32_t purged_before;
    struct ledger_table *leases; /* RESERVED */
    struct ledger_table *stored; /* all else */
    struct note notes[LEDGER_NOTES_MAX];
};

static void memory_close(void *self)
{
    struct memory *ledger = self;
    ledger_table_free(ledger->leases);
    ledger_table_free(ledger->stored);
    for (size_t i = 0; i < LEDGER_NOTES_MAX; i++)
        free(ledger->notes[i].text);
    pthread_mutex_destroy(&ledger->lock);
    free(ledger);
}

static void *memory_open(const struct ledger_spec *spec, char *why_r, size_t why_size)
{
    struct memory *ledger = calloc(1, sizeof *ledger);
    if (!ledger) {
        snprintf(why_r, why_size, "no memory for the ledger");
        return NULL;
    }
    pthread_mutex_init(&ledger->lock, NULL);
    ledger->leases = ledger_table_new(LEDGER_TABLE_LEASES_MAX);
    ledger->stored = ledger_table_new((size_t)(spec->max_size / ledger_table_entry_size()));
    if (!ledger->leases || !ledger->stored) {
        snprintf(why_r, why_size, "no memory for the ledger");
        memory_close(ledger);
        return NULL;
    }
    return ledger;
}

/* What is known of the stamp; what is stored beats a lease. */
static struct ledger_entry load(const struct memory *ledger, const struct ledger_key *key)
{
    struct ledger_entry entry = ledger_entry_none(key, ledger->purged_before);
    if (entry.state == LEDGER_ENTRY_OUTDATED)
        return entry;
    const struct ledger_entry *found = ledger_table_find(ledger->stored, key);
    if (!found)
        found = ledger_table_find(ledger->leases, key);
    return found ? *found : entry;
}

static enum ledger_err memory_reserve(void *self, const struct ledger_key *key,
                                      const uint8_t *fingerprint, uint64_t token, int64_t now,
                                      enum ledger_state *state_r)
{
    struct memory *ledger = self;
    pthread_mutex_lock(&ledger->lock);
    struct ledger_entry entry = load(ledger, key);
    enum ledger_err err =
        ledger_table_reserve(ledger->leases, &entry, fingerprint, token, now, state_r);
    pthread_mutex_unlock(&ledger->lock);
    return err;
}

static enum ledger_err memory_release(void *self, const struct ledger_key *key, uint64_t token)
{
    struct memory *ledger = self;
    pthread_mutex_lock(&ledger->lock);
    ledger_table_release(ledger->leases, key, token);
    pthread_mutex_unlock(&ledger->lock);
    return LEDGER_OK;
}

static enum ledger_err memory_end(void *self, const struct ledger_key *key,
                                  enum ledger_entry_state to, uint64_t token, int64_t now)
{
    struct memory *ledger = self;
    enum ledger_err err = LEDGER_OK;
    pthread_mutex_lock(&ledger->lock);
    struct ledger_entry entry = load(ledger, key);
    if (ledger_entry_end(&entry, to, token, now) && !ledger_table_put(ledger->stored, &entry))
        err = LEDGER_FULL;
    else
        ledger_table_release(ledger->leases, key, token);
    pthread_mutex_unlock(&ledger->lock);
    return err;
}

/* Makes room for all the keys, or changes nothing. New places hold an absent entry until they are
 * written, which is before the lock is given back. */
static bool make_room(struct memory *ledger, const struct ledger_key *keys, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        struct ledger_entry none = ledger_entry_none(&keys[i], 0);
        if (!ledger_table_find(ledger->stored, &keys[i]) &&
            !ledger_table_put(ledger->stored, &none))
            break;
    }
    if (i == count)
        return true;
    while (i-- > 0) {
        const struct ledger_entry *entry = ledger_table_find(ledger->stored, &keys[i]);
        if (entry && entry->state == LEDGER_ENTRY_ABSENT)
            ledger_table_drop(ledger->stored, &keys[i]);
    }
    return false;
}

static enum ledger_err spend_all(struct memory *ledger, const struct ledger_entry *entries,
                                 const struct ledger_key *keys, size_t count, uint64_t token)
{
    if (!make_room(ledger, keys, count))
        return LEDGER_FULL;
    for (size_t i = 0; i < count; i++) {
        OP_BUG_IF(!ledger_table_put(ledger->stored, &entries[i]));
        ledger_table_release(ledger->leases, &keys[i], token);
    }
    return LEDGER_OK;
}

static enum ledger_err memory_spend(void *self, const struct ledger_key *keys, size_t count,
                                    const uint8_t *fingerprint, uint64_t token, int64_t now,
                                    bool *spent_r, size_t *culprit_r)
{
    struct memory *ledger = self;
    struct ledger_entry entries[LEDGER_SPEND_MAX];
    enum ledger_err err = LEDGER_OK;
    size_t i;
    pthread_mutex_lock(&ledger->lock);
    for (i = 0; i < count; i++) {
        entries[i] = load(ledger, &keys[i]);
        if (!ledger_entry_spend(&entries[i], fingerprint, token, now))
            break;
    }
    if (i == count)
        err = spend_all(ledger, entries, keys, count, token);
    else
        *culprit_r = i;
    if (err == LEDGER_OK)
        *spent_r = i == count;
    pthread_mutex_unlock(&ledger->lock);
    return err;
}

/* The date of the newest entry before that date; 0: there is none. */
static uint32_t newest_before(const struct memory *ledger, uint32_t before)
{
    uint32_t newest = 0;
    for (const struct ledger_entry *entry = ledger_table_oldest(ledger->stored); entry;
         entry = ledger_table_next(entry)) {
        if (entry->key.date < before && entry->key.date > newest)
            newest = entry->key.date;
    }
    return newest;
}

static enum ledger_err memory_purge(void *self, uint32_t before, size_t limit, bool *more_r)
{
    struct memory *ledger = self;
    pthread_mutex_lock(&ledger->lock);
    uint32_t newest = newest_before(ledger, before);
    if (newest > 0 && newest >= ledger->purged_before)
        ledger->purged_before = newest + 1; /* to compare with; it need not be a date */
    struct ledger_entry *entry = ledger_table_oldest(ledger->stored);
    bool more = false;
    while (entry && !more) {
        struct ledger_entry *next = ledger_table_next(entry);
        if (entry->key.date < ledger->purged_before) {
            if (limit == 0) {
                more = true;
            } else {
                ledger_table_drop(ledger->stored, &entry->key);
                limit--;
            }
        }
        entry = next;
    }
    *more_r = more;
    pthread_mutex_unlock(&ledger->lock);
    return LEDGER_OK;
}

/* The note's place, or a free one; NULL: all are taken. Places are taken in order and never given
 * back. */
static struct note *place_of(struct memory *ledger, const char *name)
{
    for (size_t i = 0; i < LEDGER_NOTES_MAX; i++) {
        struct note *note = &ledger->notes[i];
        if (!note->text || strcmp(note->name, name) == 0)
            return note;
    }
    return NULL;
}

static enum ledger_err memory_note_get(void *self, const char *name, char *note_r, size_t *len_r)
{
    struct memory *ledger = self;
    pthread_mutex_lock(&ledger->lock);
    const struct note *note = place_of(ledger, name);
    *len_r = note ? note->len : 0;
    if (*len_r > 0)
        memcpy(note_r, note->text, *len_r);
    pthread_mutex_unlock(&ledger->lock);
    return LEDGER_OK;
}

/* With the lock held. */
static enum ledger_err replace(struct note *note, const char *name, const char *text, size_t len)
{
    char *copy = malloc(len);
    if (!copy)
        return LEDGER_FULL;
    memcpy(copy, text, len);
    free(note->text);
    *note = (struct note){.text = copy, .len = len};
    snprintf(note->name, sizeof note->name, "%s", name);
    return LEDGER_OK;
}

static enum ledger_err memory_note_put(void *self, const char *name, const char *old,
                                       size_t old_len, const char *text, size_t len, bool *done_r)
{
    struct memory *ledger = self;
    enum ledger_err err = LEDGER_OK;
    pthread_mutex_lock(&ledger->lock);
    struct note *note = place_of(ledger, name);
    size_t found = note ? note->len : 0;
    bool same = found == old_len && (old_len == 0 || memcmp(note->text, old, old_len) == 0);
    if (same)
        err = note ? replace(note, name, text, len) : LEDGER_FULL;
    if (err == LEDGER_OK)
        *done_r = same;
    pthread_mutex_unlock(&ledger->lock);
    return err;
}

static enum ledger_err memory_stats(void *self, struct ledger_stats *stats_r)
{
    struct memory *ledger = self;
    pthread_mutex_lock(&ledger->lock);
    *stats_r = (struct ledger_stats){
        .entries = ledger_table_count(ledger->stored),
        .bytes = ledger_table_count(ledger->stored) * ledger_table_entry_size(),
        .max_bytes = ledger_table_max(ledger->stored) * ledger_table_entry_size()};
    pthread_mutex_unlock(&ledger->lock);
    return LEDGER_OK;
}

const struct ledger_backend ledger_memory = {
    .name = "memory",
    .open = memory_open,
    .close = memory_close,
    .reserve = memory_reserve,
    .release = memory_release,
    .end = memory_end,
    .spend = memory_spend,
    .purge = memory_purge,
    .note_get = memory_note_get,
    .note_put = memory_note_put,
    .stats = memory_stats,
};
