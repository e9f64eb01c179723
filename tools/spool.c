/* spool.c - see spool.h. */
#include "tools/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/out.h"

static FILE *xspool_create(void)
{
    const char *directory = getenv("TMPDIR");
    char name[4096];

    if (directory == NULL || *directory == '\0')
        directory = "/tmp";
    snprintf(name, sizeof name, "%s/onionpow.XXXXXX", directory);
    int fd = mkostemp(name, O_CLOEXEC); /* mode 0600 */
    FILE *file = fd >= 0 ? fdopen(fd, "w+") : NULL;
    if (file == NULL)
        fail_exit(EX_CANTCREAT, "TMPDIR names the directory", "temporary file in %s: %s", directory,
                  strerror(errno));
    unlink(name);
    return file;
}

static void xspool_check(FILE *stream, const char *what)
{
    if (ferror(stream))
        fail_exit(EX_IOERR, NULL, "%s: %s", what, strerror(errno));
}

void xspool_init(struct spool *spool_r)
{
    *spool_r = (struct spool){.memory = xmalloc(SPOOL_MEMORY_MAX)};
}

void xspool_add(struct spool *spool, const void *data, size_t len)
{
    size_t room = SPOOL_MEMORY_MAX - spool->len;
    size_t kept = len < room ? len : room;

    memcpy(spool->memory + spool->len, data, kept);
    spool->len += kept;
    if (kept == len)
        return;
    if (spool->file == NULL)
        spool->file = xspool_create();
    fwrite((const char *)data + kept, 1, len - kept, spool->file);
    xspool_check(spool->file, "temporary file");
}

void xspool_read(FILE *stream, struct spool *spool_r)
{
    char block[SPOOL_BLOCK];
    size_t n;

    xspool_init(spool_r);
    while ((n = fread(block, 1, sizeof block, stream)) > 0)
        xspool_add(spool_r, block, n);
    xspool_check(stream, "input");
}

void xspool_rewind(struct spool *spool)
{
    spool->at = 0;
    if (spool->file == NULL)
        return;
    if (fflush(spool->file) != 0) /* a full disk may show only here */
        xspool_check(spool->file, "temporary file");
    rewind(spool->file);
}

size_t xspool_next(struct spool *spool, void *block_r, size_t size)
{
    size_t left = spool->len - spool->at;
    size_t given = size < left ? size : left;

    memcpy(block_r, spool->memory + spool->at, given);
    spool->at += given;
    if (given > 0 || spool->file == NULL)
        return given;
    given = fread(block_r, 1, size, spool->file);
    xspool_check(spool->file, "temporary file");
    return given;
}

void xspool_write(struct spool *spool)
{
    char block[SPOOL_BLOCK];
    size_t n;

    xspool_rewind(spool);
    while ((n = xspool_next(spool, block, sizeof block)) > 0)
        xout_write(block, n);
}

void spool_clear(struct spool *spool)
{
    free(spool->memory);
    if (spool->file != NULL)
        fclose(spool->file);
    *spool = (struct spool){0};
}
