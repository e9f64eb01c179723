/* test_map.c - maps of domains: lines, files, and lists of others that are turned into one. */
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
#include "tools/import.h"
#include "tools/map.h"

#define A      "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
#define B      "sp3k262uwy4r2k3ycr5awluarykdpag6a7y33jxop4cs2lu5uz5sseqd.onion"
#define FORGED "pg7mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
#define OLD    "cssj56utefk3wxsv.onion"
#define PIN    "03d66dd08835c1ca3f12"
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

static void write_map(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_file(void **state)
{
    char why[256] = "";
    struct map_line lines[ROUTE_MAX];
    (void)state;
    write_map("# a map\n\nz.example " A "\na.example " B ":2525 tls=required\n"
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
    assert_false(map_is_stale(map, path));
    write_map("a.example " A "\n");
    assert_true(map_is_stale(map, path));
    unlink(path);
    assert_true(map_is_stale(map, path));
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
    write_map("a.example " A "\n\nb.example " FORGED "\n");
    assert_null(map_load(path, why, sizeof why));
    assert_non_null(strstr(why, ":3: the onion address has a wrong checksum"));
    for (size_t i = 0; i < ROUTE_MAX; i++)
        strcat(text, "a.example " A "\n");
    write_map(text);
    struct map *map = map_load(path, why, sizeof why);
    assert_non_null(map);
    map_free(map);
    strcat(text, "b.example " A "\na.example " A "\n");
    write_map(text);
    assert_null(map_load(path, why, sizeof why));
    assert_non_null(strstr(why, ":10: more than 8 lines"));
    write_map("");
    map = map_load(path, why, sizeof why);
    assert_non_null(map);
    assert_int_equal(map_count(map), 0);
    map_free(map);
}

/* --- import ------------------------------------------------------------------------------- */

/* The whole map, to be freed; NULL: refused. */
static char *import(const char *text, struct import_count *count, char why[IMPORT_WHY_MAX])
{
    char *map = NULL;
    size_t size;
    FILE *out = open_memstream(&map, &size);
    bool ok = import_text(text, strlen(text), out, count, why);
    fclose(out);
    if (!ok) {
        free(map);
        map = NULL;
    }
    return map;
}

static void test_import(void **state)
{
    static const struct {
        const char *label, *text, *want;
        size_t taken, left;
    } rows[] = {
        {"YAML of onionmx",
         "# A static mapping\n---\n'" OLD "':\n  - 'calyx.com'\n'" A "':\n  - 'koumbit.org'\n"
         "  - 'lists.koumbit.org'\n'" B "':\n  - 'riseup.net'\n",
         "# left out: calyx.com " OLD
         ": a version 2 onion address, which Tor has not carried since "
         "2021; ask for the new one of 56 characters\n"
         "koumbit.org " A "\nlists.koumbit.org " A "\nriseup.net " B "\n",
         3, 1},
        {"YAML, other quotes and indents",
         A ":\r\n- a.example # one\r\n-\t\"b.example\"\r\n...\r\n",
         "a.example " A "\nb.example " A "\n", 2, 0},
        {"transport of onionmx",
         ".onion          smtptor:\nriseup.net      smtptor:[" A "]\n"
         "b.example smtptor:[" B "]:2525\nc.example smtp:" A "\n",
         "# left out: .onion : only whole domains have lines in the map\n"
         "riseup.net " A "\nb.example " B ":2525\nc.example " A "\n",
         3, 1},
        {"patterns and others",
         "*\tsmtp:[mail.example]\nbob@a.example smtptor:[" A "]\n.b.example smtptor:[" A "]\n"
         "c.example local:\nd.example smtp:[mx.example]:25\ne.example smtptor:[" FORGED "]\n"
         "f.example smtptor:[" A "]:0\n",
         "# left out: * mail.example: only whole domains have lines in the map\n"
         "# left out: bob@a.example " A ": only whole domains have lines in the map\n"
         "# left out: .b.example " A ": only whole domains have lines in the map\n"
         "# left out: c.example : no next hop\n"
         "# left out: d.example mx.example:25: the second word is to be an onion address\n"
         "# left out: e.example " FORGED
         ": the onion address has a wrong checksum: a character is mistyped\n"
         "# left out: f.example " A ":0: a port is a number from 1 to 65535\n",
         0, 7},
        {"a map of ours", "a.example " A ":26 tls=required pin=" PIN " # x\nb.example " OLD "\n",
         "a.example " A ":26 tls=required pin=" PIN "\n"
         "# left out: b.example " OLD
         ": a version 2 onion address, which Tor has not carried since "
         "2021; ask for the new one of 56 characters\n",
         1, 1},
        {"text behind", "a.example smtp = x:y\nb.example " A " x:y\n",
         "# left out: a.example smtp: the second word is to be an onion address\n"
         "# left out: b.example " A ": after the onion address come tls=WORD and pin=FINGERPRINT\n",
         0, 2},
        {"a comment stays one", "a\033[2Jb.example " A "\n",
         "# left out: a?[2Jb.example " A ": the domain is not a valid name\n", 0, 1},
        {"nothing", "# nothing\n\n---\n", "", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct import_count count = {99, 99};
        char why[IMPORT_WHY_MAX] = "";
        char *map = import(rows[i].text, &count, why);
        if (!map)
            fail_msg("%s: %s", rows[i].label, why);
        if (strcmp(map, rows[i].want) != 0)
            fail_msg("%s:\n%s", rows[i].label, map);
        assert_int_equal(count.taken, rows[i].taken);
        assert_int_equal(count.left, rows[i].left);
        free(map);
    }
}

static void test_import_refuses(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"- a.example\n", "line 1: got a domain before"},
        {"\n'" A "':\n  -\n", "line 3: got \"- \""},
        {"'" A "':\n  - a.example b.example\n", "line 2"},
        {"'" A "':\n  a.example\n", "line 2: got \"a.example\" with blanks before"},
        {"a.example\n", "line 1: got \"a.example\" alone"},
        {"<!DOCTYPE\n", "line 1"},
        {"a.example smtptor:[" A "\n", "line 1: got \"smtptor:["},
        {"a.example smtptor:[" A "]x\n", "want TRANSPORT"},
    };
    char longest[MAP_LINE_MAX + 3], why[IMPORT_WHY_MAX] = "";
    struct import_count count;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (import(rows[i].text, &count, why))
            fail_msg("%s: is taken", rows[i].text);
        if (!strstr(why, rows[i].why))
            fail_msg("%s: %s", rows[i].text, why);
    }
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_null(import(longest, &count, why));
    assert_non_null(strstr(why, "no list"));
}

/* What is written is a map. */
static void test_import_reads_back(void **state)
{
    struct import_count count;
    char why[IMPORT_WHY_MAX] = "";
    char *text =
        import("'" A "':\n  - a.example\n  - b.example\n'" OLD "':\n  - c.example\n", &count, why);
    (void)state;
    assert_non_null(text);
    write_map(text);
    struct map *map = map_load(path, why, sizeof why);
    if (!map)
        fail_msg("%s", why);
    assert_int_equal(map_count(map), 2);
    map_free(map);
    free(text);
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
        cmocka_unit_test(test_import),
        cmocka_unit_test(test_import_refuses),
        cmocka_unit_test(test_import_reads_back),
    };
    return cmocka_run_group_tests(tests, setup, directory_teardown);
}
