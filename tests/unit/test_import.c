/* test_import.c - lists of others that become a map of ours, line by line; what is left out, and
 * what is no list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/directory.h"
#include "tests/unit/onions.h"
#include "tools/import.h"
#include "tools/map.h"

/* The whole map, to be freed; NULL: refused. */
static char *import_octets(const char *text, size_t len, struct import_count *count,
                           char why[IMPORT_WHY_MAX])
{
    char *map = NULL;
    size_t size;
    FILE *out = open_memstream(&map, &size);
    bool ok = import_text(text, len, out, count, why);
    fclose(out);
    if (!ok) {
        free(map);
        map = NULL;
    }
    return map;
}

static char *import(const char *text, struct import_count *count, char why[IMPORT_WHY_MAX])
{
    return import_octets(text, strlen(text), count, why);
}

static void test_lists(void **state)
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

static void test_refused(void **state)
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
static void test_reads_back(void **state)
{
    struct import_count count;
    char why[IMPORT_WHY_MAX] = "";
    char *text =
        import("'" A "':\n  - a.example\n  - b.example\n'" OLD "':\n  - c.example\n", &count, why);
    (void)state;
    assert_non_null(text);
    directory_write(text);
    struct map *map = map_load(path, why, sizeof why);
    if (!map)
        fail_msg("%s", why);
    assert_int_equal(map_count(map), 2);
    map_free(map);
    free(text);
}

/* --- made to do harm ---------------------------------------------------------------------- */

/* Whatever stands in a list, a map of it has no other lines than these. */
static void test_hostile(void **state)
{
    static const struct {
        const char *label, *text, *want; /* want NULL: refused */
        size_t len;                      /* of a text with a NUL; 0: up to its end */
    } rows[] = {
        {"a bare CR is no line end", "a.example smtp:[x]\rb.example " A "\n",
         "# left out: a.example x: the second word is to be an onion address\n", 0},
        {"nor is it in a domain", "a.example\rb.example " A "\n",
         "# left out: a.example b.example: the second word is to be an onion address\n", 0},
        {"nor in YAML", A ":\n- a.example\rb.example\n", NULL, 0},
        {"a domain with a bell", A ":\n- a\007.example\n",
         "# left out: a?.example " A ": the domain is not a valid name\n", 0},
        {"a key that is no address", "x\033[2J:\n- a.example\n",
         "# left out: a.example x?[2J: the domain is not a valid name\n", 0},
        {"a key with more behind it", "'" A " tls=never':\n- a.example\n", NULL, 0},
        {"a NUL", "a.example " A "\0x\n", NULL, 76},
        {"a NUL in a comment", "# \0\n", NULL, 4},
        {"cut off in the address", A ":\n- a.example\n- b.ex", "a.example " A "\nb.ex " A "\n", 0},
        {"cut off in the key", A ":\n- a.example\n" B, NULL, 0},
        {"empty keys", ":\n- a.example\n", NULL, 0},
        {"only quotes", "'':\n- a.example\n", NULL, 0},
        {"quotes that do not match", "'" A "\":\n- a.example\n",
         "# left out: a.example '" A "\": the domain is not a valid name\n", 0},
        {"a quote alone", A ":\n- '\n", "# left out: ' " A ": the domain is not a valid name\n", 0},
        {"a port of many digits", "a.example smtptor:[" A "]:00000000000000025\n", NULL, 0},
        {"a colon alone", "a.example :\n", "# left out: a.example : no next hop\n", 0},
        {"brackets of nothing", "a.example smtptor:[]:25\n",
         "# left out: a.example :25: no next hop\n", 0},
        {"a transport's options stay behind", "a.example smtptor:[" A "] pin=" PIN " tls=never\n",
         "a.example " A "\n", 0},
        {"YAML in a table", "a.example smtptor:[" A "]\n- b.example\n", NULL, 0},
        {"a line of blanks and CR", " \t\r\n\r\n", "", 0},
        {"no domain of many", "@ " A "\n, " A "\n",
         "# left out: @ " A ": the domain is not a valid name\n# left out: , " A
         ": the domain is not a valid name\n",
         0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct import_count count;
        char why[IMPORT_WHY_MAX] = "";
        size_t len = rows[i].len ? rows[i].len : strlen(rows[i].text);
        char *map = import_octets(rows[i].text, len, &count, why);
        const char *want = rows[i].want;
        if ((map == NULL) != (want == NULL) || (want != NULL && strcmp(map, want) != 0))
            fail_msg("%s:\n%s%s", rows[i].label, map != NULL ? map : "", why);
        assert_true((want == NULL) == (why[0] != '\0'));
        free(map);
    }
}

/* Lines of any length, up to one that no list has; the sentence stays short. */
static void test_lengths(void **state)
{
    char line[2 * MAP_LINE_MAX + 2], why[IMPORT_WHY_MAX];
    struct import_count count;

    (void)state;
    for (size_t len = 1; len < 2 * MAP_LINE_MAX; len += len < 80 ? 1 : 61) {
        static const char *const starts[] = {"", "- ", "a.example smtptor:[", "a.example ", "'"};
        for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
            memset(line, 'a', sizeof line);
            memcpy(line, starts[i], strlen(starts[i]) < len ? strlen(starts[i]) : len);
            line[len] = '\n';
            char *map = import_octets(line, len + 1, &count, why);
            assert_true(map == NULL || len <= MAP_LINE_MAX);
            assert_true(map != NULL || memchr(why, '\0', sizeof why) != NULL);
            free(map);
        }
    }
}

static int setup(void **state)
{
    (void)state;
    return directory_setup("map");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),      cmocka_unit_test(test_refused),
        cmocka_unit_test(test_reads_back), cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_lengths),
    };
    return cmocka_run_group_tests(tests, setup, directory_teardown);
}
