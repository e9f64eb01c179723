/* test_offer.c - tokens that are read, tokens that are refused, and how they are found in a reply.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pow/offer.h"
#include "tests/unit/random.h"

#define Q  "AAECAwQFBgcICQoLDA0ODxAREhMU" /* the octets 0 to 20 */
#define QB "AAECAwQFBgcICQoLDA0ODxAREhM"  /* one character less */

static void tokens(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        int count; /* -1: malformed */
        unsigned unknown;
    } rows[] = {
        {"one offer", "onionpow:1:sha256/100", 1, 0},
        {"a quote", "onionpow:1:sha256/100/" Q, 1, 0},
        {"two", "onionpow:1:argon2id-16m/512/" Q ",argon2id-256m/48", 2, 0},
        {"the same suite twice", "onionpow:1:sha256/1,sha256/2", 2, 0},
        {"least effort", "onionpow:1:sha256/1", 1, 0},
        {"most effort", "onionpow:1:argon2id-16m/67108864", 1, 0},
        {"beyond what the suite can", "onionpow:1:argon2id-16m/67108865", 0, 1},
        {"unknown suite alone", "onionpow:1:randomx/1024", 0, 1},
        {"unknown suite with a quote", "onionpow:1:randomx/1024/" Q, 0, 1},
        {"unknown suites among others", "onionpow:1:a/1,sha256/5,b-2/9", 1, 2},
        {"name of 24 octets", "onionpow:1:abcdefghijklmnopqrstuvwx/1", 0, 1},
        {"name of 25 octets", "onionpow:1:abcdefghijklmnopqrstuvwxy/1", -1, 0},
        {"eight",
         "onionpow:1:sha256/1,sha256/2,sha256/3,sha256/4,sha256/5,sha256/6,sha256/7,sha256/8", 8,
         0},
        {"nine",
         "onionpow:1:sha256/1,sha256/2,sha256/3,sha256/4,sha256/5,sha256/6,sha256/7,sha256/"
         "8,sha256/9",
         8, 1},
        {"nothing", "", -1, 0},
        {"prefix alone", "onionpow:1:", -1, 0},
        {"other version", "onionpow:2:sha256/100", -1, 0},
        {"other prefix", "onionpot:1:sha256/100", -1, 0},
        {"prefix in capitals", "OnionPoW:1:sha256/100", -1, 0},
        {"no effort", "onionpow:1:sha256", -1, 0},
        {"empty effort", "onionpow:1:sha256/", -1, 0},
        {"effort zero", "onionpow:1:sha256/0", -1, 0},
        {"leading zero", "onionpow:1:sha256/0100", -1, 0},
        {"effort beyond 64 bits", "onionpow:1:sha256/18446744073709551616", -1, 0},
        {"sign", "onionpow:1:sha256/+1", -1, 0},
        {"no suite", "onionpow:1:/100", -1, 0},
        {"suite in capitals", "onionpow:1:SHA256/100", -1, 0},
        {"suite starts with a hyphen", "onionpow:1:-sha/100", -1, 0},
        {"suite with an underscore", "onionpow:1:sha_256/100", -1, 0},
        {"empty quote", "onionpow:1:sha256/100/", -1, 0},
        {"quote too short", "onionpow:1:sha256/100/" QB, -1, 0},
        {"quote too long", "onionpow:1:sha256/100/" Q "AA", -1, 0},
        {"quote with padding", "onionpow:1:sha256/100/" QB "=", -1, 0},
        {"quote of an unknown suite malformed", "onionpow:1:randomx/100/AA", -1, 0},
        {"slash behind the quote", "onionpow:1:sha256/100/" Q "/", -1, 0},
        {"four parts", "onionpow:1:sha256/100/" Q "/1", -1, 0},
        {"comma at the end", "onionpow:1:sha256/100,", -1, 0},
        {"comma in front", "onionpow:1:,sha256/100", -1, 0},
        {"two commas", "onionpow:1:sha256/100,,sha256/101", -1, 0},
        {"blank at the end", "onionpow:1:sha256/100 ", -1, 0},
        {"blank in front", " onionpow:1:sha256/100", -1, 0},
        {"blank inside", "onionpow:1:sha256/100, sha256/101", -1, 0},
        {"one bad among good", "onionpow:1:sha256/100,sha256/x", -1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct op_offers got = {.count = 99};
        bool good = op_offers_parse(rows[i].text, strlen(rows[i].text), &got);
        if (good != (rows[i].count >= 0))
            fail_msg("%s", rows[i].label);
        if (!good)
            assert_int_equal(got.count, 99);
        else if (got.count != (size_t)rows[i].count || got.unknown != rows[i].unknown)
            fail_msg("%s: %zu and %u", rows[i].label, got.count, got.unknown);
    }
}

static void values(void **state)
{
    (void)state;
    const char text[] = "onionpow:1:argon2id-64m/300/" Q ",nothing/1,sha256/72057594037927936";
    struct op_offers offers;
    assert_true(op_offers_parse(text, strlen(text), &offers));
    assert_int_equal(offers.count, 2);
    assert_string_equal(offers.offer[0].suite->name, "argon2id-64m");
    assert_true(offers.offer[0].effort == 300);
    assert_int_equal(offers.offer[0].quote_len, OP_QUOTE_LEN);
    for (uint8_t i = 0; i < OP_QUOTE_LEN; i++)
        assert_int_equal(offers.offer[0].quote[i], i);
    assert_string_equal(offers.offer[1].suite->name, "sha256");
    assert_true(offers.offer[1].effort == UINT64_C(1) << 56);
    assert_int_equal(offers.offer[1].quote_len, 0);
    assert_false(op_offers_parse("onionpow:1:sha256/1\0", 20, &offers));
}

static void token_limit(void **state)
{
    (void)state;
    char text[600] = "onionpow:1:";
    struct op_offers offers;
    while (strlen(text) < 507)
        strcat(text, "x/1,");
    assert_int_equal(strlen(text), 507);
    strcpy(text + 507, "xxx/1");
    assert_true(op_offers_parse(text, 512, &offers));
    strcpy(text + 507, "xxxx/1");
    assert_false(op_offers_parse(text, 513, &offers));
}

static void find(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        uint64_t want; /* effort of the first offer; 0: nothing found */
    } rows[] = {
        {"a reply", "554-5.7.1 onionpow:1:sha256/7 proof of work required", 7},
        {"the token alone", "onionpow:1:sha256/7", 7},
        {"end of line", "x onionpow:1:sha256/7\r\n554 y", 7},
        {"after text of a log", "said: 554-5.7.1 onionpow:1:sha256/7 (in reply to", 7},
        {"the first of two", "onionpow:1:sha256/7 onionpow:1:sha256/8", 7},
        {"the first that is good", "onionpow:1:sha256/x onionpow:1:sha256/8", 8},
        {"a prefix before it", "onionpow:1: onionpow:1:sha256/8", 8},
        {"a prefix inside a prefix", "onionpow:onionpow:1:sha256/8", 8},
        {"a line break written as __", "onionpow:1:sha256/7__554", 0},
        {"cut off in the first offer", "554 onionpow:1:sha256/7/" QB, 0},
        {"first offer cut where it looks whole", "onionpow:1:sha256/7... (Service", 0},
        {"nothing", "", 0},
        {"prose", "see onionpow, version 1: sha256/7", 0},
        {"another version", "onionpow:2:sha256/7", 0},
        {"cut off in the prefix", "554 onionpow:1", 0},
        {"cut off in the suite", "554 onionpow:1:sha2", 0},
        {"broken by a blank", "onionpow:1: sha256/7", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct op_offers got = {0};
        bool found = op_offers_find(rows[i].text, strlen(rows[i].text), &got);
        if (found != (rows[i].want != 0) || got.offer[0].effort != rows[i].want)
            fail_msg("%s", rows[i].label);
    }
}

/* What is left of a token that was cut off on its way. */
static void cut(void **state)
{
    (void)state;
    static const struct {
        const char *label, *text;
        size_t count; /* offers left; 0: none found */
    } rows[] = {
        {"whole", "onionpow:1:sha256/7/" Q ",argon2id-16m/48/" Q " proof", 2},
        {"in the second quote", "onionpow:1:sha256/7/" Q ",argon2id-16m/48/" QB, 1},
        {"before the second quote", "onionpow:1:sha256/7/" Q ",argon2id-16m/48/", 1},
        {"in the second name", "onionpow:1:sha256/7/" Q ",argon2i", 1},
        {"behind the comma", "onionpow:1:sha256/7/" Q ",", 1},
        {"in the third", "onionpow:1:sha256/7,sha256/8,argon", 2},
        {"in the middle, with dots", "onionpow:1:sha256/7,argon2id-16m/48/AA...6/" Q ",sha256/9",
         1},
        {"a remnant that looks whole", "onionpow:1:sha256/7,argon2id-16m/4...8,sha256/9", 1},
        {"a full stop is no cut", "onionpow:1:sha256/7,argon2id-16m/48.", 2},
        {"two are none either", "onionpow:1:sha256/7,argon2id-16m/48..", 2},
        {"unknown suites before the cut", "onionpow:1:md5/7,sha", 0},
        {"bad before the cut", "onionpow:1:sha256/7/AA,sha256/8,sha", 0},
        {"two bad ones", "onionpow:1:sha256/7,sha256/x,sha", 0},
        {"two commas", "onionpow:1:sha256/7,,", 0},
        {"the next token", "onionpow:1:sha onionpow:1:sha256/8,sha256/9", 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct op_offers got = {0};
        bool found = op_offers_find(rows[i].text, strlen(rows[i].text), &got);
        if (got.count != rows[i].count || (found && got.count + got.unknown == 0))
            fail_msg("%s: %zu", rows[i].label, got.count);
    }
}

/* Junk beyond the longest token is not a cut one. */
static void cut_too_long(void **state)
{
    (void)state;
    char text[600] = "onionpow:1:sha256/7,";
    struct op_offers offers;
    memset(text + strlen(text), 'x', 512 - strlen(text));
    assert_true(op_offers_find(text, 512, &offers));
    memset(text + 512, 'x', 1);
    assert_false(op_offers_find(text, 513, &offers));
}

static void round_trip(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int n = 0; n < 2000; n++) {
        struct op_offers offers = {.count = 1 + (size_t)random_below(&seed, 4)}, again;
        char text[OP_OFFER_TEXT_MAX];
        for (size_t i = 0; i < offers.count; i++) {
            struct op_offer *offer = &offers.offer[i];
            offer->suite = op_suite_at((size_t)random_below(&seed, op_suite_count()));
            offer->effort = 1 + random_below(&seed, offer->suite->effort_max);
            if (random_below(&seed, 2) == 0) {
                offer->quote_len = OP_QUOTE_LEN;
                random_fill(&seed, offer->quote, OP_QUOTE_LEN);
            }
        }
        size_t len = op_offers_format(&offers, text);
        assert_int_equal(len, strlen(text));
        assert_null(strpbrk(text, " %\t\r\n"));
        assert_true(op_offers_parse(text, len, &again));
        assert_int_equal(again.count, offers.count);
        assert_int_equal(again.unknown, 0);
        for (size_t i = 0; i < offers.count; i++) {
            assert_ptr_equal(again.offer[i].suite, offers.offer[i].suite);
            assert_true(again.offer[i].effort == offers.offer[i].effort);
            assert_int_equal(again.offer[i].quote_len, offers.offer[i].quote_len);
            assert_memory_equal(again.offer[i].quote, offers.offer[i].quote, OP_QUOTE_LEN);
        }
    }
}

/* As many as there can be, each as long as it can be: all of them are written. */
static void longest_text(void **state)
{
    (void)state;
    struct op_offers offers = {.count = OP_OFFERS_MAX}, again;
    char text[OP_OFFER_TEXT_MAX];
    for (size_t suite = 0; suite < op_suite_count(); suite++) {
        for (size_t i = 0; i < OP_OFFERS_MAX; i++)
            offers.offer[i] = (struct op_offer){.suite = op_suite_at(suite),
                                                .effort = op_suite_at(suite)->effort_max,
                                                .quote_len = OP_QUOTE_LEN};
        assert_true(op_offers_parse(text, op_offers_format(&offers, text), &again));
        assert_int_equal(again.count, OP_OFFERS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens), cmocka_unit_test(values),       cmocka_unit_test(token_limit),
        cmocka_unit_test(find),   cmocka_unit_test(round_trip),   cmocka_unit_test(longest_text),
        cmocka_unit_test(cut),    cmocka_unit_test(cut_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
