/*
 * ledger_fixture.h - what the tests of the ledger share: a directory that goes away, and short ways
 * to ask.
 */
#ifndef LEDGER_FIXTURE_H
#define LEDGER_FIXTURE_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "milter/ledger.h"

#define DAY  20261121u
#define NOW  INT64_C(1795219200)
#define SIZE (UINT64_C(64) << 20)

/* A fresh name for a directory that is not there yet, inside one that is. */
static inline char *fixture_dir(void)
{
    char top[] = "/tmp/onionpow-test-XXXXXX", *path;
    assert_non_null(mkdtemp(top));
    assert_true(asprintf(&path, "%s/ledger", top) > 0);
    return path;
}

static inline void fixture_remove(char *path)
{
    DIR *dir = opendir(path);
    for (const struct dirent *entry; dir && (entry = readdir(dir));)
        (void)unlinkat(dirfd(dir), entry->d_name, 0); /* "." and ".." stay */
    if (dir)
        closedir(dir);
    (void)remove(path);
    *strrchr(path, '/') = '\0';
    assert_int_equal(rmdir(path), 0);
    free(path);
}

static inline struct ledger *fixture_open(const char *backend, const char *path, uint64_t size)
{
    char why[512] = "";
    struct ledger_spec spec = {.backend = backend, .path = path, .max_size = size};
    struct ledger *ledger = ledger_open(&spec, why, sizeof why);
    if (!ledger)
        fail_msg("%s", why);
    return ledger;
}

/* The ledger on disk cannot be opened; the sentence has this in it, and the path. */
static inline void expect_refused(const char *path, const char *want)
{
    char why[512] = "";
    struct ledger_spec spec = {"lmdb", path, SIZE};
    if (ledger_open(&spec, why, sizeof why) || !strstr(why, want) || !strstr(why, path))
        fail_msg("wanted \"%s\", got \"%s\"", want, why);
}

static inline struct ledger_key key_of(uint32_t date, uint64_t n)
{
    struct ledger_key key = {.date = date};
    memcpy(key.id, &n, sizeof n);
    return key;
}

/* Fingerprints of messages, by number below 16. */
static inline const uint8_t *print_of(unsigned n)
{
    static const uint8_t octets[16 + LEDGER_FINGERPRINT_LEN] = {[LEDGER_FINGERPRINT_LEN - 1] = 1,
                                                                [LEDGER_FINGERPRINT_LEN + 3] = 2};
    return octets + n;
}

static inline enum ledger_state reserve(struct ledger *ledger, struct ledger_key key,
                                        unsigned print, uint64_t token, int64_t now)
{
    enum ledger_state state;
    assert_int_equal(ledger_reserve(ledger, &key, print_of(print), token, now, &state), LEDGER_OK);
    return state;
}

static inline bool spend(struct ledger *ledger, struct ledger_key key, unsigned print,
                         uint64_t token, int64_t now)
{
    bool spent;
    size_t culprit = 77;
    assert_int_equal(ledger_spend(ledger, &key, 1, print_of(print), token, now, &spent, &culprit),
                     LEDGER_OK);
    assert_int_equal(culprit, spent ? 77 : 0);
    return spent;
}

static inline void pass(struct ledger *ledger, struct ledger_key key, uint64_t token, int64_t now)
{
    assert_int_equal(ledger_pass(ledger, &key, token, now), LEDGER_OK);
}

static inline void burn(struct ledger *ledger, struct ledger_key key, uint64_t token, int64_t now)
{
    assert_int_equal(ledger_burn(ledger, &key, token, now), LEDGER_OK);
}

/* Reserves and spends a fresh stamp. */
static inline void claim(struct ledger *ledger, struct ledger_key key, unsigned print)
{
    assert_int_equal(reserve(ledger, key, print, 1, NOW), LEDGER_RESERVED_NEW);
    assert_true(spend(ledger, key, print, 1, NOW));
}

#endif
