/* base32.c - base32 of RFC 4648: five bits a character, the high ones first. */
#include "tools/base32.h"

static int base32_value(char c)
{
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

bool base32_decode(const char *text, size_t len, uint8_t *octets_r, size_t max, size_t *count_r)
{
    unsigned held = 0, bits = 0; /* bits that wait for the rest of their octet */
    size_t count = 0;

    if (len / 8 > max / 5) /* so that nothing below can overflow */
        return false;
    for (size_t i = 0; i < len; i++) {
        int value = base32_value(text[i]);
        if (value < 0)
            return false;
        held = (held << 5 | (unsigned)value) & 0xfff;
        bits += 5;
        if (bits < 8)
            continue;
        bits -= 8;
        if (count == max)
            return false;
        octets_r[count++] = (uint8_t)(held >> bits);
    }
    if (bits >= 5 || (held & ((1u << bits) - 1)) != 0)
        return false;
    *count_r = count;
    return true;
}
