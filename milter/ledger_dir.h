/*
 * ledger_dir.h - the directory of a ledger on disk: ours alone. Internal to the ledger.
 */
#ifndef LEDGER_DIR_H
#define LEDGER_DIR_H

#include <stdbool.h>
#include <stddef.h>

/* Makes the directory (mode 0700) if it is not there, and locks it against every other opener, in
 * this process or another. A descriptor that holds the lock until it is closed, or -1 with a
 * sentence in why_r. */
int ledger_dir_lock(const char *path, char *why_r, size_t why_size);

/* Makes files that were created in it outlast a power cut. */
bool ledger_dir_sync(const char *path);

#endif
