/*
 * credit.c - see credit.h. Each destination is a file credit/NAME of one line,
 *
 *     minted MILLISECONDS since SECONDS
 */
#include "tools/credit.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pow/heard.h"
#include "tools/purse.h"
#include "tools/statedir.h"

static int credit_open(const char *state)
{
    int at = statedir_open(state);
    int directory = at >= 0 ? statedir_sub(at, "credit") : -1;
    int error = errno;

    if (at >= 0)
        close(at);
    errno = error;
    return directory;
}

static bool credit_is_name(const char *name)
{
    return strlen(name) == PURSE_HASH_MAX - 1 && strspn(name, STATEDIR_HEX) == PURSE_HASH_MAX - 1;
}

/* Evenly, over CREDIT_S. Where the clock was set back nothing is forgotten before it is there
 * again.
 */
static double credit_leak(const struct credit *credit, int64_t now)
{
    double share = (double)(now - credit->since) / CREDIT_S;

    return credit->noted_s * (1 - fmin(fmax(share, 0), 1));
}

/* Twelve digits of milliseconds are thirty years: more is damage. */
static bool credit_parse(const char *text, int64_t now, struct credit *credit_r)
{
    char spent_ms[13], since[13];
    int end = 0;

    if (sscanf(text, "minted %12[0-9] since %12[0-9]%n", spent_ms, since, &end) != 2 ||
        strcmp(text + end, "\n") != 0)
        return false;
    *credit_r = (struct credit){.since = strtoll(since, NULL, 10),
                                .noted_s = (double)strtoll(spent_ms, NULL, 10) / 1000};
    credit_r->spent_s = credit_leak(credit_r, now);
    return op_heard_fresh(credit_r->since, CREDIT_S, now);
}

static void credit_get(int directory, const char *name, int64_t now, struct credit *credit_r)
{
    char text[STATEDIR_FILE_MAX];
    int fd = statedir_file(directory, name, O_RDONLY);

    if (fd < 0 || !statedir_get(fd, text) || !credit_parse(text, now, credit_r))
        *credit_r = (struct credit){.since = now};
    if (fd >= 0)
        close(fd);
}

static bool credit_put(int directory, const char *name, int64_t now, const struct credit *credit)
{
    char text[64];
    int len = snprintf(text, sizeof text, "minted %.0f since %lld\n", ceil(credit->spent_s * 1000),
                       (long long)now);

    statedir_sweep(directory, credit_is_name, now - CREDIT_S, CREDIT_MAX - 1);
    int fd = statedir_put(directory, name, text, (size_t)len);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

void credit_read(const char *state, const char *name, int64_t now, struct credit *credit_r)
{
    int directory = credit_open(state);

    *credit_r = (struct credit){.since = now};
    if (directory < 0)
        return;
    credit_get(directory, name, now, credit_r);
    close(directory);
}

double credit_wait_s(const struct credit *credit, int64_t now, double spent_s)
{
    if (credit->spent_s <= spent_s)
        return 0;
    return (double)(credit->since - now) + CREDIT_S * (1 - fmax(spent_s, 0) / credit->noted_s);
}

bool credit_add(const char *state, const char *name, int64_t now, double seconds)
{
    int directory = credit_open(state);
    struct credit credit;

    if (directory < 0)
        return false;
    credit_get(directory, name, now, &credit);
    credit.spent_s = fmin(fmax(credit.spent_s + seconds, 0), 1e8);
    bool put = credit_put(directory, name, now, &credit);
    int error = errno;
    close(directory);
    errno = error;
    return put;
}

bool credit_clear(const char *state, const char *name)
{
    int directory = credit_open(state);

    if (directory < 0)
        return false;
    bool gone = unlinkat(directory, name, 0) == 0 || errno == ENOENT;
    int error = errno;
    close(directory);
    errno = error;
    return gone;
}
