/*
 * ledger_file.h - a note as a file in the ledger's directory. Internal to the ledger.
 *
 * Beside the database, not in it, so that a note can be replaced when that is full: the pages which
 * a replacement there would take for itself are those that a purge needs.
 */
#ifndef LEDGER_FILE_H
#define LEDGER_FILE_H

#include <stddef.h>

#include "milter/ledger.h"

/* `dir` is a descriptor of the directory, `name` the file's. Reading may go on beside one writer,
 * and finds a whole note, old or new; *len_r is 0 if there is no such file. A file that is not as
 * written is LEDGER_UNAVAILABLE. */
enum ledger_err ledger_file_read(int dir, const char *name, char note_r[LEDGER_NOTE_MAX],
                                 size_t *len_r);

/* Replaces the file in one durable step. After a failure it is the old one, or (only if the
 * directory could not be synced) the new one. */
enum ledger_err ledger_file_write(int dir, const char *name, const char *note, size_t len);

#endif
