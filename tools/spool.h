/*
 * spool.h - holds the body of a message while stamps are minted: in memory, or, if it is large, in
 * a file without a name that vanishes with the process. Written first, then read as often as need
 * be.
 */
#ifndef TOOLS_SPOOL_H
#define TOOLS_SPOOL_H

#include <stddef.h>
#include <stdio.h>

#define SPOOL_MEMORY_MAX (1024 * 1024) /* octets that stay in memory */

#define SPOOL_BLOCK 65536 /* octets that are well read at once */

struct spool {
    char *memory;
    size_t len; /* octets in memory */
    FILE *file; /* what is beyond them; NULL: nothing is */
    size_t at;  /* how much of the memory xspool_next has given */
};

/* An empty one, and octets for its end. Ends the run if no file can be made for them in TMPDIR,
 * else /tmp (EX_CANTCREAT), or written (EX_IOERR). */
void xspool_init(struct spool *spool_r);
void xspool_add(struct spool *spool, const void *data, size_t len);

/* Reads the stream to its end; ends the run if that fails (EX_IOERR), or as above. */
void xspool_read(FILE *stream, struct spool *spool_r);

/* Reads from the start on, `size` octets or what is left of them; 0 at the end. */
void xspool_rewind(struct spool *spool);
size_t xspool_next(struct spool *spool, void *block_r, size_t size);

/* Writes all of it to stdout, checked. */
void xspool_write(struct spool *spool);
void spool_clear(struct spool *spool);

#endif
