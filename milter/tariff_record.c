/*
 * tariff_record.c - the layout of a stored tariff.
 *
 *     magic | count of suites 1, of each: length 1, name | load 8 | demand 8 | rate 8
 *     | seen 8 | next 8 | work of each suite 8 | count of the past 1, of each: until 8, work of
 * each suite 8
 *
 * Numbers are big-endian; those with a fraction are the bits of an IEEE 754 double, so that nothing
 * is lost. A reader believes nothing: every value is held against what the rule can produce.
 */
#include "milter/tariff_record.h"

#include <string.h>

#include "pow/bytes.h"

#define MAGIC     "onionpow tariff 1\n"
#define MAGIC_LEN (sizeof MAGIC - 1)
#define LIST_MAX  (8 * OP_SUITES_MAX)
#define LOAD_MAX  1e6 /* the highest ceiling */
#define RATE_MAX  1e300
#define WORK_MAX  0x1p64

_Static_assert(MAGIC_LEN + 1 + OP_SUITES_MAX * (1 + OP_SUITE_NAME_MAX) + 5 * 8 + LIST_MAX + 1 +
                       TARIFF_PAST_MAX * (8 + LIST_MAX) <=
                   TARIFF_RECORD_MAX,
               "the longest tariff must fit");

struct cursor {
    uint8_t *at;
};

static void put(struct cursor *out, const void *data, size_t len)
{
    memcpy(out->at, data, len);
    out->at += len;
}

static void put_octet(struct cursor *out, size_t value)
{
    *out->at++ = (uint8_t)value;
}

static void put_time(struct cursor *out, int64_t value)
{
    op_store_be64(out->at, (uint64_t)value);
    out->at += 8;
}

static void put_real(struct cursor *out, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    op_store_be64(out->at, bits);
    out->at += 8;
}

static void put_list(struct cursor *out, const struct price_list *list)
{
    for (size_t i = 0; i < op_suite_count(); i++)
        put_real(out, list->work[i]);
}

size_t tariff_record_format(const struct tariff *tariff, char record_r[TARIFF_RECORD_MAX])
{
    struct cursor out = {(uint8_t *)record_r};

    put(&out, MAGIC, MAGIC_LEN);
    put_octet(&out, op_suite_count());
    for (size_t i = 0; i < op_suite_count(); i++) {
        const char *name = op_suite_at(i)->name;
        put_octet(&out, strlen(name));
        put(&out, name, strlen(name));
    }
    put_real(&out, tariff->load);
    put_real(&out, tariff->demand);
    put_real(&out, tariff->rate);
    put_time(&out, tariff->seen);
    put_time(&out, tariff->next);
    put_list(&out, &tariff->list);
    put_octet(&out, tariff->past_count);
    for (size_t i = 0; i < tariff->past_count; i++) {
        put_time(&out, tariff->past[i].until);
        put_list(&out, &tariff->past[i].list);
    }
    return (size_t)(out.at - (uint8_t *)record_r);
}

struct reader {
    const uint8_t *at;
    size_t left;
    bool good; /* false: the record has ended too early, or a value cannot be */
    size_t suites;
    const struct op_suite *suite[OP_SUITES_MAX]; /* in the record's order; NULL: unknown */
};

static const uint8_t *take(struct reader *in, size_t len)
{
    static const uint8_t nothing[UINT8_MAX];
    const uint8_t *at = in->at;

    if (!in->good || in->left < len) {
        in->good = false;
        return nothing;
    }
    in->at += len;
    in->left -= len;
    return at;
}

static size_t take_octet(struct reader *in, size_t most)
{
    size_t value = *take(in, 1);

    in->good = in->good && value <= most;
    return in->good ? value : 0;
}

static int64_t take_time(struct reader *in, int64_t least, int64_t most)
{
    int64_t value = (int64_t)op_load_be64(take(in, 8));

    in->good = in->good && value >= least && value <= most;
    return value;
}

/* NaN is outside of everything. */
static double take_real(struct reader *in, double least, double most)
{
    uint64_t bits = op_load_be64(take(in, 8));
    double value;

    memcpy(&value, &bits, sizeof value);
    in->good = in->good && value >= least && value <= most;
    return value;
}

static void take_names(struct reader *in)
{
    in->suites = take_octet(in, OP_SUITES_MAX);
    for (size_t i = 0; i < in->suites; i++) {
        size_t len = take_octet(in, OP_SUITE_NAME_MAX);
        in->suite[i] = op_suite_find((const char *)take(in, len), len);
        for (size_t j = 0; in->suite[i] != NULL && j < i; j++)
            in->good = in->good && in->suite[j] != in->suite[i];
    }
}

static void take_list(struct reader *in, struct price_list *list_r)
{
    memset(list_r, 0, sizeof *list_r);
    for (size_t i = 0; i < in->suites; i++) {
        double work = take_real(in, 0, WORK_MAX);
        in->good = in->good && (work == 0 || work >= 1);
        if (in->suite[i] != NULL)
            list_r->work[op_suite_index(in->suite[i])] = work;
    }
}

static void take_past(struct reader *in, struct tariff *tariff)
{
    int64_t since = -TARIFF_TIME_MAX;

    tariff->past_count = take_octet(in, TARIFF_PAST_MAX);
    for (size_t i = 0; i < tariff->past_count; i++) {
        tariff->past[i].until = since = take_time(in, since, tariff->seen);
        take_list(in, &tariff->past[i].list);
    }
}

bool tariff_record_parse(const char *record, size_t len, struct tariff *tariff_r)
{
    struct reader in = {.at = (const uint8_t *)record, .left = len, .good = true};
    struct tariff tariff = {0};

    if (memcmp(take(&in, MAGIC_LEN), MAGIC, MAGIC_LEN) != 0)
        return false;
    take_names(&in);
    tariff.load = take_real(&in, 1, LOAD_MAX);
    tariff.demand = take_real(&in, 0, RATE_MAX);
    tariff.rate = take_real(&in, 0, RATE_MAX);
    tariff.seen = take_time(&in, 0, TARIFF_TIME_MAX);
    tariff.next = take_time(&in, -TARIFF_TIME_MAX, tariff.seen + TARIFF_TICK_S + TARIFF_JITTER_S);
    take_list(&in, &tariff.list);
    take_past(&in, &tariff);
    if (!in.good || in.left != 0)
        return false;
    *tariff_r = tariff;
    return true;
}
