/*
 * purse_dir.h - a directory of small files that many processes write and none sees half written.
 */
#ifndef TOOLS_PURSE_DIR_H
#define TOOLS_PURSE_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PURSE_FILE_MAX 1024 /* octets of a file, NUL included */

/* Opens a directory below `at`, making it (mode 0700); -1 with errno. */
int purse_dir_open(int at, const char *name);

/* Puts a file (mode 0600) in place of an older one, on disk before it gets its name. Returns it
 * open, and locked (flock) since before it had the name; -1 with errno. */
int purse_dir_put(int directory, const char *name, const char *text, size_t len);

/* Reads a whole file; false if it cannot be read or is too large. */
bool purse_dir_get(int fd, char text_r[PURSE_FILE_MAX]);

/* Removes files last written before `since`, and then the oldest ones above `max`. */
void purse_dir_sweep(int directory, int64_t since, size_t max);

#endif
