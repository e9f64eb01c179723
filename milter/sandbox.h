/*
 * sandbox.h - gives up what the daemon does not need: root, core dumps, new privileges.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct sandbox_user {
    char name[64];
    uid_t uid;
    gid_t gid;
};

/* False if there is no such user, or the user is root. */
bool sandbox_find_user(const char *name, struct sandbox_user *user_r);

/* Makes a missing directory with mode 0700, owned by the user. True if it is there afterwards. */
bool sandbox_make_directory(const char *path, const struct sandbox_user *user);

/* Becomes the user for good, groups included, and makes sure that there is no way back. False with
 * a sentence in why_r; then the process has to end. */
bool sandbox_drop(const struct sandbox_user *user, char *why_r, size_t why_size);

/* No core dumps, no ptrace by others, no gain of privileges by exec: the site key is in memory.
 * After sandbox_drop, as changing the user undoes some of it. */
void sandbox_harden(void);

#endif
