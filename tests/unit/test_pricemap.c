/* test_pricemap.c - factors from a file: what a line may be, which entry counts, and many of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "milter/pricemap.h"

#define WHY_MAX 512

static char path[] = "/tmp/test_pricemap.XXXXXX";

static int make_file(void **state)
{
    int fd = mkstemp(path);
    (void)state;
    return fd >= 0 ? close(fd) : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static struct pricemap *load(const char *text, size_t len, char why_r[WHY_MAX])
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return pricemap_load(path, why_r, WHY_MAX);
}

/* -1: not there */
static double find(const struct pricemap *map, const char *address)
{
    struct op_recipient recipient;
    double factor = -2;
    assert_true(op_recipient_parse(address, strlen(address), &recipient, NULL));
    return pricemap_find(map, &recipient, &factor) ? factor : -1;
}

static void test_entries(void **state)
{
    static const char good[] = "bob@example.org 0.5\n@example.org 2\npostmaster 0.25\n"
                               "\t eve@example.org\t\t 3   # dear\r\n\n # \n"
                               "<ann@example.net> 0\n\"a b\"@example.net 7\n"
                               "a#b@example.net 8\n@m\303\274nchen.example 1000\nlast@x 1.25";
    static const struct {
        const char *address;
        double want;
    } rows[] = {
        {"BOB@EXAMPLE.org", 0.5},
        {"eve@example.org", 3},
        {"other@example.org", 2},
        {"bob@sub.example.org", -1},
        {"ann@example.net", 0},
        {"\"a b\"@example.net", 7},
        {"a#b@example.net", 8},
        {"anybody@xn--mnchen-3ya.example", 1000},
        {"last@x", 1.25},
        {"postmaster", 0.25},
        {"postmaster@example.net", -1},
        {"nobody@example.net", -1},
    };
    char why[WHY_MAX];
    (void)state;
    struct pricemap *map = load(good, sizeof good - 1, why);
    if (!map)
        fail_msg("%s", why);
    assert_int_equal(pricemap_count(map), 9);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double got = find(map, rows[i].address);
        if (got != rows[i].want)
            fail_msg("%s: %g", rows[i].address, got);
    }
    pricemap_free(map);
}

static void test_wrong_lines(void **state)
{
    static const struct {
        const char *text, *parts[3];
    } rows[] = {
        {"bob@example.org", {":1: got one word, ", "allowed: ADDRESS FACTOR"}},
        {"\n\nbob@example.org dear\n", {":3: got another factor", "from 0 to 1000"}},
        {"bob@example.org carl@b", {":1: got another factor"}},
        {"a@b 1\nbob@example.org -1\n", {":2: got another factor"}},
        {"bob@example.org 1001\n", {"another factor"}},
        {"bob@example.org 1e2\n", {"another factor"}},
        {"bob@example.org 0x1\n", {"another factor"}},
        {"bob@example.org nan\n", {"another factor"}},
        {"bob@example.org .\n", {"another factor"}},
        {"bob@example.org 1.0.0\n", {"another factor"}},
        {"bob 1\n", {":1: got no address", "ADDRESS or @DOMAIN (the domain is missing)"}},
        {"bob@example.org 1 2\n", {":1: got no address"}},
        {"<> 1\n", {":1: got no address"}},
        {"@ 1\n", {":1: got no address"}},
        {" 1\n", {":1: got one word"}},
        {"a@b 1\n# no\nA@B 2\n", {":3: got an entry a second time", "see line 1"}},
        {"@b 1\n@B 1\n", {":2: got an entry a second time"}},
    };
    static const char *const told[] = {"bob", "carl", "dear", "@b", "@example"};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[WHY_MAX] = "";
        struct pricemap *map = load(rows[i].text, strlen(rows[i].text), why);
        if (map)
            fail_msg("accepted: %s", rows[i].text);
        assert_int_equal(strncmp(why, path, strlen(path)), 0);
        for (size_t j = 0; j < 3 && rows[i].parts[j]; j++) {
            if (!strstr(why, rows[i].parts[j]))
                fail_msg("%s\n  says: %s\n  lacks: %s", rows[i].text, why, rows[i].parts[j]);
        }
        for (size_t j = 0; j < sizeof told / sizeof *told; j++) {
            if (strstr(why, told[j]))
                fail_msg("%s\n  says: %s", rows[i].text, why);
        }
    }
}

static void test_wrong_files(void **state)
{
    char why[WHY_MAX];
    (void)state;
    assert_null(load("a@b 1\0\n", 7, why));
    assert_non_null(strstr(why, ":1: got an octet 0"));
    assert_null(pricemap_load("/nonexistent/map", why, sizeof why));
    assert_string_equal(why, "/nonexistent/map: cannot be read: No such file or directory");
    assert_null(pricemap_load("/tmp", why, sizeof why));
    assert_non_null(strstr(why, "not a regular file"));
    assert_null(pricemap_load("/dev/zero", why, sizeof why));
    assert_non_null(strstr(why, "not a regular file"));
    char tiny[8];
    assert_null(pricemap_load("/nonexistent/map", tiny, sizeof tiny)); /* cut, and no more */
    assert_int_equal(strlen(tiny), 7);
    pricemap_free(NULL);
}

static void test_empty(void **state)
{
    char why[WHY_MAX];
    struct pricemap *map = load("", 0, why);
    (void)state;
    assert_non_null(map);
    assert_int_equal(pricemap_count(map), 0);
    assert_true(find(map, "bob@example.org") == -1);
    pricemap_free(map);
}

/* The table grows many times and loses nothing. */
static void test_many(void **state)
{
    enum { COUNT = 20000 };
    char *text = NULL, why[WHY_MAX], address[64];
    size_t size;
    FILE *out = open_memstream(&text, &size);
    (void)state;
    for (int i = 0; i < COUNT; i++)
        fprintf(out, i % 4 ? "user%d@d%d.example %d\n" : "@e%d.x%d.example %d\n", i, i % 97,
                i % 1000);
    fclose(out);
    struct pricemap *map = load(text, size, why);
    if (!map)
        fail_msg("%s", why);
    assert_int_equal(pricemap_count(map), COUNT);
    for (int i = 0; i < COUNT; i++) {
        snprintf(address, sizeof address, i % 4 ? "USER%d@d%d.example" : "me@e%d.x%d.example", i,
                 i % 97);
        assert_true(find(map, address) == i % 1000);
    }
    assert_true(find(map, "user20001@d1.example") == -1);
    pricemap_free(map);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries),     cmocka_unit_test(test_wrong_lines),
        cmocka_unit_test(test_wrong_files), cmocka_unit_test(test_empty),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
