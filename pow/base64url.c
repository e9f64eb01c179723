/* base64url.c - strict base64url: one text per value, one value per text. */
#include "pow/base64url.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void op_base64url_format(const uint8_t *data, size_t len, char *text_r)
{
    for (; len >= 3; len -= 3, data += 3) {
        *text_r++ = alphabet[data[0] >> 2];
        *text_r++ = alphabet[(data[0] & 3) << 4 | data[1] >> 4];
        *text_r++ = alphabet[(data[1] & 15) << 2 | data[2] >> 6];
        *text_r++ = alphabet[data[2] & 63];
    }
    if (len > 0) {
        unsigned second = len == 2 ? data[1] : 0;
        *text_r++ = alphabet[data[0] >> 2];
        *text_r++ = alphabet[(data[0] & 3u) << 4 | second >> 4];
        if (len == 2)
            *text_r++ = alphabet[(second & 15) << 2];
    }
    *text_r = '\0';
}

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '-')
        return 62;
    return c == '_' ? 63 : -1;
}

bool op_base64url_parse(const char *text, size_t text_len, uint8_t *data_r, size_t len)
{
    if (text_len != OP_BASE64URL_LEN(len))
        return false;
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < text_len; i++) {
        int d = digit(text[i]);
        if (d < 0)
            return false;
        bits = (bits << 6 | (uint32_t)d) & 0xffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            *data_r++ = (uint8_t)(bits >> held);
        }
    }
    return (bits & ((1u << held) - 1)) == 0;
}
