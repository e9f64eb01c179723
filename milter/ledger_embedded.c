/*
 * ledger_embedded.c - the ledger of one process: reservations in memory, all else in LMDB, commits
 * shared.
 *
 * Reservations are not worth a disk write: junk would buy one for each stamp, and one that a crash
 * takes away is harmless, since the sample that a stamp is verified by is always the same. What is
 * stored beats a lease: both exist together only for a moment, or if a lease ran out while its
 * owner was still busy, and then the stored state is the later one.
 *
 * Whatever changes the store is a job of the group: all jobs that are waiting go into one
 * transaction, with one commit, and each caller returns after it. Within it a job sees what earlier
 * jobs have done. Notes are files of their own and no part of this.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "milter/ledger_backend.h"
#include "milter/ledger_file.h"
#include "milter/ledger_group.h"
#include "milter/ledger_lmdb.h"
#include "milter/ledger_table.h"

struct embedded {
    struct ledger_lmdb *db;
    struct ledger_group group;
    pthread_mutex_t lock; /* leases */
    struct ledger_table *leases;
    int dir;               /* descriptor of the directory, for notes */
    pthread_mutex_t notes; /* one writer at a time */
};

enum job_kind { JOB_END, JOB_SPEND, JOB_PURGE };

struct job {
    struct ledger_group_job group; /* first: what the group hands back */
    enum job_kind kind;
    const struct ledger_key *keys;
    size_t count;
    uint64_t token;
    int64_t now;
    enum ledger_entry_state to; /* JOB_END */
    const uint8_t *fingerprint; /* JOB_SPEND */
    bool spent;
    size_t culprit;
    uint32_t before; /* JOB_PURGE */
    size_t limit;
    bool more;
    enum ledger_err err; /* of all kinds */
};

static void run_batch(void *arg, struct ledger_group_job *batch);

static void embedded_close(void *self)
{
    struct embedded *ledger = self;
    ledger_table_free(ledger->leases);
    if (ledger->dir >= 0)
        close(ledger->dir);
    ledger_lmdb_close(ledger->db); /* gives the directory's lock back: last */
    ledger_group_clear(&ledger->group);
    pthread_mutex_destroy(&ledger->notes);
    pthread_mutex_destroy(&ledger->lock);
    free(ledger);
}

static bool open_store(struct embedded *ledger, const struct ledger_spec *spec, char *why_r,
                       size_t why_size)
{
    ledger->db = ledger_lmdb_open(spec, why_r, why_size);
    if (!ledger->db)
        return false;
    ledger->dir = open(spec->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ledger->dir < 0)
        snprintf(why_r, why_size, "ledger %s: %s", spec->path, strerror(errno));
    return ledger->dir >= 0;
}

static void *embedded_open(const struct ledger_spec *spec, char *why_r, size_t why_size)
{
    struct embedded *ledger = calloc(1, sizeof *ledger);
    if (!ledger) {
        snprintf(why_r, why_size, "no memory for the ledger");
        return NULL;
    }
    ledger->dir = -1;
    pthread_mutex_init(&ledger->lock, NULL);
    pthread_mutex_init(&ledger->notes, NULL);
    ledger_group_init(&ledger->group, run_batch, ledger);
    ledger->leases = ledger_table_new(LEDGER_TABLE_LEASES_MAX);
    if (!ledger->leases)
        snprintf(why_r, why_size, "no memory for the ledger");
    if (!ledger->leases || !open_store(ledger, spec, why_r, why_size)) {
        embedded_close(ledger);
        return NULL;
    }
    return ledger;
}

/*
 * Reservations
 */

/* With the lock held: the lease, if nothing is stored. */
static void add_lease(const struct embedded *ledger, struct ledger_entry *entry)
{
    const struct ledger_entry *lease;
    if (entry->state == LEDGER_ENTRY_ABSENT &&
        (lease = ledger_table_find(ledger->leases, &entry->key)))
        *entry = *lease;
}

/* The lock is held while the store is read, or the stamp could be passed by its holder, and the
 * lease dropped, between the two looks, and would seem to be absent. */
static enum ledger_err embedded_reserve(void *self, const struct ledger_key *key,
                                        const uint8_t *fingerprint, uint64_t token, int64_t now,
                                        enum ledger_state *state_r)
{
    struct embedded *ledger = self;
    struct ledger_entry entry;
    pthread_mutex_lock(&ledger->lock);
    enum ledger_err err = ledger_lmdb_get(ledger->db, key, &entry);
    if (err == LEDGER_OK) {
        add_lease(ledger, &entry);
        err = ledger_table_reserve(ledger->leases, &entry, fingerprint, token, now, state_r);
    }
    pthread_mutex_unlock(&ledger->lock);
    return err;
}

static enum ledger_err embedded_release(void *self, const struct ledger_key *key, uint64_t token)
{
    struct embedded *ledger = self;
    pthread_mutex_lock(&ledger->lock);
    ledger_table_release(ledger->leases, key, token);
    pthread_mutex_unlock(&ledger->lock);
    return LEDGER_OK;
}

/*
 * Inside the transaction
 */

static enum ledger_err load(struct embedded *ledger, const struct ledger_key *key,
                            struct ledger_entry *entry_r)
{
    enum ledger_err err = ledger_lmdb_load(ledger->db, key, entry_r);
    if (err == LEDGER_OK) {
        pthread_mutex_lock(&ledger->lock);
        add_lease(ledger, entry_r);
        pthread_mutex_unlock(&ledger->lock);
    }
    return err;
}

static enum ledger_err run_end(struct embedded *ledger, struct job *job)
{
    struct ledger_entry entry;
    enum ledger_err err = load(ledger, job->keys, &entry);
    if (err == LEDGER_OK && ledger_entry_end(&entry, job->to, job->token, job->now))
        err = ledger_lmdb_put(ledger->db, &entry);
    return err;
}

/* First all are looked at, then all are written. A key that is there twice is written twice with
 * the same entry: it counts once. */
static enum ledger_err run_spend(struct embedded *ledger, struct job *job)
{
    struct ledger_entry entries[LEDGER_SPEND_MAX];
    for (size_t i = 0; i < job->count; i++) {
        enum ledger_err err = load(ledger, &job->keys[i], &entries[i]);
        if (err != LEDGER_OK)
            return err;
        if (!ledger_entry_spend(&entries[i], job->fingerprint, job->token, job->now)) {
            job->culprit = i;
            return LEDGER_OK;
        }
    }
    for (size_t i = 0; i < job->count; i++) {
        enum ledger_err err = ledger_lmdb_put(ledger->db, &entries[i]);
        if (err != LEDGER_OK)
            return err;
    }
    job->spent = true;
    return LEDGER_OK;
}

static enum ledger_err run_transaction(struct embedded *ledger, struct ledger_group_job *batch)
{
    enum ledger_err err = ledger_lmdb_begin(ledger->db);
    if (err != LEDGER_OK)
        return err;
    for (; batch && err == LEDGER_OK; batch = batch->next) {
        struct job *job = (struct job *)batch;
        err = job->kind == JOB_END ? run_end(ledger, job) : run_spend(ledger, job);
    }
    if (err == LEDGER_OK)
        return ledger_lmdb_commit(ledger->db);
    ledger_lmdb_abort(ledger->db);
    return err;
}

/* The leases of a job that is done; one whose spending was refused has changed nothing and keeps
 * them. */
static void drop_leases(struct embedded *ledger, const struct job *job)
{
    if (job->kind == JOB_SPEND && !job->spent)
        return;
    pthread_mutex_lock(&ledger->lock);
    for (size_t i = 0; i < job->count; i++)
        ledger_table_release(ledger->leases, &job->keys[i], job->token);
    pthread_mutex_unlock(&ledger->lock);
}

/* Jobs share their transaction's fate: if it fails, by whichever of them, none is done. */
static void run_batch(void *arg, struct ledger_group_job *batch)
{
    struct embedded *ledger = arg;
    struct job *first = (struct job *)batch;
    if (first->kind == JOB_PURGE) {
        first->err = ledger_lmdb_purge(ledger->db, first->before, first->limit, &first->more);
        return;
    }
    enum ledger_err err = run_transaction(ledger, batch);
    for (; batch; batch = batch->next) {
        struct job *job = (struct job *)batch;
        job->err = err;
        if (err == LEDGER_OK)
            drop_leases(ledger, job);
    }
}

/*
 * Jobs
 */

static enum ledger_err embedded_end(void *self, const struct ledger_key *key,
                                    enum ledger_entry_state to, uint64_t token, int64_t now)
{
    struct embedded *ledger = self;
    struct job job = {.group = {.weight = 1},
                      .kind = JOB_END,
                      .keys = key,
                      .count = 1,
                      .token = token,
                      .now = now,
                      .to = to};
    ledger_group_submit(&ledger->group, &job.group);
    return job.err;
}

static enum ledger_err embedded_spend(void *self, const struct ledger_key *keys, size_t count,
                                      const uint8_t *fingerprint, uint64_t token, int64_t now,
                                      bool *spent_r, size_t *culprit_r)
{
    struct embedded *ledger = self;
    struct job job = {.group = {.weight = count},
                      .kind = JOB_SPEND,
                      .keys = keys,
                      .count = count,
                      .token = token,
                      .now = now,
                      .fingerprint = fingerprint};
    ledger_group_submit(&ledger->group, &job.group);
    if (job.err != LEDGER_OK)
        return job.err;
    *spent_r = job.spent;
    if (!job.spent)
        *culprit_r = job.culprit;
    return LEDGER_OK;
}

static enum ledger_err embedded_purge(void *self, uint32_t before, size_t limit, bool *more_r)
{
    struct embedded *ledger = self;
    struct job job = {.group = {.weight = limit, .alone = true},
                      .kind = JOB_PURGE,
                      .before = before,
                      .limit = limit};
    ledger_group_submit(&ledger->group, &job.group);
    if (job.err == LEDGER_OK)
        *more_r = job.more;
    return job.err;
}

/*
 * Notes
 */

struct note_file {
    char name[sizeof "note-" + LEDGER_NOTE_NAME_MAX];
};

static struct note_file file_of(const char *name)
{
    struct note_file file;
    snprintf(file.name, sizeof file.name, "note-%s", name);
    return file;
}

static enum ledger_err embedded_note_get(void *self, const char *name, char *note_r, size_t *len_r)
{
    struct embedded *ledger = self;
    return ledger_file_read(ledger->dir, file_of(name).name, note_r, len_r);
}

static enum ledger_err embedded_note_put(void *self, const char *name, const char *old,
                                         size_t old_len, const char *note, size_t len, bool *done_r)
{
    struct embedded *ledger = self;
    const struct note_file file = file_of(name);
    char found[LEDGER_NOTE_MAX];
    size_t found_len;
    bool same = false;
    pthread_mutex_lock(&ledger->notes);
    enum ledger_err err = ledger_file_read(ledger->dir, file.name, found, &found_len);
    if (err == LEDGER_OK)
        same = found_len == old_len && (old_len == 0 || memcmp(found, old, old_len) == 0);
    if (same)
        err = ledger_file_write(ledger->dir, file.name, note, len);
    pthread_mutex_unlock(&ledger->notes);
    if (err == LEDGER_OK)
        *done_r = same;
    return err;
}

static enum ledger_err embedded_stats(void *self, struct ledger_stats *stats_r)
{
    struct embedded *ledger = self;
    return ledger_lmdb_stats(ledger->db, stats_r);
}

const struct ledger_backend ledger_embedded = {
    .name = "lmdb",
    .open = embedded_open,
    .close = embedded_close,
    .reserve = embedded_reserve,
    .release = embedded_release,
    .end = embedded_end,
    .spend = embedded_spend,
    .purge = embedded_purge,
    .note_get = embedded_note_get,
    .note_put = embedded_note_put,
    .stats = embedded_stats,
};
