/* test_textfile.c - a file that is replaced at once, or stays as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "directory.h"
#include "milter/textfile.h"

static int setup(void **state)
{
    (void)state;
    return directory_setup("onionpow.prom");
}

static void write_text(void *arg, FILE *out)
{
    fputs(arg, out);
}

static void must_write(char *text)
{
    char why[256] = "";
    if (!textfile_write(path, write_text, text, why, sizeof why))
        fail_msg("%s", why);
}

static void must_fail(const char *at, const char *words)
{
    char text[] = "new\n", why[8192] = "";
    assert_false(textfile_write(at, write_text, text, why, sizeof why));
    assert_non_null(strstr(why, at));
    if (!strstr(why, words))
        fail_msg("says \"%s\", lacks \"%s\"", why, words);
}

static void must_hold(const char *want)
{
    char text[64] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fread(text, 1, sizeof text - 1, file), strlen(want));
    fclose(file);
    assert_string_equal(text, want);
}

static void test_made_and_replaced(void **state)
{
    char first[] = "a much longer text\n", second[] = "b\n";
    struct stat before, after;
    mode_t old = umask(0077); /* what the service manager sets; the collector is another user */
    (void)state;
    must_write(first);
    umask(old);
    must_hold(first);
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(before.st_mode & 07777, 0644);
    int open_before = open(path, O_RDONLY);
    must_write(second);
    must_hold(second);
    assert_int_equal(stat(path, &after), 0);
    assert_int_not_equal(before.st_ino, after.st_ino); /* replaced, not written over: */
    char text[64] = "";
    assert_int_equal(read(open_before, text, sizeof text), strlen(first));
    assert_string_equal(text, first);
    close(open_before);
}

static void test_unwritable(void **state)
{
    char missing[128], longest[5000];
    (void)state;
    snprintf(missing, sizeof missing, "%s/none/onionpow.prom", directory);
    must_fail(missing, "No such file");
    memset(longest, 'x', sizeof longest - 1);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    must_fail(longest, "too long");
    must_fail("/proc/onionpow.prom", "cannot be written");
}

/* The name is taken by what cannot be replaced; nothing is left behind (teardown sees to it). */
static void test_in_the_way(void **state)
{
    (void)state;
    assert_int_equal(mkdir(path, 0700), 0);
    must_fail(path, "directory");
}

static void write_broken(void *arg, FILE *out)
{
    (void)arg;
    fputs("half a te", out);
    fflush(out);
    close(fileno(out)); /* as a disk that fails */
}

static void test_half_written(void **state)
{
    char text[] = "old\n", why[256] = "";
    (void)state;
    must_write(text);
    assert_false(textfile_write(path, write_broken, NULL, why, sizeof why));
    assert_non_null(strstr(why, "cannot be written"));
    must_hold(text);
}

static atomic_bool done;

static void write_long(void *arg, FILE *out)
{
    for (int i = 0; i < 5000; i++)
        fprintf(out, "%d\n", *(int *)arg);
}

static void *replace_often(void *arg)
{
    char why[256];
    (void)arg;
    for (int i = 1; i <= 200; i++) {
        if (!textfile_write(path, write_long, &i, why, sizeof why))
            break;
    }
    atomic_store(&done, true);
    return NULL;
}

/* Every reader finds a text that is whole and of one moment. */
static void test_readers(void **state)
{
    pthread_t thread;
    int zero = 0, value, first = 0, count;
    char why[256];
    (void)state;
    atomic_store(&done, false);
    assert_true(textfile_write(path, write_long, &zero, why, sizeof why));
    assert_int_equal(pthread_create(&thread, NULL, replace_often, NULL), 0);
    do {
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        for (count = 0; fscanf(file, "%d", &value) == 1; count++) {
            first = count == 0 ? value : first;
            assert_int_equal(value, first);
        }
        assert_int_equal(count, 5000);
        fclose(file);
    } while (!atomic_load(&done));
    pthread_join(thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_made_and_replaced, setup, directory_teardown),
        cmocka_unit_test_setup_teardown(test_unwritable, setup, directory_teardown),
        cmocka_unit_test_setup_teardown(test_in_the_way, setup, directory_teardown),
        cmocka_unit_test_setup_teardown(test_half_written, setup, directory_teardown),
        cmocka_unit_test_setup_teardown(test_readers, setup, directory_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
