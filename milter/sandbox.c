/*
 * sandbox.c - privileges, given up once at start. Knows nothing of what the daemon does with those
 * that are left; the rest of the cage is the service manager's (etc/systemd).
 */
#include "milter/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

bool sandbox_find_user(const char *name, struct sandbox_user *user_r)
{
    const struct passwd *entry = getpwnam(name); /* at start, with one thread */
    if (!entry || entry->pw_uid == 0 || strlen(name) >= sizeof user_r->name)
        return false;
    memset(user_r, 0, sizeof *user_r);
    memcpy(user_r->name, name, strlen(name));
    user_r->uid = entry->pw_uid;
    user_r->gid = entry->pw_gid;
    return true;
}

bool sandbox_make_directory(const char *path, const struct sandbox_user *user)
{
    struct stat st;
    if (mkdir(path, 0700) == 0)
        return lchown(path, user->uid, user->gid) == 0;
    return errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool sandbox_drop(const struct sandbox_user *user, char *why_r, size_t why_size)
{
    if (initgroups(user->name, user->gid) < 0 || setresgid(user->gid, user->gid, user->gid) < 0 ||
        setresuid(user->uid, user->uid, user->uid) < 0) {
        snprintf(why_r, why_size, "cannot become user %s: %s", user->name, strerror(errno));
        return false;
    }
    if (setuid(0) == 0 || seteuid(0) == 0 || geteuid() != user->uid || getegid() != user->gid) {
        snprintf(why_r, why_size, "privileges could be had back after becoming user %s",
                 user->name);
        return false;
    }
    return true;
}

void sandbox_harden(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
