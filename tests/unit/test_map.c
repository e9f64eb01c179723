/* test_map.c - maps of domains: their lines and their files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/unit/directory.h"
#include "tests/unit/onions.h"
#include "tools/map.h"

#define PIN_32 "aplg3ueigxa4upys"

/* --- lines -------------------------------------------------------------------------------- */

static void test_good_lines(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"example.org " A, "example.org " A "\n"},
        {"example.org\t \t" A "\r", "example.org " A "\n"},
        {"  Example.ORG " A ":25", "example.org " A "\n"},
        {"example.org " A ":2525", "example.org " A ":2525\n"},
        {"b\303\274cher.example " A, "xn--bcher-kva.example " A "\n"},
        {"example.org " A " tls=never", "example.org " A " tls=never\n"},
        {"example.org " A " pin=" PIN, "example.org " A " pin=" PIN "\n"},
        {"example.org " A " pin=" PIN_32 " tls=implicit",
         "example.org " A " tls=implicit pin=" PIN "\n"},
        {"example.org " A " # ours since May", "example.org " A "\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct map_line line, again;
        const char *why = "";
        char *text = NULL;
        size_t size;
        if (map_line_parse(rows[i].text, strlen(rows[i].text), &line, &why) != MAP_LINE_GOOD)
            fail_msg("%s: %s", rows[i].text, why);
        FILE *out = open_memstream(&text, &size);
        map_line_write(&line, out);
        fclose(out);
        assert_string_equal(text, rows[i].want);
        assert_int_equal(map_line_parse(text, size - 1, &again, &why), MAP_LINE_GOOD);
        assert_memory_equal(&line, &again, sizeof line);
        free(text);
    }
}

static void test_bad_lines(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"example.org", "onion address is missing"},
        {"example.org # " A, "onion address is missing"},
        {"example.org " FORGED, "checksum"},
        {"example.org " OLD, "version 2"},
        {"example.org mail.example.org", "an onion address"},
        {"example.org smtptor:[" A "]", "a port"},
        {"example.org " A ":0", "a port"},
        {"example.org " A ":65536", "a port"},
        {"example.org " A ":", "a port"},
        {"example.org " A ": 25", "a port"},
        {"example.org " PIN "." A, "as pin="},
        {"example.org " A " " B, "come tls="},
        {"example.org " A " tls=maybe", "never, offered"},
        {"example.org " A " tls=", "never, offered"},
        {"example.org " A " tls=never tls=never", "twice"},
        {"example.org " A " pin=" PIN " pin=" PIN, "twice"},
        {"example.org " A " pin=03d66d", "pin= is at least"},
        {"example.org " A " pin=", "pin= is at least"},
        {"example.org " A " tls=never pin=" PIN, "needs TLS"},
        {"example.org " A " tls=offered pin=" PIN, "needs TLS"},
        {A " " B, "itself one"},
        {"[192.0.2.1] " A, "itself one"},
        {".example.org " A, "not a valid name"},
        {"bob@example.org " A, "not a valid name"},
        {"* " A, "not a valid name"},
    };
    static const char octet_0[] = "example.org " A "\0 x";
    struct map_line line;
    const char *why = "";
    char longest[MAP_LINE_MAX + 2];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (map_line_parse(rows[i].text, strlen(rows[i].text), &line, &why) != MAP_LINE_WRONG)
            fail_msg("%s: is taken", rows[i].text);
        if (!strstr(why, rows[i].why))
            fail_msg("%s: %s", rows[i].text, why);
    }
    assert_int_equal(map_line_parse(octet_0, sizeof octet_0 - 1, &line, &why), MAP_LINE_WRONG);
    memset(longest, ' ', sizeof longest);
    assert_int_equal(map_line_parse(longest, MAP_LINE_MAX, &line, &why), MAP_LINE_EMPTY);
    assert_int_equal(map_line_parse(longest, MAP_LINE_MAX + 1, &line, &why), MAP_LINE_WRONG);
    assert_int_equal(map_line_parse("", 0, &line, &why), MAP_LINE_EMPTY);
    assert_int_equal(map_line_parse("# x", 3, &line, &why), MAP_LINE_EMPTY);
}

/* --- files -------------------------------------------------------------------------------- */

static void test_file(void **state)
{
    char why[256] = "";
    struct map_line lines[ROUTE_MAX];
    (void)state;
    directory_write("# a map\n\nz.example " A "\na.example " B ":2525 tls=required\n"
                    "m.example " B "\nm.example " A "\nM.example " B ":26");
    struct map *map = map_load(path, why, sizeof why);
    if (!map)
        fail_msg("%s", why);
    assert_int_equal(map_count(map), 5);
    assert_int_equal(map_find(map, "z.example", lines), 1);
    assert_string_equal(lines[0].route.host, A);
    assert_int_equal(map_find(map, "a.example", lines), 1);
    assert_int_equal(lines[0].route.port, 2525);
    assert_true(lines[0].tls_given);
    assert_int_equal(map_find(map, "m.example", lines), 3);
    assert_string_equal(lines[0].route.host, B);
    assert_string_equal(lines[1].route.host, A);
    assert_int_equal(lines[2].route.port, 26);
    assert_int_equal(map_find(map, "b.example", lines), 0);
    assert_int_equal(map_find(map, "example", lines), 0);
    assert_int_equal(map_find(map, "zz.example", lines), 0);
    assert_int_equal(map_find(map, "", lines), 0);
    map_free(map);
    map_free(NULL);
}

static void test_bad_file(void **state)
{
    char why[256] = "", text[1024] = "";
    (void)state;
    unlink(path);
    assert_null(map_load(path, why, sizeof why));
    assert_non_null(strstr(why, "No such file"));
    assert_null(map_load(directory, why, sizeof why));
    assert_non_null(strstr(why, "directory"));
    assert_null(map_load("/dev/zero", why, sizeof why));
    assert_non_null(strstr(why, "16 MiB"));
    directory_write("a.example " A "\n\nb.example " FORGED "\n");
    assert_null(map_load(path, why, sizeof why));
    assert_non_null(strstr(why, ":3: the onion address has a wrong checksum"));
    for (size_t i = 0; i < ROUTE_MAX; i++)
        strcat(text, "a.example " A "\n");
    directory_write(text);
    struct map *map = map_load(path, why, sizeof why);
    assert_non_null(map);
    map_free(map);
    strcat(text, "b.example " A "\na.example " A "\n");
    directory_write(text);
    assert_null(map_load(path, why, sizeof why));
    assert_non_null(strstr(why, ":10: more than 8 lines"));
    directory_write(""); /* what a shell leaves of "> map" when the command fails */
    assert_null(map_load(path, why, sizeof why));
    assert_non_null(strstr(why, "/map: got no line"));
    directory_write("# a map\n\n");
    assert_null(map_load(path, why, sizeof why));
}

static int setup(void **state)
{
    (void)state;
    return directory_setup("map");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_lines),
        cmocka_unit_test(test_bad_lines),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_bad_file),
    };
    return cmocka_run_group_tests(tests, setup, directory_teardown);
}
