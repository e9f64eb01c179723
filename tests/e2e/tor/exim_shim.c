/*
 * exim_shim.c - for a private Exim: the user and the group that Debian's Exim was built for are
 * those of whoever runs it.
 *
 * Preloaded. They come into being when the package is installed; the tests only unpack it.
 */
#include <dlfcn.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#define EXIM "Debian-exim"

typedef struct passwd *find_user(const char *name);
typedef struct group *find_group(const char *name);

struct passwd *getpwnam(const char *name)
{
    find_user *real = (find_user *)dlsym(RTLD_NEXT, "getpwnam");

    if (strcmp(name, EXIM) == 0)
        return getpwuid(getuid());
    return real == NULL ? NULL : real(name);
}

struct group *getgrnam(const char *name)
{
    find_group *real = (find_group *)dlsym(RTLD_NEXT, "getgrnam");

    if (strcmp(name, EXIM) == 0)
        return getgrgid(getgid());
    return real == NULL ? NULL : real(name);
}
