/* test_quote.c - quotes against those of another implementation, and what a forged one meets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pow/bytes.h"
#include "pow/quote.h"
#include "tests/unit/vectors.h"

#define EXPIRES INT64_C(1795003200) /* 2026-11-18 12:00 UTC, a whole minute */

static struct op_key *key_of(const uint8_t material[OP_KEY_LEN])
{
    struct op_key *key;
    assert_int_equal(op_key_new(material, &key), OP_OK);
    return key;
}

static const struct op_suite *suite_of(const char *name)
{
    const struct op_suite *suite = op_suite_find(name, strlen(name));
    assert_non_null(suite);
    return suite;
}

static struct op_recipient recipient_of(const char *address)
{
    struct op_recipient recipient;
    assert_true(op_recipient_parse(address, strlen(address), &recipient, NULL));
    assert_string_equal(recipient.text, address);
    return recipient;
}

static void vectors(void **state)
{
    (void)state;
    char line[VECTORS_LINE_MAX];
    FILE *file = vectors_open("quotes.txt");
    unsigned rows = 0;
    for (; vectors_line(file, line); rows++) {
        char hex_key[65], name[32], hex_quote[43], address[OP_RECIPIENT_MAX];
        unsigned long long effort;
        long long expires;
        uint8_t material[OP_KEY_LEN], want[OP_QUOTE_LEN], got[OP_QUOTE_LEN];
        assert_int_equal(sscanf(line, "%64s %31s %llu %lld %42s %750[^\n]", hex_key, name, &effort,
                                &expires, hex_quote, address),
                         6);
        vectors_hex(hex_key, material, sizeof material);
        vectors_hex(hex_quote, want, sizeof want);
        struct op_recipient recipient = recipient_of(address);
        struct op_key *key = key_of(material);
        op_quote_make(key, suite_of(name), effort, &recipient, expires, got);
        assert_memory_equal(got, want, sizeof want);
        assert_true(op_quote_expiry(got) >= expires && op_quote_expiry(got) < expires + 60);
        assert_int_equal(
            op_quote_check(key, suite_of(name), effort, &recipient, op_quote_expiry(got) - 1, want),
            OP_QUOTE_VALID);
        op_key_free(key);
    }
    assert_true(rows >= 8);
    fclose(file);
}

static void time_is_clamped(void **state)
{
    (void)state;
    static const uint8_t material[OP_KEY_LEN] = {1};
    static const struct {
        int64_t expires, want;
    } rows[] = {
        {EXPIRES - 59, EXPIRES},
        {EXPIRES, EXPIRES},
        {EXPIRES + 1, EXPIRES + 60},
        {1, 60},
        {0, 0},
        {-1, 0},
        {INT64_MIN, 0},
        {INT64_C(60) * UINT32_MAX, INT64_C(60) * UINT32_MAX},
        {INT64_C(60) * UINT32_MAX + 1, INT64_C(60) * UINT32_MAX},
        {INT64_MAX, INT64_C(60) * UINT32_MAX},
    };
    struct op_recipient bob = recipient_of("bob@example.com");
    struct op_key *key = key_of(material);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t quote[OP_QUOTE_LEN];
        op_quote_make(key, op_suite_default(), 512, &bob, rows[i].expires, quote);
        assert_true(op_quote_expiry(quote) == rows[i].want);
    }
    op_key_free(key);
}

/* Each row differs from what was quoted in one thing. */
static void foreign(void **state)
{
    (void)state;
    static const uint8_t site[OP_KEY_LEN] = {1}, other_site[OP_KEY_LEN] = {2};
    static const struct {
        const char *label;
        bool other_site;
        const char *suite;
        uint64_t effort;
        const char *recipient;
        enum op_quote want;
    } rows[] = {
        {"as quoted", false, "argon2id-16m", 512, "bob@example.com", OP_QUOTE_VALID},
        {"another site", true, "argon2id-16m", 512, "bob@example.com", OP_QUOTE_FOREIGN},
        {"another suite", false, "argon2id-64m", 512, "bob@example.com", OP_QUOTE_FOREIGN},
        {"less effort", false, "argon2id-16m", 511, "bob@example.com", OP_QUOTE_FOREIGN},
        {"more effort", false, "argon2id-16m", 513, "bob@example.com", OP_QUOTE_FOREIGN},
        {"effort beyond 32 bits", false, "argon2id-16m", (UINT64_C(1) << 32) + 512,
         "bob@example.com", OP_QUOTE_FOREIGN},
        {"another recipient", false, "argon2id-16m", 512, "rob@example.com", OP_QUOTE_FOREIGN},
        {"a longer one", false, "argon2id-16m", 512, "bob@example.comm", OP_QUOTE_FOREIGN},
        {"a shorter one", false, "argon2id-16m", 512, "bob@example.co", OP_QUOTE_FOREIGN},
    };
    struct op_recipient bob = recipient_of("bob@example.com");
    struct op_key *key = key_of(site), *other = key_of(other_site);
    uint8_t quote[OP_QUOTE_LEN];
    op_quote_make(key, suite_of("argon2id-16m"), 512, &bob, EXPIRES, quote);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct op_recipient recipient = recipient_of(rows[i].recipient);
        print_message("%s\n", rows[i].label);
        for (int64_t now = EXPIRES - 60; now <= EXPIRES; now += 60) {
            enum op_quote want =
                rows[i].want == OP_QUOTE_VALID && now == EXPIRES ? OP_QUOTE_EXPIRED : rows[i].want;
            assert_int_equal(op_quote_check(rows[i].other_site ? other : key,
                                            suite_of(rows[i].suite), rows[i].effort, &recipient,
                                            now, quote),
                             want);
        }
    }
    op_key_free(key);
    op_key_free(other);
}

/* The expiry is readable and within the MAC, the key id follows from it: nothing can be changed. */
static void every_bit_counts(void **state)
{
    (void)state;
    static const uint8_t material[OP_KEY_LEN] = {1};
    struct op_recipient bob = recipient_of("bob@example.com");
    struct op_key *key = key_of(material);
    uint8_t quote[OP_QUOTE_LEN];
    op_quote_make(key, op_suite_default(), 512, &bob, EXPIRES, quote);
    for (unsigned bit = 0; bit < 8 * OP_QUOTE_LEN; bit++) {
        quote[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(op_quote_check(key, op_suite_default(), 512, &bob, 0, quote),
                         OP_QUOTE_FOREIGN);
        quote[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (uint32_t more = 1; more <= 3 * 1440; more += 1439) { /* later, with the day's own id */
        uint8_t longer[OP_QUOTE_LEN];
        uint32_t minutes = op_load_be32(quote) + more;
        memcpy(longer, quote, sizeof longer);
        op_store_be32(longer, minutes);
        longer[4] = (uint8_t)(minutes / 1440);
        assert_int_equal(op_quote_check(key, op_suite_default(), 512, &bob, 0, longer),
                         OP_QUOTE_FOREIGN);
    }
    op_key_free(key);
}

static void expiry(void **state)
{
    (void)state;
    static const uint8_t material[OP_KEY_LEN] = {1};
    static const struct {
        int64_t now;
        enum op_quote want;
    } rows[] = {
        {INT64_MIN, OP_QUOTE_VALID},         {0, OP_QUOTE_VALID},
        {EXPIRES - 60, OP_QUOTE_VALID},      {EXPIRES - 1, OP_QUOTE_VALID},
        {EXPIRES, OP_QUOTE_EXPIRED},         {EXPIRES + 60, OP_QUOTE_EXPIRED},
        {EXPIRES + 86400, OP_QUOTE_EXPIRED}, {INT64_MAX, OP_QUOTE_EXPIRED},
    };
    struct op_recipient bob = recipient_of("bob@example.com");
    struct op_key *key = key_of(material);
    uint8_t quote[OP_QUOTE_LEN];
    op_quote_make(key, op_suite_default(), 512, &bob, EXPIRES, quote);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(op_quote_check(key, op_suite_default(), 512, &bob, rows[i].now, quote),
                         rows[i].want);
    op_key_free(key);
    assert_string_equal(op_quote_str(OP_QUOTE_VALID), "valid");
    assert_string_equal(op_quote_str(OP_QUOTE_EXPIRED), "expired");
    assert_string_equal(op_quote_str(OP_QUOTE_FOREIGN), "foreign");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors), cmocka_unit_test(time_is_clamped),
        cmocka_unit_test(foreign), cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(expiry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
