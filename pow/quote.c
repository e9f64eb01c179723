/*
 * quote.c - makes and checks quotes. FORMAT.md section 6 says how; nobody but the server's own
 * nodes needs to know.
 *
 *     expiry in unix minutes 4 | key id 1 | MAC 16
 *
 * The MAC's key is made from the site key and the day of the expiry; the key id is that day's low
 * octet. A key of one day signs nothing that holds longer than to its end, and "rotating" it needs
 * no clock: each quote says which one is its own.
 */
#include "pow/quote.h"

#include <string.h>

#include "pow/bytes.h"

#define MINUTES_OF_DAY 1440
#define ID_AT          4 /* where things stand in a quote */
#define MAC_AT         5
#define MAC_LEN        (OP_QUOTE_LEN - MAC_AT)

#define INPUT_MAX (1 + OP_SUITE_NAME_MAX + 8 + 4 + OP_RECIPIENT_MAX)

static uint32_t minutes_up(int64_t unix_s)
{
    if (unix_s <= 0)
        return 0;
    int64_t minutes = (unix_s - 1) / 60 + 1;
    return minutes > UINT32_MAX ? UINT32_MAX : (uint32_t)minutes;
}

/* All of a quote that an expiry leads to. */
static void compute(const struct op_key *key, const struct op_suite *suite, uint64_t effort,
                    const struct op_recipient *recipient, uint32_t minutes,
                    uint8_t quote_r[OP_QUOTE_LEN])
{
    uint8_t day[4], day_key[OP_MAC_LEN], mac[OP_MAC_LEN], input[INPUT_MAX];
    size_t name_len = strlen(suite->name), len = 0;

    input[len++] = (uint8_t)name_len;
    memcpy(input + len, suite->name, name_len);
    len += name_len;
    op_store_be64(input + len, effort);
    op_store_be32(input + len + 8, minutes);
    len += 12;
    memcpy(input + len, recipient->text, recipient->len);
    len += recipient->len;

    op_store_be32(day, minutes / MINUTES_OF_DAY);
    op_key_mac(key, "onionpow-v1 quote key", day, sizeof day, day_key);
    op_key_mac_with(day_key, "onionpow-v1 quote", input, len, mac);
    op_store_be32(quote_r, minutes);
    quote_r[ID_AT] = day[3];
    memcpy(quote_r + MAC_AT, mac, MAC_LEN);
    explicit_bzero(day_key, sizeof day_key);
}

void op_quote_make(const struct op_key *key, const struct op_suite *suite, uint64_t effort,
                   const struct op_recipient *recipient, int64_t expires,
                   uint8_t quote_r[OP_QUOTE_LEN])
{
    compute(key, suite, effort, recipient, minutes_up(expires), quote_r);
}

enum op_quote op_quote_check(const struct op_key *key, const struct op_suite *suite,
                             uint64_t effort, const struct op_recipient *recipient, int64_t now,
                             const uint8_t quote[OP_QUOTE_LEN])
{
    uint8_t want[OP_QUOTE_LEN];
    compute(key, suite, effort, recipient, op_load_be32(quote), want);
    if (!op_key_mac_equal(want, quote, OP_QUOTE_LEN))
        return OP_QUOTE_FOREIGN;
    return now < op_quote_expiry(quote) ? OP_QUOTE_VALID : OP_QUOTE_EXPIRED;
}

int64_t op_quote_expiry(const uint8_t quote[OP_QUOTE_LEN])
{
    return 60 * (int64_t)op_load_be32(quote);
}

const char *op_quote_str(enum op_quote quote)
{
    switch (quote) {
    case OP_QUOTE_VALID:
        return "valid";
    case OP_QUOTE_EXPIRED:
        return "expired";
    case OP_QUOTE_FOREIGN:
        return "foreign";
    }
    return "invalid";
}
