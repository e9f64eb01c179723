/* test_msg.c - recipients and stamps as they arrive, and the bounds on them. */
#include "fixture.h"

static void test_recipients(void **state)
{
    struct conf conf = fixture_conf();
    struct msg *msg = fixture_msg(&conf);
    struct op_recipient more = fixture_recipient("one.more@example.org");

    (void)state;
    fixture_add_recipient(msg, "<Bob@Example.ORG>");
    fixture_add_recipient(msg, "bob@example.org"); /* the same */
    fixture_add_recipient(msg, "b0b@example.org");
    assert_int_equal(msg->recipient_count, 2);
    assert_string_equal(msg_recipient_text(msg, 0), "bob@example.org");
    assert_string_equal(msg_recipient_text(msg, 1), "b0b@example.org");
    assert_int_equal(msg->recipient[0].best, OP_VERDICT_MISSING);
    for (int i = 2; i < MSG_RECIPIENTS_MAX; i++) {
        char address[64];
        snprintf(address, sizeof address, "user%d@example.org", i);
        fixture_add_recipient(msg, address);
    }
    assert_int_equal(msg_add_recipient(msg, &more, 1.0, false), OUTCOME_CROWD);
    fixture_add_recipient(msg, "user7@example.org"); /* known ones still are */
    assert_int_equal(msg->recipient_count, MSG_RECIPIENTS_MAX);
    assert_string_equal(msg_recipient_text(msg, 199), "user199@example.org");
    msg_free(msg);
}

/* Long addresses: the room for their text ends before the number of recipients does. */
static void test_text_room(void **state)
{
    struct conf conf = fixture_conf();
    struct msg *msg = fixture_msg(&conf);
    enum outcome outcome = OUTCOME_PASS;
    int i;

    (void)state;
    for (i = 0; i < MSG_RECIPIENTS_MAX && outcome == OUTCOME_PASS; i++) {
        char address[400];
        struct op_recipient recipient;
        snprintf(address, sizeof address, "%0200d@example.org", i);
        recipient = fixture_recipient(address);
        outcome = msg_add_recipient(msg, &recipient, 1.0, false);
    }
    assert_int_equal(outcome, OUTCOME_CROWD);
    assert_int_equal(msg->recipient_count, MSG_TEXT_MAX / (200 + 12 + 1));
    msg_free(msg);
}

static void set_date(struct op_stamp *stamp)
{
    stamp->date = 20261101;
}

static void set_future(struct op_stamp *stamp)
{
    stamp->date = 20261120;
}

static void set_weak(struct op_stamp *stamp)
{
    stamp->effort = FIXTURE_EFFORT - 1;
}

static void set_suite(struct op_stamp *stamp)
{
    stamp->suite = fixture_suite("argon2id-16m");
}

static void set_blind(struct op_stamp *stamp)
{
    stamp->blind[0] ^= 1;
}

static void set_nothing(struct op_stamp *stamp)
{
    (void)stamp;
}

/* Each stamp alone: what does the recipient hear of it? */
static void test_verdicts(void **state)
{
    static const struct {
        const char *label;
        void (*change)(struct op_stamp *stamp);
        enum op_verdict want;
    } rows[] = {
        {"good", set_nothing, OP_VERDICT_PASS},    {"expired", set_date, OP_VERDICT_EXPIRED},
        {"future", set_future, OP_VERDICT_FUTURE}, {"weak", set_weak, OP_VERDICT_WEAK},
        {"suite", set_suite, OP_VERDICT_SUITE},    {"blind", set_blind, OP_VERDICT_RECIPIENT},
    };
    struct conf conf = fixture_conf();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op_stamp stamp = fixture_stamp("bob@example.org", 1);
        struct msg *msg = fixture_msg(&conf);
        print_message("%s\n", rows[i].label);
        rows[i].change(&stamp);
        fixture_add_recipient(msg, "bob@example.org");
        fixture_add_stamp(msg, &stamp);
        assert_int_equal(msg->recipient[0].best, rows[i].want);
        assert_int_equal(msg->weak, rows[i].want == OP_VERDICT_WEAK);
        assert_int_equal(msg->candidate_count, rows[i].want == OP_VERDICT_PASS || msg->weak);
        msg_free(msg);
    }
}

static void test_text_verdicts(void **state)
{
    static char long_value[OP_STAMP_MAX + 100];
    static const struct {
        const char *label, *name, *value;
        enum op_verdict want;
    } rows[] = {
        {"malformed", "X-Onion-PoW", "v=1; v=1", OP_VERDICT_MALFORMED},
        {"empty", "x-onion-pow", "", OP_VERDICT_MALFORMED},
        {"too long", "X-ONION-POW", long_value, OP_VERDICT_MALFORMED},
        {"version", "X-Onion-PoW", "v=2; a=sha256; d=1", OP_VERDICT_VERSION},
        {"another field", "X-Onion-PoW2", "v=2", OP_VERDICT_MISSING},
    };
    struct conf conf = fixture_conf();

    (void)state;
    memset(long_value, ' ', sizeof long_value - 1);
    memcpy(long_value, "v=1;", 4);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct msg *msg = fixture_msg(&conf);
        print_message("%s\n", rows[i].label);
        fixture_add_recipient(msg, "bob@example.org");
        msg_add_field(msg, "mx.example", rows[i].name, rows[i].value);
        assert_int_equal(msg->recipient[0].best, rows[i].want);
        msg_free(msg);
    }
}

/* Of several stamps the one that came furthest is told; another recipient's good stamp is no news.
 */
static void test_best(void **state)
{
    struct conf conf = fixture_conf();
    struct msg *msg = fixture_msg(&conf);
    struct op_stamp good = fixture_stamp("ann@example.org", 1);
    struct op_stamp weak = fixture_stamp("bob@example.org", 2);
    struct op_stamp old = fixture_stamp("bob@example.org", 3);
    struct op_stamp stray = fixture_stamp("carol@example.org", 4);

    (void)state;
    weak.effort--;
    old.date = 20260101;
    fixture_add_recipient(msg, "ann@example.org");
    fixture_add_recipient(msg, "bob@example.org");
    fixture_add_stamp(msg, &good);
    assert_int_equal(msg->recipient[0].best, OP_VERDICT_PASS);
    assert_int_equal(msg->recipient[1].best, OP_VERDICT_MISSING);
    fixture_add_stamp(msg, &stray);
    assert_int_equal(msg->recipient[1].best, OP_VERDICT_RECIPIENT);
    fixture_add_stamp(msg, &old);
    fixture_add_stamp(msg, &weak);
    msg_add_field(msg, "mx.example", "X-Onion-PoW", "junk");
    assert_int_equal(msg->recipient[0].best, OP_VERDICT_PASS);
    assert_int_equal(msg->recipient[1].best, OP_VERDICT_EXPIRED);
    good = fixture_stamp("bob@example.org", 5);
    fixture_add_stamp(msg, &good);
    assert_int_equal(msg->recipient[1].best, OP_VERDICT_PASS);
    fixture_add_stamp(msg, &old);
    assert_int_equal(msg->recipient[1].best, OP_VERDICT_PASS);
    assert_int_equal(msg->candidate_count, 3);
    assert_true(msg->candidate[1].weak && !msg->candidate[2].weak);
    assert_int_equal(msg->candidate[2].recipient, 1);
    msg_free(msg);
}

/* 200 recipients with 200 stamps are all matched; the 201st stamp is trouble; memory stays below 64
 * KiB. */
static void test_bounds(void **state)
{
    struct conf conf = fixture_conf();
    struct msg *msg = fixture_msg(&conf);
    char address[128];
    struct op_stamp stamp;
    size_t size;

    (void)state;
    for (int i = 0; i < MSG_RECIPIENTS_MAX; i++) {
        snprintf(address, sizeof address, "user%d@%056d.onion", i, 0);
        fixture_add_recipient(msg, address);
    }
    for (int i = MSG_RECIPIENTS_MAX - 1; i >= 0; i--) {
        snprintf(address, sizeof address, "user%d@%056d.onion", i, 0);
        stamp = fixture_stamp_of("sha256", address, FIXTURE_EFFORT, FIXTURE_DATE, i);
        fixture_add_stamp(msg, &stamp);
    }
    assert_int_equal(msg->candidate_count, MSG_RECIPIENTS_MAX);
    assert_int_equal(msg->candidate[0].recipient, MSG_RECIPIENTS_MAX - 1);
    assert_int_equal(msg->trouble, OUTCOME_PASS);
    fixture_add_stamp(msg, &stamp);
    assert_int_equal(msg->candidate_count, MSG_RECIPIENTS_MAX);
    assert_int_equal(msg->trouble, OUTCOME_STAMPS);
    size = sizeof *msg + msg->text_size + msg->recipient_size * sizeof *msg->recipient +
           msg->candidate_size * sizeof *msg->candidate;
    print_message("%zu octets\n", size);
    assert_true(size + (MSG_TEXT_MAX - msg->text_size) < 72 * 1024);
    msg_free(msg);
}

static void test_forged(void **state)
{
    struct conf conf = fixture_conf();
    struct msg *msg = fixture_msg(&conf);

    (void)state;
    msg_add_field(msg, "mx.example", "Authentication-Results", "other; x-onion-pow=pass");
    msg_add_field(msg, "mx.example", "authentication-RESULTS", "mx.example; x-onion-pow=pass");
    msg_add_field(msg, "mx.example", "Authentication-Results-2", "mx.example; x-onion-pow=pass");
    msg_add_field(msg, "mx.example", "Authentication-Results", "mx.example; spf=pass");
    assert_int_equal(msg->forged.fields, 3);
    assert_false(authres_marks_get(&msg->forged, 1));
    assert_true(authres_marks_get(&msg->forged, 2));
    assert_false(authres_marks_get(&msg->forged, 3));
    msg_free(msg);
    msg_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recipients), cmocka_unit_test(test_text_room),
        cmocka_unit_test(test_verdicts),   cmocka_unit_test(test_text_verdicts),
        cmocka_unit_test(test_best),       cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_forged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
