/* pin.c - see pin.h. Goes by the shape alone; the canonical recipient is in lower case. */
#include "milter/pin.h"

#include <stdbool.h>
#include <string.h>

#define SUFFIX      ".onion"
#define ONION_LEN   56 /* characters before it */
#define HEX_MIN     20 /* digits, an even number; a label has room for 62 */
#define BASE32_MIN  16 /* characters; 8 of them make five octets */
#define BASE32_FULL 52 /* all of SHA-256; the last one has a single bit */

static bool is_of(const char *label, size_t len, const char *alphabet)
{
    return strspn(label, alphabet) >= len;
}

static bool is_hex(const char *label, size_t len)
{
    return len >= HEX_MIN && len % 2 == 0 && is_of(label, len, "0123456789abcdef");
}

static bool is_base32(const char *label, size_t len)
{
    if (len < BASE32_MIN || len > BASE32_FULL ||
        !is_of(label, len, "abcdefghijklmnopqrstuvwxyz234567"))
        return false;
    return len == BASE32_FULL ? is_of(label + len - 1, 1, "aq") : len % 8 == 0;
}

static bool is_onion(const char *domain)
{
    return strcspn(domain, ".") == ONION_LEN && strcmp(domain + ONION_LEN, SUFFIX) == 0;
}

void pin_remove(struct op_recipient *recipient)
{
    char *domain = recipient->text + recipient->domain;
    size_t len = strcspn(domain, ".");

    if (domain[len] == '\0' || !is_onion(domain + len + 1) ||
        (!is_hex(domain, len) && !is_base32(domain, len)))
        return;
    memmove(domain, domain + len + 1, strlen(domain + len + 1) + 1);
    recipient->len -= len + 1;
}
