/*
 * out.c - checked output.
 *
 * A product that was cut off by a full disk must never look like success, so every verb ends here.
 */
#include "tools/out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/fail.h"

/* Length of the UTF-8 sequence at the start of text (RFC 3629 section 4), 0 if there is none. */
static size_t out_utf8_len(const unsigned char *text, size_t len)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high;
        size_t len;
    } forms[] = {
        {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (text[0] < forms[i].first_low || text[0] > forms[i].first_high)
            continue;
        if (forms[i].len > len)
            return 0;
        for (size_t j = 1; j < forms[i].len; j++) {
            unsigned char low = j == 1 ? forms[i].second_low : 0x80;
            unsigned char high = j == 1 ? forms[i].second_high : 0xbf;
            if (text[j] < low || text[j] > high)
                return 0;
        }
        return forms[i].len;
    }
    return 0;
}

static void out_json_char(FILE *stream, unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
        fprintf(stream, "\\%c", c);
        break;
    case '\n':
        fputs("\\n", stream);
        break;
    case '\r':
        fputs("\\r", stream);
        break;
    case '\t':
        fputs("\\t", stream);
        break;
    default:
        if (c < 0x20 || c == 0x7f)
            fprintf(stream, "\\u%04x", c);
        else
            fputc(c, stream);
    }
}

void out_json_string(FILE *stream, const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;

    fputc('"', stream);
    while (len > 0) {
        size_t n = out_utf8_len(at, len);
        if (n == 1)
            out_json_char(stream, *at);
        else if (n > 1)
            fwrite(at, 1, n, stream);
        else
            fputs("\\ufffd", stream);
        n = n > 0 ? n : 1;
        at += n;
        len -= n;
    }
    fputc('"', stream);
}

void out_text(FILE *stream, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        fputc(c < 0x20 || c == 0x7f ? '?' : c, stream);
    }
}

static _Noreturn void out_fail(int error)
{
    if (error == EPIPE)
        _exit(EX_IOERR);
    fail_exit(EX_IOERR, NULL, "standard output: %s", strerror(error));
}

void xout_write(const void *data, size_t len)
{
    if (fwrite(data, 1, len, stdout) != len)
        out_fail(errno);
}

void xout_flush(void)
{
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout) != 0)
        out_fail(errno != 0 ? errno : EIO);
}

void xout_close(void)
{
    xout_flush();
    /* EBADF: the caller gave us no stdout, and nothing had to be written to it. */
    if (close(STDOUT_FILENO) != 0 && errno != EBADF)
        out_fail(errno);
}
