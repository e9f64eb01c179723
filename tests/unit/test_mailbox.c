/* test_mailbox.c - the capitals of a local part, found again in all that an address may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/mailbox.h"

static void test_spelled(void **state)
{
    static const char *const rows[][2] = {
        {"bob@example.org", "bob@example.org"},
        {"Bob@EXAMPLE.org", "Bob@example.org"},
        {" \t<bOB@x.org> ", "bOB@x.org"},
        {"<@BO.test,@B.test:boB@x.org>", "boB@x.org"},
        {"@BOB.test:Bob@x.org", "Bob@x.org"},
        {"\"Q.Q\"@x.org", "Q.Q@x.org"},
        {"\"A b\"@x.org", "\"A b\"@x.org"},
        {"\"\\A\\\\\\\"\\a\"@x.org", "\"A\\\\\\\"a\"@x.org"},
        {"\"@:<\tA\"@x.org" /* a control character */, NULL},
        {"\"@:< A\"@x.org", "\"@:< A\"@x.org"},
        {"A`b{C@x.org", "A`b{C@x.org"}, /* what differs from @ and [ by one bit is no letter */
        {"B\303\234\303\274B@x.org", "B\303\234\303\274B@x.org"},
        {"A@[IPv6:2001:DB8::1]", "A@[ipv6:2001:db8::1]"},
        {"PostMaster", "PostMaster"},
        {"Bob", NULL},
        {"A B@x.org", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mailbox mailbox = {.spelled = "untouched"};
        const char *why = NULL;
        print_message("%s\n", rows[i][0]);
        bool good = mailbox_parse(rows[i][0], strlen(rows[i][0]), &mailbox, &why);
        assert_int_equal(good, rows[i][1] != NULL);
        assert_int_equal(good, why == NULL);
        assert_string_equal(mailbox.spelled, good ? rows[i][1] : "untouched");
        assert_int_equal(good ? strlen(mailbox.spelled) : 0, mailbox.recipient.len);
    }
}

/* The text need not end behind the address. */
static void test_length(void **state)
{
    struct mailbox mailbox;

    (void)state;
    assert_true(mailbox_parse("Ann@x.orgANN@x.org", 9, &mailbox, NULL));
    assert_string_equal(mailbox.spelled, "Ann@x.org");
    assert_string_equal(mailbox.recipient.text, "ann@x.org");
}

/* A NUL may only stand where nothing is kept of it. */
static void test_nul(void **state)
{
    static const char route[] = "<@B\0OB:Bob@x.org>", local[] = "B\0ob@x.org";
    struct mailbox mailbox;

    (void)state;
    assert_false(mailbox_parse(local, sizeof local - 1, &mailbox, NULL));
    assert_true(mailbox_parse(route, sizeof route - 1, &mailbox, NULL));
    assert_string_equal(mailbox.spelled, "Bob@x.org");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spelled),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_nul),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
