/*
 * test_session.c - transactions as the MTA tells them: a price that changes, retries, exemptions,
 * gateways.
 */
#include "session_fixture.h"

/* Without a quote, what was cheaper within the grace period is still enough. */
static void test_grace(void **state)
{
    struct site site;
    struct op_stamp stamp = fixture_stamp("bob@example.org", 1);

    (void)state;
    site_open(&site);
    struct session *session = connect_from(&site, 1);
    set_work(&site, PRICE);
    pass_time(&site, 5);
    struct session_answer answer = send_bare(&site, session);
    assert_int_equal(demanded(&answer).offer[0].effort, PRICE);
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &stamp);
    assert_int_equal(answer.report.outcome, OUTCOME_PASS);
    session_free(session);
    site_close(&site);
}

/* The final reply was lost, the price has risen, the mail comes again: it has paid. */
static void test_retry_after_a_rise(void **state)
{
    struct site site;
    struct op_stamp stamp = fixture_stamp("bob@example.org", 1);

    (void)state;
    site_open(&site);
    for (int i = 0; i < 3; i++) {
        struct session *session = connect_from(&site, 1);
        session_mail(session, "<ann@client.example>", NULL, site.now);
        assert_false(rcpt(session, "<bob@example.org>", "local").refuse);
        session_field(session, "Subject", i < 2 ? "one" : "another");
        add_stamp(session, &stamp);
        struct session_answer answer = end(&site, session);
        assert_int_equal(answer.report.outcome, i < 2 ? OUTCOME_PASS : OUTCOME_UNPAID);
        assert_int_equal(answer.report.verdict, i < 2 ? OP_VERDICT_PASS : OP_VERDICT_WEAK);
        session_free(session);
        set_work(&site, PRICE);
        pass_time(&site, 7);
    }
    site_close(&site);
}

/* A weak stamp that is new is neither spent nor kept from its owner. */
static void test_weak_stamp_stays_usable(void **state)
{
    struct site site;
    struct op_stamp stamp = fixture_stamp("bob@example.org", 1);

    (void)state;
    site_open(&site);
    set_work(&site, PRICE);
    pass_time(&site, 7);
    struct session *session = connect_from(&site, 1);
    struct session_answer answer =
        send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &stamp);
    assert_int_equal(answer.report.verdict, OP_VERDICT_WEAK);
    set_work(&site, FIXTURE_EFFORT);
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &stamp);
    assert_int_equal(answer.report.outcome, OUTCOME_PASS);
    session_free(session);
    site_close(&site);
}

static void test_exemptions(void **state)
{
    struct site site;
    struct session_answer answer;

    (void)state;
    site_open(&site);
    struct session *session = connect_from(&site, 1);
    session_mail(session, "<ann@client.example>", "ann", site.now);
    assert_false(rcpt(session, "<bob@example.org>", "local").refuse);
    answer = end(&site, session);
    assert_int_equal(answer.report.outcome, OUTCOME_EXEMPT);
    assert_int_equal(answer.report.rule, EXEMPT_AUTHENTICATED);

    session_mail(session, "<ann@client.example>", "ann", site.now); /* and yet no relay */
    answer = rcpt(session, "<bob@example.net>", "smtp");
    assert_true(answer.refuse);
    assert_int_equal(answer.report.outcome, OUTCOME_RELAY);

    answer = send_to(&site, session, "<ann@client.example>", "<postmaster@example.org>", NULL);
    assert_int_equal(answer.report.rule, EXEMPT_ROLE);
    assert_int_equal(demanded(&answer).offer[0].effort, 1);
    session_free(session);
    site_close(&site);
}

static void test_gateway(void **state)
{
    struct site site;
    struct session_answer answer;
    struct op_stamp stamp = fixture_stamp("eve@example.net", 1);

    (void)state;
    site_open(&site);
    site.conf->fallback.gateway = true;
    struct session *session = connect_from(&site, 1);
    session_mail(session, "<ann@client.example>", "ann", site.now);
    assert_false(rcpt(session, "<eve@example.net>", "smtp").refuse);
    answer = end(&site, session); /* being authenticated helps here only */
    assert_int_equal(demanded(&answer).offer[0].effort, FIXTURE_EFFORT);
    assert_int_equal(answer.report.outcome, OUTCOME_UNPAID);

    session_mail(session, "<ann@client.example>", NULL, site.now);
    assert_false(rcpt(session, "<eve@example.net>", "smtp").refuse);
    assert_false(rcpt(session, "<dan@example.net>", "smtp").refuse);
    add_stamp(session, &stamp);
    assert_true(end(&site, session).refuse); /* one stamp, two recipients */

    session_mail(session, "<ann@client.example>", NULL, site.now);
    assert_false(rcpt(session, "<eve@example.net>", "smtp").refuse);
    add_stamp(session, &stamp);
    answer = end(&site, session);
    assert_int_equal(answer.report.outcome, OUTCOME_PASS);
    session_free(session);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grace),
        cmocka_unit_test(test_retry_after_a_rise),
        cmocka_unit_test(test_weak_stamp_stays_usable),
        cmocka_unit_test(test_exemptions),
        cmocka_unit_test(test_gateway),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
