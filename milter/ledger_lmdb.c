/*
 * ledger_lmdb.c - how entries lie on the disk, and what a failing disk means.
 *
 * One unnamed LMDB database. Its keys begin with the stamp's date; date 0 does not occur in stamps
 * and marks our own two: "format" and "purged-before", each a be32. A key or value of another size
 * or value than ledger_record.h tells is damage: LEDGER_UNAVAILABLE, never a guess.
 *
 * The map is kept a little smaller than max_size; a purge that finds no page for its own copies
 * gets the rest for a moment, or a full ledger could never be emptied. A failed commit leaves LMDB
 * in a state that its manual does not promise to be usable: the environment is closed, and opened
 * again by whoever comes next.
 */
#include "milter/ledger_lmdb.h"

#include <errno.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "milter/ledger_dir.h"
#include "milter/ledger_record.h"
#include "pow/bytes.h"

#define META_COUNT 2                     /* entries of our own */
#define SPARE      (UINT64_C(64) * 4096) /* octets of the map that only a purge may use */

static const char meta_format[] = "\0\0\0\0format";
static const char meta_purged[] = "\0\0\0\0purged-before";

struct ledger_lmdb {
    char *path;
    uint64_t max_size;
    int lock_fd;
    pthread_mutex_t reading; /* the reader, and whatever moves or replaces the environment */
    MDB_env *env;            /* NULL after a failure, until it is opened again */
    MDB_dbi dbi;
    MDB_txn *reader; /* reset between uses, so that it holds no old pages */
    MDB_txn *writer; /* while a transaction is open */
};

static enum ledger_err err_of(int rc)
{
    switch (rc) {
    case 0:
        return LEDGER_OK;
    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return LEDGER_FULL;
    default:
        return LEDGER_UNAVAILABLE;
    }
}

static bool say(char *why_r, size_t why_size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Writes the sentence; false, for the caller to return. */
static bool say(char *why_r, size_t why_size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why_r, why_size, format, args);
    va_end(args);
    return false;
}

/*
 * Keys and values
 */

static MDB_val key_val(const struct ledger_key *key, uint8_t buffer_r[LEDGER_RECORD_KEY_LEN])
{
    ledger_record_key(key, buffer_r);
    return (MDB_val){.mv_size = LEDGER_RECORD_KEY_LEN, .mv_data = buffer_r};
}

/* `name` is the array of a string literal with octets 0 in front; its last NUL does not count. */
#define META_VAL(name)                                                                             \
    ((MDB_val){.mv_size = sizeof(name) - 1, .mv_data = (void *)(uintptr_t)(name)})

static int meta_get(MDB_txn *txn, MDB_dbi dbi, MDB_val key, uint32_t *number_r)
{
    MDB_val value;
    int rc = mdb_get(txn, dbi, &key, &value);
    if (rc != 0)
        return rc;
    if (value.mv_size != 4)
        return MDB_CORRUPTED;
    *number_r = op_load_be32(value.mv_data);
    return 0;
}

static int meta_put(MDB_txn *txn, MDB_dbi dbi, MDB_val key, uint32_t number)
{
    uint8_t buffer[4];
    op_store_be32(buffer, number);
    MDB_val value = {.mv_size = sizeof buffer, .mv_data = buffer};
    return mdb_put(txn, dbi, &key, &value, 0);
}

/* The entry as the transaction sees it. */
static int entry_get(MDB_txn *txn, MDB_dbi dbi, const struct ledger_key *key,
                     struct ledger_entry *entry_r)
{
    uint32_t purged;
    int rc = meta_get(txn, dbi, META_VAL(meta_purged), &purged);
    if (rc != 0)
        return rc;
    struct ledger_entry entry = ledger_entry_none(key, purged);
    if (entry.state == LEDGER_ENTRY_ABSENT) {
        uint8_t buffer[LEDGER_RECORD_KEY_LEN];
        MDB_val k = key_val(key, buffer), value;
        rc = mdb_get(txn, dbi, &k, &value);
        if (rc == 0 && !ledger_record_read(value.mv_data, value.mv_size, &entry))
            rc = MDB_CORRUPTED;
        if (rc != 0 && rc != MDB_NOTFOUND)
            return rc;
    }
    *entry_r = entry;
    return 0;
}

/*
 * The environment
 */

/* Writes our format into a database that is empty. */
static int env_claim(struct ledger_lmdb *db)
{
    MDB_txn *txn;
    MDB_stat stat;
    int rc = mdb_txn_begin(db->env, NULL, 0, &txn);
    if (rc != 0)
        return rc;
    rc = mdb_dbi_open(txn, NULL, 0, &db->dbi);
    if (rc == 0)
        rc = mdb_stat(txn, db->dbi, &stat);
    if (rc == 0 && stat.ms_entries == 0) {
        rc = meta_put(txn, db->dbi, META_VAL(meta_format), LEDGER_RECORD_FORMAT);
        if (rc == 0)
            rc = meta_put(txn, db->dbi, META_VAL(meta_purged), 0);
        if (rc == 0)
            return mdb_txn_commit(txn);
    }
    mdb_txn_abort(txn);
    return rc;
}

/* Opens the reader, and reads the format with it. */
static int env_look(struct ledger_lmdb *db, uint32_t *format_r)
{
    int rc = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &db->reader);
    if (rc != 0)
        return rc;
    rc = mdb_dbi_open(db->reader, NULL, 0, &db->dbi);
    if (rc == 0)
        rc = meta_get(db->reader, db->dbi, META_VAL(meta_format), format_r);
    mdb_txn_reset(db->reader);
    return rc;
}

static void env_close(struct ledger_lmdb *db)
{
    if (db->reader)
        mdb_txn_abort(db->reader);
    db->reader = NULL;
    if (db->env)
        mdb_env_close(db->env);
    db->env = NULL;
}

/* NOTLS: the reader is whichever thread holds the lock. NORDAHEAD: keys are random, what lies next
 * to one is of no interest. *format_r is written if the database tells it, also when that is the
 * failure. */
static int env_open(struct ledger_lmdb *db, bool claim, uint32_t *format_r)
{
    int rc = mdb_env_create(&db->env);
    if (rc != 0)
        return rc;
    rc = mdb_env_set_mapsize(db->env, db->max_size - SPARE);
    if (rc == 0)
        rc = mdb_env_open(db->env, db->path, MDB_NOTLS | MDB_NORDAHEAD, 0600);
    if (rc == 0 && claim)
        rc = env_claim(db);
    if (rc == 0)
        rc = env_look(db, format_r);
    if (rc == 0 && *format_r != LEDGER_RECORD_FORMAT)
        rc = MDB_VERSION_MISMATCH;
    if (rc != 0)
        env_close(db);
    return rc;
}

/* With the lock `reading` held: opens the environment again if a failure closed it. A database that
 * has become empty meanwhile is not claimed: what was spent would count as fresh. */
static int env_ready(struct ledger_lmdb *db)
{
    uint32_t format;
    return db->env ? 0 : env_open(db, false, &format);
}

static void env_discard(struct ledger_lmdb *db)
{
    pthread_mutex_lock(&db->reading);
    env_close(db);
    pthread_mutex_unlock(&db->reading);
}

/* Sets the map's size; it never gets smaller than what is in use. */
static int env_resize(struct ledger_lmdb *db, uint64_t size)
{
    pthread_mutex_lock(&db->reading);
    int rc = mdb_env_set_mapsize(db->env, size);
    if (rc != 0)
        env_close(db);
    pthread_mutex_unlock(&db->reading);
    return rc;
}

/* Opens it for the first time; on failure the caller closes what there is. */
static bool first_open(struct ledger_lmdb *db, char *why_r, size_t why_size)
{
    db->lock_fd = ledger_dir_lock(db->path, why_r, why_size);
    if (db->lock_fd < 0)
        return false;
    uint32_t format = LEDGER_RECORD_FORMAT;
    int rc = env_open(db, true, &format);
    if (rc != 0 && format != LEDGER_RECORD_FORMAT)
        return say(why_r, why_size,
                   "ledger %s has format %u, but this version reads format %d only", db->path,
                   (unsigned)format, LEDGER_RECORD_FORMAT);
    if (rc == MDB_NOTFOUND)
        return say(why_r, why_size, "ledger %s: its database was not made by onionpow", db->path);
    if (rc != 0)
        return say(why_r, why_size, "ledger %s: cannot open the database: %s", db->path,
                   mdb_strerror(rc));
    if (!ledger_dir_sync(db->path))
        return say(why_r, why_size, "ledger %s: cannot sync the directory: %s", db->path,
                   strerror(errno));
    return true;
}

struct ledger_lmdb *ledger_lmdb_open(const struct ledger_spec *spec, char *why_r, size_t why_size)
{
    struct ledger_lmdb *db = calloc(1, sizeof *db);
    if (!db || !(db->path = strdup(spec->path))) {
        free(db);
        say(why_r, why_size, "no memory for the ledger");
        return NULL;
    }
    db->lock_fd = -1;
    db->max_size = spec->max_size / SPARE * SPARE; /* whole pages */
    pthread_mutex_init(&db->reading, NULL);
    if (!first_open(db, why_r, why_size)) {
        ledger_lmdb_close(db);
        return NULL;
    }
    return db;
}

void ledger_lmdb_close(struct ledger_lmdb *db)
{
    if (!db)
        return;
    env_close(db);
    if (db->lock_fd >= 0)
        close(db->lock_fd);
    pthread_mutex_destroy(&db->reading);
    free(db->path);
    free(db);
}

/*
 * Reading
 */

/* On 0 the reader sees the last commit, and the caller calls read_end. */
static int read_begin(struct ledger_lmdb *db)
{
    pthread_mutex_lock(&db->reading);
    int rc = env_ready(db);
    if (rc == 0)
        rc = mdb_txn_renew(db->reader);
    if (rc != 0)
        pthread_mutex_unlock(&db->reading);
    return rc;
}

static void read_end(struct ledger_lmdb *db)
{
    mdb_txn_reset(db->reader);
    pthread_mutex_unlock(&db->reading);
}

enum ledger_err ledger_lmdb_get(struct ledger_lmdb *db, const struct ledger_key *key,
                                struct ledger_entry *entry_r)
{
    int rc = read_begin(db);
    if (rc == 0) {
        rc = entry_get(db->reader, db->dbi, key, entry_r);
        read_end(db);
    }
    return rc == 0 ? LEDGER_OK : LEDGER_UNAVAILABLE;
}

enum ledger_err ledger_lmdb_stats(struct ledger_lmdb *db, struct ledger_stats *stats_r)
{
    MDB_stat stat;
    int rc = read_begin(db);
    if (rc == 0) {
        rc = mdb_stat(db->reader, db->dbi, &stat);
        read_end(db);
    }
    if (rc != 0)
        return LEDGER_UNAVAILABLE;
    size_t pages = stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
    *stats_r = (struct ledger_stats){.entries = stat.ms_entries - META_COUNT,
                                     .bytes = (uint64_t)pages * stat.ms_psize,
                                     .max_bytes = db->max_size};
    return LEDGER_OK;
}

/*
 * Writing
 */

static int write_begin(struct ledger_lmdb *db)
{
    pthread_mutex_lock(&db->reading);
    int rc = env_ready(db);
    pthread_mutex_unlock(&db->reading);
    if (rc != 0)
        return rc;
    rc = mdb_txn_begin(db->env, NULL, 0, &db->writer);
    if (rc != 0)
        env_discard(db);
    return rc;
}

static int write_commit(struct ledger_lmdb *db)
{
    int rc = mdb_txn_commit(db->writer); /* frees it, whatever the result */
    db->writer = NULL;
    if (rc != 0 && rc != MDB_MAP_FULL)
        env_discard(db);
    return rc;
}

enum ledger_err ledger_lmdb_begin(struct ledger_lmdb *db)
{
    return err_of(write_begin(db));
}

enum ledger_err ledger_lmdb_load(struct ledger_lmdb *db, const struct ledger_key *key,
                                 struct ledger_entry *entry_r)
{
    return err_of(entry_get(db->writer, db->dbi, key, entry_r));
}

enum ledger_err ledger_lmdb_put(struct ledger_lmdb *db, const struct ledger_entry *entry)
{
    uint8_t buffer[LEDGER_RECORD_KEY_LEN], data[LEDGER_RECORD_VALUE_LEN];
    ledger_record_value(entry, data);
    MDB_val key = key_val(&entry->key, buffer);
    MDB_val value = {.mv_size = sizeof data, .mv_data = data};
    return err_of(mdb_put(db->writer, db->dbi, &key, &value, 0));
}

enum ledger_err ledger_lmdb_commit(struct ledger_lmdb *db)
{
    return err_of(write_commit(db));
}

void ledger_lmdb_abort(struct ledger_lmdb *db)
{
    mdb_txn_abort(db->writer);
    db->writer = NULL;
}

/*
 * Purging
 */

/* The date of the newest entry before that date; 0: there is none. */
static int newest_before(MDB_cursor *cursor, uint32_t before, uint32_t *date_r)
{
    uint8_t first[4];
    op_store_be32(first, before);
    MDB_val key = {.mv_size = sizeof first, .mv_data = first}, value;
    *date_r = 0;
    int rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    if (rc == 0 || rc == MDB_NOTFOUND)
        rc = mdb_cursor_get(cursor, &key, &value, rc == 0 ? MDB_PREV : MDB_LAST);
    if (rc != 0)
        return rc == MDB_NOTFOUND ? 0 : rc;
    if (key.mv_size < sizeof first)
        return MDB_CORRUPTED;
    uint32_t date = op_load_be32(key.mv_data);
    if (date != 0 && key.mv_size != LEDGER_RECORD_KEY_LEN)
        return MDB_CORRUPTED;
    *date_r = date;
    return 0;
}

/* Raises the date of the purge if there is something to go; *before_r is the one that holds. */
static int purge_mark(struct ledger_lmdb *db, MDB_cursor *cursor, uint32_t before,
                      uint32_t *before_r)
{
    uint32_t old, newest;
    int rc = meta_get(db->writer, db->dbi, META_VAL(meta_purged), &old);
    if (rc == 0)
        rc = newest_before(cursor, before, &newest);
    if (rc != 0)
        return rc;
    *before_r = old;
    if (newest == 0 || newest < old)
        return 0;
    *before_r = newest + 1; /* to compare with; it need not be a date */
    return meta_put(db->writer, db->dbi, META_VAL(meta_purged), newest + 1);
}

/* Deletes from the oldest entry on; *more_r: the next one is to go too. */
static int purge_range(MDB_cursor *cursor, uint32_t before, size_t limit, bool *more_r)
{
    uint8_t first[4] = {0, 0, 0, 1}; /* behind our own keys */
    MDB_val key = {.mv_size = sizeof first, .mv_data = first}, value;
    *more_r = false;
    int rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    for (size_t i = 0; rc == 0; i++) {
        bool sound = key.mv_size == LEDGER_RECORD_KEY_LEN;
        if (sound && op_load_be32(key.mv_data) >= before)
            break;
        if (i == limit) {
            *more_r = true;
            break;
        }
        rc = sound ? mdb_cursor_del(cursor, 0) : MDB_CORRUPTED;
        if (rc == 0)
            rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int purge(struct ledger_lmdb *db, uint32_t before, size_t limit, bool *more_r)
{
    MDB_cursor *cursor;
    bool more = false;
    int rc = write_begin(db);
    if (rc != 0)
        return rc;
    rc = mdb_cursor_open(db->writer, db->dbi, &cursor);
    if (rc == 0) {
        rc = purge_mark(db, cursor, before, &before);
        if (rc == 0)
            rc = purge_range(cursor, before, limit, &more);
        mdb_cursor_close(cursor);
    }
    if (rc != 0) {
        ledger_lmdb_abort(db);
        return rc;
    }
    rc = write_commit(db);
    if (rc == 0)
        *more_r = more;
    return rc;
}

enum ledger_err ledger_lmdb_purge(struct ledger_lmdb *db, uint32_t before, size_t limit,
                                  bool *more_r)
{
    if (limit > LEDGER_LMDB_PURGE_MAX)
        limit = LEDGER_LMDB_PURGE_MAX;
    int rc = purge(db, before, limit, more_r);
    if (rc == MDB_MAP_FULL && env_resize(db, db->max_size) == 0) {
        rc = purge(db, before, limit, more_r);
        if (db->env)
            (void)env_resize(db,
                             db->max_size - SPARE); /* if it fails, the next one opens it again */
    }
    return err_of(rc);
}
