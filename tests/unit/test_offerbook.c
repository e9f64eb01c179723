/*
 * test_offerbook.c - what the sender's side has written down is read; what is old, damaged,
 * somebody else's or not there is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/offerbook.h"
#include "pow/heard.h"
#include "tools/purse.h"

#define NOW INT64_C(1795003200)

static char directory[32];

static void empty(const char *path)
{
    char name[512];
    DIR *stream = opendir(path);

    if (stream == NULL)
        return;
    for (const struct dirent *at; (at = readdir(stream)) != NULL;) {
        if (strcmp(at->d_name, ".") == 0 || strcmp(at->d_name, "..") == 0)
            continue;
        snprintf(name, sizeof name, "%.200s/%.200s", path, at->d_name);
        if (unlink(name) != 0) {
            empty(name);
            rmdir(name);
        }
    }
    closedir(stream);
}

static int setup(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/onionpow-test-XXXXXX");
    return mkdtemp(directory) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    empty(directory);
    return rmdir(directory);
}

static struct op_offers offers_of(const char *token)
{
    struct op_offers offers;

    assert_true(op_offers_parse(token, strlen(token), &offers));
    return offers;
}

/* As "onionpow deliver" does. */
static void remember(const char *destination, int64_t when, const char *token)
{
    struct op_offers offers = offers_of(token);
    char why[PURSE_WHY_MAX];
    struct purse *purse = purse_open(directory, 86400, 86400, why);

    assert_non_null(purse);
    assert_true(purse_remember(purse, destination, when, &offers));
    purse_free(purse);
}

static bool knows(const char *domain, uint64_t effort)
{
    struct op_offers offers = {.count = 0};

    if (!offerbook_find(directory, domain, NOW, &offers))
        return false;
    assert_int_equal(offers.count, 1);
    assert_int_equal(offers.offer[0].effort, effort);
    return true;
}

static void test_what_the_sender_remembers(void **state)
{
    (void)state;
    remember("abc.onion:25", NOW - 3600, "onionpow:1:sha256/77");
    remember("xyz.onion:25", NOW, "onionpow:1:sha256/78");
    remember("old.onion:25", NOW - OFFERBOOK_AGE_S - 1, "onionpow:1:sha256/79");
    remember("port.onion:2525", NOW, "onionpow:1:sha256/80");
    assert_true(knows("abc.onion", 77));
    assert_true(knows("xyz.onion", 78));
    assert_false(knows("old.onion", 79));
    assert_false(knows("port.onion", 80));
    assert_false(knows("other.onion", 0));
}

/* The only file of offers. */
static void find_file(char path_r[512])
{
    char offers[64];
    const struct dirent *at;

    snprintf(offers, sizeof offers, "%s/offers", directory);
    DIR *stream = opendir(offers);
    assert_non_null(stream);
    do
        at = readdir(stream);
    while (at != NULL && at->d_name[0] == '.');
    assert_non_null(at);
    snprintf(path_r, 512, "%s/%.200s", offers, at->d_name);
    closedir(stream);
}

static void write_file(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

/* 64 KiB of an offer that would be good on its own. */
static void write_large(const char *path)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    fputs("heard 1795003200 onionpow:1:", out);
    for (int i = 0; i < 6000; i++)
        fputs("sha256/5,,", out);
    fputs("sha256/5\n", out);
    fclose(out);
}

/* What cannot be minted, or is of a time that cannot be right, is as good as nothing. */
static void test_absurd(void **state)
{
    static const struct {
        const char *text;
        uint64_t effort; /* 0: not known */
    } rows[] = {
        {"heard 1795003200 onionpow:1:sha256/5\n", 5},
        {"heard 1795003200 onionpow:1:sha256/0\n", 0},
        {"heard 1795003200 onionpow:1:sha256/05\n", 0},
        {"heard 1795003200 onionpow:1:sha256/-5\n", 0},
        {"heard 1795003200 onionpow:1:sha256/18446744073709551615\n", 0},
        {"heard 1795003200 onionpow:1:sha256/18446744073709551621\n", 0}, /* 2^64 + 5 */
        {"heard 1795003200 onionpow:1:sha256/18446744073709551615,sha256/5\n", 5},
        {"heard 1795003200 onionpow:1:unheard-of/5\n", 0},
        {"heard 1795003200 onionpow:2:sha256/5\n", 0},
        {"heard 0 onionpow:1:sha256/5\n", 0},
        {"heard -1 onionpow:1:sha256/5\n", 0},
        {"heard 9223372036854775807 onionpow:1:sha256/5\n", 0},
        {"heard 9223372036854775808 onionpow:1:sha256/5\n", 0},
        {"heard 1795003200 onionpow:1:sha256/5", 0},
        {"heard 1795003200 onionpow:1:sha256/5\n\n", 0},
        {"heard 1795003200  onionpow:1:sha256/5\n", 0},
    };
    char path[512];

    (void)state;
    remember("abc.onion:25", NOW, "onionpow:1:sha256/77");
    find_file(path);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s", rows[i].text);
        write_file(path, rows[i].text);
        assert_int_equal(knows("abc.onion", rows[i].effort), rows[i].effort != 0);
    }
}

/* A directory of state that is something else. */
static void test_no_directory(void **state)
{
    char path[512], key[64], why[256];
    struct op_offers offers;

    (void)state;
    remember("abc.onion:25", NOW, "onionpow:1:sha256/77");
    find_file(path);
    snprintf(key, sizeof key, "%s/key", directory);
    assert_false(offerbook_find(key, "abc.onion", NOW, &offers)); /* a file */
    assert_false(offerbook_readable(key, why, sizeof why));
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_false(knows("abc.onion", 77));
    unlink(key);
    assert_int_equal(mkfifo(key, 0600), 0);
    assert_false(offerbook_readable(directory, why, sizeof why));
    assert_false(knows("abc.onion", 77));
    unlink(key);
    assert_int_equal(mkdir(key, 0700), 0);
    assert_false(offerbook_readable(directory, why, sizeof why));
    assert_non_null(strstr(why, "/key: Is a directory"));
    assert_false(knows("abc.onion", 77));
}

static void test_damage(void **state)
{
    char path[512], large[2000];

    (void)state;
    remember("abc.onion:25", NOW, "onionpow:1:sha256/77");
    find_file(path);
    write_file(path, "heard 1795003200 onionpow:1:sha256/5\n");
    assert_true(knows("abc.onion", 5));
    write_file(path, "heard 1795003200 onionpow:1:sha");
    assert_false(knows("abc.onion", 5));
    write_file(path, "");
    assert_false(knows("abc.onion", 5));
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    write_file(path, large);
    assert_false(knows("abc.onion", 5));
    write_large(path);
    assert_false(knows("abc.onion", 5));
    unlink(path);
    assert_int_equal(symlink("/dev/zero", path), 0);
    assert_false(knows("abc.onion", 5));
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody is waited for */
    assert_false(knows("abc.onion", 5));
}

static void test_key(void **state)
{
    char path[64], why[256];

    (void)state;
    assert_false(offerbook_readable(directory, why, sizeof why));
    assert_non_null(strstr(why, "/key: No such file"));
    assert_false(knows("abc.onion", 77));
    remember("abc.onion:25", NOW, "onionpow:1:sha256/77");
    assert_true(offerbook_readable(directory, why, sizeof why));
    snprintf(path, sizeof path, "%s/key", directory);
    write_file(path, "another key, of 32 octets.......");
    assert_true(offerbook_readable(directory, why, sizeof why));
    assert_false(knows("abc.onion", 77));
    write_file(path, "short");
    assert_false(offerbook_readable(directory, why, sizeof why));
    assert_non_null(strstr(why, "/key: Invalid argument"));
    assert_false(knows("abc.onion", 77));
    assert_false(offerbook_readable("/nonexistent", why, sizeof why));
    assert_non_null(strstr(why, "/nonexistent/key: No such file"));
}

/* Its names are long, ours are not: cut off, it would be another's. */
static void test_long_names(void **state)
{
    char domain[OP_DOMAIN_MAX + 1], destination[OP_DOMAIN_MAX + 4], path[5000];
    struct op_offers offers;

    (void)state;
    memset(domain, 'a', sizeof domain - 1);
    domain[sizeof domain - 1] = '\0';
    snprintf(destination, sizeof destination, "%s:25", domain);
    remember(destination, NOW, "onionpow:1:sha256/77");
    assert_true(knows(domain, 77));
    memset(path, '/', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_false(offerbook_find(path, domain, NOW, &offers));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_the_sender_remembers),
        TEST(test_damage),
        TEST(test_absurd),
        TEST(test_no_directory),
        TEST(test_key),
        TEST(test_long_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
