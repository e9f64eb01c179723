/*
 * sender_state.c - the directory where the sender keeps stamps, offers and slots. Decides which it
 * is and whether it is safe: what lies there is worth money, and names who is written to.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/sender.h"

#define SENDER_STATE_ROOT "/var/lib/onionpow/sender"

/* NULL with a sentence. */
static char *sender_state_path(const struct sender *sender, char *why_r)
{
    const char *base = secure_getenv("XDG_STATE_HOME"), *home = secure_getenv("HOME");
    char *path = NULL;
    int len = -1;

    if (sender->state[0] != '\0')
        len = asprintf(&path, "%s", sender->state);
    else if (geteuid() == 0)
        len = asprintf(&path, "%s", SENDER_STATE_ROOT);
    else if (base != NULL && base[0] == '/')
        len = asprintf(&path, "%s/onionpow", base);
    else if (home != NULL && home[0] == '/')
        len = asprintf(&path, "%s/.local/state/onionpow", home);
    else {
        snprintf(why_r, SENDER_WHY_MAX,
                 "no directory for state: set the key \"state\" in sender.conf, or HOME");
        return NULL;
    }
    if (len >= 0)
        return path;
    snprintf(why_r, SENDER_WHY_MAX, "out of memory");
    return NULL;
}

/* Makes what is missing of the path, for nobody but us. */
static bool sender_state_make(char *path)
{
    for (char *slash = path; (slash = strchr(slash + 1, '/')) != NULL;) {
        *slash = '\0';
        int result = mkdir(path, 0700);
        int error = errno;
        *slash = '/';
        if (result != 0 && error != EEXIST && access(path, F_OK) != 0) {
            errno = error;
            return false;
        }
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static bool sender_state_check(const char *path, char *why_r)
{
    struct stat status;

    if (stat(path, &status) != 0)
        snprintf(why_r, SENDER_WHY_MAX, "%.400s: %s", path, strerror(errno));
    else if (!S_ISDIR(status.st_mode))
        snprintf(why_r, SENDER_WHY_MAX, "%.400s: not a directory", path);
    else if (status.st_uid != geteuid())
        snprintf(why_r, SENDER_WHY_MAX,
                 "%.400s: belongs to user %u, and this is user %u: state is not shared", path,
                 (unsigned)status.st_uid, (unsigned)geteuid());
    else if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        snprintf(why_r, SENDER_WHY_MAX, "%.400s: others may write to it: chmod go-w it", path);
    else
        return true;
    return false;
}

char *sender_state(const struct sender *sender, char why_r[SENDER_WHY_MAX])
{
    char *path = sender_state_path(sender, why_r);

    if (path == NULL)
        return NULL;
    if (!sender_state_make(path))
        snprintf(why_r, SENDER_WHY_MAX, "%.400s: cannot be made: %s", path, strerror(errno));
    else if (sender_state_check(path, why_r))
        return path;
    free(path);
    return NULL;
}
