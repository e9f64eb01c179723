/* test_endpoint.c - whose socket is it: a running daemon's, a dead one's, or no socket at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "directory.h"
#include "milter/endpoint.h"

static int setup(void **state)
{
    (void)state;
    return directory_setup("sock");
}

static int serve(int type, int backlog)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type, 0);
    memcpy(addr.sun_path, path, strlen(path));
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, backlog), 0);
    return fd;
}

static void must_be(enum endpoint_state want, const char *words)
{
    char why[256] = "";
    assert_int_equal(endpoint_claim(path, why, sizeof why), want);
    if (!strstr(why, words))
        fail_msg("says \"%s\", lacks \"%s\"", why, words);
}

static void test_unused(void **state)
{
    (void)state;
    must_be(ENDPOINT_FREE, "");
}

static void test_in_use(void **state)
{
    int fd = serve(SOCK_STREAM, 5);
    (void)state;
    must_be(ENDPOINT_IN_USE, "another process");
    assert_int_equal(access(path, F_OK), 0); /* and is left alone */
    close(fd);
}

static void test_busy(void **state)
{
    int fd = serve(SOCK_STREAM, 0);
    (void)state;
    for (int i = 0; i < 4; i++) /* whoever does not accept has a full backlog at last */
        must_be(ENDPOINT_IN_USE, "another process");
    close(fd);
}

static void test_stale(void **state)
{
    (void)state;
    close(serve(SOCK_STREAM, 5));
    assert_int_equal(access(path, F_OK), 0);
    must_be(ENDPOINT_FREE, "");
    assert_int_equal(access(path, F_OK), -1);
}

static void test_in_the_way(void **state)
{
    (void)state;
    close(open(path, O_WRONLY | O_CREAT, 0600));
    must_be(ENDPOINT_OBSTRUCTED, "in the way");
    assert_int_equal(access(path, F_OK), 0);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    must_be(ENDPOINT_OBSTRUCTED, "in the way");
    rmdir(path);
    int fd = serve(SOCK_DGRAM, 0); /* another program's, of another kind */
    must_be(ENDPOINT_OBSTRUCTED, "in the way");
    close(fd);
}

static void test_no_directory(void **state)
{
    char missing[128], why[256] = "";
    (void)state;
    snprintf(missing, sizeof missing, "%s/none/sock", directory);
    assert_int_equal(endpoint_claim(missing, why, sizeof why), ENDPOINT_OBSTRUCTED);
    assert_non_null(strstr(why, "socket directory"));
    assert_non_null(strstr(why, "No such file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_unused, setup, directory_teardown),
        cmocka_unit_test_setup_teardown(test_in_use, setup, directory_teardown),
        cmocka_unit_test_setup_teardown(test_busy, setup, directory_teardown),
        cmocka_unit_test_setup_teardown(test_stale, setup, directory_teardown),
        cmocka_unit_test_setup_teardown(test_in_the_way, setup, directory_teardown),
        cmocka_unit_test_setup_teardown(test_no_directory, setup, directory_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
