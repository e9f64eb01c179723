/*
 * fuzz_demand.c - any octets as a text with demands: what is found keeps to its bounds, can be
 * written and read again, and is found again in its own words.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pow/err.h"
#include "tools/demand.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct demand *demand)
{
    struct op_recipient rcpt;
    struct demand_list again = {0};
    char token[OP_OFFER_TEXT_MAX];

    OP_BUG_IF(memchr(demand->text, '\0', sizeof demand->text) == NULL);
    OP_BUG_IF(strpbrk(demand->text, "\r\n") != NULL);
    OP_BUG_IF(demand->offers.count > OP_OFFERS_MAX);
    OP_BUG_IF(demand->offers.count + demand->offers.unknown == 0);
    if (demand->known) {
        OP_BUG_IF(!op_recipient_parse(demand->recipient.text, demand->recipient.len, &rcpt, NULL));
        OP_BUG_IF(!op_recipient_equal(&rcpt, &demand->recipient));
    }
    if (demand->offers.count == 0)
        return;
    size_t len = op_offers_format(&demand->offers, token);
    demand_find_plain(&again, token, len);
    OP_BUG_IF(again.count != 1 || again.demands[0].offers.count != demand->offers.count);
    demand_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct demand_list list = {0};

    demand_find(&list, (const char *)data, size);
    OP_BUG_IF(list.count > DEMAND_LIST_MAX);
    for (size_t i = 0; i < list.count; i++)
        check(&list.demands[i]);
    demand_clear(&list);
    return 0;
}
