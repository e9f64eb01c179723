/* test_notify.c - the datagrams that a service manager gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "milter/notify.h"

/* A manager's socket, named as $NOTIFY_SOCKET has it: a path, or @ and an abstract name. */
static int manager_open(const char *name)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    memcpy(addr.sun_path, name, strlen(name));
    if (name[0] == '@')
        addr.sun_path[0] = '\0';
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                     0);
    return fd;
}

static void receive(int fd, char text_r[512])
{
    ssize_t got = recv(fd, text_r, 511, MSG_DONTWAIT);
    text_r[got < 0 ? 0 : got] = '\0';
}

static void exchange(const char *name)
{
    char text[512];
    int fd = manager_open(name);
    setenv("NOTIFY_SOCKET", name, 1);

    notify_ready("serving");
    receive(fd, text);
    assert_string_equal(text, "READY=1\nSTATUS=serving");

    unsigned long long usec;
    int end = 0;
    notify_reloading();
    receive(fd, text);
    assert_int_equal(sscanf(text, "RELOADING=1\nMONOTONIC_USEC=%llu%n", &usec, &end), 1);
    assert_int_equal(text[end], '\0');
    assert_true(usec > 0);

    notify_stopping("bye");
    receive(fd, text);
    assert_string_equal(text, "STOPPING=1\nSTATUS=bye");
    close(fd);
}

static void test_path(void **state)
{
    char directory[] = "/tmp/test_notify.XXXXXX", name[64];
    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(name, sizeof name, "%s/notify", directory);
    exchange(name);
    unlink(name);
    rmdir(directory);
}

static void test_abstract(void **state)
{
    char name[64];
    (void)state;
    snprintf(name, sizeof name, "@test_notify.%ld", (long)getpid());
    exchange(name);
}

/* Nobody there, or nothing that can be an address: no harm. */
static void test_nobody(void **state)
{
    static const char long_name[] =
        "/01234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "012345678901234567890123456789";
    static const char *const names[] = {"", "@", "/", "relative", "/nonexistent/notify", long_name};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        notify_ready("x");
    }
    unsetenv("NOTIFY_SOCKET");
    notify_ready("x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_path), cmocka_unit_test(test_abstract),
                                       cmocka_unit_test(test_nobody)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
