/* test_recipient.c - the table of addresses of tests/vectors/recipients.txt, and the limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pow/recipient.h"
#include "tests/unit/vectors.h"

/* Turns each \xNN of a column into its octet. */
static size_t unescape(const char *text, size_t len, char *octets_r)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        uint8_t octet = (uint8_t)text[i];
        if (len - i >= 4 && text[i] == '\\' && text[i + 1] == 'x') {
            char digits[3] = {text[i + 2], text[i + 3], '\0'};
            vectors_hex(digits, &octet, 1);
            i += 3;
        }
        octets_r[count++] = (char)octet;
    }
    return count;
}

static void check_row(const char *line)
{
    char address[VECTORS_LINE_MAX], want[VECTORS_LINE_MAX];
    const char *tab = strchr(line, '\t'), *why = NULL;
    OP_BUG_IF(!tab);
    size_t len = unescape(line, (size_t)(tab - line), address);
    want[unescape(tab + 1, strlen(tab + 1), want)] = '\0';
    struct op_recipient got = {"untouched", 9, 9}, again;
    if (!op_recipient_parse(address, len, &got, &why)) {
        if (strcmp(want, "!") != 0)
            fail_msg("%s: %s", line, why);
        assert_non_null(why);
        assert_string_equal(got.text, "untouched");
        return;
    }
    if (strcmp(got.text, want) != 0)
        fail_msg("%s: became %s", line, got.text);
    assert_null(why);
    assert_int_equal(got.len, strlen(got.text));
    if (got.domain != got.len)
        assert_int_equal(got.text[got.domain - 1], '@');
    else
        assert_string_equal(got.text, "postmaster");
    assert_null(memchr(got.text + got.domain, '@', got.len - got.domain));
    assert_true(op_recipient_parse(got.text, got.len, &again, NULL)); /* stays what it is */
    assert_true(op_recipient_equal(&got, &again));
}

static void table(void **state)
{
    (void)state;
    char line[VECTORS_LINE_MAX];
    size_t rows = 0;
    FILE *file = vectors_open("recipients.txt");
    for (; vectors_line(file, line); rows++)
        check_row(line);
    fclose(file);
    assert_true(rows > 100);
}

/* An address of so many octets: a local part of 'a', '@', and a domain in labels of 50. */
static size_t sized(char *text, size_t local, size_t domain)
{
    memset(text, 'a', local);
    text[local] = '@';
    for (size_t i = 0; i < domain; i++)
        text[local + 1 + i] = i % 51 == 50 ? '.' : 'a';
    return local + 1 + domain;
}

static void limits(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        size_t local, domain;
        bool want;
    } rows[] = {
        {"least", 1, 1, true},
        {"longest local part", 256, 10, true},
        {"local part too long", 257, 10, false},
        {"longest domain", 10, 253, true},
        {"domain too long", 10, 254, false},
        {"all of it at its longest", 256, 253, true},
        {"domain out of all proportion", 1, 5000, false},
        {"local part out of all proportion", 5000, 1, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[6000];
        struct op_recipient recipient;
        size_t len = sized(text, rows[i].local, rows[i].domain);
        if (op_recipient_parse(text, len, &recipient, NULL) != rows[i].want)
            fail_msg("%s", rows[i].label);
        if (rows[i].want)
            assert_int_equal(recipient.len, len);
    }
}

/* The longest canonical form: every octet of the local part needs a backslash. */
static void longest_canonical(void **state)
{
    (void)state;
    char text[1200];
    struct op_recipient recipient, again;
    size_t len = 0;
    text[len++] = '"';
    for (size_t i = 0; i < OP_LOCAL_MAX; i++) {
        text[len++] = '\\';
        text[len++] = i % 2 == 0 ? '"' : '\\';
    }
    text[len++] = '"';
    text[len++] = '@';
    text[len++] = '[';
    memset(text + len, 'x', OP_DOMAIN_MAX - 2);
    len += OP_DOMAIN_MAX - 2;
    text[len++] = ']';
    assert_true(op_recipient_parse(text, len, &recipient, NULL));
    assert_int_equal(recipient.len, len);
    assert_true(recipient.len < sizeof recipient.text);
    assert_true(op_recipient_parse(recipient.text, recipient.len, &again, NULL));
    assert_true(op_recipient_equal(&recipient, &again));
    text[len - 1] = 'x';
    text[len++] = ']';
    assert_false(op_recipient_parse(text, len, &recipient, NULL));
}

/* An international label that is too long only once it is an A-label. */
static void long_international(void **state)
{
    (void)state;
    static const struct {
        size_t letters;
        bool want;
    } rows[] = {{40, true}, {70, false}, {400, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[1000] = "bob@";
        struct op_recipient recipient;
        for (size_t j = 0; j < rows[i].letters; j++)
            strcat(text, "\xc3\xbc");
        assert_int_equal(op_recipient_parse(text, strlen(text), &recipient, NULL), rows[i].want);
    }
}

static void not_equal(void **state)
{
    (void)state;
    struct op_recipient a, b;
    assert_true(op_recipient_parse("bob@example.com", 15, &a, NULL));
    assert_true(op_recipient_parse("bob@example.con", 15, &b, NULL));
    assert_true(op_recipient_equal(&a, &a));
    assert_false(op_recipient_equal(&a, &b));
    assert_true(op_recipient_parse("bob@example.co", 14, &b, NULL));
    assert_false(op_recipient_equal(&a, &b));
    assert_false(op_recipient_parse("", 0, &b, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(limits),
        cmocka_unit_test(longest_canonical),
        cmocka_unit_test(long_international),
        cmocka_unit_test(not_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
