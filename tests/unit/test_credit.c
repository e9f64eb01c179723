/* test_credit.c - what a destination has had, and that its file does no harm whatever it holds. */
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
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "tests/unit/scratch.h"
#include "tools/credit.h"

#define NAME  "0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210"
#define NOW   1795000000

static double spent(const char *name, int64_t now)
{
    struct credit credit;

    credit_read(directory, name, now, &credit);
    return credit.spent_s;
}

static void file(const char *name, char path_r[128])
{
    snprintf(path_r, 128, "%s/credit/%s", directory, name);
}

static void test_adds_up(void **state)
{
    struct credit credit;
    struct stat status;
    char path[128];

    (void)state;
    assert_true(spent(NAME, NOW) == 0);
    assert_true(credit_add(directory, NAME, NOW, 20));
    assert_true(credit_add(directory, NAME, NOW, 0.5));
    assert_true(credit_add(directory, OTHER, NOW, 7));
    credit_read(directory, NAME, NOW, &credit);
    assert_true(credit.spent_s == 20.5);
    assert_int_equal(credit.since, NOW);
    file(NAME, path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_true(credit_add(directory, NAME, NOW, -19));
    assert_true(spent(NAME, NOW) == 1.5);
    assert_true(credit_add(directory, NAME, NOW, -19)); /* it was cleared meanwhile */
    assert_true(spent(NAME, NOW) == 0);
    assert_true(spent(OTHER, NOW) == 7);
}

static void test_clear(void **state)
{
    (void)state;
    assert_true(credit_clear(directory, NAME)); /* there is none */
    assert_true(credit_add(directory, NAME, NOW, 20));
    assert_true(credit_add(directory, OTHER, NOW, 20));
    assert_true(credit_clear(directory, NAME));
    assert_true(spent(NAME, NOW) == 0);
    assert_true(spent(OTHER, NOW) == 20);
}

/* What was spent is forgotten evenly, from the last mint on. */
static void test_forgets(void **state)
{
    struct credit credit;

    (void)state;
    assert_true(credit_add(directory, NAME, NOW, 20));
    assert_true(spent(NAME, NOW + CREDIT_S / 4) == 15);
    assert_true(spent(NAME, NOW + CREDIT_S / 2) == 10);
    assert_true(spent(NAME, NOW + CREDIT_S) == 0);
    assert_true(spent(NAME, NOW + CREDIT_S + 1) == 0);
    assert_true(spent(NAME, NOW - 100) == 20); /* the clock was set back */
    assert_true(credit_add(directory, NAME, NOW + CREDIT_S / 2, 6));
    credit_read(directory, NAME, NOW + CREDIT_S / 2, &credit);
    assert_true(credit.spent_s == 16);
    assert_int_equal(credit.since, NOW + CREDIT_S / 2);
    assert_true(spent(NAME, NOW + CREDIT_S) == 8);
}

static void test_wait(void **state)
{
    struct credit credit;

    (void)state;
    credit_read(directory, NAME, NOW, &credit);
    assert_true(credit_wait_s(&credit, NOW, 0) == 0);
    assert_true(credit_add(directory, NAME, NOW, 20));
    for (int64_t now = NOW; now < NOW + CREDIT_S / 2; now += CREDIT_S / 4) {
        credit_read(directory, NAME, now, &credit);
        assert_true(credit_wait_s(&credit, now, 20) == 0);
        assert_true(credit_wait_s(&credit, now, 10) == (double)(NOW + CREDIT_S / 2 - now));
        assert_true(credit_wait_s(&credit, now, 0) == (double)(NOW + CREDIT_S - now));
        assert_true(credit_wait_s(&credit, now, -1) == (double)(NOW + CREDIT_S - now));
    }
}

static void test_damaged(void **state)
{
    static const struct {
        const char *text;
        double spent_s;
    } rows[] = {
        {"minted 20500 since 1795000000\n", 20.5},
        {"minted 999999999999 since 1795000000\n", 999999999.999},
        {"", 0},
        {"minted", 0},
        {"minted 20500 since 1795000000", 0},
        {"minted 20500 since 1795000000\n\n", 0},
        {"minted 20500 since 1795000000 \n", 0},
        {"minted 9999999999999 since 1795000000\n", 0},
        {"minted 20500 since 1895000000\n", 0}, /* in years */
        {"minted 20500 since 99999999999999999999999\n", 0},
        {"minted -1 since 1795000000\n", 0},
        {"minted nan since 1795000000\n", 0},
        {"heard 1795000000 onionpow:1:sha256/7\n", 0},
    };
    char path[128];

    (void)state;
    assert_true(credit_add(directory, NAME, NOW, 1));
    file(NAME, path);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].text);
        FILE *stream = fopen(path, "w");
        assert_non_null(stream);
        fputs(rows[i].text, stream);
        fclose(stream);
        assert_true(spent(NAME, NOW) == rows[i].spent_s);
    }
    assert_true(credit_add(directory, NAME, NOW, 2)); /* and it is mended */
    assert_true(spent(NAME, NOW) == 2);
}

static unsigned files(void)
{
    char path[128];
    unsigned count = 0;

    file("", path);
    DIR *stream = opendir(path);
    assert_non_null(stream);
    for (const struct dirent *at; (at = readdir(stream)) != NULL;)
        count += at->d_name[0] != '.';
    closedir(stream);
    return count;
}

/* The oldest goes, and what is nobody's. */
static void test_bounded(void **state)
{
    int64_t now = time(NULL);
    char name[40], path[128];

    (void)state;
    for (int i = 0; i < CREDIT_MAX; i++) {
        snprintf(name, sizeof name, "%032x", i);
        assert_true(credit_add(directory, name, now, 1));
        file(name, path);
        assert_int_equal(utime(path, &(struct utimbuf){now, i == 5 ? now - 60 : now}), 0);
    }
    assert_int_equal(files(), CREDIT_MAX);
    assert_true(credit_add(directory, NAME, now, 1));
    assert_int_equal(files(), CREDIT_MAX);
    snprintf(name, sizeof name, "%032x", 5);
    assert_true(spent(name, now) == 0);
    assert_true(spent(NAME, now) == 1);
    assert_true(credit_add(directory, NAME, now + CREDIT_S + 60, 1)); /* the others are over */
    assert_int_equal(files(), 1);
}

static void test_failure(void **state)
{
    (void)state;
    strcat(directory, "/x");
    assert_false(credit_add(directory, NAME, NOW, 1));
    assert_int_equal(errno, ENOENT);
    assert_false(credit_clear(directory, NAME));
    assert_true(spent(NAME, NOW) == 0);
    directory[strlen(directory) - 2] = '\0';
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_adds_up), TEST(test_clear),   TEST(test_forgets), TEST(test_wait),
        TEST(test_damaged), TEST(test_bounded), TEST(test_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
