/* test_spool.c - what goes in comes out, in memory and in a file without a name, as often as it is
 * asked for and in pieces of any size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <sys/stat.h>

#include "directory.h"
#include "random.h"
#include "tools/spool.h"

#define OCTETS_MAX (3 * SPOOL_MEMORY_MAX)

static uint8_t octets[OCTETS_MAX], got[OCTETS_MAX];

/* Reads what is left, in pieces; returns how much there was. */
static size_t read_all(struct spool *spool, size_t piece)
{
    size_t len = 0, n;

    while ((n = xspool_next(spool, got + len, piece < OCTETS_MAX - len ? piece : OCTETS_MAX - len)))
        len += n;
    return len;
}

static void assert_holds(struct spool *spool, size_t len)
{
    static const size_t pieces[] = {OCTETS_MAX, 65521, SPOOL_BLOCK, 1000};

    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        memset(got, 0, sizeof got);
        xspool_rewind(spool);
        assert_int_equal(read_all(spool, pieces[i]), len);
        assert_int_equal(memcmp(got, octets, len), 0);
        assert_int_equal(xspool_next(spool, got, 1), 0);
    }
}

/* The directory holds nothing, whatever is spooled to it. */
static void assert_nameless(void)
{
    struct stat about;

    assert_int_equal(rmdir(directory), 0);
    assert_int_equal(mkdir(directory, 0700), 0);
    assert_int_equal(stat(directory, &about), 0);
}

static void test_sizes(void **state)
{
    static const struct {
        size_t len, piece;
        bool file;
    } rows[] = {
        {0, 1, false},
        {1, 1, false},
        {SPOOL_MEMORY_MAX - 1, SPOOL_BLOCK, false},
        {SPOOL_MEMORY_MAX, SPOOL_BLOCK, false},
        {SPOOL_MEMORY_MAX, OCTETS_MAX, false},
        {SPOOL_MEMORY_MAX + 1, 1000, true},
        {SPOOL_MEMORY_MAX + 1, OCTETS_MAX, true},
        {OCTETS_MAX, 65521, true},
        {OCTETS_MAX, OCTETS_MAX, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct spool spool;
        xspool_init(&spool);
        for (size_t at = 0; at < rows[i].len; at += rows[i].piece) {
            size_t left = rows[i].len - at;
            xspool_add(&spool, octets + at, left < rows[i].piece ? left : rows[i].piece);
        }
        assert_int_equal(spool.file != NULL, rows[i].file);
        assert_nameless();
        assert_holds(&spool, rows[i].len);
        spool_clear(&spool);
        assert_null(spool.memory);
        assert_null(spool.file);
    }
}

/* Half read, and from the start again. */
static void test_rewind(void **state)
{
    static const size_t lens[] = {1000, OCTETS_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        struct spool spool;
        xspool_init(&spool);
        xspool_add(&spool, octets, lens[i]);
        xspool_rewind(&spool);
        for (size_t left = lens[i] / 2, n; left > 0; left -= n) {
            n = xspool_next(&spool, got, left);
            assert_true(n > 0);
        }
        assert_holds(&spool, lens[i]);
        spool_clear(&spool);
    }
}

static void test_read(void **state)
{
    static const size_t lens[] = {0, 7, SPOOL_MEMORY_MAX, OCTETS_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        struct spool spool;
        FILE *stream = tmpfile();
        assert_non_null(stream);
        assert_int_equal(fwrite(octets, 1, lens[i], stream), lens[i]);
        rewind(stream);
        xspool_read(stream, &spool);
        fclose(stream);
        assert_holds(&spool, lens[i]);
        spool_clear(&spool);
    }
}

static int setup(void **state)
{
    uint64_t seed = 1;

    (void)state;
    random_fill(&seed, octets, sizeof octets);
    return directory_setup("none") || setenv("TMPDIR", directory, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_rewind),
        cmocka_unit_test(test_read),
    };
    return cmocka_run_group_tests(tests, setup, directory_teardown);
}
