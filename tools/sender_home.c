/* sender_home.c - see sender_home.h. Only absolute paths count, as the specification has it. */
#include "tools/sender_home.h"

#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *sender_home_absolute(const char *path)
{
    return path != NULL && path[0] == '/' ? path : NULL;
}

static const char *sender_home_account(void)
{
    const struct passwd *user = getpwuid(geteuid());

    return user != NULL ? sender_home_absolute(user->pw_dir) : NULL;
}

bool sender_home(const char *variable, const char *below, char **path_r)
{
    const char *base = sender_home_absolute(secure_getenv(variable));
    const char *home = sender_home_absolute(secure_getenv("HOME"));

    *path_r = NULL;
    if (base != NULL)
        return asprintf(path_r, "%s/onionpow", base) >= 0;
    if (home == NULL)
        home = sender_home_account();
    return home == NULL || asprintf(path_r, "%s/%s/onionpow", home, below) >= 0;
}
