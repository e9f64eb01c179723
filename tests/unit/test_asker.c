/* test_asker.c - a mail server's connection: requests in pieces and in heaps, replies, the clock.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/asker.h"

static const struct lookup_reply none = {LOOKUP_NONE, ""};
static int ends[2];

static struct asker *make(enum lookup_protocol protocol)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    struct asker *asker = asker_new(protocol, ends[0], ends[0], 1000);
    assert_non_null(asker);
    return asker;
}

static void say(const char *text)
{
    assert_int_equal(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
}

static void expect(const char *want)
{
    char text[256] = "";
    ssize_t len = read(ends[1], text, sizeof text - 1);
    assert_int_equal(len, (ssize_t)strlen(want));
    assert_string_equal(text, want);
}

static void finish(struct asker *asker)
{
    asker_free(asker);
    close(ends[1]);
}

static void test_questions(void **state)
{
    struct asker *asker = make(LOOKUP_SOCKETMAP);
    (void)state;
    say("15:map exam");
    asker_go_on(asker, 1000);
    assert_int_equal(asker_state(asker), ASKER_READING);
    say("ple.org,5:m two,4:m x"); /* the rest, a whole one, and a beginning */
    asker_go_on(asker, 1000);
    assert_int_equal(asker_state(asker), ASKER_WAITING);
    assert_string_equal(asker_key(asker), "example.org");
    asker_reply(asker, &none, 1000);
    assert_int_equal(asker_state(asker), ASKER_WRITING);
    asker_go_on(asker, 1000);
    expect("9:NOTFOUND ,");
    assert_int_equal(asker_state(asker), ASKER_WAITING);
    assert_string_equal(asker_key(asker), "two");
    asker_reply(asker, &none, 1000);
    asker_go_on(asker, 1000);
    expect("9:NOTFOUND ,");
    assert_int_equal(asker_state(asker), ASKER_READING);
    say("y,");
    asker_go_on(asker, 1000);
    assert_string_equal(asker_key(asker), "xy");
    finish(asker);
}

/* Only who owes us a request is silent, since the last reply; a part of a request is none. */
static void test_silent_since(void **state)
{
    struct asker *asker = make(LOOKUP_SOCKETMAP);
    (void)state;
    assert_int_equal(asker_silent_since(asker), 1000);
    say("3:m");
    asker_go_on(asker, 2000);
    assert_int_equal(asker_silent_since(asker), 1000);
    say(" x,");
    asker_go_on(asker, 3000);
    assert_int_equal(asker_silent_since(asker), INT64_MAX);
    asker_reply(asker, &none, 4000);
    assert_int_equal(asker_silent_since(asker), INT64_MAX);
    asker_go_on(asker, 5000);
    assert_int_equal(asker_silent_since(asker), 5000);
    finish(asker);
}

static void test_unknown(void **state)
{
    struct asker *asker = make(LOOKUP_TCP_TABLE);
    (void)state;
    say("put a b\nget c\n");
    asker_go_on(asker, 1000);
    assert_int_equal(asker_state(asker), ASKER_WRITING);
    asker_go_on(asker, 1000);
    expect("400 not%20a%20request%20for%20a%20value\n");
    assert_int_equal(asker_state(asker), ASKER_WAITING);
    assert_string_equal(asker_key(asker), "c");
    finish(asker);
}

static void test_broken(void **state)
{
    struct asker *asker = make(LOOKUP_SOCKETMAP);
    (void)state;
    say("EHLO x\r\n");
    asker_go_on(asker, 1000);
    assert_int_equal(asker_state(asker), ASKER_GONE);
    asker_go_on(asker, 1000);
    assert_int_equal(asker_state(asker), ASKER_GONE);
    finish(asker);
}

static void test_hangs_up(void **state)
{
    struct asker *asker = make(LOOKUP_SOCKETMAP);
    (void)state;
    asker_go_on(asker, 1000); /* nothing has come */
    assert_int_equal(asker_state(asker), ASKER_READING);
    say("3:m x,");
    asker_go_on(asker, 1000);
    asker_go_on(asker, 1000); /* while it waits, only its end wakes us */
    assert_int_equal(asker_state(asker), ASKER_GONE);
    finish(asker);

    asker = make(LOOKUP_SOCKETMAP);
    shutdown(ends[1], SHUT_WR);
    asker_go_on(asker, 1000);
    assert_int_equal(asker_state(asker), ASKER_GONE);
    finish(asker);
}

/* A client of two pipes whose questions have ended still gets its reply. */
static void test_pipes(void **state)
{
    int in[2], out[2];
    char text[64] = "";
    (void)state;
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    struct asker *asker = asker_new(LOOKUP_TCP_TABLE, in[0], out[1], 1000);
    assert_int_equal(write(in[1], "get a\n", 6), 6);
    close(in[1]);
    assert_int_equal(asker_fd(asker), in[0]);
    asker_go_on(asker, 1000);
    struct pollfd fd = {.fd = asker_fd(asker), .events = asker_events(asker)};
    assert_int_equal(poll(&fd, 1, 0), 0); /* nothing to be done while it waits */
    asker_reply(asker, &none, 1000);
    asker_go_on(asker, 1000);
    assert_true(read(out[0], text, sizeof text) > 0);
    assert_string_equal(text, "500 not%20found\n");
    asker_go_on(asker, 1000);
    assert_int_equal(asker_state(asker), ASKER_GONE);
    asker_free(asker);
    close(out[0]);
}

/* One that does not read its replies fills the pipe and is left there, without blocking us. */
static void test_does_not_read(void **state)
{
    struct asker *asker = make(LOOKUP_TCP_TABLE);
    unsigned rounds = 0;
    (void)state;
    for (; rounds < 100000 && asker_state(asker) != ASKER_WRITING; rounds++) {
        say("get a\n");
        asker_go_on(asker, 1000);
        asker_reply(asker, &none, 1000);
        asker_go_on(asker, 1000);
    }
    assert_int_equal(asker_state(asker), ASKER_WRITING);
    assert_int_equal(asker_deadline(asker), 1000 + ASKER_SHARP_MS);
    asker_go_on(asker, 9000);
    assert_int_equal(asker_deadline(asker), 1000 + ASKER_SHARP_MS);
    finish(asker);
}

static void test_deadlines(void **state)
{
    struct asker *asker = make(LOOKUP_SOCKETMAP);
    (void)state;
    assert_int_equal(asker_deadline(asker), 1000 + ASKER_IDLE_MS);
    say("3");
    asker_go_on(asker, 2000);
    assert_int_equal(asker_deadline(asker), 2000 + ASKER_SHARP_MS);
    say(":");
    asker_go_on(asker, 9000); /* drop by drop does not win time */
    assert_int_equal(asker_deadline(asker), 2000 + ASKER_SHARP_MS);
    say("m x,");
    asker_go_on(asker, 9000);
    assert_true(asker_deadline(asker) == INT64_MAX);
    asker_answer_by(asker, 12000);
    assert_int_equal(asker_deadline(asker), 12000);
    asker_reply(asker, &none, 11000);
    assert_int_equal(asker_deadline(asker), 11000 + ASKER_SHARP_MS);
    asker_go_on(asker, 11500);
    assert_int_equal(asker_deadline(asker), 11500 + ASKER_IDLE_MS);
    finish(asker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_questions),     cmocka_unit_test(test_silent_since),
        cmocka_unit_test(test_unknown),       cmocka_unit_test(test_broken),
        cmocka_unit_test(test_hangs_up),      cmocka_unit_test(test_pipes),
        cmocka_unit_test(test_does_not_read), cmocka_unit_test(test_deadlines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
