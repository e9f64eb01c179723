/* test_smtp_open.c - how a session begins: the connection, and TLS where it is wanted or required.
 */
#include "smtp_script.h"

static void test_connecting_is_waiting(void **state)
{
    static const char *const script[] = {HELLO, NULL};

    (void)state;
    fake.connect_s = CONNECT_S;
    patience.left_s = CONNECT_S + 1;
    fake.next = script;
    struct smtp *smtp = smtp_open(&peer, &outcome);
    assert_non_null(smtp);
    assert_true(patience.left_s == 1);
    smtp_close(smtp);
    assert_null(smtp_open(&peer, &outcome));
    assert_int_equal(outcome.stage, SMTP_STAGE_CONNECT);
    assert_non_null(strstr(outcome.text, "trip-wait"));
    assert_true(fake.now == 1000 + CONNECT_S + 1);

    patience.left_s = 900;
    fake.connect_s = CONNECT_S + 1;
    assert_null(smtp_open(&peer, &outcome));
    assert_string_equal(outcome.text, "no connection in time");
    assert_string_equal(outcome.enhanced, "4.4.1");
}

#define OFFER    "220 hi", "250-me", "250 STARTTLS"
#define STARTTLS EHLO "STARTTLS\r\n"

static void test_tls_required(void **state)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"not offered", {PLAIN},
         SMTP_INSECURE, SMTP_STAGE_TLS, 0, "4.7.4", "does not offer it", EHLO},
        {"refused for now", {OFFER, "454 4.7.0 not now"},
         SMTP_INSECURE, SMTP_STAGE_TLS, 0, "4.7.4", "refuses it: 454 4.7.0 not now", STARTTLS},
        {"refused for good", {OFFER, "502 5.5.1 what?"},
         SMTP_INSECURE, SMTP_STAGE_TLS, 0, "4.7.4", "refuses it: 502 5.5.1 what?", STARTTLS},
        {"leaving", {OFFER, BYE},
         SMTP_INSECURE, SMTP_STAGE_TLS, 0, "4.7.4", "refuses it: " BYE, STARTTLS},
        {"senseless", {OFFER, "354 go"},
         SMTP_BABBLE, SMTP_STAGE_TLS, 0, "4.5.0", "means nothing", STARTTLS},
        {"had", {OFFER, "220 go", "250 me", "250 a", "250 b", "354 go", "250 taken"},
         SMTP_SENT, SMTP_STAGE_END, 250, "2.0.0", "taken",
         STARTTLS EHLO MAIL RCPT DATA TEXT ".\r\n" QUIT},
        {"any 2xx", {OFFER, "200 go", "250 me", "554 5.7.0 no"},
         SMTP_REFUSED, SMTP_STAGE_MAIL, 554, "5.7.0", "no", STARTTLS EHLO MAIL},
    };
    /* clang-format on */
    void *again = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        peer.tls = SENDER_TLS_REQUIRED;
        check(&rows[i]);
        assert_int_equal(fake.connections, 1);
        teardown(&again);
        assert_int_equal(setup(&again), 0);
    }
}

static void test_tls_offered(void **state)
{
    static const struct row refused = {"refused",    {OFFER, "454 not now", "554 5.7.0 no"},
                                       SMTP_REFUSED, SMTP_STAGE_MAIL,
                                       554,          "5.7.0",
                                       "no",         STARTTLS MAIL};
    static const struct row leaving = {"leaving: once more, without",
                                       {OFFER, BYE, OFFER, "554 5.7.0 no"},
                                       SMTP_REFUSED,
                                       SMTP_STAGE_MAIL,
                                       554,
                                       "5.7.0",
                                       "no",
                                       STARTTLS EHLO MAIL};

    (void)state;
    check(&refused);
    assert_int_equal(fake.connections, 1);
    check(&leaving);
    assert_int_equal(fake.connections, 3);
    assert_int_equal(fake.handshakes, 0);
}

static void test_handshakes(void **state)
{
    static const struct {
        const char *label;
        enum sender_tls tls;
        enum wire_result handshake;
        bool pin_failed;
        enum smtp_result result;
        const char *enhanced, *text;
        unsigned connections;
    } rows[] = {
        {"required", SENDER_TLS_REQUIRED, WIRE_CLOSED, false, SMTP_INSECURE, "4.7.5",
         "cannot be started: the reason", 1},
        {"implicit", SENDER_TLS_IMPLICIT, WIRE_CLOSED, false, SMTP_INSECURE, "4.7.5",
         "cannot be started: the reason", 1},
        {"another certificate", SENDER_TLS_REQUIRED, WIRE_CLOSED, true, SMTP_INSECURE, "4.7.5",
         "its new fingerprint is needed", 1},
        {"said too much", SENDER_TLS_REQUIRED, WIRE_ANSWERED, false, SMTP_BABBLE, "4.5.0",
         "more than was asked for", 1},
        {"too slow", SENDER_TLS_REQUIRED, WIRE_TIMEOUT, false, SMTP_LOST, "4.4.2",
         "no answer in time", 1},
        {"offered: once more, without", SENDER_TLS_OFFERED, WIRE_CLOSED, false, SMTP_REFUSED,
         "5.7.0", "no", 2},
    };
    static const char *const starting[] = {OFFER, "220 go", OFFER, "554 5.7.0 no", NULL};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].label);
        peer.tls = rows[i].tls;
        fake.handshake = rows[i].handshake;
        fake.pin_failed = rows[i].pin_failed;
        fake.connections = 0;
        session(starting);
        assert_int_equal(outcome.result, rows[i].result);
        assert_string_equal(outcome.enhanced, rows[i].enhanced);
        assert_non_null(strstr(outcome.text, rows[i].text));
        assert_int_equal(fake.connections, rows[i].connections);
    }
}

/* No time is left for a second connection: the first one's end is told. */
static void test_no_second_try_without_time(void **state)
{
    static const char *const script[] = {OFFER, "<300 220 go", NULL};

    (void)state;
    patience.left_s = 300;
    fake.handshake = WIRE_CLOSED;
    session(script);
    assert_int_equal(fake.connections, 1);
    assert_int_equal(outcome.stage, SMTP_STAGE_TLS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_connecting_is_waiting),
        TEST(test_tls_required),
        TEST(test_tls_offered),
        TEST(test_handshakes),
        TEST(test_no_second_try_without_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
