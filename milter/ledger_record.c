/*
 * ledger_record.c - the one encoding of entries on disk. It knows no database.
 */
#include "milter/ledger_record.h"

#include <string.h>

#include "pow/bytes.h"
#include "pow/err.h"

void ledger_record_key(const struct ledger_key *key, uint8_t octets_r[LEDGER_RECORD_KEY_LEN])
{
    op_store_be32(octets_r, key->date);
    memcpy(octets_r + 4, key->id, OP_ID_LEN);
}

static uint8_t state_octet(enum ledger_entry_state state)
{
    switch (state) {
    case LEDGER_ENTRY_PASSED:
        return 'p';
    case LEDGER_ENTRY_SPENT:
        return 's';
    case LEDGER_ENTRY_BURNT:
        return 'b';
    case LEDGER_ENTRY_ABSENT:
    case LEDGER_ENTRY_RESERVED:
    case LEDGER_ENTRY_OUTDATED:
        break;
    }
    return 0;
}

static enum ledger_entry_state octet_state(uint8_t octet)
{
    switch (octet) {
    case 'p':
        return LEDGER_ENTRY_PASSED;
    case 's':
        return LEDGER_ENTRY_SPENT;
    case 'b':
        return LEDGER_ENTRY_BURNT;
    default:
        return LEDGER_ENTRY_ABSENT;
    }
}

void ledger_record_value(const struct ledger_entry *entry,
                         uint8_t octets_r[LEDGER_RECORD_VALUE_LEN])
{
    memset(octets_r, 0, LEDGER_RECORD_VALUE_LEN);
    octets_r[0] = state_octet(entry->state);
    OP_BUG_IF(octets_r[0] == 0);
    if (entry->state != LEDGER_ENTRY_SPENT)
        return;
    octets_r[1] = entry->retries;
    memcpy(octets_r + 2, entry->fingerprint, LEDGER_FINGERPRINT_LEN);
}

bool ledger_record_read(const void *data, size_t len, struct ledger_entry *entry)
{
    if (len != LEDGER_RECORD_VALUE_LEN)
        return false;
    uint8_t octets[LEDGER_RECORD_VALUE_LEN];
    memcpy(octets, data, sizeof octets);
    enum ledger_entry_state state = octet_state(octets[0]);
    if (state == LEDGER_ENTRY_ABSENT || octets[1] > LEDGER_RETRIES_MAX)
        return false;
    entry->state = state;
    entry->retries = octets[1];
    memcpy(entry->fingerprint, octets + 2, LEDGER_FINGERPRINT_LEN);
    return true;
}
