/* test_authres.c - forged results are recognised in any dress, those of others are left alone. */
#include "fixture.h"
#include "milter/authres.h"

static void test_claims(void **state)
{
    static const struct {
        const char *label, *value;
        bool want;
    } rows[] = {
        {"plain", "mx.example; x-onion-pow=pass", true},
        {"our own format", "mx.example; x-onion-pow=pass policy.suite=sha256 policy.work=1", true},
        {"somebody else", "other.example; x-onion-pow=pass", false},
        {"longer id", "mx.example.org; x-onion-pow=pass", false},
        {"shorter id", "mx; x-onion-pow=pass", false},
        {"id in a comment of somebody else", "other.example (mx.example); x-onion-pow=pass", false},
        {"id in a nested comment of somebody else",
         "other.example (a(b)mx.example); x-onion-pow=pass", false},
        {"another method of ours", "mx.example; dkim=pass header.d=a.example", false},
        {"method in a comment", "mx.example; dkim=pass (x-onion-pow=pass)", false},
        {"method in a quoted reason", "mx.example; dkim=fail reason=\"no x-onion-pow=pass\"",
         false},
        {"method as a property", "mx.example; dkim=pass header.x-onion-pow=pass", false},
        {"longer method", "mx.example; x-onion-pow-2=pass", false},
        {"shorter method", "mx.example; x-onion=pass", false},
        {"no result", "mx.example; none", false},
        {"case", "MX.Example; X-Onion-PoW=pass", true},
        {"second of two", "mx.example; dkim=pass header.d=a; x-onion-pow=pass", true},
        {"blanks", " \t mx.example\t;  x-onion-pow  = pass", true},
        {"folds", "\n mx.example\r\n\t;\n x-onion-pow\n =\n pass", true},
        {"comments", "(a) mx.example (b);(c) x-onion-pow(d)=(e)pass", true},
        {"nested comments", "(a(b(c)d)e)mx.example;x-onion-pow=pass", true},
        {"comment with quoted parenthesis", "(\\)) mx.example; x-onion-pow=pass", true},
        {"comment with a quote", "(\") mx.example; x-onion-pow=pass", true},
        {"quoted id", "\"mx.example\"; x-onion-pow=pass", true},
        {"quoted id, quoted pairs", "\"m\\x.ex\\ample\"; x-onion-pow=pass", true},
        {"quoted id, folded", "\"mx\r\n.example\"; x-onion-pow=pass", true},
        {"quoted id of somebody else", "\"mx.example \"; x-onion-pow=pass", false},
        {"version", "mx.example 1; x-onion-pow=pass", true},
        {"version of the method", "mx.example 1; x-onion-pow/1=pass", true},
        {"version of the method, comments", "mx.example; x-onion-pow (a) / (b) 1 (c) = pass", true},
        {"quoted method", "mx.example; \"x-onion-pow\"=pass", true},
        {"no semicolon", "mx.example x-onion-pow=pass", true},
        {"comma for semicolon", "mx.example, x-onion-pow=pass", true},
        {"comment inside the id", "mx.(a)example; x-onion-pow=pass", true},
        {"blank inside the id", "mx .example; x-onion-pow=pass", true},
        {"quote half way into the id", "mx\".example\"; x-onion-pow=pass", true},
        {"comment inside the method, no grammar", "mx.example / x-onion(a)-pow=pass", true},
        {"comment without an end in front", "(mx.example; x-onion-pow=pass", true},
        {"comment without an end between", "mx.example; (x-onion-pow=pass", true},
        {"quoted string without an end", "mx.example; \"x-onion-pow=pass", true},
        {"quoted id without an end", "\"mx.example; x-onion-pow=pass", true},
        {"backslash at the end of a comment", "mx.example; x-onion-pow=pass (\\", true},
        {"backslash at the end of a quoted string", "\"mx.example; x-onion-pow=pass\\", true},
        {"no grammar, somebody else", "other example; x-onion-pow=pass", false},
        {"no grammar, another method", "mx.example dkim=pass", false},
        {"nothing", "", false},
        {"white space", " \r\n\t", false},
        {"a semicolon", ";", false},
        {"a bare parenthesis", ")", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].label);
        assert_int_equal(authres_claims(rows[i].value, "mx.example"), rows[i].want);
    }
}

/* Words longer than any authserv-id end the comparison, not the buffer. */
static void test_long(void **state)
{
    static char value[100000], id[AUTHRES_ID_MAX + 1];

    (void)state;
    memset(id, 'a', AUTHRES_ID_MAX);
    memset(value, 'a', sizeof value - 1);
    assert_false(authres_claims(value, id));
    strcpy(value + AUTHRES_ID_MAX, "; x-onion-pow=pass");
    assert_true(authres_claims(value, id));
    memset(value, 'a', AUTHRES_ID_MAX + 1);
    strcpy(value + AUTHRES_ID_MAX + 1, "; x-onion-pow=pass");
    assert_false(authres_claims(value, id));
    memset(value, '(', sizeof value - 1);
    assert_false(authres_claims(value, id));
}

static void test_id(void **state)
{
    static const struct {
        const char *id;
        bool want;
    } rows[] = {{"mx.example", true},
                {"localhost", true},
                {"", false},
                {"mx example", false},
                {"mx;example", false},
                {"mx\r\nX: y", false},
                {"m\xc3\xa9.example", false},
                {"\"mx\"", false},
                {"mx(a)", false},
                {"mx\x7f", false}};
    char text[AUTHRES_ID_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(authres_id_valid(rows[i].id), rows[i].want);
    memset(text, 'a', sizeof text);
    text[AUTHRES_ID_MAX + 1] = '\0';
    assert_false(authres_id_valid(text));
    text[AUTHRES_ID_MAX] = '\0';
    assert_true(authres_id_valid(text));
}

static void test_format(void **state)
{
    struct authres_result pass = {.result = "pass", .suite = "argon2id-16m", .work = 16384};
    struct authres_result fail = {.result = "fail", .reason = "expired"};
    struct authres_result none = {.result = "none"};
    char text[AUTHRES_MAX], id[AUTHRES_ID_MAX + 1];

    (void)state;
    authres_format("mx.example", &pass, text);
    assert_string_equal(text,
                        "mx.example; x-onion-pow=pass policy.suite=argon2id-16m policy.work=16384");
    authres_format("mx.example", &fail, text);
    assert_string_equal(text, "mx.example; x-onion-pow=fail reason=expired");
    authres_format("mx.example", &none, text);
    assert_string_equal(text, "mx.example; x-onion-pow=none");

    memset(id, 'a', AUTHRES_ID_MAX); /* the longest of everything fits, and is recognised as ours */
    id[AUTHRES_ID_MAX] = '\0';
    pass.reason = "too-many-recipients";
    pass.work = UINT64_MAX;
    authres_format(id, &pass, text);
    assert_non_null(strstr(text, "policy.work=18446744073709551615"));
    assert_true(authres_claims(text, id));
}

static void test_marks(void **state)
{
    struct authres_marks marks = {.fields = 0};

    (void)state;
    for (uint32_t place = 1; place <= AUTHRES_MARKS_MAX + 10; place++)
        authres_marks_add(&marks, place % 3 == 0);
    assert_int_equal(marks.fields, AUTHRES_MARKS_MAX + 10);
    for (uint32_t place = 1; place <= marks.fields; place++)
        assert_int_equal(authres_marks_get(&marks, place),
                         place % 3 == 0 || place > AUTHRES_MARKS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claims), cmocka_unit_test(test_long),  cmocka_unit_test(test_id),
        cmocka_unit_test(test_format), cmocka_unit_test(test_marks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
