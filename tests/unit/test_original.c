/* test_original.c - a returned message: what it says of itself, what is taken away, and that every
 * other octet stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/original.h"

/* A copy of just that size, so that a sanitizer sees a look beyond it. */
static bool read_copy(const char *text, size_t len, struct original *original_r)
{
    char *copy = malloc(len > 0 ? len : 1);

    assert_non_null(copy);
    memcpy(copy, text, len);
    bool found = original_read(copy, len, original_r);
    free(copy);
    return found;
}

static void test_text(void **state)
{
    static const struct {
        const char *label, *text, *want; /* want NULL: there is no header */
        size_t len, want_len;            /* of texts with a NUL; 0: up to their end */
    } rows[] = {
        {"all stays", "To: a\nX: y\n\nhello\n", "To: a\nX: y\n\nhello\n", 0, 0},
        {"CRLF stays", "To: a\r\n\r\nhello\r\n", "To: a\r\n\r\nhello\r\n", 0, 0},
        {"mixed line ends stay", "To: a\r\nX: y\n\r\nb\rc\n", "To: a\r\nX: y\n\r\nb\rc\n", 0, 0},
        {"NUL stays", "To: a\n\nb\0c\n", "To: a\n\nb\0c\n", 11, 11},
        {"NUL in a field stays", "X: a\0b\n\nc", "X: a\0b\n\nc", 9, 9},
        {"a stamp goes", "To: a\nX-Onion-PoW: x\n\nb\n", "To: a\n\nb\n", 0, 0},
        {"with its folds", "X-Onion-PoW: x\n\ty\n z\nTo: a\n\nb", "To: a\n\nb", 0, 0},
        {"any case", "X-ONION-pow : x\r\nTo: a\r\n\r\nb", "To: a\r\n\r\nb", 0, 0},
        {"all of many", "X-Onion-PoW: x\nTo: a\nx-onion-pow:\n\nb", "To: a\n\nb", 0, 0},
        {"a path goes", "Return-Path: <a@b>\nTo: a\n\nb", "To: a\n\nb", 0, 0},
        {"a name that ends alike stays", "X-X-Onion-PoW: x\n\nb", "X-X-Onion-PoW: x\n\nb", 0, 0},
        {"a name that begins alike stays", "Return-Paths: x\n\nb", "Return-Paths: x\n\nb", 0, 0},
        {"a stamp in the body stays", "To: a\n\nX-Onion-PoW: x\n", "To: a\n\nX-Onion-PoW: x\n", 0,
         0},
        {"a stamp behind the header stays", "To: a\nhello\nX-Onion-PoW: x\n",
         "To: a\nhello\nX-Onion-PoW: x\n", 0, 0},
        {"an mbox line goes", "From a@b Mon\nTo: a\n\nb", "To: a\n\nb", 0, 0},
        {"one in the body stays", "To: a\n\nFrom a@b Mon\n", "To: a\n\nFrom a@b Mon\n", 0, 0},
        {"header alone", "To: a\n", "To: a\n", 0, 0},
        {"no line end", "To: a", "To: a", 0, 0},
        {"a stamp alone", "X-Onion-PoW: x\n\nb", "\nb", 0, 0},
        {"a stamp alone, no empty line", "X-Onion-PoW: x\nhello\n", "\nhello\n", 0, 0},
        {"a stamp alone, no line end", "X-Onion-PoW: x", "", 0, 0},
        {"what is no header does not become one", "Return-Path: <a@b>\nFrom a@b Mon\nX: y\n\nb",
         "\nFrom a@b Mon\nX: y\n\nb", 0, 0},
        {"a field that looks like an mbox line", "Return-Path: <a>\nFrom : a@b.test\n\nb",
         "From : a@b.test\n\nb", 0, 0},
        {"nothing", "", NULL, 0, 0},
        {"an empty line", "\nTo: a\n\nb", NULL, 0, 0},
        {"text", "hello\nTo: a\n\nb", NULL, 0, 0},
        {"an mbox line alone", "From a@b Mon\n\nb", NULL, 0, 0},
        {"a NUL first", "\0To: a\n\nb", NULL, 9, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct original original;
        size_t len = rows[i].len ? rows[i].len : strlen(rows[i].text);
        print_message("%s\n", rows[i].label);
        assert_int_equal(read_copy(rows[i].text, len, &original), rows[i].want != NULL);
        if (rows[i].want == NULL)
            continue;
        size_t want_len = rows[i].want_len ? rows[i].want_len : strlen(rows[i].want);
        assert_int_equal(original.len, want_len);
        assert_memory_equal(original.text, rows[i].want, want_len);
        original_clear(&original);
    }
}

/* "ADDRESS ADDRESS" */
static void join(const struct rcptlist *list, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < list->count; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%s", i > 0 ? " " : "",
                              list->rcpts[i].recipient.text);
    assert_true(n < size);
}

static void test_fields(void **state)
{
    static const struct {
        const char *label, *text, *authors, *addressees, *id, *subject;
    } rows[] = {
        {"all",
         "From: A <a@x.test>\nSender: s@x.test\nTo: b@x.test, c@x.test\nCc: d@x.test\n"
         "Bcc: e@x.test\nMessage-ID: <1@x.test>\nSubject: Hi\n\n",
         "a@x.test s@x.test", "b@x.test c@x.test d@x.test e@x.test", "<1@x.test>", "Hi"},
        {"none", "X: y\n\n", "", "", "", ""},
        {"empty", "From:\nTo:\nMessage-ID: \nSubject:\n\n", "", "", "", ""},
        {"any case", "FROM: a@x.test\nto : b@x.test\nMESSAGE-id:\t<1>\nsubject:Hi\n\n", "a@x.test",
         "b@x.test", "<1>", "Hi"},
        {"one author twice", "From: a@x.test\nSender: A <a@x.test>\n\n", "a@x.test", "", "", ""},
        {"resent: these alone", "To: a@x.test\nResent-To: b@x.test\n\n", "", "b@x.test", "", ""},
        {"what is no address is left out", "From: nobody at all\nTo: a@@b\nSubject: x\n\n", "", "",
         "", "x"},
        {"folded", "Subject: a\r\n b\r\n\tc\r\nMessage-ID:\r\n <1>\r\n\r\n", "", "", "<1>",
         "a b\tc"},
        {"a bare CR", "Subject: a\rb\n\n", "", "", "", "ab"},
        {"twice: the last", "Subject: a\nMessage-ID: <1>\nSubject: b\nMessage-ID: <2>\n\n", "", "",
         "<2>", "b"},
        {"in the body", "X: y\n\nFrom: a@x.test\nTo: b@x.test\nSubject: x\nMessage-ID: <1>\n", "",
         "", "", ""},
        {"in a stamp's folds", "X-Onion-PoW: x\n Subject: y\n From: a@x.test\n\n", "", "", "", ""},
    };
    char got[1024];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct original original;
        print_message("%s\n", rows[i].label);
        assert_true(read_copy(rows[i].text, strlen(rows[i].text), &original));
        join(&original.authors, got, sizeof got);
        assert_string_equal(got, rows[i].authors);
        join(&original.addressees, got, sizeof got);
        assert_string_equal(got, rows[i].addressees);
        assert_string_equal(original.id, rows[i].id);
        assert_string_equal(original.subject, rows[i].subject);
        assert_int_equal(original.crlf, strstr(rows[i].text, "\r\n") != NULL);
        original_clear(&original);
    }
}

/* A value without end is cut to what is shown; a header without end is none. */
static void test_bounds(void **state)
{
    size_t room = 2 * MESSAGE_HEADER_MAX, len;
    char *text = malloc(room);
    struct original original;

    (void)state;
    assert_non_null(text);
    len = (size_t)snprintf(text, room, "Subject: ");
    memset(text + len, 'x', 100000);
    len += 100000;
    assert_true(read_copy(text, len, &original));
    assert_int_equal(strlen(original.subject), ORIGINAL_WORD_MAX - 1);
    assert_int_equal(original.len, len);
    original_clear(&original);

    memset(text + len, 'x', room - len);
    assert_false(read_copy(text, room, &original));
    for (len = 0; len + 6 <= room; len += 6)
        memcpy(text + len, "To: a\n", 6);
    assert_false(read_copy(text, len, &original));
    free(text);
}

/* Whoever `send' could have written to is found again; and it is told if not all are. */
static void test_many(void **state)
{
    size_t room = 2 * RCPTLIST_EACH_MAX * sizeof "u0000@x.org,\n ", len = 0, said_len;
    char *text = malloc(room), *said = NULL;
    FILE *errors = stderr;
    struct original original;

    (void)state;
    assert_non_null(text);
    for (int more = 0; more < 2; more++) {
        len = (size_t)snprintf(text, room, "To: u0@x.org");
        for (int i = 1; i < RCPTLIST_EACH_MAX + more; i++)
            len += (size_t)snprintf(text + len, room - len, ",\n u%d@x.org", i);
        len += (size_t)snprintf(text + len, room - len, "\n\n");
        stderr = open_memstream(&said, &said_len);
        assert_non_null(stderr);
        bool read = read_copy(text, len, &original);
        fclose(stderr);
        stderr = errors;
        assert_true(read);
        assert_int_equal(original.addressees.count, RCPTLIST_EACH_MAX);
        assert_int_equal(strstr(said, "u2000@x.org: the message names more than 2000") != NULL,
                         more);
        original_clear(&original);
        free(said);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
