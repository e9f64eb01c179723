/* test_heard.c - the text of a remembered offer, what damage it refuses, and how long it is good.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "pow/heard.h"

static struct op_offers offers_of(const char *token)
{
    struct op_offers offers;

    assert_true(op_offers_parse(token, strlen(token), &offers));
    return offers;
}

static void test_text(void **state)
{
    struct op_offers offers =
        offers_of("onionpow:1:argon2id-16m/512/AAAAAAAAAAAAAAAAAAAAAAAAAAAA,sha256/7");
    char text[OP_HEARD_TEXT_MAX];
    int64_t when = 0;

    (void)state;
    assert_int_equal(offers.offer[0].quote_len, OP_QUOTE_LEN);
    size_t len = op_heard_format(1795003200, &offers, text);
    assert_string_equal(text, "heard 1795003200 onionpow:1:argon2id-16m/512,sha256/7\n");
    assert_int_equal(len, strlen(text));
    assert_true(op_heard_parse(text, len, &when, &offers));
    assert_int_equal(when, 1795003200);
    assert_int_equal(offers.count, 2);
    assert_int_equal(offers.offer[0].quote_len, 0);
    assert_int_equal(offers.offer[1].effort, 7);
}

static void test_damage(void **state)
{
    static const char good[] = "heard 1795003200 onionpow:1:sha256/7\n";
    static const char *const rows[] = {
        "",
        "\n",
        "heard ",
        "heard \n",
        "heard 1795003200\n",
        "heard 1795003200 \n",
        "heard 1795003200 onionpow:1:sha256/7",
        "heard 1795003200 onionpow:1:sha256/7\n\n",
        "heard 1795003200 onionpow:1:sha256/7 \n",
        "heard 1795003200  onionpow:1:sha256/7\n",
        "heard -1 onionpow:1:sha256/7\n",
        "heard 01 onionpow:1:sha256/7\n",
        "heard 9223372036854775808 onionpow:1:sha256/7\n",
        "heard x onionpow:1:sha256/7\n",
        "Heard 1795003200 onionpow:1:sha256/7\n",
        "heard 1795003200 onionpow:2:sha256/7\n",
        "heard 1795003200 onionpow:1:unheard-of/7\n",
        "heard 1795003200 onionpow:1:sha256/0\n",
    };
    struct op_offers offers = {.count = 99};
    int64_t when = 99;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (op_heard_parse(rows[i], strlen(rows[i]), &when, &offers))
            fail_msg("taken: %s", rows[i]);
        assert_int_equal(when, 99);
        assert_int_equal(offers.count, 99);
    }
    for (size_t len = 0; len < strlen(good); len++) /* cut off anywhere */
        assert_false(op_heard_parse(good, len, &when, &offers));
    assert_true(op_heard_parse(good, strlen(good), &when, &offers));
}

static void test_longest(void **state)
{
    struct op_offers offers = {.count = OP_OFFERS_MAX};
    char text[OP_HEARD_TEXT_MAX];
    int64_t when;

    (void)state;
    for (size_t i = 0; i < OP_OFFERS_MAX; i++) {
        offers.offer[i].suite = op_suite_at(i % op_suite_count());
        offers.offer[i].effort = offers.offer[i].suite->effort_max;
    }
    size_t len = op_heard_format(INT64_MAX, &offers, text);
    assert_true(len < sizeof text);
    assert_true(op_heard_parse(text, len, &when, &offers));
    assert_int_equal(when, INT64_MAX);
}

static void test_fresh(void **state)
{
    const int64_t now = 1795003200;

    (void)state;
    assert_true(op_heard_fresh(now, 3600, now));
    assert_true(op_heard_fresh(now - 3600, 3600, now));
    assert_false(op_heard_fresh(now - 3601, 3600, now));
    assert_true(op_heard_fresh(now + 86400, 3600, now));
    assert_false(op_heard_fresh(now + 86401, 3600, now));
}

static void test_name(void **state)
{
    static const uint8_t one[OP_KEY_LEN] = "one", two[OP_KEY_LEN] = "two";
    char name[OP_HEARD_NAME_MAX], other[OP_HEARD_NAME_MAX];
    struct op_key *key;

    (void)state;
    assert_int_equal(op_key_new(one, &key), OP_OK);
    op_heard_name(key, "mx.example:25", name);
    assert_int_equal(strlen(name), 32);
    assert_int_equal(strspn(name, "0123456789abcdef"), 32);
    op_heard_name(key, "mx.example:26", other);
    assert_string_not_equal(name, other);
    op_key_free(key);
    assert_int_equal(op_key_new(two, &key), OP_OK);
    op_heard_name(key, "mx.example:25", other);
    assert_string_not_equal(name, other);
    op_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),  cmocka_unit_test(test_damage), cmocka_unit_test(test_longest),
        cmocka_unit_test(test_fresh), cmocka_unit_test(test_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
