/* test_addrkey.c - entries of lists of addresses: what is one, and whom it means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "milter/addrkey.h"

static void test_parse(void **state)
{
    static const struct {
        const char *text, *want; /* NULL: refused */
    } rows[] = {
        {"Bob@Example.ORG", "bob@example.org"},
        {"<bob@example.org>", "bob@example.org"},
        {"\"bob\"@example.org", "bob@example.org"},
        {"\"a b\"@example.org", "\"a b\"@example.org"},
        {"POSTMASTER", "postmaster"},
        {"@Example.ORG", "@example.org"},
        {"@m\303\274nchen.example", "@xn--mnchen-3ya.example"},
        {"@[192.0.2.1]", "@[192.0.2.1]"},
        {"", NULL},
        {"@", NULL},
        {"<>", NULL},
        {"bob", NULL},
        {"abuse", NULL},
        {"@a@b", NULL},
        {"@a,@b:c@d.example", NULL}, /* a source route is no domain */
        {"bob@", NULL},
        {"@exa mple.org", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct addrkey key = {.len = 7};
        const char *why = NULL;
        bool good = addrkey_parse(rows[i].text, strlen(rows[i].text), &key, &why);
        if (good != (rows[i].want != NULL))
            fail_msg("%s: %s", rows[i].text, good ? key.text : why);
        assert_int_equal(why == NULL, good);
        if (!good)
            continue;
        assert_string_equal(key.text, rows[i].want);
        assert_int_equal(key.len, strlen(key.text));
    }
}

static void test_long(void **state)
{
    char text[4096];
    struct addrkey key;
    const char *why = NULL;
    (void)state;
    memset(text, 'a', sizeof text);
    text[0] = '@';
    assert_false(addrkey_parse(text, sizeof text, &key, &why));
    assert_non_null(why);
    assert_false(addrkey_parse(text, sizeof text, &key, NULL));
}

static void test_matches(void **state)
{
    static const struct {
        const char *key, *address;
        bool want;
    } rows[] = {
        {"bob@example.org", "BOB@example.ORG", true},
        {"bob@example.org", "bobby@example.org", false},
        {"bob@example.org", "bob@sub.example.org", false},
        {"@example.org", "bob@example.org", true},
        {"@example.org", "bob@sub.example.org", false},
        {"@example.org", "bob@notexample.org", false},
        {"@example.org", "\"x@example.org\"@evil.example", false},
        {"postmaster", "Postmaster", true},
        {"postmaster", "postmaster@example.org", false},
        {"@example.org", "postmaster", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct addrkey key;
        struct op_recipient address;
        assert_true(addrkey_parse(rows[i].key, strlen(rows[i].key), &key, NULL));
        assert_true(op_recipient_parse(rows[i].address, strlen(rows[i].address), &address, NULL));
        if (addrkey_matches(key.text, &address) != rows[i].want)
            fail_msg("%s, %s", rows[i].key, rows[i].address);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_matches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
