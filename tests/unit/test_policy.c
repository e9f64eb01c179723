/* test_policy.c - the relay guard, and which recipients are guarded. */
#include "fixture.h"
#include "milter/policy.h"

static void test_recipient(void **state)
{
    static const struct {
        const char *label, *address, *mailer;
        bool guard, gateway;
        enum outcome want;
    } rows[] = {
        {"local", "<bob@example.org>", "local", true, false, OUTCOME_PASS},
        {"case of the mailer", "<bob@example.org>", "VIRTUAL", true, false, OUTCOME_PASS},
        {"without brackets", "bob@example.org", "local", true, false, OUTCOME_PASS},
        {"relay", "<bob@example.org>", "smtp", true, false, OUTCOME_RELAY},
        {"a mailer that starts like a local one", "<bob@example.org>", "local2", true, false,
         OUTCOME_RELAY},
        {"no macro is not local", "<bob@example.org>", NULL, true, false, OUTCOME_RELAY},
        {"empty macro is not local", "<bob@example.org>", "", true, false, OUTCOME_RELAY},
        {"no guard, no question", "<bob@example.org>", "smtp", false, false, OUTCOME_PASS},
        {"no guard, no macro", "<bob@example.org>", NULL, false, false, OUTCOME_PASS},
        {"a virtual alias of Postfix", "<bob@example.org>", "error", true, false, OUTCOME_PASS},
        {"a virtual alias, no guard", "<bob@example.org>", "Error", false, false, OUTCOME_PASS},
        {"not an address", "<bob@>", "local", true, false, OUTCOME_ADDRESS},
        {"the null path", "<>", "local", true, false, OUTCOME_ADDRESS},
        {"relaying is told before the form", "<bob@>", "smtp", true, false, OUTCOME_RELAY},
        {"postmaster", "<postmaster>", "local", true, false, OUTCOME_PASS},
        {"gateway, local", "<bob@example.org>", "local", true, true, OUTCOME_PASS},
        {"gateway, elsewhere", "<bob@example.net>", "smtp", true, true, OUTCOME_PASS},
        {"gateway, no macro, elsewhere", "<bob@example.net>", NULL, true, true, OUTCOME_PASS},
        {"gateway, a virtual alias", "<bob@example.org>", "error", true, true, OUTCOME_PASS},
        {"gateway, not an address", "<bob@>", "smtp", true, true, OUTCOME_ADDRESS},
    };
    struct conf conf = fixture_conf();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf_listener listener = conf.fallback;
        struct op_recipient recipient = {.len = 0};
        const char *why = NULL;
        bool elsewhere = false;
        print_message("%s\n", rows[i].label);
        listener.relay_guard = rows[i].guard;
        listener.gateway = rows[i].gateway;
        assert_int_equal(policy_recipient(&listener, rows[i].address, rows[i].mailer, &recipient,
                                          &elsewhere, &why),
                         rows[i].want);
        assert_int_equal(elsewhere, strstr(rows[i].label, ", elsewhere") != NULL);
        assert_int_equal(recipient.len > 0, rows[i].want == OUTCOME_PASS);
        assert_int_equal(why != NULL, rows[i].want == OUTCOME_ADDRESS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_recipient)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
