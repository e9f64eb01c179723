/* test_lookup.c - the protocols of mail servers that ask: requests whole, cut, wrong; replies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tools/lookup.h"

static void test_read(void **state)
{
    static const struct {
        enum lookup_protocol protocol;
        const char *text;
        enum lookup_step step;
        const char *key;
        size_t used;
    } rows[] = {
        {LOOKUP_SOCKETMAP, "15:map example.org,", LOOKUP_KEY, "example.org", 19},
        {LOOKUP_SOCKETMAP, "15:map example.org,3:m x,", LOOKUP_KEY, "example.org", 19},
        {LOOKUP_SOCKETMAP, "4:m  ,x", LOOKUP_BROKEN, "", 0},
        {LOOKUP_SOCKETMAP, "4:m  x,", LOOKUP_KEY, " x", 7},
        {LOOKUP_SOCKETMAP, "2:m ,", LOOKUP_KEY, "", 5},
        {LOOKUP_SOCKETMAP, "11:example.org,", LOOKUP_UNKNOWN, "", 15},
        {LOOKUP_SOCKETMAP, "0:,", LOOKUP_UNKNOWN, "", 3},
        {LOOKUP_SOCKETMAP, "", LOOKUP_MORE, "", 0},
        {LOOKUP_SOCKETMAP, "8", LOOKUP_MORE, "", 0},
        {LOOKUP_SOCKETMAP, "8000:", LOOKUP_MORE, "", 0},
        {LOOKUP_SOCKETMAP, "99999", LOOKUP_BROKEN, "", 0},
        {LOOKUP_SOCKETMAP, "9000:x", LOOKUP_BROKEN, "", 0},
        {LOOKUP_SOCKETMAP, "99999999999999999999:x", LOOKUP_BROKEN, "", 0},
        {LOOKUP_SOCKETMAP, "015:map example.org,", LOOKUP_BROKEN, "", 0},
        {LOOKUP_SOCKETMAP, "-1:", LOOKUP_BROKEN, "", 0},
        {LOOKUP_SOCKETMAP, "15:map example.org;", LOOKUP_BROKEN, "", 0},
        {LOOKUP_SOCKETMAP, "get example.org\n", LOOKUP_BROKEN, "", 0},
        {LOOKUP_TCP_TABLE, "get example.org\n", LOOKUP_KEY, "example.org", 16},
        {LOOKUP_TCP_TABLE, "get example.org\r\nget", LOOKUP_KEY, "example.org", 17},
        {LOOKUP_TCP_TABLE, "get a%40b%20%C3%a9\n", LOOKUP_KEY, "a@b \303\251", 19},
        {LOOKUP_TCP_TABLE, "get \n", LOOKUP_KEY, "", 5},
        {LOOKUP_TCP_TABLE, "get example.org", LOOKUP_MORE, "", 0},
        {LOOKUP_TCP_TABLE, "put a b\n", LOOKUP_UNKNOWN, "", 8},
        {LOOKUP_TCP_TABLE, "\n", LOOKUP_UNKNOWN, "", 1},
        {LOOKUP_TCP_TABLE, "get\n", LOOKUP_UNKNOWN, "", 4},
        {LOOKUP_TCP_TABLE, "get a%4\n", LOOKUP_UNKNOWN, "", 8},
        {LOOKUP_TCP_TABLE, "get a%\n", LOOKUP_UNKNOWN, "", 7},
        {LOOKUP_TCP_TABLE, "get a%4g\n", LOOKUP_UNKNOWN, "", 9},
        {LOOKUP_TCP_TABLE, "get a%00b\n", LOOKUP_UNKNOWN, "", 10},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char key[LOOKUP_KEY_MAX] = "";
        size_t used = 0;
        enum lookup_step step =
            lookup_read(rows[i].protocol, rows[i].text, strlen(rows[i].text), key, &used);
        if (step != rows[i].step)
            fail_msg("\"%s\": step %d", rows[i].text, step);
        if (step == LOOKUP_KEY)
            assert_string_equal(key, rows[i].key);
        assert_int_equal(used, rows[i].used);
    }
}

/* One whose length wraps around to the octet before the request. */
static void test_wrap(void **state)
{
    static const char text[] = ",18446744073709551594:abc";
    char key[LOOKUP_KEY_MAX];
    size_t used = 0;
    (void)state;
    assert_int_equal(lookup_read(LOOKUP_SOCKETMAP, text + 1, strlen(text + 1), key, &used),
                     LOOKUP_BROKEN);
}

/* Whatever is cut off the end, the rest is awaited. */
static void test_cut(void **state)
{
    static const char *const whole[] = {"15:map example.org,", "get example.org\n"};
    (void)state;
    for (int protocol = LOOKUP_SOCKETMAP; protocol <= LOOKUP_TCP_TABLE; protocol++) {
        for (size_t len = 0; len < strlen(whole[protocol]); len++) {
            char key[LOOKUP_KEY_MAX];
            size_t used = 0;
            assert_int_equal(
                lookup_read((enum lookup_protocol)protocol, whole[protocol], len, key, &used),
                LOOKUP_MORE);
        }
    }
}

static void test_long(void **state)
{
    char text[LOOKUP_REQUEST_MAX + 1], key[LOOKUP_KEY_MAX];
    size_t used = 0, len;
    (void)state;
    memset(text, 'a', sizeof text);
    memcpy(text, "get ", 4);
    assert_int_equal(lookup_read(LOOKUP_TCP_TABLE, text, LOOKUP_REQUEST_MAX - 1, key, &used),
                     LOOKUP_MORE);
    assert_int_equal(lookup_read(LOOKUP_TCP_TABLE, text, LOOKUP_REQUEST_MAX, key, &used),
                     LOOKUP_BROKEN);
    text[4 + LOOKUP_KEY_MAX - 1] = '\n';
    assert_int_equal(lookup_read(LOOKUP_TCP_TABLE, text, LOOKUP_REQUEST_MAX, key, &used),
                     LOOKUP_KEY);
    assert_int_equal(strlen(key), LOOKUP_KEY_MAX - 1);
    text[4 + LOOKUP_KEY_MAX - 1] = 'a';
    text[4 + LOOKUP_KEY_MAX] = '\n';
    assert_int_equal(lookup_read(LOOKUP_TCP_TABLE, text, LOOKUP_REQUEST_MAX, key, &used),
                     LOOKUP_UNKNOWN);

    memset(text, 'a', sizeof text);
    len = (size_t)snprintf(text, sizeof text, "%d:m ", LOOKUP_KEY_MAX + 1);
    text[len] = 'a';
    text[len - 2 + LOOKUP_KEY_MAX + 1] = ',';
    assert_int_equal(lookup_read(LOOKUP_SOCKETMAP, text, sizeof text, key, &used), LOOKUP_KEY);
    assert_int_equal(strlen(key), LOOKUP_KEY_MAX - 1);
    len = (size_t)snprintf(text, sizeof text, "%d:m ", LOOKUP_KEY_MAX + 2);
    text[len] = 'a';
    text[len - 2 + LOOKUP_KEY_MAX + 1] = 'a';
    text[len - 2 + LOOKUP_KEY_MAX + 2] = ',';
    assert_int_equal(lookup_read(LOOKUP_SOCKETMAP, text, sizeof text, key, &used), LOOKUP_UNKNOWN);
}

static void test_write(void **state)
{
    static const struct {
        struct lookup_reply reply;
        const char *socketmap, *tcp_table;
    } rows[] = {
        {{LOOKUP_FOUND, "onionpow:[x.onion]:25"},
         "24:OK onionpow:[x.onion]:25,",
         "200 onionpow:[x.onion]:25\n"},
        {{LOOKUP_FOUND, "error:5.1.2 no 100%"},
         "22:OK error:5.1.2 no 100%,",
         "200 error:5.1.2%20no%20100%25\n"},
        {{LOOKUP_NONE, ""}, "9:NOTFOUND ,", "500 not%20found\n"},
        {{LOOKUP_LATER, "wait\n"}, "10:TEMP wait\n,", "400 wait%0a\n"},
        {{LOOKUP_NEVER, "what?"}, "10:PERM what?,", "400 what?\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[LOOKUP_REPLY_MAX];
        size_t len = lookup_write(LOOKUP_SOCKETMAP, &rows[i].reply, text);
        assert_int_equal(len, strlen(rows[i].socketmap));
        assert_memory_equal(text, rows[i].socketmap, len);
        len = lookup_write(LOOKUP_TCP_TABLE, &rows[i].reply, text);
        assert_int_equal(len, strlen(rows[i].tcp_table));
        assert_memory_equal(text, rows[i].tcp_table, len);
    }
}

static void test_longest_reply(void **state)
{
    struct lookup_reply reply = {.result = LOOKUP_LATER};
    char text[LOOKUP_REPLY_MAX];
    (void)state;
    memset(reply.value, '%', sizeof reply.value - 1);
    assert_int_equal(lookup_write(LOOKUP_TCP_TABLE, &reply, text),
                     4 + 3 * (LOOKUP_VALUE_MAX - 1) + 1);
    assert_int_equal(lookup_write(LOOKUP_SOCKETMAP, &reply, text),
                     4 + 5 + LOOKUP_VALUE_MAX - 1 + 1);
}

static void test_protocol(void **state)
{
    enum lookup_protocol protocol;
    (void)state;
    assert_true(lookup_protocol_parse("socketmap", &protocol));
    assert_int_equal(protocol, LOOKUP_SOCKETMAP);
    assert_true(lookup_protocol_parse("tcp_table", &protocol));
    assert_int_equal(protocol, LOOKUP_TCP_TABLE);
    assert_false(lookup_protocol_parse("tcp", &protocol));
    assert_false(lookup_protocol_parse("", &protocol));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrap),     cmocka_unit_test(test_read),
        cmocka_unit_test(test_cut),      cmocka_unit_test(test_long),
        cmocka_unit_test(test_write),    cmocka_unit_test(test_longest_reply),
        cmocka_unit_test(test_protocol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
