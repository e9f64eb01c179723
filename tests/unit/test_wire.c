/* test_wire.c - lines and octets over a pair of sockets, with the other end played by the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/wire.h"

#define LATER 60   /* seconds: never reached unless something hangs */
#define SOON  0.05 /* reached, whenever that is */
#define LARGE (4 << 20)

struct pair {
    struct wire *wire;
    int far;
};

static int setup(void **state)
{
    static struct pair pair;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return -1;
    pair = (struct pair){.wire = wire_new(ends[0]), .far = ends[1]};
    *state = &pair;
    return 0;
}

static int teardown(void **state)
{
    struct pair *pair = *state;

    wire_free(pair->wire);
    if (pair->far >= 0)
        close(pair->far);
    return 0;
}

static void far_says(const struct pair *pair, const void *data, size_t len)
{
    assert_int_equal(send(pair->far, data, len, MSG_NOSIGNAL), len);
}

static void far_closes(struct pair *pair)
{
    close(pair->far);
    pair->far = -1;
}

/* `len` octets and an end of line, `count` times. */
static void far_says_lines(const struct pair *pair, size_t len, const char *end, int count)
{
    char line[WIRE_LINE_MAX + 16];

    memset(line, 'x', len);
    strcpy(line + len, end);
    while (count-- > 0)
        far_says(pair, line, len + strlen(end));
}

static enum wire_result read_line(const struct pair *pair, char line[WIRE_LINE_MAX], size_t *len)
{
    return wire_read_line(pair->wire, wire_now() + LATER, line, len);
}

/* With its end a line may have WIRE_LINE_MAX octets; a CR is part of it until the LF has come. */
static void test_lines_of_all_sizes(void **state)
{
    const struct pair *pair = *state;
    char line[WIRE_LINE_MAX];

    for (size_t len = 0; len < WIRE_LINE_MAX;
         len += len < 70 || len > WIRE_LINE_MAX - 70 ? 1 : 61) {
        const char *end = len < WIRE_LINE_MAX - 1 && len % 2 == 0 ? "\r\n" : "\n";
        size_t got = 0;
        far_says_lines(pair, len, end, 2);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(read_line(pair, line, &got), WIRE_OK);
            assert_int_equal(strlen(line), len);
            assert_int_equal(strspn(line, "x"), len);
            assert_int_equal(got >= len + 1 && got <= len + strlen(end), 1);
        }
    }
}

static void test_lines_too_long(void **state)
{
    static const struct {
        size_t len;
        const char *end;
        enum wire_result result;
    } rows[] = {
        {WIRE_LINE_MAX - 2, "\r\n", WIRE_OK},   {WIRE_LINE_MAX - 1, "\n", WIRE_OK},
        {WIRE_LINE_MAX - 1, "\r\n", WIRE_LONG}, {WIRE_LINE_MAX, "\n", WIRE_LONG},
        {WIRE_LINE_MAX, "", WIRE_LONG}, /* it need not end to be too long */
        {WIRE_LINE_MAX + 1, "\n", WIRE_LONG},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[WIRE_LINE_MAX];
        size_t len;
        far_says_lines(*state, rows[i].len, rows[i].end, 1);
        assert_int_equal(read_line(*state, line, &len), rows[i].result);
        teardown(state);
        assert_int_equal(setup(state), 0);
    }
}

static void test_octets_of_lines(void **state)
{
    static const struct {
        const char *octets;
        size_t len;
        const char *line;
    } rows[] = {
        {"\n", 1, ""},
        {"\r\n", 2, ""},
        {"\r\r\n", 3, "?"},
        {"a\rb\n", 4, "a?b"},
        {"a\0b\r\n", 5, "a?b"},
        {" ~\x1f\x7f\x80\xff\t\n", 8, " ~?????"},
        {"\x1b[31m\n", 6, "?[31m"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[WIRE_LINE_MAX];
        size_t len = 0;
        far_says(*state, rows[i].octets, rows[i].len);
        assert_int_equal(read_line(*state, line, &len), WIRE_OK);
        assert_string_equal(line, rows[i].line);
        assert_int_equal(len, rows[i].len);
    }
}

static void *drip(void *arg)
{
    const struct pair *pair = arg;
    static const char text[] = "220-one\r\n220 two\r\n";

    for (int i = 0; i < 100; i++) {
        for (const char *at = text; *at != '\0'; at++) {
            if (send(pair->far, at, 1, MSG_NOSIGNAL) != 1)
                return NULL;
        }
    }
    return NULL;
}

static void test_lines_in_pieces(void **state)
{
    pthread_t thread;
    char line[WIRE_LINE_MAX];
    size_t len;

    assert_int_equal(pthread_create(&thread, NULL, drip, *state), 0);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(read_line(*state, line, &len), WIRE_OK);
        assert_string_equal(line, i % 2 == 0 ? "220-one" : "220 two");
    }
    pthread_join(thread, NULL);
}

static void test_deadlines(void **state)
{
    struct pair *pair = *state;
    char line[WIRE_LINE_MAX], *large = calloc(1, LARGE);
    size_t len;

    assert_non_null(large);
    assert_int_equal(wire_read_line(pair->wire, wire_now() - 1, line, &len), WIRE_TIMEOUT);
    assert_int_equal(wire_read_line(pair->wire, wire_now() + SOON, line, &len), WIRE_TIMEOUT);
    far_says(pair, "half a line", 11);
    assert_int_equal(wire_read_line(pair->wire, wire_now() + SOON, line, &len), WIRE_TIMEOUT);
    far_says(pair, "x", 1);
    assert_int_equal(wire_read_line(pair->wire, wire_now() + SOON, line, &len), WIRE_TIMEOUT);
    assert_int_equal(wire_write(pair->wire, large, LARGE, wire_now() + SOON), WIRE_TIMEOUT);
    free(large);
}

/* What is there already needs no time. */
static void test_no_deadline_for_what_is_there(void **state)
{
    struct pair *pair = *state;
    char line[WIRE_LINE_MAX];
    size_t len;

    far_says(pair, "a\nb\n", 4);
    assert_int_equal(wire_read_line(pair->wire, 0, line, &len), WIRE_OK);
    assert_int_equal(wire_read_line(pair->wire, 0, line, &len), WIRE_OK);
    assert_string_equal(line, "b");
}

static void test_closed(void **state)
{
    struct pair *pair = *state;
    char line[WIRE_LINE_MAX];
    size_t len;

    far_says(pair, "whole\nhalf", 10);
    far_closes(pair);
    assert_int_equal(read_line(pair, line, &len), WIRE_OK);
    assert_string_equal(line, "whole");
    assert_int_equal(read_line(pair, line, &len), WIRE_CLOSED);
    assert_string_equal(wire_why(pair->wire), "the other side closed the connection");
    assert_int_equal(wire_write(pair->wire, "x", 1, wire_now() + LATER), WIRE_CLOSED);
}

/* Nothing is said to somebody who is speaking. */
static void test_answered(void **state)
{
    struct pair *pair = *state;
    char line[WIRE_LINE_MAX], got;
    size_t len;

    far_says(pair, "421 bye\r\n", 9);
    for (int i = 0; i < 2; i++) { /* whether it has been read ahead or not */
        assert_int_equal(wire_write(pair->wire, "MAIL\r\n", 6, wire_now() + LATER), WIRE_ANSWERED);
        assert_int_equal(recv(pair->far, &got, 1, MSG_DONTWAIT), -1);
    }
    assert_int_equal(read_line(pair, line, &len), WIRE_OK);
    assert_string_equal(line, "421 bye");
    assert_int_equal(wire_write(pair->wire, "QUIT", 4, wire_now() + LATER), WIRE_OK);
    assert_int_equal(recv(pair->far, line, sizeof line, 0), 4);
}

static void *swallow(void *arg)
{
    const struct pair *pair = arg;
    char block[4096];
    size_t *sum = malloc(sizeof *sum);
    ssize_t n;

    *sum = 0;
    while ((n = recv(pair->far, block, sizeof block, 0)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            *sum += (unsigned char)block[i];
    }
    return sum;
}

static void test_large(void **state)
{
    struct pair *pair = *state;
    unsigned char *large = malloc(LARGE);
    size_t want = 0;
    void *sum;
    pthread_t thread;

    assert_non_null(large);
    for (size_t i = 0; i < LARGE; i++)
        want += large[i] = (unsigned char)(i * 7 + i / 4096);
    assert_int_equal(pthread_create(&thread, NULL, swallow, pair), 0);
    assert_int_equal(wire_write(pair->wire, large, LARGE, wire_now() + LATER), WIRE_OK);
    wire_free(pair->wire); /* closes the socket: the other end sees it */
    pair->wire = NULL;
    pthread_join(thread, &sum);
    assert_int_equal(*(size_t *)sum, want);
    free(sum);
    free(large);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_lines_of_all_sizes),
        TEST(test_lines_too_long),
        TEST(test_octets_of_lines),
        TEST(test_lines_in_pieces),
        TEST(test_deadlines),
        TEST(test_no_deadline_for_what_is_there),
        TEST(test_closed),
        TEST(test_answered),
        TEST(test_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
