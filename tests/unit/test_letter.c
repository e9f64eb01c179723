/* test_letter.c - a message on the wire: line ends, dots, what is refused, and that nothing inside
 * can end the data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/letter.h"

#define WIRE_ROOM 4096

/* Makes a letter of a text; its octets on the wire go to wire_r, NUL-terminated. */
static bool make(const char *text, size_t len, const char *added, bool drop_blind,
                 struct letter *letter_r, char wire_r[WIRE_ROOM], const char **why_r)
{
    FILE *stream = fmemopen((void *)(uintptr_t)(len > 0 ? text : "\n"), len > 0 ? len : 1, "r");
    struct message message;

    assert_non_null(stream);
    if (len == 0)
        assert_int_equal(getc(stream), '\n');
    assert_int_equal(message_read(stream, &message), MESSAGE_OK);
    bool made = letter_make(stream, &message, added, drop_blind, letter_r, why_r);
    message_clear(&message);
    fclose(stream);
    if (!made)
        return false;
    xspool_rewind(&letter_r->wire);
    size_t n = xspool_next(&letter_r->wire, wire_r, WIRE_ROOM - 1);
    assert_int_equal(xspool_next(&letter_r->wire, wire_r + n, 1), 0);
    wire_r[n] = '\0';
    return true;
}

static void test_wire(void **state)
{
    static const struct {
        const char *label, *text, *want;
        bool headless;
    } rows[] = {
        {"LF", "A: b\n\nc\n", "A: b\r\n\r\nc\r\n", false},
        {"CRLF", "A: b\r\n\r\nc\r\n", "A: b\r\n\r\nc\r\n", false},
        {"mixed", "A: b\n\r\nc\n\r\n", "A: b\r\n\r\nc\r\n\r\n", false},
        {"no end", "A: b\n\nc", "A: b\r\n\r\nc\r\n", false},
        {"header alone, no end", "A: b", "A: b\r\n", false},
        {"header, body behind it", "A: b\nbody\n", "A: b\r\nbody\r\n", false},
        {"no header", "body\n", "body\r\n", true},
        {"empty line first", "\nbody\n", "\r\nbody\r\n", false},
        {"nothing", "", "", true},
        {"mbox line", "From a@b Mon\nA: b\n\nc\n", "A: b\r\n\r\nc\r\n", false},
        {"dot", "A: b\n\n.\n", "A: b\r\n\r\n..\r\n", false},
        {"dot CRLF", "A: b\r\n\r\n.\r\n", "A: b\r\n\r\n..\r\n", false},
        {"two dots", "A: b\n\n..\n", "A: b\r\n\r\n...\r\n", false},
        {"dot in a line", "A: b\n\na.\n.b\n", "A: b\r\n\r\na.\r\n..b\r\n", false},
        {"dot at the end of input", "A: b\n\n.", "A: b\r\n\r\n..\r\n", false},
        {"dot first of all", ".\n", "..\r\n", true},
        {"dot in the header", ".a: b\n\nc\n", "..a: b\r\n\r\nc\r\n", false},
        {"dot, commands", "A: b\n\n.\nMAIL FROM:<>\n", "A: b\r\n\r\n..\r\nMAIL FROM:<>\r\n", false},
        {"beyond ASCII", "A: b\n\n\303\274\n", "A: b\r\n\r\n\303\274\r\n", false},
        {"folds", "A: b\n\tc\n\nd\n", "A: b\r\n\tc\r\n\r\nd\r\n", false},
    };
    char wire[WIRE_ROOM];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct letter letter;
        const char *why;
        print_message("%s\n", rows[i].label);
        assert_true(make(rows[i].text, strlen(rows[i].text), NULL, false, &letter, wire, &why));
        assert_string_equal(wire, rows[i].want);
        assert_int_equal(letter.headless, rows[i].headless);
        assert_int_equal(letter.eight_bit, strchr(rows[i].text, '\303') != NULL);
        letter_clear(&letter);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *label, *text, *why;
        size_t len;
    } rows[] = {
        {"CR", "A: b\n\na\rb\n", "carriage return", 9},
        {"CR . CR", "A: b\n\na\r.\rb\n", "carriage return", 12},
        {"LF . CR", "A: b\n\na\n.\rb\n", "carriage return", 12},
        {"CR . LF", "A: b\n\na\r.\nb\n", "carriage return", 12},
        {"CR . CRLF", "A: b\n\na\r.\r\nb\n", "carriage return", 13},
        {"CRLF . CR", "A: b\n\na\r\n.\rb\n", "carriage return", 13},
        {"CR CR LF", "A: b\n\na\r\r\n.\r\r\nb\n", "carriage return", 16},
        {"CR in the header", "A: b\rc\n\nd\n", "carriage return", 10},
        {"CR at the end", "A: b\n\na\r", "carriage return", 8},
        {"NUL", "A: b\n\na\0b\n", "NUL", 10},
        {"NUL behind a CR", "A: b\n\na\r\0b\n", "carriage return", 11},
        {"LF . NUL LF", "A: b\n\na\n.\0\nb\n", "NUL", 13},
        {"NUL in the header", "A: b\0\n\nd\n", "NUL", 9},
    };
    char wire[WIRE_ROOM];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct letter letter;
        const char *why = NULL;
        print_message("%s\n", rows[i].label);
        assert_false(make(rows[i].text, rows[i].len, NULL, false, &letter, wire, &why));
        assert_non_null(strstr(why, rows[i].why));
    }
}

/* The octets that a strict server reads back: up to CRLF . CRLF, which must be the very end. */
static void assert_carried(const char *text, const char *wire)
{
    char want[64], got[WIRE_ROOM];
    size_t n = 0;

    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\n' && (at == text || at[-1] != '\r'))
            want[n++] = '\r';
        want[n++] = *at;
    }
    if (n > 0 && want[n - 1] != '\n') {
        want[n++] = '\r';
        want[n++] = '\n';
    }
    want[n] = '\0';
    n = 0;
    for (const char *at = wire; *at != '\0';) {
        const char *end = strstr(at, "\r\n");
        assert_non_null(end);
        assert_true(strcspn(at, "\r\n") == (size_t)(end - at)); /* no bare CR or LF */
        if (*at == '.') {
            assert_int_equal(at[1], '.'); /* no line of a dot alone, or that loses its dot */
            at++;
        }
        memcpy(got + n, at, (size_t)(end + 2 - at));
        n += (size_t)(end + 2 - at);
        at = end + 2;
    }
    got[n] = '\0';
    assert_string_equal(got, want);
}

/* Every body of up to 7 octets of CR, LF, dot and a letter: refused for a bare CR, or carried. */
static void test_smuggling(void **state)
{
    static const char alphabet[] = "\r\n.x";
    unsigned refused = 0, carried = 0;
    char text[32], wire[WIRE_ROOM];

    (void)state;
    for (unsigned len = 1; len <= 7; len++) {
        for (unsigned long code = 0; code < 1UL << (2 * len); code++) {
            struct letter letter;
            const char *why;
            size_t at = (size_t)sprintf(text, "A: b\n\n");
            bool bare = false;
            for (unsigned i = 0; i < len; i++)
                text[at++] = alphabet[(code >> (2 * i)) & 3];
            text[at] = '\0';
            for (size_t i = 0; i < at; i++)
                bare |= text[i] == '\r' && text[i + 1] != '\n';
            bool made = make(text, at, NULL, false, &letter, wire, &why);
            assert_int_equal(made, !bare);
            if (made) {
                assert_carried(text, wire);
                letter_clear(&letter);
            }
            *(made ? &carried : &refused) += 1;
        }
    }
    assert_true(carried > 1000 && refused > 1000);
}

static void test_fields(void **state)
{
    static const struct {
        const char *label, *text, *added, *want;
        bool drop_blind, headless;
    } rows[] = {
        {"added", "A: b\n\nc\n", "D: e\n", "D: e\r\nA: b\r\n\r\nc\r\n", false, false},
        {"added to no header", "body\n", "D: e\n", "D: e\r\n\r\nbody\r\n", false, false},
        {"added to an empty line", "\nbody\n", "D: e\n", "D: e\r\n\r\nbody\r\n", false, false},
        {"blind", "A: b\nBcc: x@y\nResent-Bcc: x\n y\n\nc\n", NULL, "A: b\r\n\r\nc\r\n", true,
         false},
        {"blind, kept", "Bcc: x@y\n\nc\n", NULL, "Bcc: x@y\r\n\r\nc\r\n", false, false},
        {"blind alone", "Bcc: x@y\nbody\n", NULL, "body\r\n", true, true},
    };
    char wire[WIRE_ROOM];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct letter letter;
        const char *why;
        print_message("%s\n", rows[i].label);
        assert_true(make(rows[i].text, strlen(rows[i].text), rows[i].added, rows[i].drop_blind,
                         &letter, wire, &why));
        assert_string_equal(wire, rows[i].want);
        assert_int_equal(letter.headless, rows[i].headless);
        letter_clear(&letter);
    }
}

/* A line of any length stays one line, with nothing left out or put in; in the header too. */
static void test_long_lines(void **state)
{
    static const struct {
        const char *start;
        size_t len; /* of the line behind it, which begins with a dot */
    } rows[] = {
        {"A: b\n\n", 998},  {"A: b\n\n", 999},   {"A: b\n\n", 1000},
        {"A: b\n\n", 3000}, {"A: b\n\tc", 2000}, {"A: b\n\n.\n", 1500},
    };
    char text[WIRE_ROOM], wire[WIRE_ROOM], want[WIRE_ROOM];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct letter letter;
        const char *why;
        size_t start = strlen(rows[i].start), len = start + rows[i].len, n = 0, dots = 0;
        memcpy(text, rows[i].start, start);
        memset(text + start, 'x', rows[i].len);
        text[start] = '.';
        text[len] = '\n';
        for (size_t at = 0; at <= len; at++) {
            bool first = at == 0 || text[at - 1] == '\n';
            if (text[at] == '\n')
                want[n++] = '\r';
            if (text[at] == '.' && first) {
                want[n++] = '.';
                dots++;
            }
            want[n++] = text[at];
        }
        want[n] = '\0';
        assert_true(make(text, len + 1, NULL, false, &letter, wire, &why));
        assert_string_equal(wire, want);
        assert_int_equal(letter.size, n - dots);
        letter_clear(&letter);
    }
}

/* Larger than what stays in memory: spooled, and read twice alike. */
static void test_large(void **state)
{
    static const char line[] = ".a line that begins with a dot\n";
    FILE *stream = tmpfile();
    struct message message;
    struct letter letter;
    const char *why;
    char block[1000];
    uint64_t lines = 3 * SPOOL_MEMORY_MAX / (sizeof line - 1);

    (void)state;
    fputs("A: b\n\n", stream);
    for (uint64_t i = 0; i < lines; i++)
        fputs(line, stream);
    rewind(stream);
    assert_int_equal(message_read(stream, &message), MESSAGE_OK);
    assert_true(letter_make(stream, &message, NULL, false, &letter, &why));
    assert_non_null(letter.wire.file);
    for (int round = 0; round < 2; round++) {
        uint64_t total = 0, dots = 0;
        size_t n;
        xspool_rewind(&letter.wire);
        while ((n = xspool_next(&letter.wire, block, sizeof block)) > 0) {
            total += n;
            for (size_t i = 0; i < n; i++)
                dots += block[i] == '.';
        }
        assert_int_equal(total, letter.size + lines);
        assert_int_equal(dots, 2 * lines);
    }
    letter_clear(&letter);
    message_clear(&message);
    fclose(stream);
}

static void test_identity(void **state)
{
    static const char first[] = "Subject: a\nX: y\n\nbody\n";
    static const struct {
        const char *label, *text;
        bool same;
    } rows[] = {
        {"itself", "Subject: a\nX: y\n\nbody\n", true},
        {"CRLF", "Subject: a\r\nX: y\r\n\r\nbody\r\n", true},
        {"a date of delivery", "Delivery-date: today\nSubject: a\nX: y\n\nbody\n", true},
        {"an mbox line", "From a@b today\nSubject: a\nX: y\n\nbody\n", true},
        {"another subject", "Subject: b\nX: y\n\nbody\n", false},
        {"another body", "Subject: a\nX: y\n\nBody\n", false},
        {"a Message-ID", "Message-ID: <1@x>\nSubject: a\nX: y\n\nbody\n", false},
    };
    char wire[WIRE_ROOM];
    uint8_t identity[OP_SHA256_LEN];
    struct letter letter;
    const char *why;

    (void)state;
    assert_true(make(first, strlen(first), NULL, false, &letter, wire, &why));
    memcpy(identity, letter.identity, sizeof identity);
    letter_clear(&letter);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].label);
        assert_true(make(rows[i].text, strlen(rows[i].text), NULL, false, &letter, wire, &why));
        assert_int_equal(memcmp(identity, letter.identity, sizeof identity) == 0, rows[i].same);
        letter_clear(&letter);
    }
}

/* The field is what op_stamp_format writes with CRLF, and a header of its own where there is none.
 */
static void test_stamp(void **state)
{
    struct op_stamp stamp = {.suite = op_suite_default(), .effort = 512, .date = 20261121}, again;
    struct letter letter = {0};
    char text[LETTER_STAMP_MAX];

    (void)state;
    memset(stamp.nonces, 0xff, sizeof stamp.nonces);
    stamp.quote_len = OP_QUOTE_LEN;
    for (int headless = 0; headless < 2; headless++) {
        letter.headless = headless;
        size_t len = letter_stamp(&letter, &stamp, text);
        assert_int_equal(len, strlen(text));
        assert_true(len < sizeof text);
        assert_string_equal(text + len - (headless ? 4 : 2), headless ? "\r\n\r\n" : "\r\n");
        for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
            assert_int_equal(at[-1], '\r');
        const char *value = strchr(text, ':') + 1;
        assert_int_equal(op_stamp_parse(value, strlen(value), &again, NULL), OP_VERDICT_PASS);
        assert_memory_equal(again.nonces, stamp.nonces, 128);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_fields),     cmocka_unit_test(test_smuggling),
        cmocka_unit_test(test_long_lines), cmocka_unit_test(test_large),
        cmocka_unit_test(test_identity),   cmocka_unit_test(test_stamp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
