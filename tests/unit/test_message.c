/* test_message.c - where the header of a message ends, and its fields, octet for octet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/message.h"

static enum message_result read_octets(const char *text, size_t len, struct message *message,
                                       FILE **stream_r)
{
    FILE *stream = fmemopen((char *)(uintptr_t)text, len, "r");

    assert_non_null(stream);
    enum message_result result = message_read(stream, message);
    if (stream_r != NULL)
        *stream_r = stream;
    else
        fclose(stream);
    return result;
}

static void test_end(void **state)
{
    static const struct {
        const char *label, *text;
        size_t fields, end, read; /* octets: start and end of the fields, taken from the stream */
        size_t count;             /* fields */
        bool crlf, separated;
    } rows[] = {
        {"plain", "A: 1\nB: 2\n\nbody\n", 0, 10, 11, 2, false, true},
        {"CRLF", "A: 1\r\nB: 2\r\n\r\nbody\r\n", 0, 12, 14, 2, true, true},
        {"fold", "A: 1\n 2\n\t3\n\nbody", 0, 11, 12, 1, false, true},
        {"a line of blanks is a fold", "A: 1\n \nB: 2\n\n", 0, 12, 13, 2, false, true},
        {"no body", "A: 1\n", 0, 5, 5, 1, false, false},
        {"no line end", "A: 1", 0, 4, 4, 1, false, false},
        {"no header", "\nbody\n", 0, 0, 1, 0, false, true},
        {"no header, CRLF", "\r\nbody\r\n", 0, 0, 2, 0, true, true},
        {"text at once", "hello world\nmore\n", 0, 0, 12, 0, false, false},
        {"text behind a header", "A: 1\nhello world\nmore\n", 0, 5, 17, 1, false, false},
        {"fold at the start is text", " A: 1\nB: 2\n", 0, 0, 6, 0, false, false},
        {"mbox line", "From bob Thu Jan  1\nA: 1\n\nbody", 20, 25, 26, 1, false, true},
        {"mbox line later is text", "A: 1\nFrom bob\nB: 2\n", 0, 5, 14, 1, false, false},
        {"From: is a field", "From: bob\n\n", 0, 10, 11, 1, false, true},
        {"From : is a field", "From : bob\n\n", 0, 11, 12, 1, false, true},
        {"blank before the colon", "A : 1\n\n", 0, 6, 7, 1, false, true},
        {"no name", ": 1\n\n", 0, 0, 4, 0, false, false},
        {"blank in the name", "A B: 1\n\n", 0, 0, 7, 0, false, false},
        {"not ASCII in the name", "\303\244: 1\n\n", 0, 0, 6, 0, false, false},
        {"lone CR is no line end", "A: 1\rB: 2\n\n", 0, 10, 11, 1, false, true},
        {"mixed line ends", "A: 1\r\nB: 2\n\r\nbody", 0, 11, 13, 2, true, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct message message;
        struct message_field field;
        size_t count = 0, octets = rows[i].fields;
        print_message("%s\n", rows[i].label);
        assert_int_equal(read_octets(rows[i].text, strlen(rows[i].text), &message, NULL),
                         MESSAGE_OK);
        assert_int_equal(message.fields, rows[i].fields);
        assert_int_equal(message.end, rows[i].end);
        assert_int_equal(message.len, rows[i].read);
        assert_int_equal(message.crlf, rows[i].crlf);
        assert_int_equal(message.separated, rows[i].separated);
        assert_memory_equal(message.text, rows[i].text, rows[i].read);
        for (size_t at = 0; message_next(&message, &at, &field); count++)
            octets += field.len;
        assert_int_equal(count, rows[i].count);
        assert_int_equal(octets, rows[i].end);
        message_clear(&message);
    }
}

static void test_empty(void **state)
{
    struct message message;
    struct message_field field;
    size_t at = 0;
    FILE *stream = fopen("/dev/null", "r");

    (void)state;
    assert_int_equal(message_read(stream, &message), MESSAGE_OK);
    assert_int_equal(message.len, 0);
    assert_false(message_next(&message, &at, &field));
    message_clear(&message);
    fclose(stream);
}

static void test_fields(void **state)
{
    static const char text[] = "Subject: one\r\n two\r\nX-Nul:a\0b\nEmpty:\nTo : bob\n\nbody";
    static const struct {
        const char *name, *value;
        size_t value_len;
    } want[] = {
        {"Subject", " one\r\n two", 10}, {"X-Nul", "a\0b", 3}, {"Empty", "", 0}, {"To", " bob", 4}};
    struct message message;
    struct message_field field;
    size_t at = 0;

    (void)state;
    assert_int_equal(read_octets(text, sizeof text - 1, &message, NULL), MESSAGE_OK);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_true(message_next(&message, &at, &field));
        assert_true(message_field_is(&field, want[i].name));
        assert_int_equal(field.value_len, want[i].value_len);
        assert_memory_equal(field.value, want[i].value, want[i].value_len);
    }
    assert_false(message_next(&message, &at, &field));
    assert_false(message_next(&message, &at, &field));
    message_clear(&message);
}

static void test_field_is(void **state)
{
    struct message_field field = {.name = "BCC-x", .name_len = 3};

    (void)state;
    assert_true(message_field_is(&field, "Bcc"));
    assert_false(message_field_is(&field, "Bc"));
    assert_false(message_field_is(&field, "BCC-x"));
    assert_false(message_field_is(&field, "Cc"));
}

/* What the header reader took and what is left in the stream are the whole message. */
static void test_rest(void **state)
{
    static const char text[] = "A: 1\n\nbody\0more";
    struct message message;
    char rest[64];
    FILE *stream;

    (void)state;
    assert_int_equal(read_octets(text, sizeof text - 1, &message, &stream), MESSAGE_OK);
    size_t n = fread(rest, 1, sizeof rest, stream);
    assert_int_equal(message.len + n, sizeof text - 1);
    assert_memory_equal(rest, text + message.len, n);
    message_clear(&message);
    fclose(stream);
}

static void test_limit(void **state)
{
    static const struct {
        const char *label;
        char line[8];
        enum message_result want;
    } rows[] = {
        {"many fields", "A: 123\n", MESSAGE_TOO_LARGE},
        {"one endless field", "A:23456", MESSAGE_TOO_LARGE},
        {"one endless text", "abcdefg", MESSAGE_OK},
    };
    size_t len = MESSAGE_HEADER_MAX + 7;
    char *text = malloc(len);

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct message message;
        print_message("%s\n", rows[i].label);
        for (size_t j = 0; j < len; j++)
            text[j] = rows[i].line[j % 7];
        enum message_result result = read_octets(text, len, &message, NULL);
        assert_int_equal(result, rows[i].want);
        if (result == MESSAGE_OK) {
            assert_true(message.len <= MESSAGE_HEADER_MAX);
            assert_int_equal(message.end, 0);
            message_clear(&message);
        }
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_end),    cmocka_unit_test(test_empty),
        cmocka_unit_test(test_fields), cmocka_unit_test(test_field_is),
        cmocka_unit_test(test_rest),   cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
