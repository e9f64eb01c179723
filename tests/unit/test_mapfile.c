/* test_mapfile.c - a map's file that changes, breaks and goes: read when it has, and not again. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/unit/directory.h"
#include "tests/unit/onions.h"
#include "tools/mapfile.h"

static struct mapfile file;

static void look(enum mapfile_news first, size_t count, const char *why)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(mapfile_look(&file, path), i == 0 ? first : MAPFILE_SAME);
    if (count == 0) {
        assert_null(file.map);
        assert_non_null(strstr(file.why, why));
    } else {
        assert_non_null(file.map);
        assert_int_equal(map_count(file.map), count);
        assert_string_equal(file.why, "");
    }
}

/* A file is told from the one before by its size here: the clock of a file system may stand. */
static void test_look(void **state)
{
    (void)state;
    look(MAPFILE_BROKEN, 0, "No such file");
    directory_write("a.example " A "\n");
    look(MAPFILE_READ, 1, "");
    directory_write("a.example " A "\nb.example " A "\n");
    look(MAPFILE_READ, 2, "");
    directory_write("a.example " A "\nb.example " FORGED "\n\n");
    look(MAPFILE_BROKEN, 0, ":2: the onion");
    directory_write("a.example " A "\nb.example " FORGED "\n\n\n");
    look(MAPFILE_BROKEN, 0, ":2: the onion");
    directory_write("");
    look(MAPFILE_BROKEN, 0, "got no line");
    unlink(path);
    look(MAPFILE_BROKEN, 0, "No such file");
    directory_write("a.example " A "\n");
    look(MAPFILE_READ, 1, "");
    unlink(path);
    look(MAPFILE_BROKEN, 0, "No such file");
    mapfile_clear(&file);
    look(MAPFILE_BROKEN, 0, "No such file"); /* it has forgotten */
    mapfile_clear(&file);
}

/* One put in the other's place with the same size and time of writing is another file. */
static void test_replace(void **state)
{
    char other[sizeof path + 4];
    struct stat old;
    (void)state;
    directory_write("a.example " A "\n");
    look(MAPFILE_READ, 1, "");
    assert_int_equal(stat(path, &old), 0);
    snprintf(other, sizeof other, "%s.new", path);
    FILE *out = fopen(other, "w");
    assert_non_null(out);
    fputs("b.example " A "\n", out);
    assert_int_equal(fclose(out), 0);
    const struct timespec times[] = {old.st_atim, old.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, other, times, 0), 0);
    assert_int_equal(rename(other, path), 0);
    look(MAPFILE_READ, 1, "");
    struct map_line lines[ROUTE_MAX];
    assert_int_equal(map_find(file.map, "b.example", lines), 1);
    mapfile_clear(&file);
}

static int setup(void **state)
{
    (void)state;
    return directory_setup("map");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_look),
        cmocka_unit_test(test_replace),
    };
    return cmocka_run_group_tests(tests, setup, directory_teardown);
}
