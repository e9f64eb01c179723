/* test_origin.c - whom a message is from, and the fields that a program left to its mail server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pwd.h>
#include <time.h>
#include <unistd.h>

#include "tools/origin.h"

#define NOON 1795262405 /* Saturday 21 November 2026, 12:00:05 UTC */

static struct message message;

static void read_message(const char *text)
{
    FILE *stream = fmemopen((char *)(uintptr_t)text, strlen(text), "r");

    assert_non_null(stream);
    assert_int_equal(message_read(stream, &message), MESSAGE_OK);
    fclose(stream);
}

static void own_address(const char *domain, char text[ORIGIN_ADDR_MAX])
{
    const struct passwd *user = getpwuid(getuid());

    snprintf(text, ORIGIN_ADDR_MAX, "%s@%s", user != NULL ? user->pw_name : "nobody", domain);
}

static void test_address(void **state)
{
    static const struct {
        const char *label, *text, *want; /* NULL: the user's own */
    } rows[] = {
        {"From", "From: Ann <Ann.McX@Example.ORG>\n\n", "Ann.McX@example.org"},
        {"Sender first", "From: Ann@x.org\nSender: Bob <BoB@x.org>\n\n", "BoB@x.org"},
        {"the first of several", "From: Ann@x.org, Bob@x.org\nSubject: x\n\n", "Ann@x.org"},
        {"a quoted local part", "From: \"A b\"@c.test\n\n", "\"A b\"@c.test"},
        {"comments and folds", "From: (Ann) Ann\n (x) @x.org\n\n", "Ann@x.org"},
        {"a Sender that is none", "Sender: root\nFrom: Ann@x.org\n\n", "Ann@x.org"},
        {"resent", "Resent-From: Bob@x.org\nFrom: Ann@x.org\nSender: Cy@x.org\n\n", "Bob@x.org"},
        {"resent for another", "Resent-From: Bob@x.org\nResent-Sender: Dan@x.org\n\n", "Dan@x.org"},
        {"a local name", "From: root (Cron Daemon)\n\n", NULL},
        {"an empty group", "From: undisclosed:;\n\n", NULL},
        {"the null path", "From: <>\n\n", NULL},
        {"a command behind it", "From: <ann@x.org>\n RCPT TO:<bob@x.org>\n\n", NULL},
        {"a parameter inside", "From: <ann@x.org> SIZE=1>\n\n", NULL},
        {"an open quote", "From: \"a b@x.org\n\n", NULL},
        {"another field", "Reply-To: Ann@x.org\nX-From: Ann@x.org\n\nFrom: Ann@x.org\n", NULL},
        {"no header", "\nFrom: Ann@x.org\n", NULL},
    };
    char own[ORIGIN_ADDR_MAX];

    (void)state;
    own_address("own.test", own);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char address[ORIGIN_ADDR_MAX];
        print_message("%s\n", rows[i].label);
        read_message(rows[i].text);
        origin_address(&message, "own.test", address);
        assert_string_equal(address, rows[i].want != NULL ? rows[i].want : own);
        message_clear(&message);
    }
}

/* Writes those that this header lacks. */
static bool made(const char *header, const char *address, const char *name,
                 char fields[ORIGIN_FIELDS_MAX])
{
    fields[0] = '\0';
    read_message(header);
    bool any = origin_fields(&message, address, name, NOON, fields);
    message_clear(&message);
    return any;
}

static void test_missing(void **state)
{
    static const struct {
        const char *header, *want; /* up to the Message-ID, which is random */
        bool id;
    } rows[] = {
        {"Subject: x\n\n", "From: <Ann@x.org>\nDate: Sat, 21 Nov 2026 12:00:05 +0000\n", true},
        {"DATE: now\n\n", "From: <Ann@x.org>\n", true},
        {"from: b@x.org\nDate: now\n\n", "", true},
        {"From: b@x.org\nmessage-id: <1@x>\n\n", "Date: Sat, 21 Nov 2026 12:00:05 +0000\n", false},
        {"Message-ID: <1@x>\nDate: now\n\n", "From: <Ann@x.org>\n", false},
        {"From: b@x.org\nDate: now\nMessage-Id: <1@x>\n\n", "", false},
        {"Resent-From: b@x.org\nResent-Date: now\nResent-Message-ID: <1@x>\n\n",
         "From: <Ann@x.org>\nDate: Sat, 21 Nov 2026 12:00:05 +0000\n", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char fields[ORIGIN_FIELDS_MAX];
        print_message("%s", rows[i].header);
        bool any = made(rows[i].header, "Ann@x.org", NULL, fields);
        char *id = strstr(fields, "Message-ID: ");
        assert_int_equal(id != NULL, rows[i].id);
        assert_int_equal(any, rows[i].id || rows[i].want[0] != '\0');
        if (id != NULL)
            *id = '\0';
        assert_string_equal(fields, rows[i].want);
    }
}

static void test_message_id(void **state)
{
    static const char header[] = "From: a@x.org\nDate: now\n\n";
    static const char *const rows[][2] = {
        {"Ann@x.org", "@x.org>\n"},
        {"\"a@b\"@x.org", "@x.org>\n"},
        {"ann", "@localhost>\n"},
    };
    char one[ORIGIN_FIELDS_MAX], two[ORIGIN_FIELDS_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(made(header, rows[i][0], NULL, one));
        assert_true(made(header, rows[i][0], NULL, two));
        size_t start = strlen("Message-ID: <");
        assert_int_equal(strncmp(one, "Message-ID: <", start), 0);
        assert_int_equal(strspn(one + start, "0123456789abcdef"), 32);
        assert_string_equal(one + start + 32, rows[i][1]);
        assert_string_not_equal(one, two);
    }
}

static void test_name(void **state)
{
    static const char header[] = "Date: now\nMessage-ID: <1@x>\n\n";
    static const char *const rows[][2] = {
        {"", "From: <Ann@x.org>\n"},
        {"Ann", "From: \"Ann\" <Ann@x.org>\n"},
        {"Cron (Daemon), x", "From: \"Cron (Daemon), x\" <Ann@x.org>\n"},
        {"A \"b\" \\c", "From: \"A \\\"b\\\" \\\\c\" <Ann@x.org>\n"},
        {"\" <b@x.org>, \"", "From: \"\\\" <b@x.org>, \\\"\" <Ann@x.org>\n"},
        {"\\", "From: \"\\\\\" <Ann@x.org>\n"},
        {"A\r\nBcc: b@x.org\n\nbody", "From: \"ABcc: b@x.orgbody\" <Ann@x.org>\n"},
        {"\n\t\177", "From: <Ann@x.org>\n"},
        {"J\303\274rgen", "From: \"J\303\274rgen\" <Ann@x.org>\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char fields[ORIGIN_FIELDS_MAX];
        assert_true(made(header, "Ann@x.org", rows[i][0], fields));
        assert_string_equal(fields, rows[i][1]);
    }
}

/* However long it is, the field is whole: what was quoted is closed. */
static void test_long_name(void **state)
{
    static const char header[] = "Date: now\nMessage-ID: <1@x>\n\n", end[] = "\" <Ann@x.org>\n";
    char name[3000], fields[ORIGIN_FIELDS_MAX];

    (void)state;
    for (size_t len = ORIGIN_ADDR_MAX - 8; len < sizeof name - 1; len += len < 1000 ? 1 : 500) {
        memset(name, '"', len);
        name[0] = 'A'; /* each parity of backslashes */
        name[len % 2] = 'A';
        name[len] = '\0';
        assert_true(made(header, "Ann@x.org", name, fields));
        size_t got = strlen(fields), quoted = got - strlen("From: ") - strlen(end);
        assert_string_equal(fields + got - strlen(end), end);
        assert_true(quoted < ORIGIN_ADDR_MAX);
        assert_int_equal(fields[got - strlen(end) - 1], '"');
        assert_int_equal(fields[got - strlen(end) - 2], '\\');
    }
}

/* The hour of the user's place is nobody's business. */
static void test_date(void **state)
{
    static const struct {
        int64_t now;
        const char *want;
    } rows[] = {
        {0, "Date: Thu, 1 Jan 1970 00:00:00 +0000\n"},
        {951782399, "Date: Mon, 28 Feb 2000 23:59:59 +0000\n"},
        {951782400, "Date: Tue, 29 Feb 2000 00:00:00 +0000\n"},
        {4102444799, "Date: Thu, 31 Dec 2099 23:59:59 +0000\n"},
    };
    char fields[ORIGIN_FIELDS_MAX];

    (void)state;
    setenv("TZ", "XYZ-9:30", 1);
    tzset();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        read_message("From: a@x.org\nMessage-ID: <1@x>\n\n");
        assert_true(origin_fields(&message, "a@x.org", NULL, rows[i].now, fields));
        assert_string_equal(fields, rows[i].want);
        message_clear(&message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address),    cmocka_unit_test(test_missing),
        cmocka_unit_test(test_message_id), cmocka_unit_test(test_name),
        cmocka_unit_test(test_long_name),  cmocka_unit_test(test_date),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
