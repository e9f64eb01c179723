/* test_listener.c - where mail servers may ask: on this machine, and nowhere that others reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cmocka.h>

#include "tests/unit/directory.h"
#include "tools/listener.h"

static void test_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "/tmp/x",
        "local:",
        "local:tmp/x",
        "unix:/tmp/x",
        "inet:",
        "inet:25",
        "inet:25@",
        "inet:0@127.0.0.1",
        "inet:65536@127.0.0.1",
        "inet:127.0.0.1:25",
        "inet:10025@0.0.0.0",
        "inet:10025@192.0.2.1",
        "inet:10025@::",
        "inet:10025@example.org",
        "local:/tmp/"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[LISTENER_WHY_MAX] = "";
        if (listener_open(rows[i], why) >= 0)
            fail_msg("%s: is taken", rows[i]);
        if (!strstr(why, "inet:PORT@ADDRESS with an address of this machine"))
            fail_msg("%s: %s", rows[i], why);
    }
}

static void test_path(void **state)
{
    char text[80], why[LISTENER_WHY_MAX] = "";
    struct stat status;
    (void)state;
    snprintf(text, sizeof text, "local:%s", path);
    int fd = listener_open(text, why);
    if (fd < 0)
        fail_msg("%s", why);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0666);
    assert_int_equal(listener_open(text, why), -1); /* somebody listens */
    assert_non_null(strstr(why, "in use"));
    close(fd);
    fd = listener_open(text, why); /* nobody does */
    if (fd < 0)
        fail_msg("%s", why);
    listener_close(text, fd);
    assert_int_not_equal(stat(path, &status), 0);

    FILE *file = fopen(path, "w"); /* never removed: it is no socket */
    fclose(file);
    assert_int_equal(listener_open(text, why), -1);
    assert_int_equal(stat(path, &status), 0);
    assert_true(S_ISREG(status.st_mode));
    unlink(path);
}

static int setup(void **state)
{
    (void)state;
    return directory_setup("map.sock");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_path),
    };
    return cmocka_run_group_tests(tests, setup, directory_teardown);
}
