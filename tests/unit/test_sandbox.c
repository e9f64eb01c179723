/*
 * test_sandbox.c - users, directories, and what cannot be had back. What takes root is skipped
 * without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "milter/sandbox.h"

static void test_find_user(void **state)
{
    struct sandbox_user user = {.uid = 12345};
    const struct passwd *nobody = getpwnam("nobody");
    char longest[100];
    (void)state;
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_false(sandbox_find_user("root", &user));
    assert_false(sandbox_find_user("no-such-user", &user));
    assert_false(sandbox_find_user("", &user));
    assert_false(sandbox_find_user(longest, &user));
    assert_int_equal(user.uid, 12345);
    assert_non_null(nobody);
    assert_true(sandbox_find_user("nobody", &user));
    assert_int_equal(user.uid, nobody->pw_uid);
    assert_int_equal(user.gid, nobody->pw_gid);
    assert_string_equal(user.name, "nobody");
}

static void test_make_directory(void **state)
{
    char base[] = "/tmp/test_sandbox.XXXXXX", path[64];
    struct sandbox_user user = {.uid = geteuid() == 0 ? 65534 : geteuid(), .gid = getegid()};
    struct stat st;
    (void)state;
    assert_non_null(mkdtemp(base));
    snprintf(path, sizeof path, "%s/state", base);
    umask(022);
    assert_true(sandbox_make_directory(path, &user));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(st.st_uid, user.uid);

    chmod(path, 0750); /* one that is there stays as it is */
    assert_true(sandbox_make_directory(path, &user));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0750);
    rmdir(path);

    fclose(fopen(path, "w"));
    assert_false(sandbox_make_directory(path, &user));
    unlink(path);
    rmdir(base);
    assert_false(sandbox_make_directory(path, &user));
}

/* In a process of its own; the result is its exit status. */
static int in_child(int (*body)(void))
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(body());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int drop_and_try(void)
{
    struct sandbox_user user;
    char why[256] = "";
    gid_t groups[64];
    if (!sandbox_find_user("nobody", &user) || !sandbox_drop(&user, why, sizeof why))
        return 1;
    uid_t r, e, s;
    if (getresuid(&r, &e, &s) < 0 || r != user.uid || e != user.uid || s != user.uid)
        return 2;
    if (getgid() != user.gid || getegid() != user.gid)
        return 3;
    int count = getgroups(64, groups);
    for (int i = 0; i < count; i++) {
        if (groups[i] == 0)
            return 4;
    }
    if (setuid(0) == 0 || setgid(0) == 0 || setgroups(0, NULL) == 0)
        return 5;
    return 0;
}

static void test_drop(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(in_child(drop_and_try), 0);
}

static int drop_without_root(void)
{
    struct sandbox_user user = {.name = "nobody", .uid = 65534, .gid = 65534};
    char why[256] = "";
    if (geteuid() == 0 && setresuid(1, 1, 1) < 0)
        return 1;
    if (sandbox_drop(&user, why, sizeof why))
        return 2;
    return strstr(why, "cannot become user nobody") ? 0 : 3;
}

static void test_drop_refused(void **state)
{
    (void)state;
    assert_int_equal(in_child(drop_without_root), 0);
}

static int harden_and_look(void)
{
    struct rlimit core;
    sandbox_harden();
    if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_cur != 0 || core.rlim_max != 0)
        return 1;
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
        return 2;
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 3;
}

static void test_harden(void **state)
{
    (void)state;
    assert_int_equal(in_child(harden_and_look), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_user), cmocka_unit_test(test_make_directory),
        cmocka_unit_test(test_drop),      cmocka_unit_test(test_drop_refused),
        cmocka_unit_test(test_harden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
