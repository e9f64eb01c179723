/*
 * test_tally.c - what messages cost those that come after them from the same circuit, and the cap
 * on bounces.
 */
#include "session_fixture.h"

static void test_circuit_grows_dear(void **state)
{
    struct site site;

    (void)state;
    site_open(&site);
    site.conf->circuit.free = 2;
    site.conf->circuit.growth = 3;
    struct session *session = connect_from(&site, 1), *other = connect_from(&site, 2);
    for (int i = 0; i < 3; i++) {
        struct op_stamp stamp = fixture_stamp_of("sha256", "bob@example.org", 16, FIXTURE_DATE, i);
        struct session_answer answer =
            send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &stamp);
        assert_int_equal(answer.report.outcome, OUTCOME_PASS);
    }
    struct session_answer answer = send_bare(&site, session);
    assert_in_range(demanded(&answer).offer[0].effort, 3 * FIXTURE_EFFORT,
                    3 * FIXTURE_EFFORT + 1); /* 3 to the power of (3 - 2), rounded up */
    answer = send_bare(&site, other);
    assert_int_equal(demanded(&answer).offer[0].effort, FIXTURE_EFFORT);
    session_free(session);
    session_free(other);
    site_close(&site);
}

static void test_failed_proof_costs(void **state)
{
    struct site site;
    struct op_stamp stamp = fixture_stamp("bob@example.org", 1);

    (void)state;
    site_open(&site);
    struct session *session = connect_from(&site, 1);
    for (unsigned i = 0; i < stamp.suite->puzzles; i++)
        op_stamp_set_nonce(&stamp, i, op_stamp_nonce(&stamp, i) + 1);
    struct session_answer answer =
        send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &stamp);
    assert_int_equal(answer.report.verdict, OP_VERDICT_PROOF);
    session_mail(session, "<ann@client.example>", NULL, site.now);
    answer = rcpt(session, "<bob@example.org>", "local");
    assert_true(answer.refuse);
    assert_string_equal(answer.reply.code, "421");
    session_free(session);

    session = connect_from(&site, 1);
    answer = send_bare(&site, session);
    assert_int_equal(demanded(&answer).offer[0].effort,
                     (uint64_t)(site.conf->circuit.surcharge * FIXTURE_EFFORT));
    session_free(session);

    session = connect_from(&site, 2); /* once more, where it cost nobody anything */
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &stamp);
    assert_int_equal(answer.report.verdict, OP_VERDICT_PROOF);
    session_free(session);
    session = connect_from(&site, 2);
    answer = send_bare(&site, session);
    assert_int_equal(demanded(&answer).offer[0].effort, FIXTURE_EFFORT);
    session_free(session);
    site_close(&site);
}

/* Bounces are cheap, up to the cap of their circuit. */
static void test_bounces(void **state)
{
    struct site site;
    struct session_answer answer;

    (void)state;
    site_open(&site);
    site.conf->fallback.exempt.null_sender_cap = 2;
    struct session *session = connect_from(&site, 1);
    for (int i = 0; i < 2; i++) {
        struct op_stamp cheap =
            fixture_stamp_of("sha256", "bob@example.org", 1, FIXTURE_DATE, 10 + i);
        answer = send_to(&site, session, "<>", "<bob@example.org>", &cheap);
        assert_int_equal(answer.report.outcome, OUTCOME_PASS);
        assert_int_equal(answer.report.rule, EXEMPT_NULL_SENDER);
    }
    answer = send_to(&site, session, "<>", "<bob@example.org>", NULL);
    assert_int_equal(answer.report.rule, EXEMPT_BOUNCE_CAP);
    assert_int_equal(demanded(&answer).offer[0].effort, FIXTURE_EFFORT);
    session_free(session);
    site_close(&site);
}

/* Each recipient of a bounce counts, and none is hidden by one whom another rule makes cheap. */
static void test_bounces_to_several(void **state)
{
    static const char *const rcpts[] = {"<postmaster@example.org>", "<ann@example.org>",
                                        "<bob@example.org>", "<carl@example.org>"};
    struct site site;
    struct session_answer answer;

    (void)state;
    site_open(&site);
    site.conf->fallback.exempt.null_sender_factor = 0;
    site.conf->fallback.exempt.role_factor = 0;
    site.conf->fallback.exempt.null_sender_cap = 2;
    struct session *session = connect_from(&site, 1);
    session_mail(session, "<>", NULL, site.now);
    for (size_t i = 0; i < 4; i++)
        assert_false(rcpt(session, rcpts[i], "local").refuse);
    answer = end(&site, session);
    assert_true(answer.refuse); /* carl is one too many */
    assert_int_equal(answer.report.recipients, 1);

    session_mail(session, "<>", NULL, site.now);
    for (size_t i = 0; i < 3; i++)
        assert_false(rcpt(session, rcpts[i], "local").refuse);
    assert_int_equal(end(&site, session).report.outcome, OUTCOME_EXEMPT);
    answer = send_to(&site, session, "<>", "<bob@example.org>", NULL);
    assert_int_equal(answer.report.rule, EXEMPT_BOUNCE_CAP);
    session_free(session);
    site_close(&site);
}

/* A bounce to bob by one who has found room at RCPT; its end is yet to come. */
static struct session *begin_bounce(struct site *site, const struct op_stamp *stamp)
{
    struct session *session = connect_from(site, 1);

    session_mail(session, "<>", NULL, site->now);
    assert_false(rcpt(session, "<bob@example.org>", "local").refuse);
    if (stamp != NULL)
        add_stamp(session, stamp);
    return session;
}

/* Room for one: of those that found it at the same time one has it, and the others may try again.
 */
static void test_bounces_at_once(void **state)
{
    struct site site;
    struct session *sessions[3];
    enum outcome want[] = {OUTCOME_PASS, OUTCOME_BOUNCES, OUTCOME_BOUNCES};

    (void)state;
    site_open(&site);
    site.conf->fallback.exempt.null_sender_cap = 1;
    for (int i = 0; i < 3; i++) {
        struct op_stamp cheap =
            fixture_stamp_of("sha256", "bob@example.org", 1, FIXTURE_DATE, 10 + i);
        sessions[i] = begin_bounce(&site, &cheap);
    }
    for (int i = 0; i < 3; i++) {
        struct session_answer answer = end(&site, sessions[i]);
        assert_int_equal(answer.report.outcome, want[i]);
        assert_int_equal(answer.refuse, i > 0);
        if (i > 0)
            assert_string_equal(answer.reply.code, "451");
        session_free(sessions[i]);
    }
    struct op_stamp last = fixture_stamp_of("sha256", "bob@example.org", 1, FIXTURE_DATE, 12);
    struct session *session = begin_bounce(&site, &last); /* again, and now the price is another */
    struct session_answer answer = end(&site, session);
    assert_int_equal(answer.report.rule, EXEMPT_BOUNCE_CAP);
    assert_int_equal(answer.report.verdict, OP_VERDICT_WEAK);
    session_free(session);
    site_close(&site);
}

/* The room is taken by others on the circuit who are still being judged, and may be forgers: that
 * is no reason for another price, but for another try. */
static void test_claims_make_nobody_dear(void **state)
{
    struct sockaddr_in6 addr = {
        .sin6_family = AF_INET6,
        .sin6_addr.s6_addr = {0xfc, 0, 0xde, 0xad, 0xbe, 0xef, 0x4d, 0xad, [15] = 1}};
    struct site site;
    struct scope_client client;
    struct op_stamp cheap = fixture_stamp_of("sha256", "bob@example.org", 1, FIXTURE_DATE, 10);

    (void)state;
    site_open(&site);
    site.conf->fallback.exempt.null_sender_cap = 2;
    scope_client_read((struct sockaddr *)&addr, &client);
    assert_true(circuits_claim_bounces(site.shared.circuits, site.conf, &client, site.now, 2, 2));
    struct session *session = begin_bounce(&site, &cheap);
    struct session_answer answer = end(&site, session);
    assert_int_equal(answer.report.rule, EXEMPT_NULL_SENDER);
    assert_int_equal(answer.report.outcome, OUTCOME_BOUNCES);
    assert_string_equal(answer.reply.code, "451");
    session_free(session);
    circuits_return_bounces(site.shared.circuits, &client, 2);
    session = begin_bounce(&site, &cheap);
    assert_int_equal(end(&site, session).report.outcome, OUTCOME_PASS);
    session_free(session);
    site_close(&site);
}

/* The same, where bounces pay nothing. */
static void test_free_bounces_at_once(void **state)
{
    struct site site;

    (void)state;
    site_open(&site);
    site.conf->fallback.exempt.null_sender_cap = 1;
    site.conf->fallback.exempt.null_sender_factor = 0;
    struct session *first = begin_bounce(&site, NULL), *second = begin_bounce(&site, NULL);
    assert_int_equal(end(&site, first).report.outcome, OUTCOME_EXEMPT);
    assert_int_equal(end(&site, second).report.outcome, OUTCOME_BOUNCES);
    session_free(first);
    session_free(second);
    site_close(&site);
}

/* What is not accepted takes no room, and who cannot pay no place in the table either. */
static void test_unpaid_bounces_take_no_room(void **state)
{
    struct site site;
    struct op_stamp cheap = fixture_stamp_of("sha256", "bob@example.org", 1, FIXTURE_DATE, 10);
    struct op_stamp bad = fixture_stamp("bob@example.org", 11);

    (void)state;
    site_open(&site);
    site.conf->fallback.exempt.null_sender_cap = 1;
    for (unsigned i = 0; i < bad.suite->puzzles; i++)
        op_stamp_set_nonce(&bad, i, op_stamp_nonce(&bad, i) + 1);
    circuits_free(site.shared.circuits);
    site.shared.circuits = circuits_new(1); /* one place, and it is another's */
    assert_non_null(site.shared.circuits);
    circuits_note(site.shared.circuits, site.conf, &(struct scope_client){.known = false}, site.now,
                  CIRCUIT_ACCEPTED);
    for (int i = 0; i < 3; i++) {
        struct session *session = begin_bounce(&site, NULL);
        assert_int_equal(end(&site, session).report.verdict, OP_VERDICT_MISSING);
        session_free(session);
    }
    assert_int_equal(circuits_count(site.shared.circuits, site.conf, site.now), 1);
    struct session *session = begin_bounce(&site, &bad);
    struct session_answer answer = end(&site, session);
    assert_int_equal(answer.report.verdict, OP_VERDICT_PROOF);
    session_free(session);
    session = begin_bounce(&site, &cheap);
    answer = end(&site, session); /* dearer for the failed proof; but room there is */
    assert_int_equal(answer.report.rule, EXEMPT_NULL_SENDER);
    session_free(session);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_circuit_grows_dear),
        cmocka_unit_test(test_failed_proof_costs),
        cmocka_unit_test(test_bounces),
        cmocka_unit_test(test_bounces_to_several),
        cmocka_unit_test(test_bounces_at_once),
        cmocka_unit_test(test_claims_make_nobody_dear),
        cmocka_unit_test(test_free_bounces_at_once),
        cmocka_unit_test(test_unpaid_bounces_take_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
