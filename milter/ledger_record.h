/*
 * ledger_record.h - an entry as octets, for a store on disk. Internal to the ledger.
 */
#ifndef LEDGER_RECORD_H
#define LEDGER_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "milter/ledger_entry.h"

#define LEDGER_RECORD_FORMAT    1 /* raise it when anything here changes */
#define LEDGER_RECORD_KEY_LEN   (4 + OP_ID_LEN)
#define LEDGER_RECORD_VALUE_LEN (2 + LEDGER_FINGERPRINT_LEN)

/* be32(date) || id: in the order of dates, so that a purge is a range. */
void ledger_record_key(const struct ledger_key *key, uint8_t octets_r[LEDGER_RECORD_KEY_LEN]);

/* state ('p', 's' or 'b') || retries || fingerprint, the latter two zero unless spent. The entry is
 * PASSED, SPENT or BURNT. */
void ledger_record_value(const struct ledger_entry *entry,
                         uint8_t octets_r[LEDGER_RECORD_VALUE_LEN]);

/* Reads a value into an entry that has its key; false, and nothing changed, if it is not of that
 * form. */
bool ledger_record_read(const void *data, size_t len, struct ledger_entry *entry);

#endif
