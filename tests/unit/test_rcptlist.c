/* test_rcptlist.c - address lists of RFC 5322, with everything that people and programs write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tools/rcptlist.h"

/* The list as one string, blanks between. */
static void join(const struct rcptlist *list, bool spelled, char *text, size_t size)
{
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < list->count; i++)
        len += (size_t)snprintf(text + len, size - len, "%s%s", i > 0 ? " " : "",
                                spelled ? list->rcpts[i].spelled : list->rcpts[i].recipient.text);
}

static void test_good(void **state)
{
    static const struct {
        const char *label, *value, *want;
    } rows[] = {
        {"bare", "bob@example.org", "bob@example.org"},
        {"blanks around", "  bob@example.org\t", "bob@example.org"},
        {"angle", "<bob@example.org>", "bob@example.org"},
        {"display name", "Bob Smith <bob@example.org>", "bob@example.org"},
        {"quoted display name", "\"Smith, Bob <x@y>\" <bob@example.org>", "bob@example.org"},
        {"dots in the display name", "Bob S. Smith <bob@example.org>", "bob@example.org"},
        {"at sign in the display name", "bob@home <bob@example.org>", "bob@example.org"},
        {"encoded word", "=?utf-8?Q?B=C3=B6b=2C_x?= <bob@example.org>", "bob@example.org"},
        {"UTF-8 display name", "B\303\266b <bob@example.org>", "bob@example.org"},
        {"two", "a@x.org, b@x.org", "a@x.org b@x.org"},
        {"fold", "a@x.org,\r\n b@x.org", "a@x.org b@x.org"},
        {"fold in the display name", "Bob\n Smith <a@x.org>", "a@x.org"},
        {"empty elements", ",a@x.org,,b@x.org,", "a@x.org b@x.org"},
        {"empty field", "", ""},
        {"blanks alone", " \r\n ", ""},
        {"twice the same", "a@x.org, A@X.org", "a@x.org"},
        {"comment behind", "a@x.org (Bob, <b@x.org>)", "a@x.org"},
        {"comment before", "(a (nested) \\) one) a@x.org", "a@x.org"},
        {"comment inside", "a(x)@(y)x.org", "a@x.org"},
        {"comment alone", "(nobody)", ""},
        {"comment behind an angle", "<a@x.org> (Bob)", "a@x.org"},
        {"blanks around the marks", "a @ x . org", "a@x.org"},
        {"group", "friends: a@x.org, Bob <b@x.org>;", "a@x.org b@x.org"},
        {"group and more", "friends: a@x.org; , c@x.org", "a@x.org c@x.org"},
        {"group without a comma behind", "f: a@x.org; c@x.org", "a@x.org c@x.org"},
        {"empty group", "undisclosed-recipients:;", ""},
        {"quoted group name", "\"a:b,c\": a@x.org;", "a@x.org"},
        {"quoted local part", "\"a,b\"@x.org", "\"a,b\"@x.org"},
        {"escape in a local part", "\"a\\\"b\"@x.org", "\"a\\\"b\"@x.org"},
        {"quotes that need not be", "\"ab\"@x.org", "ab@x.org"},
        {"address literal", "a@[192.0.2.1]", "a@[192.0.2.1]"},
        {"IPv6 literal", "a@[IPv6:2001:db8::1], b@x.org", "a@[ipv6:2001:db8::1] b@x.org"},
        {"source route", "<@relay.example,@b.example:a@x.org>", "a@x.org"},
        {"international domain", "a@b\303\274cher.example", "a@xn--bcher-kva.example"},
        {"postmaster", "postmaster", "postmaster"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rcptlist list = {0};
        struct rcptlist_error error = {.text = ""};
        char got[512];
        print_message("%s\n", rows[i].label);
        bool read = rcptlist_add_value(&list, rows[i].value, strlen(rows[i].value), &error);
        if (!read)
            print_message("  %s: %s\n", error.text, error.why);
        assert_true(read);
        join(&list, false, got, sizeof got);
        assert_string_equal(got, rows[i].want);
        rcptlist_clear(&list);
    }
}

/* What a server is told: no comments, folds and routes, but the capitals that were written. */
static void test_spelled(void **state)
{
    static const struct {
        const char *label, *value, *want;
    } rows[] = {
        {"display name", "BOB Smith <Bob.McX@Example.ORG>", "Bob.McX@example.org"},
        {"comments", "(BOB)Bo(BO)@(X)x.org (Bob)", "Bo@x.org"},
        {"a fold before it", "\r\n Ann@x.org", "Ann@x.org"},
        {"blanks around the marks", "A . bC @ X . org", "A.bC@x.org"},
        {"source route", "<@BBoobb.test,@BOB.test:bOb@x.org>", "bOb@x.org"},
        {"quotes that must be", "\"A b\"@c.test, \"A,\\B\"@c.test",
         "\"A b\"@c.test \"A,B\"@c.test"},
        {"quotes that need not be", "\"Q.Q\"@X.org, \"\\Q\\q\"@x.org", "Q.Q@x.org Qq@x.org"},
        {"escapes", "\"A\\\"\\\\aB\"@x.org", "\"A\\\"\\\\aB\"@x.org"},
        {"a fold in a quoted string", "\"A\r\n B\"@x.org", "\"A B\"@x.org"},
        {"marks in a quoted string", "\"<A@b:C>\"@x.org", "\"<A@b:C>\"@x.org"},
        {"UTF-8", "B\303\234b@B\303\234cher.example", "B\303\234b@xn--bcher-kva.example"},
        {"group", "Friends: Ann <ANN@x.org>, bob@x.org;", "ANN@x.org bob@x.org"},
        {"the first spelling counts", "Ann@x.org, ANN@x.org, ann@x.org", "Ann@x.org"},
        {"postmaster", "<PostMaster>", "PostMaster"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rcptlist list = {0};
        struct rcptlist_error error = {.text = ""};
        char got[512];
        print_message("%s\n", rows[i].label);
        assert_true(rcptlist_add_value(&list, rows[i].value, strlen(rows[i].value), &error));
        join(&list, true, got, sizeof got);
        assert_string_equal(got, rows[i].want);
        rcptlist_clear(&list);
    }
}

static void test_bad(void **state)
{
    static const struct {
        const char *label, *value, *text; /* what is named */
    } rows[] = {
        {"a name alone", "a@x.org, Bob Smith, c@x.org", "Bob Smith"},
        {"one word", "bob", "bob"},
        {"missing comma", "a@x.org b@x.org", "a@x.org b@x.org"},
        {"missing comma, folded", "a@x.org\r\n b@x.org", "a@x.org b@x.org"},
        {"missing comma behind an angle", "<a@x.org> <b@x.org>, c@x.org", "<a@x.org> <b@x.org>"},
        {"name joined to an address", "bob smith@x.org", "bob smith@x.org"},
        {"open angle", "Bob <a@x.org, b@x.org", "Bob <a@x.org, b@x.org"},
        {"close angle", "a@x.org>", "a@x.org>"},
        {"angle in an angle", "<<a@x.org>>", "<<a@x.org>>"},
        {"open quote", "\"Bob <a@x.org>", "\"Bob <a@x.org>"},
        {"open comment", "a@x.org (Bob", "a@x.org (Bob"},
        {"close comment", "a@x.org )", "a@x.org )"},
        {"open literal", "a@[192.0.2.1", "a@[192.0.2.1"},
        {"null path", "<>", "<>"},
        {"no domain", "a@, b@x.org", "a@"},
        {"two at signs", "a@b@x.org", "a@b@x.org"},
        {"two dots", "a..b@x.org", "a..b@x.org"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rcptlist list = {0};
        struct rcptlist_error error = {.text = "", .why = NULL};
        print_message("%s\n", rows[i].label);
        assert_false(rcptlist_add_value(&list, rows[i].value, strlen(rows[i].value), &error));
        assert_non_null(error.why);
        assert_string_equal(error.text, rows[i].text);
        rcptlist_clear(&list);
    }
}

/* NUL octets and deep nesting from a hostile message. */
static void test_hostile(void **state)
{
    struct rcptlist list = {0};
    struct rcptlist_error error;
    char text[4096];

    (void)state;
    assert_false(rcptlist_add_value(&list, "a\0b@x.org", 9, &error));
    memset(text, '(', sizeof text);
    assert_false(rcptlist_add_value(&list, text, sizeof text, &error));
    memset(text, 'a', sizeof text);
    memcpy(text + sizeof text - 6, "@x.org", 6);
    assert_false(rcptlist_add_value(&list, text, sizeof text, &error));
    assert_int_equal(strlen(error.text), RCPTLIST_TEXT_MAX - 1);
    assert_int_equal(list.count, 0);
}

static void read_message(const char *text, struct message *message)
{
    FILE *stream = fmemopen((char *)(uintptr_t)text, strlen(text), "r");

    assert_non_null(stream);
    assert_int_equal(message_read(stream, message), MESSAGE_OK);
    fclose(stream);
}

static void test_message(void **state)
{
    static const struct {
        const char *label, *text, *want;
    } rows[] = {
        {"all fields", "To: a@x.org\nCC: b@x.org\nbcc: c@x.org\nFrom: d@x.org\n\nTo: e@x.org\n",
         "a@x.org b@x.org c@x.org"},
        {"a field twice", "To: a@x.org\nTo: b@x.org, a@x.org\n\n", "a@x.org b@x.org"},
        {"resent", "To: a@x.org\nResent-To: b@x.org\nResent-Bcc: c@x.org\n\n", "b@x.org c@x.org"},
        {"resent by, but to nobody else", "Resent-From: z@x.org\nTo: a@x.org\n\n", "a@x.org"},
        {"none", "From: a@x.org\nReply-To: a@x.org\nX-To: a@x.org\n\n", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rcptlist list = {0};
        struct rcptlist_error error;
        struct message message;
        char got[512];
        print_message("%s\n", rows[i].label);
        read_message(rows[i].text, &message);
        assert_true(rcptlist_add_message(&list, &message, &error));
        join(&list, false, got, sizeof got);
        assert_string_equal(got, rows[i].want);
        rcptlist_clear(&list);
        message_clear(&message);
    }
}

static void test_blind(void **state)
{
    static const struct {
        const char *name;
        bool want;
    } rows[] = {{"Bcc", true}, {"BCC", true},    {"resent-bcc", true},
                {"Cc", false}, {"Bcc-X", false}, {"To", false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct message_field field = {.name = rows[i].name, .name_len = strlen(rows[i].name)};
        assert_int_equal(rcptlist_is_blind(&field), rows[i].want);
    }
}

static void test_grows(void **state)
{
    struct rcptlist list = {0};
    struct rcptlist_error error;
    char text[64];

    (void)state;
    for (int i = 0; i < 100; i++) {
        int len = snprintf(text, sizeof text, "u%d@x.org", i);
        assert_true(rcptlist_add(&list, text, (size_t)len, &error));
    }
    assert_true(rcptlist_add(&list, "U5@x.org", 8, &error)); /* one by one, twice is twice */
    assert_int_equal(list.count, 101);
    assert_string_equal(list.rcpts[99].recipient.text, "u99@x.org");
    assert_string_equal(list.rcpts[100].recipient.text, "u5@x.org");
    assert_string_equal(list.rcpts[100].spelled, "U5@x.org");
    assert_false(rcptlist_add(&list, "nobody", 6, &error));
    assert_int_equal(list.count, 101);
    rcptlist_clear(&list);
}

/* Of a message's own fields no more are compared with each other than the list has room for. */
static void test_bound(void **state)
{
    static char text[(RCPTLIST_EACH_MAX + 1) * sizeof "u0000@x.org,"];
    size_t len = 0;
    struct rcptlist list = {0}, wide = {.max = RCPTLIST_EACH_MAX};
    struct rcptlist_error error = {.why = "unset"};

    (void)state;
    for (int i = 0; i < RCPTLIST_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "u%04d@x.org,", i);
    assert_true(rcptlist_add_value(&list, text, len, &error));
    assert_true(rcptlist_add_value(&list, text, len, &error)); /* nobody new */
    assert_int_equal(list.count, RCPTLIST_MAX);
    assert_false(rcptlist_add_value(&list, "U0001@x.org, One <more@x.org>, b@x.org", 38, &error));
    assert_string_equal(error.text, "One <more@x.org>");
    assert_null(error.why);
    assert_false(rcptlist_add_value(&list, "bad", 3, &error));
    assert_non_null(error.why);
    assert_int_equal(list.count, RCPTLIST_MAX);
    rcptlist_clear(&list);
    for (int i = RCPTLIST_MAX; i < RCPTLIST_EACH_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "u%04d@x.org,", i);
    assert_true(rcptlist_add_value(&wide, text, len, &error));
    assert_int_equal(wide.count, RCPTLIST_EACH_MAX);
    assert_false(rcptlist_add_value(&wide, "u1999@x.org, more@x.org", 23, &error));
    assert_string_equal(error.text, "more@x.org");
    assert_null(error.why);
    rcptlist_clear(&wide);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),    cmocka_unit_test(test_spelled),
        cmocka_unit_test(test_bad),     cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_message), cmocka_unit_test(test_blind),
        cmocka_unit_test(test_grows),   cmocka_unit_test(test_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
