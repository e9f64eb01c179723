/* test_token_find.c - where in a header field a reply token is found, and what of it may differ. */
#include "token_fixture.h"

#include <ctype.h>

static void test_where_it_is_found(void **state)
{
    static const struct {
        const char *label, *before, *after;
    } rows[] = {
        {"alone", "", ""},
        {"behind another", "<a@b> ", ""},
        {"between folds", "<a@b>\n\t", "\r\n <c@d>"},
        {"without blanks", "<a@b>", "<c@d>"},
        {"comments", "(of (nested) <x@y>) ", " (again)"},
        {"in a comment", "(", ")"},
        {"behind a comment that does not end", "((( ", ""},
        {"old style", "Your message of \"Mon, 1 Jan\" ", " from you"},
        {"behind an open bracket", "<", ""},
        {"behind many", "<<<<<<< < < <op <opr1. <opr1.@> ", ""},
        {"before an open quote", "", " \"<"},
        {"behind octets beyond ASCII", "\xff\xfe\x80<\xff@", "\x01"},
    };
    struct op_key *key = key_of(7);
    struct op_recipient writer = user(0);
    char text[TOKEN_TEXT_MAX], value[1024];

    (void)state;
    make(key, 1, HOST, text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct token tokens[TOKENS_MAX];
        print_message("%s\n", rows[i].label);
        snprintf(value, sizeof value, "%s%s%s", rows[i].before, text, rows[i].after);
        assert_int_equal(find(value, tokens), 1);
        assert_true(believed(key, value, &writer, noon(EXPIRES)));
    }
    op_key_free(key);
}

static void test_host(void **state)
{
    struct op_key *key = key_of(7);
    struct op_recipient writer = user(0);
    char text[TOKEN_TEXT_MAX];

    (void)state;
    make(key, 1, "Mx.Example.ORG", text);
    for (char *at = strchr(text, '@'); *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    assert_true(believed(key, text, &writer, noon(EXPIRES)));
    for (char *at = text; *at != '\0'; at++) /* the local part's case is the token */
        *at = (char)tolower((unsigned char)*at);
    assert_false(believed(key, text, &writer, noon(EXPIRES)));
    op_key_free(key);
}

/* Any single octet that is lost, doubled or changed in front of the @ makes another text of it; and
 * each text that is cut short is none. */
static void test_damage(void **state)
{
    struct op_key *key = key_of(7);
    struct op_recipient writer = user(0);
    char text[TOKEN_TEXT_MAX], damaged[TOKEN_TEXT_MAX + 1];
    struct token tokens[TOKENS_MAX];

    (void)state;
    make(key, 1, HOST, text);
    size_t len = strlen(text);
    for (size_t i = 0; text[i] != '@'; i++) {
        snprintf(damaged, sizeof damaged, "%.*s%s", (int)i, text, text + i + 1);
        assert_int_equal(find(damaged, tokens), 0);
        snprintf(damaged, sizeof damaged, "%.*s %s", (int)i + 1, text, text + i + 1);
        assert_int_equal(find(damaged, tokens), 0);
    }
    for (size_t i = 0; i < len; i++) {
        snprintf(damaged, sizeof damaged, "%.*s", (int)i, text);
        assert_int_equal(find(damaged, tokens), 0);
    }
    for (size_t i = 6; i < 22; i++) { /* expires and salt */
        snprintf(damaged, sizeof damaged, "%s", text);
        damaged[i] = damaged[i] == 'x' ? 'y' : 'x';
        assert_false(believed(key, damaged, &writer, noon(EXPIRES)));
    }
    op_key_free(key);
}

static void test_lengths(void **state)
{
    uint8_t blob[2 * BLOB_MAX] = {0x01, 0x35, 0x29, 0x62}; /* 20261218 */
    char text[TOKEN_TEXT_MAX];
    struct token tokens[TOKENS_MAX];

    (void)state;
    for (size_t len = 0; len < sizeof blob; len++) {
        close_blob(blob, len, text);
        bool want = len >= 18 && len <= 60 && len % 6 == 0;
        assert_int_equal(find(text, tokens), want ? 1 : 0);
        if (want)
            assert_int_equal(tokens[0].macs, (len - 12) / 6);
    }
    blob[3]++; /* 20261219 */
    close_blob(blob, 18, text);
    assert_int_equal(find(text, tokens), 1);
    blob[3] = (uint8_t)(blob[3] + 13); /* 20261232 */
    close_blob(blob, 18, text);
    assert_int_equal(find(text, tokens), 0);
}

static void test_many(void **state)
{
    struct op_key *key = key_of(7);
    size_t size = 100000, count = 0;
    char *value = malloc(size + TOKEN_TEXT_MAX), text[TOKEN_TEXT_MAX];
    struct token tokens[TOKENS_MAX];

    (void)state;
    assert_non_null(value);
    make(key, 1, HOST, text);
    for (size_t len = 0; len < size; len += strlen(text))
        memcpy(value + len, text, strlen(text) + 1);
    assert_int_equal(find(value, tokens), TOKENS_MAX);
    token_find(text, tokens, &count);
    token_find(text, tokens, &count);
    assert_int_equal(count, 2); /* appended */
    token_find(value, tokens, &count);
    assert_int_equal(count, TOKENS_MAX);
    token_find(text, tokens, &count);
    assert_int_equal(count, TOKENS_MAX);
    memset(value, '<', size);
    value[size] = '\0';
    assert_int_equal(find(value, tokens), 0);
    memset(value, 'A', size);
    memcpy(value, "<opr1.", 6);
    assert_int_equal(find(value, tokens), 0);
    free(value);
    op_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_it_is_found),
        cmocka_unit_test(test_host),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
