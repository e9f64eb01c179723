/* test_tariff_record.c - a tariff there and back again, and what a damaged record meets. */
#include "price_fixture.h"

#include <math.h>

#include "milter/tariff_record.h"
#include "pow/bytes.h"
#include "random.h"

/* A tariff with a past: of every minute, over a month. */
static struct tariff lived(uint64_t seed)
{
    struct conf conf = price_fixture_conf();
    struct tariff tariff;
    size_t suite = price_fixture_index("sha256");

    conf.suite[suite].deprecated_since = 20261101;
    conf.suite[suite].doubling_s = OP_DAY_S;
    tariff_init(&tariff, &conf, PRICE_FIXTURE_NOW);
    for (int i = 1; i < 3000; i++)
        tariff_advance(&tariff, &conf, (double)random_below(&seed, 100),
                       PRICE_FIXTURE_NOW + (int64_t)i * 60, random_next(&seed));
    return tariff;
}

static void assert_same(const struct tariff *a, const struct tariff *b)
{
    assert_true(a->load == b->load && a->demand == b->demand && a->rate == b->rate);
    assert_true(a->seen == b->seen && a->next == b->next);
    assert_memory_equal(&a->list, &b->list, sizeof a->list);
    assert_int_equal(a->past_count, b->past_count);
    for (size_t i = 0; i < a->past_count; i++) {
        assert_true(a->past[i].until == b->past[i].until);
        assert_memory_equal(&a->past[i].list, &b->past[i].list, sizeof a->list);
    }
}

static void test_round_trip(void **state)
{
    struct conf conf = price_fixture_conf();
    struct tariff tariff, back;
    char record[TARIFF_RECORD_MAX];

    (void)state;
    tariff_init(&tariff, &conf, PRICE_FIXTURE_NOW);
    assert_true(tariff_record_parse(record, tariff_record_format(&tariff, record), &back));
    assert_same(&back, &tariff);
    for (uint64_t seed = 0; seed < 10; seed++) {
        tariff = lived(seed);
        assert_true(tariff.past_count > 10);
        assert_true(tariff_record_parse(record, tariff_record_format(&tariff, record), &back));
        assert_same(&back, &tariff);
    }
    while (tariff.past_count < TARIFF_PAST_MAX) {
        tariff.past[tariff.past_count] = tariff.past[tariff.past_count - 1];
        tariff.past_count++;
    }
    assert_true(tariff_record_parse(record, tariff_record_format(&tariff, record), &back));
    assert_same(&back, &tariff);
}

/* Whatever is cut off or put on, it is no tariff, and what was there stays. */
static void test_length(void **state)
{
    struct tariff tariff = lived(1), back;
    char record[TARIFF_RECORD_MAX + 1];
    size_t len = tariff_record_format(&tariff, record);

    (void)state;
    memset(&back, 0x5a, sizeof back);
    for (size_t cut = 0; cut < len; cut++) {
        char *exact = malloc(cut); /* to the octet, for sanitizers */
        assert_true(exact != NULL || cut == 0);
        if (cut > 0)
            memcpy(exact, record, cut);
        assert_false(tariff_record_parse(exact, cut, &back));
        free(exact);
    }
    record[len] = 0;
    assert_false(tariff_record_parse(record, len + 1, &back));
    for (size_t i = 0; i < sizeof back; i++)
        assert_int_equal(((const unsigned char *)&back)[i], 0x5a);
}

/* A flipped bit makes no tariff, or one that the rule could have come to. */
static void test_every_bit(void **state)
{
    struct conf conf = price_fixture_conf();
    struct tariff tariff = lived(1), back;
    char record[TARIFF_RECORD_MAX];
    size_t len = tariff_record_format(&tariff, record), refused = 0;

    (void)state;
    for (size_t bit = 0; bit < 8 * len; bit++) {
        record[bit / 8] = (char)(record[bit / 8] ^ 1 << bit % 8);
        if (tariff_record_parse(record, len, &back)) {
            tariff_advance(&back, &conf, 1000, back.seen + 60, bit);
            assert_true(back.load >= 1 && back.load <= conf.price.ceiling);
            assert_true(isfinite(back.demand) && isfinite(back.rate));
            assert_true(back.next - back.seen <= TARIFF_TICK_S + TARIFF_JITTER_S);
        } else {
            refused++;
        }
        record[bit / 8] = (char)(record[bit / 8] ^ 1 << bit % 8);
    }
    assert_true(refused > 8 * 18); /* at least all of the magic */
}

/* Where the numbers of a record begin, the names of all suites lying before them. */
static size_t numbers_at(void)
{
    size_t at = strlen("onionpow tariff 1\n") + 1;

    for (size_t i = 0; i < op_suite_count(); i++)
        at += 1 + strlen(op_suite_at(i)->name);
    return at;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void test_values(void **state)
{
    enum { LOAD, DEMAND, RATE, SEEN, NEXT, WORK };
    struct tariff tariff = lived(1), back;
    char record[TARIFF_RECORD_MAX];
    size_t len = tariff_record_format(&tariff, record), at = numbers_at();
    const struct {
        const char *label;
        size_t number;
        uint64_t value;
        bool want;
    } rows[] = {
        {"load of 1", LOAD, bits_of(1), true},
        {"below 1", LOAD, bits_of(1 - 0x1p-53), false},
        {"highest", LOAD, bits_of(1e6), true},
        {"above it", LOAD, bits_of(1.0001e6), false},
        {"negative", LOAD, bits_of(-2), false},
        {"not a number", LOAD, bits_of(NAN), false},
        {"no demand", DEMAND, 0, true},
        {"negative demand", DEMAND, bits_of(-1e-9), false},
        {"infinite demand", DEMAND, bits_of(HUGE_VAL), false},
        {"demand is no number", DEMAND, bits_of(NAN), false},
        {"negative rate", RATE, bits_of(-1), false},
        {"rate is no number", RATE, bits_of(NAN), false},
        {"seen before 1970", SEEN, UINT64_MAX, false},
        {"seen before its past", SEEN, 0, false},
        {"seen beyond all time", SEEN, (UINT64_C(1) << 40) + 1, false},
        {"a step that never comes", NEXT, (uint64_t)tariff.seen + 86400, false},
        {"a step that is due", NEXT, (uint64_t)tariff.seen, true},
        {"a step before 1970", NEXT, (uint64_t)-86400, true},
        {"a step before all time", NEXT, (uint64_t)INT64_MIN, false},
        {"not accepted", WORK, 0, true},
        {"less than an evaluation", WORK, bits_of(0.5), false},
        {"negative work", WORK, bits_of(-1000), false},
        {"infinite work", WORK, bits_of(HUGE_VAL), false},
        {"work is no number", WORK, bits_of(NAN), false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t *octets = (uint8_t *)record + at + 8 * rows[i].number, saved[8];
        print_message("%s\n", rows[i].label);
        memcpy(saved, octets, sizeof saved);
        op_store_be64(octets, rows[i].value);
        assert_int_equal(tariff_record_parse(record, len, &back), rows[i].want);
        memcpy(octets, saved, sizeof saved);
        assert_true(tariff_record_parse(record, len, &back));
    }
}

/* The past in order, and not too much of it. */
static void test_past(void **state)
{
    struct tariff tariff = lived(1), back;
    char record[TARIFF_RECORD_MAX];
    size_t len;

    (void)state;
    tariff.past[3].until = tariff.past[2].until - 1;
    len = tariff_record_format(&tariff, record);
    assert_false(tariff_record_parse(record, len, &back));
    tariff.past[3].until = tariff.past[2].until;
    len = tariff_record_format(&tariff, record);
    assert_true(tariff_record_parse(record, len, &back));
    tariff.past[tariff.past_count - 1].until = tariff.seen + 1;
    len = tariff_record_format(&tariff, record);
    assert_false(tariff_record_parse(record, len, &back));
    tariff.past_count = 0;
    len = tariff_record_format(&tariff, record);
    assert_true(tariff_record_parse(record, len, &back));
    record[len - 1] = TARIFF_PAST_MAX + 1;
    assert_false(tariff_record_parse(record, len, &back));
}

/* A record of other suites, in another order: known names count, others are left out. */
static size_t write_record(const char *const *names, size_t count, char record_r[TARIFF_RECORD_MAX])
{
    uint8_t *out = (uint8_t *)record_r;

    memcpy(out, "onionpow tariff 1\n", 18);
    out += 18;
    *out++ = (uint8_t)count;
    for (size_t i = 0; i < count; i++) {
        *out++ = (uint8_t)strlen(names[i]);
        memcpy(out, names[i], strlen(names[i]));
        out += strlen(names[i]);
    }
    op_store_be64(out, bits_of(2));
    op_store_be64(out + 8, bits_of(200));
    op_store_be64(out + 16, bits_of(100));
    op_store_be64(out + 24, 1000000);
    op_store_be64(out + 32, 1003600);
    out += 40;
    for (size_t i = 0; i < count; i++, out += 8)
        op_store_be64(out, bits_of(1000 + (double)i));
    *out++ = 0;
    return (size_t)(out - (uint8_t *)record_r);
}

static void test_names(void **state)
{
    const char *mixed[] = {"sha256", "of-the-future", "argon2id-16m"};
    const char *twice[] = {"sha256", "argon2id-16m", "sha256"};
    const char *unknown_twice[] = {"a", "argon2id-16m", "a"};
    const char *many[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    const char *long_name[] = {"a-name-of-too-many-octets"};
    char record[TARIFF_RECORD_MAX];
    struct tariff back;

    (void)state;
    assert_true(tariff_record_parse(record, write_record(mixed, 3, record), &back));
    assert_true(back.list.work[price_fixture_index("sha256")] == 1000);
    assert_true(back.list.work[price_fixture_index("argon2id-16m")] == 1002);
    assert_true(back.list.work[price_fixture_index("argon2id-64m")] == 0);
    assert_true(back.load == 2 && back.seen == 1000000);
    assert_false(tariff_record_parse(record, write_record(twice, 3, record), &back));
    assert_true(tariff_record_parse(record, write_record(unknown_twice, 3, record), &back));
    assert_true(tariff_record_parse(record, write_record(NULL, 0, record), &back));
    assert_true(tariff_record_parse(record, write_record(many, OP_SUITES_MAX, record), &back));
    assert_false(tariff_record_parse(record, write_record(many, OP_SUITES_MAX + 1, record), &back));
    assert_false(tariff_record_parse(record, write_record(long_name, 1, record), &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_length),
        cmocka_unit_test(test_every_bit),  cmocka_unit_test(test_values),
        cmocka_unit_test(test_past),       cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
