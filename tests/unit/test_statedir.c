/* test_statedir.c - small files that are ours alone, and what is removed of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/statedir.h"

#define NOW 1790000000

static char directory[32];
static int at = -1;

static int setup(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/onionpow-test-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    at = statedir_open(directory);
    return at >= 0 ? 0 : -1;
}

static int teardown(void **state)
{
    char command[64];

    (void)state;
    close(at);
    snprintf(command, sizeof command, "rm -r %s", directory);
    return system(command);
}

static void put(const char *name, time_t written)
{
    const struct timespec times[2] = {{written, 0}, {written, 0}};
    int fd = statedir_put(at, name, "x", 1);

    assert_true(fd >= 0);
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

static bool is_there(const char *name)
{
    return faccessat(at, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_digits(const char *name)
{
    return name[0] != '\0' && name[strspn(name, "0123456789")] == '\0';
}

static void test_put_and_get(void **state)
{
    char text[STATEDIR_FILE_MAX], large[STATEDIR_FILE_MAX];
    struct stat status;

    (void)state;
    put("1", NOW);
    int fd = statedir_file(at, "1", O_RDONLY);
    assert_true(fd >= 0);
    assert_true(statedir_get(fd, text));
    assert_string_equal(text, "x");
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    close(fd);
    memset(large, 'x', sizeof large);
    fd = statedir_put(at, "1", large, sizeof large);
    assert_true(fd >= 0);
    assert_false(statedir_get(fd, text));
    close(fd);
    assert_int_equal(statedir_file(at, "2", O_RDONLY), -1);
    assert_int_equal(errno, ENOENT);
}

/* ... and of the names that the caller knows as its own. */
static void test_sweep(void **state)
{
    char name[32];

    (void)state;
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "%02d", i);
        put(name, NOW + i);
    }
    put("notes", NOW - 1000);
    put(".new-0123456789abcdef", NOW - 1000); /* left by statedir_put */
    put(".new-0123456789abcdeg", NOW - 1000);
    put(".new-0123456789abcdef0", NOW - 1000);
    assert_int_equal(symlinkat("notes", at, "90"), 0);
    assert_int_equal(mkdirat(at, "91", 0700), 0);
    assert_int_equal(mkfifoat(at, "92", 0600), 0);
    statedir_sweep(at, is_digits, NOW + 5, 100);
    assert_false(is_there("04"));
    assert_true(is_there("05"));
    assert_false(is_there(".new-0123456789abcdef"));
    statedir_sweep(at, is_digits, NOW, 3);
    assert_false(is_there("16"));
    assert_true(is_there("17"));
    statedir_sweep(at, is_digits, INT64_MAX, 0);
    assert_false(is_there("19"));
    assert_true(is_there("notes"));
    assert_true(is_there(".new-0123456789abcdeg"));
    assert_true(is_there(".new-0123456789abcdef0"));
    for (int i = 90; i <= 92; i++) {
        snprintf(name, sizeof name, "%d", i);
        assert_true(is_there(name));
    }
}

static void test_directories_that_are_not_ours(void **state)
{
    char path[64];
    int sub = statedir_sub(at, "sub");

    (void)state;
    assert_true(sub >= 0);
    close(sub);
    snprintf(path, sizeof path, "%s/sub", directory);
    for (mode_t mode = 0; mode <= 0777; mode++) {
        assert_int_equal(chmod(path, mode | 0500), 0);
        sub = statedir_open(path);
        assert_int_equal(sub >= 0, (mode & 0022) == 0);
        if (sub >= 0)
            close(sub);
        else
            assert_int_equal(errno, EPERM);
    }
    assert_int_equal(chmod(path, 0700), 0);
    assert_int_equal(symlinkat("sub", at, "link"), 0);
    assert_int_equal(statedir_sub(at, "link"), -1);
    snprintf(path, sizeof path, "%s/link", directory);
    assert_int_equal(statedir_open(path), -1);
    if (geteuid() == 0) {
        assert_int_equal(fchownat(at, "sub", 65534, 65534, 0), 0);
        assert_int_equal(statedir_sub(at, "sub"), -1);
        assert_int_equal(errno, EPERM);
    }
}

/* None of these hangs. */
static void test_files_that_are_not_ours(void **state)
{
    static const int flags[] = {O_RDONLY, O_RDWR, O_RDWR | O_CREAT};

    (void)state;
    put("file", NOW);
    assert_int_equal(symlinkat("file", at, "link"), 0);
    assert_int_equal(mkfifoat(at, "fifo", 0600), 0);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        assert_int_equal(statedir_file(at, "link", flags[i]), -1);
        assert_int_equal(errno, ELOOP);
        assert_int_equal(statedir_file(at, "fifo", flags[i]), -1);
        assert_int_equal(errno, EPERM);
        assert_int_equal(fchmodat(at, "file", 0604, 0), 0);
        assert_int_equal(statedir_file(at, "file", flags[i]), -1);
        assert_int_equal(fchmodat(at, "file", 0620, 0), 0);
        assert_int_equal(statedir_file(at, "file", flags[i]), -1);
        assert_int_equal(fchmodat(at, "file", 0600, 0), 0);
        int fd = statedir_file(at, "file", flags[i]);
        assert_true(fd >= 0);
        close(fd);
    }
    if (geteuid() == 0) {
        assert_int_equal(fchownat(at, "file", 65534, 65534, 0), 0);
        assert_int_equal(statedir_file(at, "file", O_RDONLY), -1);
        assert_int_equal(errno, EPERM);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_put_and_get),
        TEST(test_sweep),
        TEST(test_directories_that_are_not_ours),
        TEST(test_files_that_are_not_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
