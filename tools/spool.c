/* spool.c - see spool.h. */
#include "tools/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/out.h"

#define SPOOL_BLOCK 65536

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

static void xspool_copy(FILE *from, FILE *to)
{
    char block[SPOOL_BLOCK];
    size_t n;

    while ((n = fread(block, 1, sizeof block, from)) > 0) {
        if (fwrite(block, 1, n, to) != n)
            break;
    }
    xspool_check(from, "input");
    if (!ferror(to))
        fflush(to);
    xspool_check(to, "temporary file");
}

void xspool_read(FILE *stream, struct spool *spool_r)
{
    *spool_r = (struct spool){.memory = xmalloc(SPOOL_MEMORY_MAX)};
    spool_r->len = fread(spool_r->memory, 1, SPOOL_MEMORY_MAX, stream);
    xspool_check(stream, "input");
    if (spool_r->len < SPOOL_MEMORY_MAX)
        return;
    spool_r->file = xspool_create();
    xspool_copy(stream, spool_r->file);
}

void xspool_write(struct spool *spool)
{
    char block[SPOOL_BLOCK];
    size_t n;

    xout_write(spool->memory, spool->len);
    if (spool->file == NULL)
        return;
    rewind(spool->file);
    while ((n = fread(block, 1, sizeof block, spool->file)) > 0)
        xout_write(block, n);
    xspool_check(spool->file, "temporary file");
}

void spool_clear(struct spool *spool)
{
    free(spool->memory);
    if (spool->file != NULL)
        fclose(spool->file);
    *spool = (struct spool){0};
}
