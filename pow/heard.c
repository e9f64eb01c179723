/* heard.c - see heard.h. */
#include "pow/heard.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pow/date.h"
#include "pow/units.h"

#define HEARD      "heard "
#define NAME_BYTES ((OP_HEARD_NAME_MAX - 1) / 2) /* of the MAC: enough for a name */

void op_heard_name(const struct op_key *key, const char *destination,
                   char name_r[OP_HEARD_NAME_MAX])
{
    uint8_t mac[OP_MAC_LEN];

    op_key_mac(key, "onionpow purse destination", destination, strlen(destination), mac);
    for (size_t i = 0; i < NAME_BYTES; i++)
        snprintf(name_r + 2 * i, 3, "%02x", mac[i]);
}

size_t op_heard_format(int64_t when, const struct op_offers *offers, char text_r[OP_HEARD_TEXT_MAX])
{
    char token[OP_OFFER_TEXT_MAX];
    struct op_offers plain = *offers;

    for (size_t i = 0; i < plain.count; i++)
        plain.offer[i].quote_len = 0;
    op_offers_format(&plain, token);
    return (size_t)snprintf(text_r, OP_HEARD_TEXT_MAX, HEARD "%" PRIu64 " %s\n",
                            when > 0 ? (uint64_t)when : 0, token);
}

bool op_heard_parse(const char *text, size_t len, int64_t *when_r, struct op_offers *offers_r)
{
    const char *number = text + strlen(HEARD);
    struct op_offers offers;
    uint64_t when;

    if (len <= strlen(HEARD) || text[len - 1] != '\n' || memcmp(text, HEARD, strlen(HEARD)) != 0)
        return false;
    const char *end = text + len - 1, *blank = memchr(number, ' ', (size_t)(end - number));
    if (blank == NULL || !op_decimal_parse(number, (size_t)(blank - number), &when) ||
        when > INT64_MAX || !op_offers_parse(blank + 1, (size_t)(end - blank - 1), &offers) ||
        offers.count == 0)
        return false;
    *when_r = (int64_t)when;
    *offers_r = offers;
    return true;
}

/* A clock may have been set back since; by more than a day, and nothing is certain any more. */
bool op_heard_fresh(int64_t when, uint32_t kept_s, int64_t now)
{
    return when <= now + OP_DAY_S && now - when <= (int64_t)kept_s;
}
