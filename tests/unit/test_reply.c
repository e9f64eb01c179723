/* test_reply.c - codes and words; the limits hold for whatever goes in. */
#include "fixture.h"
#include "milter/reply.h"

#define LONG_URL                                                                                   \
    "https://help.example/0123456789012345678901234567890123456789012345678901234567890123456789"  \
    "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"   \
    "0123456789012345678"

static size_t wire_size(const struct reply *reply)
{
    size_t size = 0;

    for (const char *line = reply_first(reply); line != NULL; line = reply_next(reply, line))
        size += strlen(line) + REPLY_PREFIX + 2;
    return size;
}

static void assert_sound(const struct reply *reply)
{
    size_t lines = 0;

    for (const char *line = reply_first(reply); line != NULL; line = reply_next(reply, line)) {
        lines++;
        assert_true(strlen(line) >= 1);
        assert_true(strlen(line) + REPLY_PREFIX + 2 <= REPLY_LINE_MAX);
        for (const char *c = line; *c != '\0'; c++)
            assert_in_range(*c, ' ', '~');
    }
    assert_int_equal(lines, reply->lines);
    assert_int_equal(wire_size(reply), reply->wire);
    assert_in_range(lines, 1, REPLY_LINES_MAX);
    assert_true(reply->wire <= REPLY_WIRE_MAX);
    assert_int_equal(strlen(reply->code), 3);
    assert_true(reply->code[0] == reply->enhanced[0]);
}

static const char *line_of(const struct reply *reply, size_t index)
{
    const char *line = reply_first(reply);

    while (index-- > 0)
        line = reply_next(reply, line);
    return line;
}

static struct op_offers offers_of(size_t count, uint64_t effort)
{
    struct op_offers offers = {.count = count};

    for (size_t i = 0; i < count; i++) {
        offers.offer[i].suite = op_suite_at(i % op_suite_count());
        offers.offer[i].effort = effort;
    }
    return offers;
}

/* The table: outcome and verdict to codes. */
static void test_codes(void **state)
{
    static const struct {
        enum outcome outcome;
        enum op_verdict verdict;
        const char *code, *enhanced, *word;
    } rows[] = {
        {OUTCOME_UNPAID, OP_VERDICT_MISSING, "554", "5.7.1", "proof of work required"},
        {OUTCOME_UNPAID, OP_VERDICT_MALFORMED, "554", "5.6.0", "well-formed"},
        {OUTCOME_UNPAID, OP_VERDICT_VERSION, "554", "5.7.1",
         "accepted are, in version 1, argon2id-16m"},
        {OUTCOME_UNPAID, OP_VERDICT_SUITE, "554", "5.7.1",
         "not accepted here; accepted are, in version 1, argon2id-16m"},
        {OUTCOME_UNPAID, OP_VERDICT_RECIPIENT, "554", "5.7.1", "another recipient"},
        {OUTCOME_UNPAID, OP_VERDICT_WEAK, "554", "5.7.1", "less work"},
        {OUTCOME_UNPAID, OP_VERDICT_EXPIRED, "554", "5.7.1", "too old"},
        {OUTCOME_UNPAID, OP_VERDICT_FUTURE, "554", "5.7.1", "future"},
        {OUTCOME_UNPAID, OP_VERDICT_SEAL, "554", "5.7.1", "seal"},
        {OUTCOME_UNPAID, OP_VERDICT_PROOF, "554", "5.7.1", "does not hold"},
        {OUTCOME_UNPAID, OP_VERDICT_SPENT, "554", "5.7.1", "already used"},
        {OUTCOME_STAMPS, OP_VERDICT_PASS, "554", "5.7.1", "more than 200 X-Onion-PoW fields"},
        {OUTCOME_RELAY, OP_VERDICT_PASS, "554", "5.7.1", "relaying is not offered here"},
        {OUTCOME_ADDRESS, OP_VERDICT_PASS, "554", "5.1.3", "Correct the recipient"},
        {OUTCOME_CROWD, OP_VERDICT_PASS, "452", "4.5.3", "too many recipients"},
        {OUTCOME_BUSY, OP_VERDICT_PASS, "451", "4.7.1", "Try again"},
        {OUTCOME_SATURATED, OP_VERDICT_PASS, "451", "4.3.2", "Try again"},
        {OUTCOME_BOUNCES, OP_VERDICT_PASS, "451", "4.7.1", "Try again"},
        {OUTCOME_LEDGER, OP_VERDICT_PASS, "451", "4.3.0", "Try again"},
        {OUTCOME_INTERNAL, OP_VERDICT_PASS, "451", "4.3.0", "Try again"},
        {OUTCOME_LATE, OP_VERDICT_PASS, "451", "4.3.2", "in time. Try again later"},
        {OUTCOME_NO_MINTER, OP_VERDICT_PASS, "451", "4.3.2", "right now. Try again"},
        {OUTCOME_CLOSING, OP_VERDICT_PASS, "421", "4.7.0", "new connection"},
    };
    static const char *const lacking[] = {"bob@example.org"};
    struct op_offers offers = offers_of(2, 48);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reply_facts facts = {.outcome = rows[i].outcome,
                                    .verdict = rows[i].verdict,
                                    .offers = &offers,
                                    .lacking = lacking,
                                    .lacking_count = 1,
                                    .recipient_count = 1,
                                    .help_url = ""};
        struct reply reply;
        print_message("%s %s\n", outcome_str(rows[i].outcome), op_verdict_str(rows[i].verdict));
        reply_make(&facts, &reply);
        assert_sound(&reply);
        assert_string_equal(reply.code, rows[i].code);
        assert_string_equal(reply.enhanced, rows[i].enhanced);
        assert_non_null(strstr(reply_first(&reply), rows[i].word));
        assert_int_equal(reply_is_temporary(rows[i].outcome), rows[i].code[0] == '4');
        assert_int_equal(reply.lines, rows[i].outcome == OUTCOME_UNPAID ? 2 : 1);
    }
}

static void test_demand(void **state)
{
    static const struct {
        const char *label, *recipient;
        size_t suite;
        uint64_t effort;
        const char *want;
    } rows[] = {
        {"default", "bob@example.org", 0, 512,
         "for <bob@example.org>: about 18 s of a laptop's time. Run: onionpow mint "
         "bob@example.org"},
        {"more than the default", "bob@example.org", 0, 1024,
         "for <bob@example.org>: about 35 s of a laptop's time. Run: onionpow mint --offer "
         "onionpow:1:argon2id-16m/1024 bob@example.org"},
        {"another suite", "bob@example.org", 1, 48,
         "for <bob@example.org>: about 21 s of a laptop's time. Run: onionpow mint --offer "
         "onionpow:1:argon2id-256m/48 bob@example.org"},
        {"cheap", "bob@example.org", 0, 1,
         "for <bob@example.org>: less than 1 s of a laptop's time. Run: onionpow mint "
         "bob@example.org"},
        {"minutes", "a%b@example.org", 0, 5120,
         "for <a%b@example.org>: about 3 min of a laptop's time. Run: onionpow mint --offer "
         "onionpow:1:argon2id-16m/5120 a%b@example.org"},
        {"not for a shell", "$(reboot)@example.org", 0, 512,
         "for <$(reboot)@example.org>: about 18 s of a laptop's time. Run: onionpow mint RCPT"},
        {"not an option", "-h@example.org", 0, 512,
         "for <-h@example.org>: about 18 s of a laptop's time. Run: onionpow mint RCPT"},
        {"not ASCII", "b\xc3\xb6.b@example.org", 0, 512,
         "for the recipient: about 18 s of a laptop's time. Run: onionpow mint RCPT"},
        {"a line break", "b\r\nb@example.org", 0, 512,
         "for the recipient: about 18 s of a laptop's time. Run: onionpow mint RCPT"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op_offers offers = {.count = 1};
        struct reply_facts facts = {.outcome = OUTCOME_UNPAID,
                                    .verdict = OP_VERDICT_MISSING,
                                    .offers = &offers,
                                    .lacking = &rows[i].recipient,
                                    .lacking_count = 1,
                                    .recipient_count = 1,
                                    .help_url = "https://help.example/"};
        struct op_offers found;
        struct reply reply;
        print_message("%s\n", rows[i].label);
        offers.offer[0].suite = op_suite_at(rows[i].suite);
        offers.offer[0].effort = rows[i].effort;
        reply_make(&facts, &reply);
        assert_sound(&reply);
        assert_int_equal(reply.lines, 3);
        assert_true(strncmp(reply_first(&reply), "onionpow:1:", 11) == 0);
        assert_true(op_offers_find(reply_first(&reply), strlen(reply_first(&reply)), &found));
        assert_true(found.count == 1 && found.offer[0].effort == rows[i].effort);
        assert_string_equal(line_of(&reply, 1), rows[i].want);
        assert_string_equal(line_of(&reply, 2), "Help: https://help.example/");
    }
}

static void test_several(void **state)
{
    static const char *const lacking[] = {"ann@example.org", "b\xc3\xb6.b@example.org",
                                          "carol@example.org"};
    struct op_offers offers = offers_of(1, 512);
    struct reply_facts facts = {.outcome = OUTCOME_UNPAID,
                                .verdict = OP_VERDICT_SPENT,
                                .offers = &offers,
                                .lacking = lacking,
                                .lacking_count = 3,
                                .recipient_count = 5,
                                .help_url = ""};
    struct reply reply;

    (void)state;
    reply_make(&facts, &reply);
    assert_sound(&reply);
    assert_int_equal(reply.lines, 3);
    assert_string_equal(line_of(&reply, 1),
                        "3 of 5 recipients lack a good stamp: about 18 s of a laptop's time each. "
                        "Run: onionpow mint RCPT...");
    assert_string_equal(line_of(&reply, 2),
                        "They are: <ann@example.org> <carol@example.org> and 1 more");
}

/* Everything as long as it can be: the limits hold, the offers and what to do are there all the
 * same. */
static void test_limits(void **state)
{
    static char address[4][600];
    static const int locals[] = {1, 60, 100, 256}, domains[] = {56, 56, 200, 249};
    const char *lacking[MSG_RECIPIENTS_MAX];
    static const char *const urls[] = {"", "https://help.example/", LONG_URL};

    (void)state;
    assert_int_equal(strlen(LONG_URL), 200);
    for (size_t i = 0; i < 4; i++)
        snprintf(address[i], sizeof address[i], "%0*d@%0*d.onion", locals[i], 7, domains[i], 0);
    for (size_t count = 1; count <= MSG_RECIPIENTS_MAX; count++) {
        for (size_t kind = 0; kind < 4 * 3 * 3; kind++) {
            struct op_offers offers = offers_of(kind / 12 == 0 ? 1 : kind / 12 * 4,
                                                kind / 12 == 2 ? UINT64_C(1) << 56 : 9);
            struct reply_facts facts = {.outcome = OUTCOME_UNPAID,
                                        .verdict = OP_VERDICT_SPENT,
                                        .offers = &offers,
                                        .lacking = lacking,
                                        .lacking_count = count,
                                        .recipient_count = MSG_RECIPIENTS_MAX,
                                        .help_url = urls[kind % 3]};
            struct reply reply;
            bool told = false;
            for (size_t i = 0; i < count; i++)
                lacking[i] = address[kind / 3 % 4];
            reply_make(&facts, &reply);
            assert_sound(&reply);
            assert_true(strncmp(reply_first(&reply), "onionpow:1:", 11) == 0);
            for (const char *l = reply_first(&reply); l != NULL; l = reply_next(&reply, l))
                told = told || strstr(l, "Run: onionpow mint ") != NULL;
            assert_true(told);
            if (*facts.help_url != '\0')
                assert_string_equal(line_of(&reply, reply.lines - 1) + strlen("Help: "),
                                    facts.help_url);
        }
    }
}

/* Whatever text comes in, only printable ASCII goes out, and no line is made by it. */
static void test_octets(void **state)
{
    static char nasty[600];
    const char *lacking[] = {nasty, nasty};
    struct op_offers offers = offers_of(1, 512);

    (void)state;
    for (int c = 1; c < 256; c++) {
        struct reply_facts facts = {.offers = &offers, .lacking = lacking, .help_url = nasty};
        struct reply reply;
        snprintf(nasty, sizeof nasty, "%c@x%c554 5.7.1 forged%c", c, c, c);
        for (facts.lacking_count = 1; facts.lacking_count <= 2; facts.lacking_count++) {
            facts.outcome = OUTCOME_UNPAID;
            facts.recipient_count = 2;
            reply_make(&facts, &reply);
            assert_sound(&reply);
            assert_in_range(reply.lines, 3, 4);
        }
        facts.outcome = OUTCOME_ADDRESS;
        facts.why = nasty;
        reply_make(&facts, &reply);
        assert_sound(&reply);
        assert_int_equal(reply.lines, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),   cmocka_unit_test(test_demand),
        cmocka_unit_test(test_several), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_octets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
