/* input.c - see input.h. */
#include "tools/input.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/fail.h"

FILE *xinput_open(const char *name)
{
    struct stat status;

    if (name == NULL || strcmp(name, "-") == 0)
        return stdin;
    FILE *stream = fopen(name, "re");
    if (stream == NULL)
        fail_exit(EX_NOINPUT, NULL, "%s: %s", name, strerror(errno));
    if (fstat(fileno(stream), &status) == 0 && S_ISDIR(status.st_mode))
        fail_exit(EX_NOINPUT, NULL, "%s: %s", name, strerror(EISDIR));
    return stream;
}

void input_close(FILE *stream)
{
    if (stream != stdin)
        fclose(stream); /* was only read from: nothing can be lost */
}

char *xinput_text(const char *name, size_t max, size_t *len_r)
{
    FILE *stream = xinput_open(name);
    char *text = xmalloc(max + 2);
    size_t len = fread(text, 1, max + 1, stream);

    if (ferror(stream))
        fail_exit(EX_IOERR, NULL, "input: %s", strerror(errno));
    if (len > max)
        fail_exit(EX_DATAERR, NULL, "input: more than %zu octets", max);
    input_close(stream);
    text[len] = '\0';
    *len_r = len;
    return text;
}
