/* test_keyfile.c - the site key on disk: made once, read back, refused if it cannot be trusted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory.h"
#include "milter/keyfile.h"

static int setup(void **state)
{
    (void)state;
    return directory_setup("site.key");
}

static int count_files(void)
{
    int count = 0;
    DIR *dir = opendir(directory);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void put(const void *data, size_t len, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void mac_of(const struct op_key *key, uint8_t mac_r[OP_MAC_LEN])
{
    op_key_mac(key, "test", "x", 1, mac_r);
}

static void test_made_once(void **state)
{
    char why[256] = "";
    uint8_t first_mac[OP_MAC_LEN], second_mac[OP_MAC_LEN];
    struct stat st;
    bool made = false;
    (void)state;

    struct op_key *first = keyfile_open(path, &made, why, sizeof why);
    if (!first)
        fail_msg("%s", why);
    assert_true(made);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, OP_KEY_LEN);
    assert_int_equal(count_files(), 1);

    struct op_key *second = keyfile_open(path, &made, why, sizeof why);
    assert_non_null(second);
    assert_false(made);
    mac_of(first, first_mac);
    mac_of(second, second_mac);
    assert_memory_equal(first_mac, second_mac, OP_MAC_LEN);
    op_key_free(first);
    op_key_free(second);

    unlink(path);
    struct op_key *third = keyfile_open(path, &made, why, sizeof why);
    assert_non_null(third);
    mac_of(third, second_mac);
    assert_memory_not_equal(first_mac, second_mac, OP_MAC_LEN);
    op_key_free(third);
}

/* The key is the file's octets and nothing else: other nodes of the site get the same one. */
static void test_material(void **state)
{
    uint8_t material[OP_KEY_LEN], mac[OP_MAC_LEN], want[OP_MAC_LEN];
    char why[256];
    bool made;
    struct op_key *expected;
    (void)state;

    for (size_t i = 0; i < sizeof material; i++)
        material[i] = (uint8_t)i; /* 10, a line feed, among them */
    put(material, sizeof material, 0400);
    struct op_key *key = keyfile_open(path, &made, why, sizeof why);
    assert_non_null(key);
    assert_int_equal(op_key_new(material, &expected), OP_OK);
    mac_of(key, mac);
    mac_of(expected, want);
    assert_memory_equal(mac, want, OP_MAC_LEN);
    op_key_free(key);
    op_key_free(expected);
}

static void test_refused(void **state)
{
    static const struct {
        size_t len;
        mode_t mode;
        const char *why;
    } rows[] = {
        {31, 0600, "31 octets"}, {33, 0600, "33 octets"}, {0, 0600, "0 octets"},
        {32, 0640, "mode 0640"}, {32, 0604, "mode 0604"}, {32, 0660, "mode 0660"},
        {32, 0666, "mode 0666"}, {32, 0610, "mode 0610"},
    };
    static const char data[64];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[256] = "";
        bool made = true;
        put(data, rows[i].len, rows[i].mode);
        assert_null(keyfile_open(path, &made, why, sizeof why));
        assert_false(made);
        if (!strstr(why, rows[i].why) || !strstr(why, path))
            fail_msg("says \"%s\", lacks \"%s\"", why, rows[i].why);
        unlink(path);
    }
}

static void test_not_a_file(void **state)
{
    char why[256];
    bool made;
    (void)state;
    assert_int_equal(mkdir(path, 0700), 0);
    assert_null(keyfile_open(path, &made, why, sizeof why));
    assert_non_null(strstr(why, "not a regular file"));
    rmdir(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(keyfile_open(path, &made, why, sizeof why)); /* and does not wait for a writer */
    assert_non_null(strstr(why, "not a regular file"));
}

static void test_no_directory(void **state)
{
    char missing[128], why[256];
    bool made = false;
    (void)state;
    snprintf(missing, sizeof missing, "%s/none/site.key", directory);
    assert_null(keyfile_open(missing, &made, why, sizeof why));
    assert_true(made);
    assert_non_null(strstr(why, "cannot be made"));
    assert_non_null(strstr(why, "No such file"));
}

static void *open_once(void *arg)
{
    char why[256];
    bool made;
    *(struct op_key **)arg = keyfile_open(path, &made, why, sizeof why);
    return NULL;
}

/* Starts at once: all get the same key. */
static void test_race(void **state)
{
    enum { THREADS = 8 };
    pthread_t thread[THREADS];
    struct op_key *key[THREADS];
    uint8_t mac[OP_MAC_LEN], first[OP_MAC_LEN];
    (void)state;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, open_once, &key[i]);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    for (int i = 0; i < THREADS; i++) {
        assert_non_null(key[i]);
        mac_of(key[i], i ? mac : first);
        if (i)
            assert_memory_equal(mac, first, OP_MAC_LEN);
        op_key_free(key[i]);
    }
    assert_int_equal(count_files(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_made_once, setup, directory_teardown),
        cmocka_unit_test_setup_teardown(test_material, setup, directory_teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, directory_teardown),
        cmocka_unit_test_setup_teardown(test_not_a_file, setup, directory_teardown),
        cmocka_unit_test_setup_teardown(test_no_directory, setup, directory_teardown),
        cmocka_unit_test_setup_teardown(test_race, setup, directory_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
