/*
 * ledger_lmdb.h - the entries that must last, in an LMDB database of their own. Internal to the
 * ledger.
 *
 * Only PASSED, SPENT and BURNT are stored. Reading may go on beside one writing thread; every
 * function but ledger_lmdb_get and ledger_lmdb_stats counts as writing, and its callers keep to one
 * at a time.
 */
#ifndef LEDGER_LMDB_H
#define LEDGER_LMDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "milter/ledger_entry.h"

#define LEDGER_LMDB_PURGE_MAX 4096 /* entries that one transaction deletes: about 120 pages */

struct ledger_lmdb;

/* NULL with a sentence in why_r. Makes the directory, locks it against other processes. */
struct ledger_lmdb *ledger_lmdb_open(const struct ledger_spec *spec, char *why_r, size_t why_size);
void ledger_lmdb_close(struct ledger_lmdb *db); /* NULL is fine */

/* As last committed; ABSENT or OUTDATED if it is not there. */
enum ledger_err ledger_lmdb_get(struct ledger_lmdb *db, const struct ledger_key *key,
                                struct ledger_entry *entry_r);
enum ledger_err ledger_lmdb_stats(struct ledger_lmdb *db, struct ledger_stats *stats_r);

/* A transaction: begin, any number of load and put, and an end, which is abort or commit. After a
 * failed load or put only abort is allowed. Commit returns when all is on the disk, or
 * fails and has changed nothing. */
enum ledger_err ledger_lmdb_begin(struct ledger_lmdb *db);
enum ledger_err ledger_lmdb_load(struct ledger_lmdb *db, const struct ledger_key *key,
                                 struct ledger_entry *entry_r);
enum ledger_err ledger_lmdb_put(struct ledger_lmdb *db, const struct ledger_entry *entry);
enum ledger_err ledger_lmdb_commit(struct ledger_lmdb *db);
void ledger_lmdb_abort(struct ledger_lmdb *db);

/* As ledger_purge, in a transaction of its own. */
enum ledger_err ledger_lmdb_purge(struct ledger_lmdb *db, uint32_t before, size_t limit,
                                  bool *more_r);

#endif
