/*
 * ledger_entry.c - the rules of double spending, on one entry.
 *
 *     absent -> RESERVED -> PASSED -> SPENT -> SPENT (the same message again, counted)
 *                  |  `---------------^
 *                  `-> BURNT
 *
 * Nothing leads out of BURNT, out of SPENT by another message, or back from OUTDATED.
 */
#include "milter/ledger_entry.h"

#include <string.h>

struct ledger_entry ledger_entry_none(const struct ledger_key *key, uint32_t purged_before)
{
    struct ledger_entry entry = {.key = *key, .state = LEDGER_ENTRY_ABSENT};
    if (key->date < purged_before)
        entry.state = LEDGER_ENTRY_OUTDATED;
    return entry;
}

bool ledger_entry_over(const struct ledger_entry *entry, int64_t now)
{
    return now >= entry->since + LEDGER_LEASE_S || now < entry->since - LEDGER_LEASE_S;
}

/* May the message that the fingerprint tells of come (again) with this spent stamp? */
static bool same_again(const struct ledger_entry *entry,
                       const uint8_t fingerprint[LEDGER_FINGERPRINT_LEN])
{
    return entry->retries < LEDGER_RETRIES_MAX &&
           memcmp(entry->fingerprint, fingerprint, LEDGER_FINGERPRINT_LEN) == 0;
}

/* Reserved by this token, and in time? */
static bool held(const struct ledger_entry *entry, uint64_t token, int64_t now)
{
    return entry->state == LEDGER_ENTRY_RESERVED && entry->token == token &&
           !ledger_entry_over(entry, now);
}

enum ledger_state ledger_entry_look(const struct ledger_entry *entry,
                                    const uint8_t fingerprint[LEDGER_FINGERPRINT_LEN], int64_t now)
{
    switch (entry->state) {
    case LEDGER_ENTRY_ABSENT:
        return LEDGER_RESERVED_NEW;
    case LEDGER_ENTRY_RESERVED:
        return ledger_entry_over(entry, now) ? LEDGER_RESERVED_NEW : LEDGER_BUSY;
    case LEDGER_ENTRY_PASSED:
        return LEDGER_PASSED;
    case LEDGER_ENTRY_SPENT:
        return same_again(entry, fingerprint) ? LEDGER_SPENT_SAME : LEDGER_SPENT_OTHER;
    case LEDGER_ENTRY_BURNT:
        return LEDGER_BURNT;
    case LEDGER_ENTRY_OUTDATED:
        return LEDGER_OUTDATED;
    }
    OP_BUG_IF(true);
}

bool ledger_entry_end(struct ledger_entry *entry, enum ledger_entry_state to, uint64_t token,
                      int64_t now)
{
    if (!held(entry, token, now))
        return false;
    entry->state = to;
    return true;
}

bool ledger_entry_spend(struct ledger_entry *entry,
                        const uint8_t fingerprint[LEDGER_FINGERPRINT_LEN], uint64_t token,
                        int64_t now)
{
    if (entry->state == LEDGER_ENTRY_SPENT) {
        if (!same_again(entry, fingerprint))
            return false;
        entry->retries++;
        return true;
    }
    if (entry->state != LEDGER_ENTRY_PASSED && !held(entry, token, now))
        return false;
    entry->state = LEDGER_ENTRY_SPENT;
    entry->retries = 0;
    memcpy(entry->fingerprint, fingerprint, LEDGER_FINGERPRINT_LEN);
    return true;
}
