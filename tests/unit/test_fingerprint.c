/* test_fingerprint.c - what makes two messages the same, and what does not. */
#include "fixture.h"
#include "milter/fingerprint.h"

struct mail {
    const char *label, *sender, *from, *subject, *other, *body;
    bool same; /* as the first row */
};

static void print_of(const struct mail *mail, size_t chunk, uint8_t digest[FINGERPRINT_LEN])
{
    struct fingerprint print;
    size_t len = strlen(mail->body);

    fingerprint_init(&print, mail->sender);
    fingerprint_field(&print, "From", mail->from);
    fingerprint_field(&print, "Received", mail->other);
    fingerprint_field(&print, "Subject", mail->subject);
    for (size_t i = 0; i < len; i += chunk)
        assert_true(fingerprint_body(&print, mail->body + i, len - i < chunk ? len - i : chunk));
    fingerprint_final(&print, digest);
}

static void test_same(void **state)
{
    static const struct mail rows[] = {
        {"the message", "<a@x.example>", "A <a@x.example>", "hello world", "by mx1", "body\r\n",
         true},
        {"another hop", "<a@x.example>", "A <a@x.example>", "hello world", "by mx2", "body\r\n",
         true},
        {"no brackets", "a@x.example", "A <a@x.example>", "hello world", "by mx1", "body\r\n",
         true},
        {"folded", "<a@x.example>", "A\n\t<a@x.example>", "hello\r\n world", "", "body\r\n", true},
        {"blanks at the ends", "<a@x.example>", " A <a@x.example>", "hello world \t", "",
         "body\r\n", true},
        {"another sender", "<b@x.example>", "A <a@x.example>", "hello world", "", "body\r\n",
         false},
        {"null sender", "<>", "A <a@x.example>", "hello world", "", "body\r\n", false},
        {"another From", "<a@x.example>", "B <a@x.example>", "hello world", "", "body\r\n", false},
        {"another subject", "<a@x.example>", "A <a@x.example>", "hello", "", "body\r\n", false},
        {"joined words", "<a@x.example>", "A <a@x.example>", "helloworld", "", "body\r\n", false},
        {"another body", "<a@x.example>", "A <a@x.example>", "hello world", "", "Body\r\n", false},
        {"no body", "<a@x.example>", "A <a@x.example>", "hello world", "", "", false},
        {"moved border", "<a@x.example>", "A", "<a@x.example> hello world", "", "body\r\n", false},
    };
    uint8_t first[FINGERPRINT_LEN], digest[FINGERPRINT_LEN];

    (void)state;
    print_of(&rows[0], 100, first);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].label);
        for (size_t chunk = 1; chunk < 8; chunk++) {
            print_of(&rows[i], chunk, digest);
            assert_int_equal(memcmp(digest, first, sizeof digest) == 0, rows[i].same);
        }
    }
}

/* A field's name counts: the same text as Subject is not the same as Message-ID. Case of the name
 * does not. */
static void test_names(void **state)
{
    static const struct {
        const char *name;
        int group;
    } rows[] = {{"From", 1},    {"FROM", 1},     {"Date", 2}, {"Message-ID", 3},  {"message-id", 3},
                {"Subject", 4}, {"Subject2", 0}, {"To", 0},   {"X-Onion-PoW", 0}, {"", 0}};
    uint8_t digest[sizeof rows / sizeof *rows][FINGERPRINT_LEN];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fingerprint print;
        fingerprint_init(&print, "");
        fingerprint_field(&print, rows[i].name, "text");
        fingerprint_final(&print, digest[i]);
        for (size_t j = 0; j < i; j++)
            assert_int_equal(memcmp(digest[i], digest[j], FINGERPRINT_LEN) == 0,
                             rows[i].group == rows[j].group);
    }
}

static void test_body_limit(void **state)
{
    static char body[FINGERPRINT_BODY_MAX + 2];
    struct fingerprint whole, parts, other;
    uint8_t a[FINGERPRINT_LEN], b[FINGERPRINT_LEN];

    (void)state;
    memset(body, 'x', sizeof body);
    fingerprint_init(&whole, "");
    assert_false(fingerprint_body(&whole, body, FINGERPRINT_BODY_MAX));
    fingerprint_final(&whole, a);
    fingerprint_init(&parts, "");
    assert_true(fingerprint_body(&parts, body, FINGERPRINT_BODY_MAX - 1));
    body[1] = 'y'; /* from here on only the first octet counts any more */
    assert_false(fingerprint_body(&parts, body, 2));
    assert_false(fingerprint_body(&parts, body, sizeof body));
    fingerprint_final(&parts, b);
    assert_memory_equal(a, b, sizeof a);
    fingerprint_init(&other, "");
    assert_false(fingerprint_body(&other, body, FINGERPRINT_BODY_MAX));
    fingerprint_final(&other, b);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_body_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
