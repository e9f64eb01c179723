/* test_listen.c - what may be listened at, and that it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "directory.h"
#include "milter/listen.h"

static int setup(void **state)
{
    (void)state;
    return directory_setup("metrics.sock");
}

static void must_refuse(const char *text, bool public, const char *words)
{
    char why[512] = "";
    int fd = listen_open(text, public, why, sizeof why);
    if (fd >= 0)
        fail_msg("listens at %s", text);
    if (!strstr(why, words))
        fail_msg("%s: says \"%s\", lacks \"%s\"", text, why, words);
}

static int must_open(const char *text, bool public)
{
    char why[512] = "";
    int fd = listen_open(text, public, why, sizeof why);
    if (fd < 0)
        fail_msg("%s", why);
    return fd;
}

static void test_form(void **state)
{
    static const char *const rows[] = {
        "",
        "9464",
        "inet:",
        "inet:9464",
        "inet:9464@",
        "inet:@127.0.0.1",
        "inet:0@127.0.0.1",
        "inet:65536@127.0.0.1",
        "inet:+1@127.0.0.1",
        "inet:09464@127.0.0.1",
        "inet:9464@127.0.0.1/8",
        "inet:9464@127.0.0.1/32",
        "inet:9464@127.0.0",
        "inet:9464@example.com",
        "inet:9464@[::1]",
        "INET:9464@127.0.0.1",
        "local:",
        "local:metrics.sock",
        "unix:/tmp/metrics.sock",
        ("local:/none/7890123456789012345678901234567890123456789012345678901234567890"
         "12345678901234567890123456789012345678"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        must_refuse(rows[i], true, "allowed: \"inet:PORT@ADDRESS\"");
}

static void test_beyond_loopback(void **state)
{
    static const char *const rows[] = {
        "inet:9464@0.0.0.0",   "inet:9464@::",          "inet:9464@192.0.2.1",
        "inet:9464@126.0.0.1", "inet:9464@128.0.0.0",   "inet:9464@2001:db8::1",
        "inet:9464@::2",       "inet:9464@::127.0.0.1", "inet:9464@::ffff:192.0.2.1",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        must_refuse(rows[i], false, "public = yes");
}

/* A port that nobody uses just now. */
static unsigned free_port(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    socklen_t len = sizeof in;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
    close(fd);
    return ntohs(in.sin_port);
}

static void must_be_at(int fd, uint32_t address, unsigned port)
{
    struct sockaddr_in in;
    socklen_t len = sizeof in;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
    assert_int_equal(in.sin_family, AF_INET);
    assert_int_equal(ntohl(in.sin_addr.s_addr), address);
    assert_int_equal(ntohs(in.sin_port), port);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void test_inet(void **state)
{
    static const struct {
        const char *host;
        bool public;
        uint32_t address;
    } rows[] = {
        {"127.0.0.1", false, 0x7f000001},
        {"127.1.2.3", false, 0x7f010203},
        {"localhost", false, 0x7f000001},
        {"127.0.0.1", true, 0x7f000001},
        {"0.0.0.0", true, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[64];
        unsigned port = free_port();
        snprintf(text, sizeof text, "inet:%u@%s", port, rows[i].host);
        int fd = must_open(text, rows[i].public);
        must_be_at(fd, rows[i].address, port);
        must_refuse(text, rows[i].public, "in use");
        close(fd);
    }
}

static void test_local(void **state)
{
    char text[128];
    struct stat st;
    (void)state;
    snprintf(text, sizeof text, "local:%s", path);
    assert_string_equal(listen_path(text), path);
    assert_null(listen_path("inet:9464@127.0.0.1"));
    mode_t old = umask(0077);
    int fd = must_open(text, false);
    assert_int_equal(umask(old), 0077); /* as it was */
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0660);
    must_refuse(text, false, "another process listens");
    close(fd);
    close(must_open(text, false)); /* what a dead process has left is taken over */
    unlink(path);
    close(open(path, O_WRONLY | O_CREAT, 0600));
    must_refuse(text, true, "in the way");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_form, setup, directory_teardown),
        cmocka_unit_test_setup_teardown(test_beyond_loopback, setup, directory_teardown),
        cmocka_unit_test_setup_teardown(test_inet, setup, directory_teardown),
        cmocka_unit_test_setup_teardown(test_local, setup, directory_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
