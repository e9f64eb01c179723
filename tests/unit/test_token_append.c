/* test_token_append.c - reply tokens in References: which go, which stay, and how the field is
 * folded. */
#include "token_fixture.h"

static void test_append(void **state)
{
    static const struct {
        const char *label, *before, *want; /* T: the token, O: a former one, F: of another site */
    } rows[] = {
        {"no field", NULL, "T"},
        {"empty", "", "T"},
        {"blanks", " \t\r\n ", "T"},
        {"one id", "<a@b>", "<a@b>\n\tT"},
        {"white space around", " <a@b>\n", "<a@b>\n\tT"},
        {"blanks and folds are ours", "<a@b>  \r\n\t <c@d>", "<a@b> <c@d>\n\tT"},
        {"no blanks", "<a@b><c@d>", "<a@b><c@d>\n\tT"},
        {"former token", "<a@b> O <c@d>", "<a@b> <c@d>\n\tT"},
        {"many", "O <a@b> O\n\tO <c@d> O", "<a@b> <c@d>\n\tT"},
        {"former tokens alone", "O O", "T"},
        {"glued", "<a@b>O<c@d>", "<a@b> <c@d>\n\tT"},
        {"in a comment", "(see O)", "(see )\n\tT"},
        {"another site's stays", "<a@b> F O", "<a@b>\n\tF\n\tT"},
        {"an id that looks like one", "<opr1.AAAA@mx.example.org>",
         "<opr1.AAAA@mx.example.org>\n\tT"},
        {"quoted id with blanks", "<\"a  b\"@c>", "<\"a  b\"@c>\n\tT"},
        {"old style", "Your  message (of\n Monday)", "Your message (of Monday)\n\tT"},
        {"rubbish", "< << <>> >", "< << <>> >\n\tT"},
    };
    struct op_key *key = key_of(7);
    char token[TOKEN_TEXT_MAX], former[TOKEN_TEXT_MAX], other[TOKEN_TEXT_MAX];
    uint8_t salts[8] = {7};
    struct op_recipient bob = user(0);

    (void)state;
    make(key, 1, HOST, token);
    make(key, 6, "other.example", other);
    assert_true(token_make(key, &bob, 1, 20200101, salts, "MX.example.ORG", former));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[2][2048], out[2048];
        const char *in[2] = {rows[i].before, rows[i].want};
        print_message("%s\n", rows[i].label);
        for (size_t n = 0; n < 2; n++) {
            text[n][0] = '\0';
            for (const char *at = in[n]; at != NULL && *at != '\0'; at++) {
                size_t len = strlen(text[n]);
                snprintf(text[n] + len, sizeof text[n] - len, "%s",
                         *at == 'T'   ? token
                         : *at == 'O' ? former
                         : *at == 'F' ? other
                                      : (char[]){*at, '\0'});
            }
        }
        assert_true(token_append(in[0] == NULL ? NULL : text[0], token, out, sizeof out));
        assert_string_equal(out, text[1]);
    }
    op_key_free(key);
}

static void test_append_folds(void **state)
{
    struct op_key *key = key_of(7);
    char token[TOKEN_TEXT_MAX], references[8192] = "", out[16384];
    size_t ids = 0, longest = 0;

    (void)state;
    make(key, 8, HOST, token);
    for (size_t len = 0; len + 100 < sizeof references; ids++, len = strlen(references))
        snprintf(references + len, 100, "%s<%zu.%.*s@example.org>", ids == 0 ? "" : " ", ids,
                 (int)(ids % 40), "abcdefghijklmnopqrstuvwxyzabcdefghijklmnop");
    assert_true(token_append(references, token, out, sizeof out));
    for (const char *line = out; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        size_t len = strcspn(line, "\n") + (line == out ? strlen("References: ") : 0);
        assert_true(len <= 78 || strncmp(line, "\t<opr1.", 7) == 0);
        assert_true(line == out || *line == '\t');
        longest = len > longest && len <= 78 ? len : longest;
    }
    assert_true(longest > 70);
    /* The same ids in the same order. */
    char *word = strtok(out, " \n\t");
    for (char *at = references; *at != '\0'; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        assert_int_equal(strlen(word), len);
        assert_memory_equal(word, at, len);
        word = strtok(NULL, " \n\t");
        at += len;
    }
    assert_string_equal(word, token);
    assert_null(strtok(NULL, " \n\t"));
    op_key_free(key);
}

static void test_append_limits(void **state)
{
    struct op_key *key = key_of(7);
    char token[TOKEN_TEXT_MAX], want[512], out[512], id[1200];

    (void)state;
    make(key, 1, HOST, token);
    assert_true(token_append("<a@b> <c@d>", token, want, sizeof want));
    for (size_t size = 0; size < sizeof out; size++) {
        memset(out, '!', sizeof out);
        assert_true(token_append("<a@b> <c@d>", token, out, size) == (size > strlen(want)));
        for (size_t i = size; i < sizeof out; i++)
            assert_int_equal(out[i], '!');
        if (size > strlen(want))
            assert_string_equal(out, want);
    }
    for (size_t len = 900; len < 1100; len++) { /* a word that no line may hold */
        char long_out[2048];
        memset(id, 'x', len);
        id[0] = '<';
        id[len - 1] = '>';
        id[len] = '\0';
        assert_true(token_append(id, token, long_out, sizeof long_out) == (len + 12 <= 998));
    }
    op_key_free(key);
}

/*
 * A conversation as RFC 5322 section 3.6.4 has it: a reply's References are its parent's, or the
 * parent's In-Reply-To if there are none, and the parent's Message-ID.
 */
static void test_conversation(void **state)
{
    struct op_key *key = key_of(7);
    struct op_recipient bob = user(0);
    char ours[4096] = "", theirs[4096] = "";

    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        uint8_t fresh[8] = {(uint8_t)round};
        struct token tokens[TOKENS_MAX];
        char token[TOKEN_TEXT_MAX];
        assert_true(token_make(key, &bob, 1, EXPIRES, fresh, HOST, token));
        assert_true(token_append(theirs, token, ours, sizeof ours));
        snprintf(theirs, sizeof theirs, "%.3800s\r\n <ours%u@" HOST ">", ours, round);
        assert_int_equal(find(theirs, tokens), 1); /* the thread grows, the tokens do not */
        assert_memory_equal(tokens[0].salt, fresh, sizeof fresh);
        assert_true(token_check(key, &tokens[0], &bob, noon(EXPIRES)));
        size_t len = strlen(theirs);
        snprintf(theirs + len, sizeof theirs - len, " <theirs%u@there.example>", round);
    }
    op_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_append_folds),
        cmocka_unit_test(test_append_limits),
        cmocka_unit_test(test_conversation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
