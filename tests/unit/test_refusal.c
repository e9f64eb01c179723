/*
 * test_refusal.c - what a refused sender is asked for, the quotes in it, and what they are worth.
 */
#include "session_fixture.h"

static void test_quote_is_honoured(void **state)
{
    struct site site;
    struct session_answer answer;

    (void)state;
    site_open(&site);
    struct session *session = connect_from(&site, 1);
    answer = send_bare(&site, session);
    struct op_offers offers = demanded(&answer);
    assert_int_equal(offers.count, 1);
    assert_int_equal(offers.offer[0].effort, FIXTURE_EFFORT);
    assert_int_equal(offers.offer[0].quote_len, OP_QUOTE_LEN);
    struct op_stamp quoted = mint(&offers.offer[0], "bob@example.org", 1);
    struct op_stamp late = mint(&offers.offer[0], "bob@example.org", 2);
    struct op_stamp plain = fixture_stamp("bob@example.org", 3);

    set_work(&site, PRICE);
    pass_time(&site, 7); /* the grace period is over, the quote is not */
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &plain);
    assert_int_equal(answer.report.verdict, OP_VERDICT_WEAK);
    assert_int_equal(demanded(&answer).offer[0].effort, PRICE);
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &quoted);
    assert_false(answer.refuse);
    assert_int_equal(answer.report.outcome, OUTCOME_PASS);

    pass_time(&site, 18); /* and now it is */
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &late);
    assert_int_equal(answer.report.verdict, OP_VERDICT_WEAK);
    assert_int_equal(answer.report.quote, OP_QUOTE_EXPIRED);
    session_free(session);
    site_close(&site);
}

/* Also for a suite that is not accepted any more. */
static void test_quote_outlives_a_suite(void **state)
{
    struct site site;

    (void)state;
    site_open(&site);
    struct session *session = connect_from(&site, 1);
    struct session_answer answer = send_bare(&site, session);
    struct op_offers offers = demanded(&answer);
    struct op_stamp stamp = mint(&offers.offer[0], "bob@example.org", 1);
    struct op_stamp other = stamp;

    site.conf->suite[op_suite_index(fixture_suite("sha256"))].enabled = false;
    site.conf->suite[op_suite_index(fixture_suite("argon2id-16m"))].enabled = true;
    pass_time(&site, 7);
    other.quote[20] ^= 1;
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &other);
    assert_int_equal(answer.report.verdict, OP_VERDICT_SUITE);
    assert_int_equal(answer.report.quote, OP_QUOTE_FOREIGN);
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &stamp);
    assert_int_equal(answer.report.outcome, OUTCOME_PASS);
    session_free(session);
    site_close(&site);
}

static void test_several_recipients_get_no_quote(void **state)
{
    struct site site;

    (void)state;
    site_open(&site);
    struct session *session = connect_from(&site, 1);
    session_mail(session, "<ann@client.example>", NULL, site.now);
    assert_false(rcpt(session, "<bob@example.org>", "local").refuse);
    assert_false(rcpt(session, "<eve@example.org>", "local").refuse);
    struct session_answer answer = end(&site, session);
    assert_int_equal(demanded(&answer).offer[0].quote_len, 0);
    session_free(session);
    site_close(&site);
}

/* Or whoever asked as a bounce would pay less for everything else. */
static void test_no_quote_for_a_bounce(void **state)
{
    struct site site;

    (void)state;
    site_open(&site);
    struct session *session = connect_from(&site, 1);
    struct session_answer answer = send_to(&site, session, "<>", "<bob@example.org>", NULL);
    assert_int_equal(demanded(&answer).offer[0].effort, 1);
    assert_int_equal(demanded(&answer).offer[0].quote_len, 0);
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", NULL);
    assert_int_equal(demanded(&answer).offer[0].quote_len, OP_QUOTE_LEN);
    session_free(session);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quote_is_honoured),
        cmocka_unit_test(test_quote_outlives_a_suite),
        cmocka_unit_test(test_several_recipients_get_no_quote),
        cmocka_unit_test(test_no_quote_for_a_bounce),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
