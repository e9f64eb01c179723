/*
 * fuzz_offer.c - any text as a token of offers, and any text as a reply that may hold one. What is
 * accepted must survive being written and read again.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pow/err.h"
#include "pow/offer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct op_offers *offers)
{
    struct op_offers again;
    char text[OP_OFFER_TEXT_MAX], text_again[OP_OFFER_TEXT_MAX];
    OP_BUG_IF(offers->count > OP_OFFERS_MAX);
    if (offers->count == 0)
        return;
    size_t len = op_offers_format(offers, text);
    OP_BUG_IF(!op_offers_parse(text, len, &again));
    OP_BUG_IF(again.count != offers->count || again.unknown != 0);
    OP_BUG_IF(op_offers_format(&again, text_again) != len || memcmp(text, text_again, len) != 0);
}

/* Cut anywhere, a token yields its first offers and nothing else. */
static void check_cut(const char *token, size_t size, const struct op_offers *offers)
{
    struct op_offers left;
    char text[1024];
    OP_BUG_IF(size + 3 > sizeof text);
    for (size_t n = 0; n < size; n++) {
        memcpy(text, token, n);
        memcpy(text + n, "...", 3);
        if (!op_offers_find(text, n + 3, &left))
            continue;
        OP_BUG_IF(left.count + left.unknown >= offers->count + offers->unknown);
        OP_BUG_IF(left.count > offers->count);
        for (size_t i = 0; i < left.count; i++)
            OP_BUG_IF(left.offer[i].suite != offers->offer[i].suite ||
                      left.offer[i].effort != offers->offer[i].effort);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct op_offers offers, found;
    bool is_token = op_offers_parse((const char *)data, size, &offers);
    bool has_token = op_offers_find((const char *)data, size, &found);
    OP_BUG_IF(is_token && !has_token);
    if (is_token) {
        check(&offers);
        check_cut((const char *)data, size, &offers);
    }
    if (has_token)
        check(&found);
    return 0;
}
