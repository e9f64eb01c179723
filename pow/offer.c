/*
 * offer.c - the one-token form of offers, as it stands on the first line of a demand.
 */
#include "pow/offer.h"

#include <stdio.h>
#include <string.h>

#include "pow/base64url.h"
#include "pow/units.h"

static const char prefix[] = "onionpow:1:";
#define PREFIX_LEN (sizeof prefix - 1)
#define TOKEN_MAX  512 /* octets of a token that is read: an SMTP reply line */

/* Splits off what stands before `separator`; the rest is empty if there is none. */
static void split(const char **rest, size_t *rest_len, char separator, const char **part_r,
                  size_t *part_len_r)
{
    const char *end = memchr(*rest, separator, *rest_len);
    *part_r = *rest;
    *part_len_r = end ? (size_t)(end - *rest) : *rest_len;
    size_t used = *part_len_r + (end != NULL);
    *rest += used;
    *rest_len -= used;
}

static bool suite_name(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') ||
              (name[i] == '-' && i > 0)))
            return false;
    return len > 0 && len <= OP_SUITE_NAME_MAX;
}

/* One "SUITE/D" or "SUITE/D/QUOTE". *known_r: is it one that this code can meet? */
static bool parse_one(const char *text, size_t len, struct op_offer *offer, bool *known_r)
{
    const char *name, *effort;
    size_t name_len, effort_len;
    bool quoted = memchr(text, '/', len) != NULL;
    split(&text, &len, '/', &name, &name_len);
    if (!quoted || !suite_name(name, name_len))
        return false;
    quoted = memchr(text, '/', len) != NULL;
    split(&text, &len, '/', &effort, &effort_len);
    if (!op_decimal_parse(effort, effort_len, &offer->effort) || offer->effort < 1)
        return false;
    /* All that is left: a fourth part makes it no base64url. */
    if (quoted && !op_base64url_parse(text, len, offer->quote, OP_QUOTE_LEN))
        return false;
    offer->quote_len = quoted ? OP_QUOTE_LEN : 0;
    offer->suite = op_suite_find(name, name_len);
    *known_r = offer->suite && offer->effort <= offer->suite->effort_max;
    return true;
}

bool op_offers_parse(const char *text, size_t len, struct op_offers *offers_r)
{
    struct op_offers offers = {.count = 0};
    if (len <= PREFIX_LEN || len > TOKEN_MAX || memcmp(text, prefix, PREFIX_LEN) != 0)
        return false;
    text += PREFIX_LEN;
    len -= PREFIX_LEN;
    if (text[len - 1] == ',')
        return false;
    while (len > 0) {
        const char *item;
        size_t item_len;
        struct op_offer offer = {0};
        bool known;
        split(&text, &len, ',', &item, &item_len);
        if (!parse_one(item, item_len, &offer, &known))
            return false;
        if (known && offers.count < OP_OFFERS_MAX)
            offers.offer[offers.count++] = offer;
        else
            offers.unknown++;
    }
    *offers_r = offers;
    return true;
}

static bool token_octet(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '/' || c == ',';
}

/* The token at the start of a text, `len` octets of it, with what a cut has left of the last offer
 * taken off: three dots behind it tell of a cut even where the remnant looks whole. */
static bool find_here(const char *text, size_t len, bool dots, struct op_offers *offers_r)
{
    if (!dots && op_offers_parse(text, len, offers_r))
        return true;
    const char *comma = len <= TOKEN_MAX ? memrchr(text, ',', len) : NULL;
    return comma && op_offers_parse(text, (size_t)(comma - text), offers_r);
}

bool op_offers_find(const char *text, size_t len, struct op_offers *offers_r)
{
    const char *end = text + len;
    while ((text = memmem(text, (size_t)(end - text), prefix, PREFIX_LEN)) != NULL) {
        const char *stop = text + PREFIX_LEN;
        while (stop < end && token_octet(*stop))
            stop++;
        bool dots = end - stop >= 3 && memcmp(stop, "...", 3) == 0;
        if (find_here(text, (size_t)(stop - text), dots, offers_r))
            return true;
        text += PREFIX_LEN;
    }
    return false;
}

size_t op_offers_format(const struct op_offers *offers, char text_r[OP_OFFER_TEXT_MAX])
{
    size_t len = PREFIX_LEN;
    memcpy(text_r, prefix, sizeof prefix);
    for (size_t i = 0; i < offers->count; i++) {
        const struct op_offer *offer = &offers->offer[i];
        char quote[OP_BASE64URL_LEN(OP_QUOTE_LEN) + 1] = "";
        if (offer->quote_len > 0)
            op_base64url_format(offer->quote, OP_QUOTE_LEN, quote);
        char item[OP_SUITE_NAME_MAX + sizeof quote + 32];
        int item_len =
            snprintf(item, sizeof item, "%s%s/%llu%s%s", i > 0 ? "," : "", offer->suite->name,
                     (unsigned long long)offer->effort, offer->quote_len > 0 ? "/" : "", quote);
        if (len + (size_t)item_len >= OP_OFFER_TEXT_MAX)
            break;
        memcpy(text_r + len, item, (size_t)item_len + 1);
        len += (size_t)item_len;
    }
    return len;
}
