/*
 * spool.h - holds the body of a message while stamps are minted: in memory, or, if it is large, in
 * a file without a name that vanishes with the process.
 */
#ifndef TOOLS_SPOOL_H
#define TOOLS_SPOOL_H

#include <stddef.h>
#include <stdio.h>

#define SPOOL_MEMORY_MAX (1024 * 1024) /* octets that stay in memory */

struct spool {
    char *memory;
    size_t len; /* octets in memory */
    FILE *file; /* what is beyond them; NULL: nothing is */
};

/* Reads the stream to its end. Ends the run if that fails (EX_IOERR) or no file can be made for it
 * in TMPDIR, else /tmp (EX_CANTCREAT). */
void xspool_read(FILE *stream, struct spool *spool_r);

/* Writes all of it to stdout, checked. */
void xspool_write(struct spool *spool);
void spool_clear(struct spool *spool);

#endif
