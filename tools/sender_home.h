/*
 * sender_home.h - where what belongs to the user is kept (XDG base directory specification).
 * Internal to the sender files.
 */
#ifndef TOOLS_SENDER_HOME_H
#define TOOLS_SENDER_HOME_H

#include <stdbool.h>

/* "onionpow" below the directory that this variable of the environment names, or else below
 * ~/BELOW. The user's home is $HOME, or, as programs of a mail server have none, that of the
 * account. *path_r is NULL if there is none; to be freed. False: out of memory. */
bool sender_home(const char *variable, const char *below, char **path_r);

#endif
