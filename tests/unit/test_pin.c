/*
 * test_pin.c - what counts as a pin, and that the sender's programs see it alike: they take the
 * same address for the recipient, or do not go there at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "milter/pin.h"
#include "tools/address.h"

#define ONION "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
#define UPPER "PG6MMJIYJMCRSSLVYKFWNNTLARU7P5SVN6Y2YMMJU6NUBXNDF4PSCRYD.ONION"
#define BASE  "abcdefghijklmnop" /* 16 characters of base32, and not of hexadecimal */

static struct op_recipient without_pin(const char *address)
{
    struct op_recipient recipient;

    assert_true(op_recipient_parse(address, strlen(address), &recipient, NULL));
    pin_remove(&recipient);
    assert_int_equal(strlen(recipient.text), recipient.len);
    return recipient;
}

static void test_labels(void **state)
{
    static const struct {
        const char *label, *rest;
        bool pin;
    } rows[] = {
        {"0123456789abcdef0123", ONION, true},
        {"0123456789ABCDEF0123", UPPER, true},
        {"0123456789abcdef01234", ONION, false}, /* an odd number */
        {"0123456789abcdef01", ONION, false},    /* too short */
        {"0123456789abcdef012g", ONION, false},
        {"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd", ONION, true},
        {BASE, ONION, true},
        {"ABCDEFGHIJKLMNOP", ONION, true},
        {"2222222222222222", ONION, true},
        {"abcdefghijklmno", ONION, false},
        {BASE "q", ONION, false},
        {"abcdefghijklmno1", ONION, false},
        {"abcdefgh", ONION, false},
        {BASE "abcdefgh", ONION, true},
        {BASE BASE, ONION, true},
        {BASE BASE "abcdefgh", ONION, true},
        {BASE BASE BASE, ONION, true},
        {BASE BASE BASE "abca", ONION, true},
        {BASE BASE BASE "abcq", ONION, true},
        {BASE BASE BASE "abcb", ONION, false}, /* bits beyond the last octet */
        {BASE BASE BASE "abcdefgh", ONION, false},
        {"mail", ONION, false},
        {"mx1", ONION, false},
        {"a.0123456789abcdef0123", ONION, false},
        {"0123456789abcdef0123.a", ONION, false},
        {"0123456789abcdef0123", "a" ONION, false}, /* of 57 characters: no onion address */
        {"0123456789abcdef0123", "abc.onion", false},
        {"0123456789abcdef0123", ONION ".example", false},
        {"0123456789abcdef0123", "example.org", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[OP_RECIPIENT_MAX], plain[OP_RECIPIENT_MAX];
        struct address address;
        const char *why;
        struct op_recipient whole;
        snprintf(text, sizeof text, "<Bob@%s.%s>", rows[i].label, rows[i].rest);
        snprintf(plain, sizeof plain, "Bob@%s", rows[i].pin ? rows[i].rest : strchr(text, '@') + 1);
        if (!rows[i].pin)
            plain[strlen(plain) - 1] = '\0'; /* the bracket */
        print_message("%s\n", text);
        assert_true(op_recipient_parse(plain, strlen(plain), &whole, NULL));
        struct op_recipient recipient = without_pin(text);
        assert_string_equal(recipient.text, whole.text);
        assert_int_equal(recipient.domain, whole.domain);
        bool goes = address_parse(text, &address, &why);
        if (rows[i].pin)
            assert_true(goes && address.pin.len > 0);
        if (goes)
            assert_string_equal(address.recipient.text, recipient.text);
    }
}

static void test_no_label(void **state)
{
    (void)state;
    assert_string_equal(without_pin("bob@" ONION).text, "bob@" ONION);
    assert_string_equal(without_pin("bob@onion").text, "bob@onion");
    assert_string_equal(without_pin("Postmaster").text, "postmaster");
    assert_string_equal(without_pin("0123456789abcdef0123." ONION "@x").text,
                        "0123456789abcdef0123." ONION "@x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_no_label),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
