/*
 * ledger_entry.h - one stamp in the ledger, and the rules by which it changes. Internal to the
 * ledger.
 *
 * Pure: the rules know an entry, a message and the time, not where entries are kept. Every backend
 * loads an entry, asks a rule, and stores what came out, under whatever makes that one step.
 */
#ifndef LEDGER_ENTRY_H
#define LEDGER_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "milter/ledger.h"

enum ledger_entry_state {
    LEDGER_ENTRY_ABSENT = 0,
    LEDGER_ENTRY_RESERVED,
    LEDGER_ENTRY_PASSED,
    LEDGER_ENTRY_SPENT,
    LEDGER_ENTRY_BURNT,
    LEDGER_ENTRY_OUTDATED, /* dated before the purge: never stored, only found */
};

struct ledger_entry { /* a value */
    struct ledger_key key;
    enum ledger_entry_state state;
    uint8_t retries;                             /* if SPENT: how often the message came again */
    uint8_t fingerprint[LEDGER_FINGERPRINT_LEN]; /* if SPENT: of the message */
    uint64_t token;                              /* if RESERVED: whose */
    int64_t since;                               /* if RESERVED: when, unix seconds */
};

/* An absent entry of this key, or an outdated one if it lies before the date. */
struct ledger_entry ledger_entry_none(const struct ledger_key *key, uint32_t purged_before);

/* Is the lease of a RESERVED entry over? Also when the clock has gone back by more than a lease, so
 * that a reservation made under a wrong clock cannot hold a stamp for years. */
bool ledger_entry_over(const struct ledger_entry *entry, int64_t now);

/* What reserve finds; LEDGER_RESERVED_NEW: the caller may have it. */
enum ledger_state ledger_entry_look(const struct ledger_entry *entry,
                                    const uint8_t fingerprint[LEDGER_FINGERPRINT_LEN], int64_t now);

/* Each turns the entry into what it is to be, and is true; or is false and leaves it alone. */
bool ledger_entry_end(struct ledger_entry *entry, enum ledger_entry_state to, uint64_t token,
                      int64_t now);
bool ledger_entry_spend(struct ledger_entry *entry,
                        const uint8_t fingerprint[LEDGER_FINGERPRINT_LEN], uint64_t token,
                        int64_t now);

#endif
