/* test_smtp_reply.c - replies of SMTP servers, good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tools/smtp_reply.h"

static void test_replies(void **state)
{
    static const struct {
        const char *label, *lines[5];
        enum smtp_reply_line last;
        int code;
        const char *text, *enhanced; /* NULL: none */
    } rows[] = {
        {"one line", {"250 ok"}, SMTP_REPLY_LAST, 250, "250 ok", NULL},
        {"enhanced", {"250 2.0.0 ok"}, SMTP_REPLY_LAST, 250, "250 2.0.0 ok", "2.0.0"},
        {"code alone", {"354"}, SMTP_REPLY_LAST, 354, "354 ", NULL},
        {"enhanced alone", {"250 2.1.5"}, SMTP_REPLY_LAST, 250, "250 2.1.5", "2.1.5"},
        {"two lines", {"250-a", "250 b"}, SMTP_REPLY_LAST, 250, "250 a b", NULL},
        {"enhanced on both",
         {"554-5.7.1 onionpow:1:sha256/9 pay", "554-5.7.1 more", "554 5.7.1 end"},
         SMTP_REPLY_LAST,
         554,
         "554 5.7.1 onionpow:1:sha256/9 pay more end",
         "5.7.1"},
        {"another enhanced code stays",
         {"554-5.7.1 a", "554 5.7.2 b"},
         SMTP_REPLY_LAST,
         554,
         "554 5.7.1 a 5.7.2 b",
         "5.7.1"},
        {"of another class", {"450 5.7.1 a"}, SMTP_REPLY_LAST, 450, "450 5.7.1 a", NULL},
        {"no enhanced code", {"550 5.7 a"}, SMTP_REPLY_LAST, 550, "550 5.7 a", NULL},
        {"too long for one", {"550 5.7777.1 a"}, SMTP_REPLY_LAST, 550, "550 5.7777.1 a", NULL},
        {"glued to a word", {"550 5.7.1a"}, SMTP_REPLY_LAST, 550, "550 5.7.1a", NULL},
        {"not finished", {"250-a"}, SMTP_REPLY_MORE, 250, "250 a", NULL},
        {"another code", {"250-a", "550 b"}, SMTP_REPLY_BAD, 250, "250 a", NULL},
        {"no code", {"hello"}, SMTP_REPLY_BAD, 0, "", NULL},
        {"empty", {""}, SMTP_REPLY_BAD, 0, "", NULL},
        {"two digits", {"25 ok"}, SMTP_REPLY_BAD, 0, "", NULL},
        {"four digits", {"2500 ok"}, SMTP_REPLY_BAD, 0, "", NULL},
        {"class 1", {"150 ok"}, SMTP_REPLY_BAD, 0, "", NULL},
        {"class 6", {"650 ok"}, SMTP_REPLY_BAD, 0, "", NULL},
        {"second digit", {"290 ok"}, SMTP_REPLY_BAD, 0, "", NULL},
        {"no blank", {"250ok"}, SMTP_REPLY_BAD, 0, "", NULL},
        {"blank first", {" 250 ok"}, SMTP_REPLY_BAD, 0, "", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct smtp_reply reply = {0};
        enum smtp_reply_line kind = SMTP_REPLY_MORE;
        char enhanced[SMTP_ENHANCED_MAX] = "?";
        print_message("%s\n", rows[i].label);
        for (size_t j = 0; rows[i].lines[j] != NULL; j++)
            kind = smtp_reply_add(&reply, rows[i].lines[j]);
        assert_int_equal(kind, rows[i].last);
        assert_int_equal(reply.code, rows[i].code);
        assert_string_equal(reply.text, rows[i].text);
        assert_int_equal(reply.len, strlen(reply.text));
        assert_int_equal(smtp_reply_enhanced(&reply, enhanced), rows[i].enhanced != NULL);
        assert_string_equal(enhanced, rows[i].enhanced != NULL ? rows[i].enhanced : "?");
    }
}

static void test_long(void **state)
{
    struct smtp_reply reply = {0};
    char line[1000];

    (void)state;
    memset(line, 'x', sizeof line);
    memcpy(line, "250-", 4);
    line[sizeof line - 1] = '\0';
    for (int i = 0; i < 100; i++)
        assert_int_equal(smtp_reply_add(&reply, line), SMTP_REPLY_MORE);
    assert_int_equal(reply.len, SMTP_TEXT_MAX - 1);
    assert_int_equal(strlen(reply.text), SMTP_TEXT_MAX - 1);
    assert_int_equal(smtp_reply_add(&reply, "250 end"), SMTP_REPLY_LAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
