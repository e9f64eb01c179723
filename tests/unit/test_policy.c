/* test_policy.c - the relay guard, and which recipients are guarded. */
#include "fixture.h"
#include "milter/policy.h"

static void test_recipient(void **state)
{
    static const struct {
        const char *label, *address, *mailer;
        bool guard;
        enum outcome want;
    } rows[] = {
        {"local", "<bob@example.org>", "local", true, OUTCOME_PASS},
        {"case of the mailer", "<bob@example.org>", "VIRTUAL", true, OUTCOME_PASS},
        {"without brackets", "bob@example.org", "local", true, OUTCOME_PASS},
        {"relay", "<bob@example.org>", "smtp", true, OUTCOME_RELAY},
        {"a mailer that starts like a local one", "<bob@example.org>", "local2", true,
         OUTCOME_RELAY},
        {"no macro is not local", "<bob@example.org>", NULL, true, OUTCOME_RELAY},
        {"empty macro is not local", "<bob@example.org>", "", true, OUTCOME_RELAY},
        {"no guard, no question", "<bob@example.org>", "smtp", false, OUTCOME_PASS},
        {"no guard, no macro", "<bob@example.org>", NULL, false, OUTCOME_PASS},
        {"refused by the MTA", "<bob@example.org>", "error", true, OUTCOME_EXEMPT},
        {"refused by the MTA, no guard", "<bob@example.org>", "Error", false, OUTCOME_EXEMPT},
        {"not an address", "<bob@>", "local", true, OUTCOME_ADDRESS},
        {"the null path", "<>", "local", true, OUTCOME_ADDRESS},
        {"relaying is told before the form", "<bob@>", "smtp", true, OUTCOME_RELAY},
        {"postmaster", "<postmaster>", "local", true, OUTCOME_PASS},
    };
    struct conf conf = fixture_conf();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf_listener listener = conf.fallback;
        struct op_recipient recipient = {.len = 0};
        const char *why = NULL;
        print_message("%s\n", rows[i].label);
        listener.relay_guard = rows[i].guard;
        assert_int_equal(
            policy_recipient(&listener, rows[i].address, rows[i].mailer, &recipient, &why),
            rows[i].want);
        assert_int_equal(recipient.len > 0, rows[i].want == OUTCOME_PASS);
        assert_int_equal(why != NULL, rows[i].want == OUTCOME_ADDRESS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_recipient)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
