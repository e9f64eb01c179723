/* test_token.c - reply tokens: how they are made, whose are believed, and how often. */
#include "token_fixture.h"

#include <ctype.h>

/*
 * Making
 */

/* From another implementation, in Python's hmac. */
static void test_known_answer(void **state)
{
    struct op_key *key = key_of(7);
    struct op_recipient users[] = {user(0), user(1)};
    char text[TOKEN_TEXT_MAX];

    (void)state;
    assert_true(token_make(key, users, 2, EXPIRES, salt, HOST, text));
    assert_string_equal(text,
                        "<opr1.ATUpYgECAwQFBgcIEEk4U1YuUMZNZx8kVKrr-medaNx2-Pup@mx.example.org>");
    op_key_free(key);
}

static void test_make(void **state)
{
    struct op_key *key = key_of(7);
    char text[TOKEN_TEXT_MAX];
    struct token tokens[TOKENS_MAX];

    (void)state;
    for (size_t count = 1; count <= TOKEN_RECIPIENTS_MAX; count++) {
        make(key, count, HOST, text);
        assert_int_equal(find(text, tokens), 1);
        assert_int_equal(tokens[0].expires, EXPIRES);
        assert_memory_equal(tokens[0].salt, salt, sizeof salt);
        assert_int_equal(tokens[0].macs, count <= 4 ? 4 : 8);
        for (size_t i = 0; i < TOKEN_RECIPIENTS_MAX + 1; i++) {
            struct op_recipient writer = user(i);
            assert_true(token_check(key, &tokens[0], &writer, noon(20261118)) == (i < count));
        }
        for (size_t i = 1; i < tokens[0].macs; i++)
            assert_true(memcmp(tokens[0].mac[i - 1], tokens[0].mac[i], TOKEN_MAC_LEN) < 0);
    }
    op_key_free(key);
}

/* A msg-id of RFC 5322: "<" dot-atom-text "@" dot-atom-text ">". */
static void test_syntax(void **state)
{
    struct op_key *key = key_of(7);

    (void)state;
    for (unsigned n = 0; n < 200; n++) {
        struct op_recipient users[] = {user(n)};
        uint8_t other[8] = {(uint8_t)n, 0xff, (uint8_t)(n * 7)};
        char text[TOKEN_TEXT_MAX];
        assert_true(token_make(key, users, 1, EXPIRES, other, HOST, text));
        size_t len = strlen(text);
        assert_int_equal(len, 56 + strlen(HOST)); /* as "References: " in front: below 78 octets */
        assert_true(text[0] == '<' && text[len - 1] == '>');
        unsigned ats = 0;
        for (size_t i = 1; i + 1 < len; i++) {
            bool edge = i == 1 || i + 2 == len || text[i - 1] == '@' || text[i + 1] == '@';
            assert_true(isalnum((unsigned char)text[i]) || strchr("-_.@", text[i]) != NULL);
            assert_false(text[i] == '.' && (edge || text[i - 1] == '.'));
            ats += text[i] == '@';
        }
        assert_int_equal(ats, 1);
    }
    op_key_free(key);
}

static void test_order_tells_nothing(void **state)
{
    struct op_key *key = key_of(7);
    struct op_recipient users[8], reversed[8];
    char a[TOKEN_TEXT_MAX], b[TOKEN_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < 8; i++)
        users[i] = reversed[7 - i] = user(i);
    assert_true(token_make(key, users, 8, EXPIRES, salt, HOST, a));
    assert_true(token_make(key, reversed, 8, EXPIRES, salt, HOST, b));
    assert_string_equal(a, b);
    op_key_free(key);
}

static void test_refused_to_make(void **state)
{
    static const char *const hosts[] = {"",    ".",    ".a",  "a.",     "a..b", "a b",
                                        "a@b", "a>b",  "a\n", "[::1]",  "a,b",  "\xc3\xa4.example",
                                        "a/b", "(a)b", "a<b", "a\"b\"c"};
    struct op_key *key = key_of(7);
    struct op_recipient users[TOKEN_RECIPIENTS_MAX + 1];
    char text[TOKEN_TEXT_MAX] = "untouched", host[400];

    (void)state;
    for (size_t i = 0; i <= TOKEN_RECIPIENTS_MAX; i++)
        users[i] = user(i);
    assert_false(token_make(key, users, 0, EXPIRES, salt, HOST, text));
    assert_false(token_make(key, users, TOKEN_RECIPIENTS_MAX + 1, EXPIRES, salt, HOST, text));
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        assert_false(token_make(key, users, 1, EXPIRES, salt, hosts[i], text));
    memset(host, 'h', sizeof host);
    for (size_t len = 1; len < sizeof host; len++) {
        struct token tokens[TOKENS_MAX];
        snprintf(text, sizeof text, "untouched");
        host[len] = '\0';
        bool made = token_make(key, users, 8, EXPIRES, salt, host, text);
        assert_true(made == (6 + 80 + 1 + len + 1 < TOKEN_TEXT_MAX));
        if (made)
            assert_int_equal(find(text, tokens), 1);
        else
            assert_string_equal(text, "untouched");
        host[len] = 'h';
    }
    op_key_free(key);
}

/*
 * Believing
 */

static void test_forgeries(void **state)
{
    struct op_key *ours = key_of(7), *theirs = key_of(8);
    struct op_recipient writer = user(0);
    char good[TOKEN_TEXT_MAX], text[TOKEN_TEXT_MAX];
    uint8_t blob[BLOB_MAX];

    (void)state;
    make(ours, 3, HOST, good);
    size_t len = open_blob(good, blob);
    assert_int_equal(len, 12 + 4 * 6);
    assert_true(believed(ours, good, &writer, noon(EXPIRES)));
    assert_false(believed(theirs, good, &writer, noon(EXPIRES)));
    for (size_t i = 0; i < 12 * 8; i++) { /* another day, another salt: each bit counts */
        open_blob(good, blob);
        blob[i / 8] ^= (uint8_t)(1U << i % 8);
        close_blob(blob, len, text);
        assert_false(believed(ours, text, &writer, noon(20261118)));
    }
    open_blob(good, blob);
    memset(blob + 12, 0, len - 12);
    close_blob(blob, len, text);
    assert_false(believed(ours, text, &writer, noon(EXPIRES)));
    op_key_free(ours);
    op_key_free(theirs);
}

static void test_expiry(void **state)
{
    static const struct {
        const char *label;
        int64_t offset; /* from the first second of the last day */
        bool want;
    } rows[] = {
        {"a month before", -30 * OP_DAY_S, true}, {"on the day", 0, true},
        {"its last second", OP_DAY_S - 1, true},  {"the next", OP_DAY_S, false},
        {"a year later", 365 * OP_DAY_S, false},
    };
    struct op_key *key = key_of(7);
    struct op_recipient writer = user(0);
    char text[TOKEN_TEXT_MAX];

    (void)state;
    make(key, 1, HOST, text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].label);
        assert_true(believed(key, text, &writer, op_date_to_time(EXPIRES) + rows[i].offset) ==
                    rows[i].want);
    }
    op_key_free(key);
}

static void test_who_writes(void **state)
{
    static const struct {
        const char *label, *writer;
        bool want;
    } rows[] = {
        {"the recipient", "bob@there.example", true},
        {"the same in canonical form", "<BOB@There.Example>", true},
        {"another of the domain", "eve@there.example", false},
        {"the same name elsewhere", "bob@there.example.net", false},
        {"a longer name", "bobb@there.example", false},
        {"a tagged address", "bob+tag@there.example", false},
    };
    struct op_key *key = key_of(7);
    struct op_recipient bob = recipient_of("bob@there.example");
    char text[TOKEN_TEXT_MAX];

    (void)state;
    assert_true(token_make(key, &bob, 1, EXPIRES, salt, HOST, text));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op_recipient writer = recipient_of(rows[i].writer);
        print_message("%s\n", rows[i].label);
        assert_true(believed(key, text, &writer, noon(EXPIRES)) == rows[i].want);
    }
    op_key_free(key);
}

/*
 * Counting uses
 */

static struct token checked(const struct op_key *key, const char *value, size_t writer)
{
    struct op_recipient correspondent = user(writer);
    struct token tokens[TOKENS_MAX];

    assert_int_equal(find(value, tokens), 1);
    assert_true(token_check(key, &tokens[0], &correspondent, noon(EXPIRES)));
    return tokens[0];
}

static bool same_use(const struct token *a, unsigned use_a, const struct token *b, unsigned use_b)
{
    struct ledger_key key_a, key_b;

    token_use_key(a, use_a, &key_a);
    token_use_key(b, use_b, &key_b);
    assert_int_equal(key_a.date, EXPIRES);
    return memcmp(key_a.id, key_b.id, sizeof key_a.id) == 0;
}

static void test_uses(void **state)
{
    struct op_key *key = key_of(7);
    struct op_recipient bob = user(0);
    uint8_t other_salt[8] = {9};
    char text[TOKEN_TEXT_MAX], other[TOKEN_TEXT_MAX];

    (void)state;
    make(key, 3, HOST, text);
    assert_true(token_make(key, &bob, 1, EXPIRES, other_salt, HOST, other));
    struct token a = checked(key, text, 0), again = checked(key, text, 0),
                 b = checked(key, text, 1), later = checked(key, other, 0);
    assert_true(same_use(&a, 0, &again, 0));
    assert_true(same_use(&a, 5, &again, 5));
    assert_false(same_use(&a, 0, &a, 1));
    assert_false(same_use(&a, 0, &a, 256));
    assert_false(same_use(&a, 0, &b, 0));     /* each recipient has his own */
    assert_false(same_use(&a, 0, &later, 0)); /* and for each message */
    op_key_free(key);
}

/* A token with its other MACs left out, swapped or replaced, or of another host, is still this one:
 * no use is gained. */
static void test_rewriting_gains_no_use(void **state)
{
    struct op_key *key = key_of(7);
    char text[TOKEN_TEXT_MAX], rewritten[TOKEN_TEXT_MAX];
    uint8_t blob[BLOB_MAX], mine[TOKEN_MAC_LEN] = {0};

    (void)state;
    make(key, 8, HOST, text);
    struct token whole = checked(key, text, 0);
    size_t len = open_blob(text, blob), place = 0;
    while (memcmp(blob + 12 + place * 6, whole.id, 6) != 0)
        assert_true(++place < 8);
    memcpy(mine, blob + 12 + place * 6, 6);

    memmove(blob + 12 + place * 6, blob + 12, 6); /* swapped with the first */
    memcpy(blob + 12, mine, 6);
    close_blob(blob, len, rewritten);
    assert_true(place == 0 || strcmp(text, rewritten) != 0);
    struct token found = checked(key, rewritten, 0);
    assert_true(same_use(&whole, 0, &found, 0));
    close_blob(blob, 18, rewritten); /* alone */
    found = checked(key, rewritten, 0);
    assert_int_equal(found.macs, 1);
    assert_true(same_use(&whole, 0, &found, 0));
    memset(blob + 18, 0x55, len - 18); /* with rubbish */
    close_blob(blob, len, rewritten);
    found = checked(key, rewritten, 0);
    assert_true(same_use(&whole, 0, &found, 0));
    struct op_recipient other = user(1); /* who has been replaced */
    assert_false(believed(key, rewritten, &other, noon(EXPIRES)));
    op_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answer),
        cmocka_unit_test(test_make),
        cmocka_unit_test(test_syntax),
        cmocka_unit_test(test_order_tells_nothing),
        cmocka_unit_test(test_refused_to_make),
        cmocka_unit_test(test_forgeries),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_who_writes),
        cmocka_unit_test(test_uses),
        cmocka_unit_test(test_rewriting_gains_no_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
