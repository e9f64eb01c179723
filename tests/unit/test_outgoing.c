/*
 * test_outgoing.c - what our own mail gets on its way out, and what its reply tokens are worth when
 * the answer comes.
 */
#include "session_fixture.h"

/* --- stamps -------------------------------------------------------------------------- */

static struct session *submit(struct site *site, const char *address)
{
    struct session *session;

    site->conf->fallback.mode = CONF_MINT;
    session = connect_from(site, 9);
    session_mail(session, "<ann@client.example>", "ann", site->now);
    assert_false(rcpt(session, address, "smtp").refuse);
    session_field(session, "Subject", "hello");
    return session;
}

/* A stamp that our own guard takes; and tokens as with mode = sign, if they are honoured here. */
static void test_minted_stamp_is_good(void **state)
{
    struct site site;
    struct session_answer answer;
    char text[OP_STAMP_TEXT_MAX], references[SIGN_TEXT_MAX];
    bool present;

    (void)state;
    site_open(&site);
    struct session *session = submit(&site, "<bob@abc.onion>");
    answer = end(&site, session);
    assert_false(answer.refuse);
    assert_int_equal(answer.report.outcome, OUTCOME_MINTED);
    assert_int_equal(answer.report.mode, CONF_MINT);
    assert_int_equal(answer.report.recipients, 1);
    assert_string_equal(answer.report.suite, "sha256");
    assert_int_equal(answer.report.work, 64);
    assert_true(session_stamp(session, 0, text));
    assert_false(session_stamp(session, 1, references));
    assert_false(session_authres(session, references));
    assert_null(session_forged(session));
    assert_true(session_references(session, (const uint8_t *)"saltsalt", references, &present));
    session_reset(session);
    assert_false(session_stamp(session, 0, references));
    session_free(session);

    site.conf->fallback.mode = CONF_ENFORCE;
    session = connect_from(&site, 1);
    session_mail(session, "<ann@client.example>", NULL, site.now);
    assert_false(rcpt(session, "<bob@abc.onion>", "local").refuse);
    session_field(session, OP_STAMP_FIELD, text);
    answer = end(&site, session);
    assert_int_equal(answer.report.outcome, OUTCOME_PASS);
    assert_false(session_stamp(session, 0, text));
    session_free(session);

    site.conf->replies.accept = false;
    session = submit(&site, "<bob@abc.onion>");
    answer = end(&site, session);
    assert_int_equal(answer.report.outcome, OUTCOME_MINTED);
    assert_false(session_references(session, (const uint8_t *)"saltsalt", references, &present));
    session_free(session);
    site_close(&site);
}

static void test_not_minted(void **state)
{
    static const struct {
        const char *address, *field;
        enum conf_late late;
        enum outcome outcome, lack;
    } rows[] = {
        {"<bob@elsewhere.example>", "To", CONF_LATE_TEMPFAIL, OUTCOME_EXEMPT, OUTCOME_PASS},
        {"<bob@abc.onion>", OP_STAMP_FIELD, CONF_LATE_TEMPFAIL, OUTCOME_STAMPED, OUTCOME_PASS},
        {"<bob@abc.onion>", "To", CONF_LATE_SEND, OUTCOME_UNSTAMPED, OUTCOME_NO_MINTER},
        {"<bob@abc.onion>", "To", CONF_LATE_TEMPFAIL, OUTCOME_NO_MINTER, OUTCOME_PASS},
    };
    struct site site;
    char text[OP_STAMP_TEXT_MAX];

    (void)state;
    site_open(&site);
    site.conf->suite[op_suite_index(fixture_suite("sha256"))].enabled = false; /* nothing is left */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        site.conf->mint.late = rows[i].late;
        struct session *session = submit(&site, rows[i].address);
        session_field(session, rows[i].field, "whatever");
        struct session_answer answer = end(&site, session);
        bool is_dear = answer.refuse || rows[i].lack != OUTCOME_PASS;
        assert_int_equal(answer.report.outcome, rows[i].outcome);
        assert_int_equal(answer.report.lack, rows[i].lack);
        assert_int_equal(answer.report.missing, rows[i].lack != OUTCOME_PASS);
        assert_true((answer.report.dear != NULL) == is_dear);
        assert_int_equal(answer.refuse, rows[i].outcome == OUTCOME_NO_MINTER);
        assert_false(session_stamp(session, 0, text));
        session_free(session);
    }
    site_close(&site);
}

/* --- replies ------------------------------------------------------------------------- */

/* Our user writes to ann; returns what her reply will have in References. */
static void write_to_ann(struct site *site, char references_r[SIGN_TEXT_MAX])
{
    struct session *session;
    struct session_answer answer;
    bool present = true;

    site->conf->fallback.mode = CONF_SIGN;
    session = connect_from(site, 9);
    session_mail(session, "<bob@example.org>", "ann", site->now);
    answer = rcpt(session, "<Ann@Client.Example>", "smtp");
    assert_false(answer.refuse);
    session_field(session, "Message-ID", "<first@example.org>");
    answer = end(site, session);
    assert_false(answer.refuse);
    assert_int_equal(answer.report.outcome, OUTCOME_SIGNED);
    assert_true(session_references(session, (const uint8_t *)"saltsalt", references_r, &present));
    assert_false(present);
    session_free(session);
    site->conf->fallback.mode = CONF_ENFORCE;
}

static struct session_answer reply_with(struct site *site, struct session *session,
                                        const char *sender, const char *subject,
                                        const char *references)
{
    session_mail(session, sender, NULL, site->now);
    assert_false(rcpt(session, "<bob@example.org>", "local").refuse);
    session_field(session, "Subject", subject);
    session_field(session, "References", references);
    return end(site, session);
}

static void test_replies_are_free(void **state)
{
    struct site site;
    char references[SIGN_TEXT_MAX], text[AUTHRES_MAX];
    struct session_answer answer;
    const char *ann = "<ann@client.example>";

    (void)state;
    site_open(&site);
    site.conf->replies.uses = 2;
    write_to_ann(&site, references);
    struct session *session = connect_from(&site, 1);
    answer = reply_with(&site, session, "<eve@client.example>", "Re: 0", references);
    assert_int_equal(answer.report.outcome, OUTCOME_UNPAID); /* not hers */
    for (int i = 0; i < 3; i++) {
        answer = reply_with(&site, session, ann, "Re: 1", references); /* retries are no use */
        assert_int_equal(answer.report.outcome, OUTCOME_PASS);
        assert_int_equal(answer.report.replies, 1);
        assert_true(session_authres(session, text));
        assert_non_null(strstr(text, "x-onion-pow=pass reason=reply"));
    }
    answer = reply_with(&site, session, ann, "Re: 2", references);
    assert_int_equal(answer.report.outcome, OUTCOME_PASS);
    answer = reply_with(&site, session, ann, "Re: 3", references);
    assert_int_equal(answer.report.outcome, OUTCOME_UNPAID); /* used up */
    assert_int_equal(demanded(&answer).offer[0].effort, FIXTURE_EFFORT);
    session_free(session);
    site_close(&site);
}

/* Each recipient of a reply takes a use of its own, and a stamp goes first. */
static void test_reply_to_several(void **state)
{
    struct site site;
    char references[SIGN_TEXT_MAX];
    struct op_stamp stamp = fixture_stamp("carol@example.org", 1);
    struct session_answer answer;

    (void)state;
    site_open(&site);
    site.conf->replies.uses = 2;
    write_to_ann(&site, references);
    struct session *session = connect_from(&site, 1);
    for (int recipients = 3; recipients >= 2; recipients--) {
        static const char *const names[] = {"<bob@example.org>", "<dan@example.org>",
                                            "<eve@example.org>"};
        session_mail(session, "<ann@client.example>", NULL, site.now);
        for (int i = 0; i < recipients; i++)
            assert_false(rcpt(session, names[i], "local").refuse);
        assert_false(rcpt(session, "<carol@example.org>", "local").refuse);
        session_field(session, "In-Reply-To", references);
        add_stamp(session, &stamp);
        answer = end(&site, session);
        assert_int_equal(answer.report.outcome, recipients == 2 ? OUTCOME_PASS : OUTCOME_UNPAID);
    }
    assert_int_equal(answer.report.replies, 2);
    assert_int_equal(answer.report.work, 64);
    session_free(session);
    site_close(&site);
}

/* A token opens our users' mailboxes, not the world's. */
static void test_no_reply_through_a_gateway(void **state)
{
    struct site site;
    char references[SIGN_TEXT_MAX];

    (void)state;
    site_open(&site);
    write_to_ann(&site, references);
    site.conf->fallback.gateway = true;
    struct session *session = connect_from(&site, 1);
    for (int i = 0; i < 2; i++) {
        session_mail(session, "<ann@client.example>", NULL, site.now);
        assert_false(rcpt(session, "<bob@example.org>", i == 0 ? "smtp" : "local").refuse);
        session_field(session, "References", references);
        struct session_answer answer = end(&site, session);
        assert_int_equal(answer.report.outcome, i == 0 ? OUTCOME_UNPAID : OUTCOME_PASS);
    }
    session_free(session);
    site_close(&site);
}

static void test_replies_can_be_off(void **state)
{
    struct site site;
    char references[SIGN_TEXT_MAX];

    (void)state;
    site_open(&site);
    write_to_ann(&site, references);
    site.conf->replies.accept = false;
    struct session *session = connect_from(&site, 1);
    assert_int_equal(
        reply_with(&site, session, "<ann@client.example>", "Re: 1", references).report.outcome,
        OUTCOME_UNPAID);
    session_free(session);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minted_stamp_is_good),
        cmocka_unit_test(test_not_minted),
        cmocka_unit_test(test_replies_are_free),
        cmocka_unit_test(test_reply_to_several),
        cmocka_unit_test(test_no_reply_through_a_gateway),
        cmocka_unit_test(test_replies_can_be_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
