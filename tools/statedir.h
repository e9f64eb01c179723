/*
 * statedir.h - a directory of small files that many processes write and none sees half written.
 *
 * It and its files are ours alone, or they are not touched: who could write them would decide what
 * we pay for. Nothing is removed but regular files with names that the caller knows as its own.
 */
#ifndef TOOLS_STATEDIR_H
#define TOOLS_STATEDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define STATEDIR_FILE_MAX 1024               /* octets of a file, NUL included */
#define STATEDIR_HEX      "0123456789abcdef" /* what names are made of */

/* Each opens one that is no symbolic link; -1 with errno. EPERM: it belongs to another user, or
 * others may write to it, or read a file. statedir_sub makes its directory (mode 0700) below `at`;
 * statedir_file opens without waiting, and with O_CREAT makes its file (mode 0600). */
int statedir_open(const char *path);
int statedir_sub(int at, const char *name);
int statedir_file(int directory, const char *name, int flags);

/* Puts a file (mode 0600) in place of an older one, on disk before it gets its name. Returns it
 * open, and locked (flock) since before it had the name; -1 with errno. */
int statedir_put(int directory, const char *name, const char *text, size_t len);

/* Reads a whole file; false if it cannot be read or is too large. */
bool statedir_get(int fd, char text_r[STATEDIR_FILE_MAX]);

/* Removes files last written before `since`, and then the oldest ones above `max`, of those whose
 * name `ours` knows. */
void statedir_sweep(int directory, bool (*ours)(const char *name), int64_t since, size_t max);

#endif
