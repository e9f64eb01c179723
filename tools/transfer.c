/* transfer.c - see transfer.h. Bounces come as others have re-encoded them, so nothing is an error
 * here: an escape that is none stays as it stands. */
#include "tools/transfer.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

enum transfer transfer_parse(const char *text, size_t len)
{
    while (len > 0 && strchr(" \t\r\n", *text) != NULL) {
        text++;
        len--;
    }
    if (len >= 16 && strncasecmp(text, "quoted-printable", 16) == 0)
        return TRANSFER_QUOTED_PRINTABLE;
    if (len >= 6 && strncasecmp(text, "base64", 6) == 0)
        return TRANSFER_BASE64;
    return TRANSFER_PLAIN;
}

static int transfer_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Length of a soft line break at "=": the mark, blanks that a gateway added, the line end. */
static size_t transfer_soft_break(const char *text, size_t len)
{
    size_t i = 1;

    while (i < len && (text[i] == ' ' || text[i] == '\t'))
        i++;
    if (i < len && text[i] == '\r')
        i++;
    return i < len && text[i] == '\n' ? i + 1 : 0;
}

static size_t transfer_quoted_printable(const char *text, size_t len, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] != '=') {
            out[n++] = text[i];
            continue;
        }
        size_t soft = transfer_soft_break(text + i, len - i);
        int high = i + 2 < len ? transfer_hex(text[i + 1]) : -1;
        int low = i + 2 < len ? transfer_hex(text[i + 2]) : -1;
        if (soft > 0) {
            i += soft - 1;
        } else if (high >= 0 && low >= 0) {
            out[n++] = (char)(unsigned char)(high << 4 | low);
            i += 2;
        } else {
            out[n++] = '=';
        }
    }
    return n;
}

static int transfer_base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* Ends at the padding; whatever is no digit is passed over (RFC 2045 section 6.8). */
static size_t transfer_base64(const char *text, size_t len, char *out)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;

    for (size_t i = 0; i < len && text[i] != '='; i++) {
        int digit = transfer_base64_digit(text[i]);
        if (digit < 0)
            continue;
        bits = bits << 6 | (uint32_t)digit;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (char)(unsigned char)(bits >> have & 0xff);
        }
    }
    return n;
}

size_t transfer_decode(enum transfer transfer, const char *text, size_t len, char *out_r)
{
    switch (transfer) {
    case TRANSFER_PLAIN:
        memmove(out_r, text, len);
        return len;
    case TRANSFER_QUOTED_PRINTABLE:
        return transfer_quoted_printable(text, len, out_r);
    case TRANSFER_BASE64:
        return transfer_base64(text, len, out_r);
    }
    return 0;
}
