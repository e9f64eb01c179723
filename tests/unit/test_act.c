/* test_act.c - what libmilter gets to see of replies and header edits. */
#include "fixture.h"

#include "fake_libmilter.h"
#include "milter/act.h"

static struct reply reply_of(enum outcome outcome, const char *why, const char *help)
{
    struct reply_facts facts = {.outcome = outcome, .why = why, .help_url = help};
    struct reply reply;

    reply_make(&facts, &reply);
    return reply;
}

static void test_refuse(void **state)
{
    struct smfi_str ctx = {.priv = NULL};
    struct reply reply = reply_of(OUTCOME_ADDRESS, "a% b%% %s", "https://help.example/%20");

    (void)state;
    fake_reset();
    assert_int_equal(act_refuse(&ctx, &reply), SMFIS_REJECT);
    assert_string_equal(fake_calls,
                        "smfi_setmlreply 554 5.1.3 |this is no address that a stamp can be made "
                        "for. Correct the recipient: a%% b%%%% %%s|Help: "
                        "https://help.example/%%20\n");
    fake_reset();
    reply = reply_of(OUTCOME_BUSY, NULL, "");
    assert_int_equal(act_refuse(&ctx, &reply), SMFIS_TEMPFAIL);
    assert_true(strncmp(fake_calls, "smfi_setmlreply 451 4.7.1 |", 27) == 0);
    fake_reset();
    fake_failing = "smfi_setmlreply"; /* the words are lost, the refusal is not */
    assert_int_equal(act_refuse(&ctx, &reply), SMFIS_TEMPFAIL);
    reply = reply_of(OUTCOME_RELAY, NULL, "");
    assert_int_equal(act_refuse(&ctx, &reply), SMFIS_REJECT);
}

/* As many percent signs as a reply can hold. */
static void test_percent(void **state)
{
    static char why[400];
    struct smfi_str ctx = {.priv = NULL};
    struct reply reply;
    size_t count = 0;

    (void)state;
    memset(why, '%', sizeof why - 1);
    reply = reply_of(OUTCOME_ADDRESS, why, "");
    fake_reset();
    assert_int_equal(act_refuse(&ctx, &reply), SMFIS_REJECT);
    for (const char *c = fake_calls; *c != '\0'; c++)
        count += *c == '%';
    assert_int_equal(count, 2 * strlen(why));
}

static void test_mark(void **state)
{
    struct smfi_str ctx = {.priv = NULL};
    struct authres_marks forged = {.fields = 0};

    (void)state;
    for (int i = 1; i <= 5; i++)
        authres_marks_add(&forged, i == 2 || i == 4);
    fake_reset();
    assert_true(act_mark(&ctx, &forged, "mx; x-onion-pow=pass"));
    assert_string_equal(fake_calls,
                        "smfi_chgheader Authentication-Results 4 -\n"
                        "smfi_chgheader Authentication-Results 2 -\n"
                        "smfi_insheader 0 Authentication-Results: mx; x-onion-pow=pass\n");
    fake_reset();
    assert_true(act_mark(&ctx, NULL, NULL));
    assert_string_equal(fake_calls, "");
    fake_reset();
    fake_failing = "smfi_chgheader";
    assert_false(act_mark(&ctx, &forged, "mx; x-onion-pow=pass"));
    assert_null(strstr(fake_calls, "smfi_insheader"));
    fake_reset();
    fake_failing = "smfi_insheader";
    assert_false(act_mark(&ctx, &forged, "mx; x-onion-pow=pass"));
}

static void test_stamp(void **state)
{
    struct smfi_str ctx = {.priv = NULL};

    (void)state;
    fake_reset();
    assert_true(act_stamp(&ctx, "v=1; a=sha256;\n\td=4"));
    assert_string_equal(fake_calls, "smfi_insheader 0 X-Onion-PoW: v=1; a=sha256;\n\td=4\n");
    fake_failing = "smfi_insheader";
    assert_false(act_stamp(&ctx, "v=1"));
    fake_reset();
}

static void test_progress(void **state)
{
    struct smfi_str ctx = {.priv = NULL};

    (void)state;
    fake_reset();
    assert_true(act_progress(&ctx));
    assert_string_equal(fake_calls, "smfi_progress -\n");
    fake_failing = "smfi_progress";
    assert_false(act_progress(&ctx));
    fake_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuse), cmocka_unit_test(test_percent),  cmocka_unit_test(test_mark),
        cmocka_unit_test(test_stamp),  cmocka_unit_test(test_progress),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
