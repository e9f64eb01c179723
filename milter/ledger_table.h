/*
 * ledger_table.h - a bounded table of ledger entries in memory, by key and by age. Internal to the
 * ledger.
 *
 * Holds the leases of a process, and all of the memory backend. Not locked: its owner is.
 */
#ifndef LEDGER_TABLE_H
#define LEDGER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "milter/ledger_entry.h"

#define LEDGER_TABLE_LEASES_MAX                                                                    \
    65536 /* stamps under verification at once: 9 MiB if ever reached                              \
           */

struct ledger_table;

struct ledger_table *ledger_table_new(size_t max);  /* entries, at least 1; NULL: out of memory */
void ledger_table_free(struct ledger_table *table); /* NULL is fine */

size_t ledger_table_count(const struct ledger_table *table);
size_t ledger_table_max(const struct ledger_table *table);
uint64_t ledger_table_entry_size(void); /* octets that an entry takes, all counted */

/* Borrowed until the entry is dropped; NULL if there is none. Change all but the key, if you like.
 */
struct ledger_entry *ledger_table_find(const struct ledger_table *table,
                                       const struct ledger_key *key);
struct ledger_entry *ledger_table_oldest(const struct ledger_table *table);
struct ledger_entry *ledger_table_next(const struct ledger_entry *entry); /* the next younger one */

/* Stores a copy as the youngest; false if there is no room. Cannot fail for a key that is there. */
bool ledger_table_put(struct ledger_table *table, const struct ledger_entry *entry);
void ledger_table_drop(struct ledger_table *table, const struct ledger_key *key);

/* Leases. `reserve` tells what is found of an entry, as far as it is known; one that may be had is
 * put as RESERVED, in the place of an older lease whose time is over if need be, or it is
 * LEDGER_FULL. `release` drops the lease of this key if the token holds it. */
enum ledger_err ledger_table_reserve(struct ledger_table *table, const struct ledger_entry *entry,
                                     const uint8_t fingerprint[LEDGER_FINGERPRINT_LEN],
                                     uint64_t token, int64_t now, enum ledger_state *state_r);
void ledger_table_release(struct ledger_table *table, const struct ledger_key *key, uint64_t token);

#endif
