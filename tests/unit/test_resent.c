/* test_resent.c - what counts as the same bounce, and that it is acted upon once, by any number of
 * processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tools/resent.h"

#define NOW    1795324132
#define RACERS 8

static bool disk_fails;

/* In place of libc's. */
int fsync(int fd)
{
    (void)fd;
    if (!disk_fails)
        return 0;
    errno = EIO;
    return -1;
}

static struct resent make(const char *rcpt, const char *diagnostic, const char *message)
{
    struct dsn dsn = {.message = (char *)(uintptr_t)message,
                      .message_len = message != NULL ? strlen(message) : 0};
    struct dsn_recipient about = {.action = DSN_FAILED};
    struct resent resent;

    assert_true(op_recipient_parse(rcpt, strlen(rcpt), &about.recipient, NULL));
    strcpy(about.diagnostic, diagnostic);
    resent_init(&resent, &dsn, &about);
    return resent;
}

static bool same(struct resent a, struct resent b)
{
    return memcmp(a.id, b.id, sizeof a.id) == 0;
}

static void test_identity(void **state)
{
    struct resent first = make("a@x.test", "smtp; 554", "From: a\n\nb\n");

    (void)state;
    assert_true(same(first, make("A@X.test", "smtp; 554", "From: a\n\nb\n")));
    assert_true(same(first, make("a@x.test", "smtp; 554", "From: a\r\n\r\nb\r\n")));
    assert_false(same(first, make("b@x.test", "smtp; 554", "From: a\n\nb\n")));
    assert_false(same(first, make("a@x.test", "smtp; 555", "From: a\n\nb\n")));
    assert_false(same(first, make("a@x.test", "smtp; 554", "From: a\n\nc\n")));
    assert_false(same(first, make("a@x.test", "smtp; 554", NULL)));
    assert_false(same(make("a@x.test", "1", "23"), make("a@x.test", "12", "3")));
}

static void test_mark(void **state)
{
    const char *directory = *state;
    struct resent one = make("a@x.test", "1", NULL), two = make("a@x.test", "2", NULL);

    assert_int_equal(resent_mark(&one, directory, NOW), RESENT_FIRST);
    assert_int_equal(resent_mark(&one, directory, NOW), RESENT_BEFORE);
    assert_int_equal(resent_mark(&two, directory, NOW), RESENT_FIRST);
    assert_true(resent_unmark(&one, directory));
    assert_int_equal(resent_mark(&one, directory, NOW), RESENT_FIRST);
    assert_int_equal(resent_mark(&two, directory, NOW), RESENT_BEFORE);
    assert_true(resent_unmark(&one, directory));
    assert_true(resent_unmark(&one, directory)); /* it is not marked: fine */
    assert_true(resent_unmark(&two, directory));
}

static void test_forgotten(void **state)
{
    const char *directory = *state;
    struct resent one = make("a@x.test", "1", NULL);
    int64_t now = time(NULL);

    assert_int_equal(resent_mark(&one, directory, now), RESENT_FIRST);
    assert_int_equal(resent_mark(&one, directory, now + (RESENT_DAYS - 1) * 86400), RESENT_BEFORE);
    assert_int_equal(resent_mark(&one, directory, now + (RESENT_DAYS + 1) * 86400), RESENT_FIRST);
    assert_true(resent_unmark(&one, directory));
}

static void test_race(void **state)
{
    const char *directory = *state;
    struct resent one = make("a@x.test", "race", NULL);
    int first = 0;

    for (int i = 0; i < RACERS; i++) {
        if (fork() == 0)
            _exit((int)resent_mark(&one, directory, time(NULL)));
    }
    for (int i = 0; i < RACERS; i++) {
        int status;
        assert_true(wait(&status) > 0 && WIFEXITED(status));
        assert_true(WEXITSTATUS(status) == RESENT_FIRST || WEXITSTATUS(status) == RESENT_BEFORE);
        first += WEXITSTATUS(status) == RESENT_FIRST;
    }
    assert_int_equal(first, 1);
    assert_true(resent_unmark(&one, directory));
}

static void test_failure(void **state)
{
    struct resent one = make("a@x.test", "1", NULL);

    (void)state;
    assert_int_equal(resent_mark(&one, "/nonexistent", NOW), RESENT_FAILED);
    assert_false(resent_unmark(&one, "/nonexistent"));
    assert_int_equal(resent_mark(&one, "/dev/null", NOW), RESENT_FAILED);
}

/* A mark that may not last is none: nothing is sent, and the next try is the first. */
static void test_disk(void **state)
{
    struct resent one = make("a@x.test", "disk", NULL);

    disk_fails = true;
    assert_int_equal(resent_mark(&one, *state, time(NULL)), RESENT_FAILED);
    assert_int_equal(errno, EIO);
    disk_fails = false;
    assert_int_equal(resent_mark(&one, *state, time(NULL)), RESENT_FIRST);
    assert_true(resent_unmark(&one, *state));
}

static int setup(void **state)
{
    static char name[] = "/tmp/onionpow-test-XXXXXX";

    *state = mkdtemp(name);
    return *state != NULL ? 0 : -1;
}

/* Fails if a mark is left. */
static int teardown(void **state)
{
    char name[64];

    snprintf(name, sizeof name, "%s/resent", (const char *)*state);
    return rmdir(name) == 0 && rmdir(*state) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity),  cmocka_unit_test(test_mark),
        cmocka_unit_test(test_forgotten), cmocka_unit_test(test_race),
        cmocka_unit_test(test_failure),   cmocka_unit_test(test_disk),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
