/*
 * fuzz_tariff_record.c - any octets as a stored tariff: refused, or taken, and then written back as
 * they were but for unknown suites, and within the bounds that the rule keeps, also a minute later.
 */
#include <stdint.h>
#include <string.h>

#include "milter/tariff_record.h"
#include "pow/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same_list(const struct price_list *a, const struct price_list *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static bool same(const struct tariff *a, const struct tariff *b)
{
    if (a->load != b->load || a->demand != b->demand || a->rate != b->rate || a->seen != b->seen ||
        a->next != b->next || !same_list(&a->list, &b->list) || a->past_count != b->past_count)
        return false;
    for (size_t i = 0; i < a->past_count; i++)
        if (a->past[i].until != b->past[i].until || !same_list(&a->past[i].list, &b->past[i].list))
            return false;
    return true;
}

static void check(const struct tariff *tariff)
{
    char record[TARIFF_RECORD_MAX];
    struct tariff back;
    size_t len = tariff_record_format(tariff, record);

    OP_BUG_IF(len > sizeof record || !tariff_record_parse(record, len, &back));
    OP_BUG_IF(!same(tariff, &back));
}

static void advance(struct tariff *tariff)
{
    struct conf conf = {.price = {.mode = CONF_ADAPTIVE,
                                  .target = 60,
                                  .ceiling = 16,
                                  .window_s = 6 * 3600,
                                  .grace_s = 6 * 3600}};
    struct price_list lowest;

    for (size_t i = 0; i < op_suite_count(); i++)
        conf.suite[i] = (struct conf_suite){.enabled = true, .work = 1000, .load_exponent = 1};
    tariff_advance(tariff, &conf, 1000.5, tariff->seen + 60, tariff->past_count);
    OP_BUG_IF(!(tariff->load >= 1 && tariff->load <= conf.price.ceiling));
    tariff_lowest(tariff, &conf, tariff->seen, &lowest);
    for (size_t i = 0; i < op_suite_count(); i++)
        OP_BUG_IF(!(lowest.work[i] >= 1 && lowest.work[i] <= tariff->list.work[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tariff tariff;

    if (!tariff_record_parse((const char *)data, size, &tariff))
        return 0;
    check(&tariff);
    advance(&tariff);
    check(&tariff);
    return 0;
}
