/* test_smtp.c - a session from the greeting to QUIT: what each answer means, and each silence. */
#include "smtp_script.h"

/* The first digit of a reply is what counts (RFC 5321 section 4.2). */
static void test_first_digit(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"as ever", {HELLO, "250 2.1.0 a", "250 b", "354 go", "250 2.6.0 taken"},
         SMTP_SENT, SMTP_STAGE_END, 250, "2.6.0", "250 2.6.0 taken",
         ALL_TOGETHER TEXT ".\r\n" QUIT},
        {"other codes that are as good", {"229 hi", "200-me", "200 PIPELINING", "200 a",
            "252 b", "300 go", "200 taken"},
         SMTP_SENT, SMTP_STAGE_END, 200, "2.0.0", "200 taken", ALL_TOGETHER TEXT ".\r\n" QUIT},
        {"without pipelining", {PLAIN, "200 a", "251 b", "354 go", "259 taken"},
         SMTP_SENT, SMTP_STAGE_END, 259, "2.0.0", "259 taken", ALL_TOGETHER TEXT ".\r\n" QUIT},
        {"300 for a greeting", {"300 hi"},
         SMTP_BABBLE, SMTP_STAGE_GREETING, 0, "4.5.0", "means nothing", ""},
        {"300 to EHLO", {"220 hi", "300 me"},
         SMTP_BABBLE, SMTP_STAGE_HELLO, 0, "4.5.0", "means nothing", EHLO},
        {"354 to MAIL", {HELLO, "354 go"},
         SMTP_BABBLE, SMTP_STAGE_MAIL, 0, "4.5.0", "means nothing", ALL_TOGETHER},
        {"354 to RCPT", {PLAIN, "250 a", "354 go"},
         SMTP_BABBLE, SMTP_STAGE_RCPT, 0, "4.5.0", "means nothing", EHLO MAIL RCPT},
        {"250 to DATA", {PLAIN, "250 a", "250 b", "250 c"},
         SMTP_BABBLE, SMTP_STAGE_DATA, 0, "4.5.0", "means nothing", ALL_TOGETHER},
        {"354 to the end", {HELLO, "250 a", "250 b", "354 go", "354 more"},
         SMTP_UNKNOWN, SMTP_STAGE_END, 0, "4.5.0", "may have been delivered",
         ALL_TOGETHER TEXT ".\r\n"},
        {"no EHLO there", {"220 hi", "502 what?", "251 hi", "250 a", "250 b", "354 go", "250 c"},
         SMTP_SENT, SMTP_STAGE_END, 250, "2.0.0", "250 c",
         EHLO "HELO localhost\r\n" MAIL RCPT DATA TEXT ".\r\n" QUIT},
    };
    /* clang-format on */

    (void)state;
    check_all(ROWS(rows));
}

/* A server that is leaving says so wherever it likes. */
static void test_leaving(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"greeting", {BYE}, LEFT(SMTP_STAGE_GREETING), ""},
        {"EHLO", {"220 hi", BYE}, LEFT(SMTP_STAGE_HELLO), EHLO},
        {"MAIL", {PLAIN, BYE}, LEFT(SMTP_STAGE_MAIL), EHLO MAIL},
        {"MAIL and the rest", {HELLO, BYE, "gone"}, LEFT(SMTP_STAGE_MAIL), ALL_TOGETHER},
        {"RCPT", {PLAIN, "250 a", BYE}, LEFT(SMTP_STAGE_RCPT), EHLO MAIL RCPT},
        {"RCPT of all", {HELLO, "250 a", BYE, "gone"}, LEFT(SMTP_STAGE_RCPT), ALL_TOGETHER},
        {"DATA", {PLAIN, "250 a", "250 b", BYE}, LEFT(SMTP_STAGE_DATA), ALL_TOGETHER},
        {"DATA of all", {HELLO, "250 a", "250 b", BYE}, LEFT(SMTP_STAGE_DATA), ALL_TOGETHER},
        {"the end", {HELLO, "250 a", "250 b", "354 go", BYE},
         LEFT(SMTP_STAGE_END), ALL_TOGETHER TEXT ".\r\n"},
    };
    /* clang-format on */

    (void)state;
    check_all(ROWS(rows));
}

/* A server that has refused the recipient may wait for a message all the same (RFC 2920 section
 * 3.1). It gets none, not even an empty one. */
static void test_refused_in_a_row(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"recipient, and 354", {HELLO, "250 a", "550 5.1.1 who?", "354 go"},
         SMTP_REFUSED, SMTP_STAGE_RCPT, 550, "5.1.1", "who?", ALL_TOGETHER},
        {"recipient, and 503", {HELLO, "250 a", "550 5.1.1 who?", "503 no"},
         SMTP_REFUSED, SMTP_STAGE_RCPT, 550, "5.1.1", "who?", ALL_TOGETHER},
        {"sender, and all", {HELLO, "450 4.7.1 later", "503 no", "354 go"},
         SMTP_LATER, SMTP_STAGE_MAIL, 450, "4.7.1", "later", ALL_TOGETHER},
        {"the message", {HELLO, "250 a", "250 b", "354 go", "554 5.7.1 onionpow:1:sha256/9"},
         SMTP_REFUSED, SMTP_STAGE_END, 554, "5.7.1", "sha256/9", ALL_TOGETHER TEXT ".\r\n" QUIT},
    };
    /* clang-format on */

    (void)state;
    check_all(ROWS(rows));
}

static void test_gone(void **state)
{
#define LOST(stage) SMTP_LOST, stage, 0, "4.4.2", "the reason"
    /* clang-format off */
    static const struct row rows[] = {
        {"greeting", {"gone"}, LOST(SMTP_STAGE_GREETING), ""},
        {"within a reply", {"220 hi", "250-me", "gone"}, LOST(SMTP_STAGE_HELLO), EHLO},
        {"RCPT", {HELLO, "250 a", "gone"}, LOST(SMTP_STAGE_RCPT), ALL_TOGETHER},
        {"the end", {HELLO, "250 a", "250 b", "354 go", "gone"},
         SMTP_UNKNOWN, SMTP_STAGE_END, 0, "4.4.2", "it may have been delivered",
         ALL_TOGETHER TEXT ".\r\n"},
        {"within the last reply", {HELLO, "250 a", "250 b", "354 go", "250-taken", "gone"},
         SMTP_UNKNOWN, SMTP_STAGE_END, 0, "4.4.2", "it may have been delivered",
         ALL_TOGETHER TEXT ".\r\n"},
    };
    /* clang-format on */

    (void)state;
    check_all(ROWS(rows));
}

/* What the server says before the dot is no answer to it, and then the dot is not sent. */
static void test_unasked(void **state)
{
    static const struct row taken = {"taken before the end",
                                     {HELLO, "250 a", "250 b", "354 go", "250 taken"},
                                     SMTP_BABBLE,
                                     SMTP_STAGE_MESSAGE,
                                     0,
                                     "4.5.0",
                                     "means nothing",
                                     ALL_TOGETHER TEXT};
    static const struct row refused = {"refused before the end",
                                       {HELLO, "250 a", "250 b", "354 go", "552 5.3.4 too much"},
                                       SMTP_REFUSED,
                                       SMTP_STAGE_MESSAGE,
                                       552,
                                       "5.3.4",
                                       "too much",
                                       ALL_TOGETHER TEXT};
    static const struct row idle = {
        "while nothing was said", {HELLO, BYE}, LEFT(SMTP_STAGE_MAIL), EHLO};

    (void)state;
    fake.unasked = ".\r\n";
    check(&taken);
    check(&refused);
    fake.unasked = "MAIL";
    check(&idle);
}

/* ---- time ---- */

#define SLOW(stage) SMTP_LOST, stage, 0, "4.4.2", "no answer in time"
#define OVER(stage) SMTP_LOST, stage, 0, "4.4.2", "trip-wait"

static void test_each_reply_has_its_time(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"the last moment", {"<300 220 hi", "<300 500 no", "<299 554 5.0.0 no"},
         SMTP_REFUSED, SMTP_STAGE_HELLO, 554, "5.0.0", "no", EHLO "HELO localhost\r\n"},
        {"too late", {"<301 220 hi"}, SLOW(SMTP_STAGE_GREETING), ""},
        {"of all its lines", {"220 hi", "<150 250-me", "<150 250-A", "<1 250 B"},
         SLOW(SMTP_STAGE_HELLO), EHLO},
        {"never", {HELLO, "250 a"}, SLOW(SMTP_STAGE_RCPT), ALL_TOGETHER},
        {"never, after the end", {HELLO, "250 a", "250 b", "354 go"},
         SMTP_UNKNOWN, SMTP_STAGE_END, 0, "4.4.2",
         "no answer in time after the end of the message; it may have been delivered",
         ALL_TOGETHER TEXT ".\r\n"},
    };
    /* clang-format on */

    (void)state;
    check_all(ROWS(rows));
}

static void test_all_waiting_has_a_budget(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"a line now and then", {"<200 220 hi", "<200 250-me", "<50 250 A", "<200 250 a",
            "<200 250 b", "<100 354 go"},
         OVER(SMTP_STAGE_DATA), EHLO MAIL RCPT DATA},
        {"within a reply", {"<300 220 hi", "<300 250 me", "<200 250-a", "<99 250-b", "<2 250 c"},
         OVER(SMTP_STAGE_MAIL), EHLO MAIL},
        {"before the end", {"<300 220 hi", "<300 250 me", "<200 250 a", "<50 250 b",
            "<50 354 go"},
         OVER(SMTP_STAGE_MESSAGE), EHLO MAIL RCPT DATA TEXT},
        {"but for the reply to the message", {"<300 220 hi", "<300 250 me", "<200 250 a",
            "<50 250 b", "<49 354 go", "<300 250-taken", "<300 250 well"},
         SMTP_SENT, SMTP_STAGE_END, 250, "2.0.0", "taken", EHLO MAIL RCPT DATA TEXT ".\r\n" QUIT},
        {"which has an end too", {"<300 220 hi", "<300 250 me", "<200 250 a", "<50 250 b",
            "<49 354 go", "<300 250-taken", "<301 250 well"},
         SMTP_UNKNOWN, SMTP_STAGE_END, 0, "4.4.2", "no answer in time after the end",
         EHLO MAIL RCPT DATA TEXT ".\r\n"},
        {"and after it nothing", {"<300 220 hi", "<300 250 me", "<200 250 a", "<50 250 b",
            "<49 354 go", "<2 554 5.7.1 no"},
         SMTP_REFUSED, SMTP_STAGE_END, 554, "5.7.1", "no", EHLO MAIL RCPT DATA TEXT ".\r\n" QUIT},
        {"just enough", {"<300 220 hi", "<300 250 me", "<200 250 a", "<50 250 b", "<49 354 go",
            "<1 250 taken"},
         SMTP_SENT, SMTP_STAGE_END, 250, "2.0.0", "taken", EHLO MAIL RCPT DATA TEXT ".\r\n" QUIT},
    };
    /* clang-format on */

    (void)state;
    check_all(ROWS(rows));
}

/* What a server says after the end cannot be used to wear us down once more. */
static void test_the_last_reply_is_counted(void **state)
{
    static const char *const script[] = {HELLO, "250 a", "250 b", "354 go", "<200 451 later", NULL};

    (void)state;
    letter.size = 0;
    session(script);
    assert_true(patience.left_s == 700);
    patience.left_s = 100;
    session(script);
    assert_int_equal(outcome.result, SMTP_LATER);
    assert_true(patience_is_over(&patience));
    session(script);
    assert_int_equal(outcome.result, SMTP_LOST);
    assert_int_equal(outcome.stage, SMTP_STAGE_MESSAGE); /* whose dot was not sent */
}

/* A message that we are rid of at once may still be on a slow line, and the reply behind it. */
static void test_a_slow_line(void **state)
{
    static const struct {
        const char *label;
        double write_s;
        const char *reply;
        enum smtp_result result;
        double left_s; /* of 900 */
    } rows[] = {
        {"quicker than the least rate", 0, "<90 250 taken", SMTP_SENT, 900},
        {"not much slower", 0, "<110 250 taken", SMTP_SENT, 890},
        {"the last moment", 0, "<700 250 taken", SMTP_SENT, 300},
        {"too late", 0, "<701 250 taken", SMTP_UNKNOWN, 300},
        {"part of it has been seen to flow", 20, "<640 250 taken", SMTP_SENT, 260},
        {"and that part is over", 20, "<641 250 taken", SMTP_UNKNOWN, 260},
    };
    void *fixture = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const script[] = {HELLO, "250 a", "250 b", "354 go", rows[i].reply, NULL};
        print_message("%s\n", rows[i].label);
        letter.size = 100 * 4096;
        fake.write_s = rows[i].write_s; /* EHLO, MAIL to DATA, the field, the message, the dot */
        session(script);
        assert_int_equal(outcome.result, rows[i].result);
        assert_true(patience.left_s == rows[i].left_s);
        teardown(&fixture);
        assert_int_equal(setup(&fixture), 0);
    }
}

/* A message may take as long as it needs at the least rate, and costs nothing of the budget. */
static void test_sending_is_no_waiting(void **state)
{
    static const char *const script[] = {HELLO, "250 a", "250 b", "354 go", "250 taken", NULL};

    (void)state;
    patience.left_s = 20;
    fake.write_s = 4; /* EHLO, MAIL to DATA, the field, the message, the dot, QUIT */
    letter.size = 8 * 4096;
    session(script);
    assert_int_equal(outcome.result, SMTP_SENT);
    assert_true(patience.left_s == 8); /* EHLO, MAIL to DATA, the dot */
    patience.left_s = 20;
    letter.size = 4 * 4096; /* half of it should have been quicker */
    session(script);
    assert_true(patience.left_s == 4);
    patience.left_s = 9; /* 1 is left when the message begins */
    letter.size = 4 * 4096;
    session(script);
    assert_int_equal(outcome.result, SMTP_LOST);
    assert_int_equal(outcome.stage, SMTP_STAGE_MESSAGE);
    assert_non_null(strstr(outcome.text, "trip-wait"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_first_digit),
        TEST(test_leaving),
        TEST(test_refused_in_a_row),
        TEST(test_gone),
        TEST(test_unasked),
        TEST(test_each_reply_has_its_time),
        TEST(test_all_waiting_has_a_budget),
        TEST(test_the_last_reply_is_counted),
        TEST(test_a_slow_line),
        TEST(test_sending_is_no_waiting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
