/*
 * test_ledger_note_disk.c - notes on disk: whole after every failure, and whatever else has come in
 * their place is not taken for one.
 *
 * The program has its own write, fsync and renameat: they fail when told to.
 */
#include "ledger_backends.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/*
 * Faults
 */

enum fault { NONE, WRITE_NOSPC, WRITE_SHORT, WRITE_EIO, SYNC_EIO, RENAME_EIO, DIR_SYNC_EIO };

static atomic_int fault;
static atomic_uint syncs;

ssize_t write(int fd, const void *data, size_t len);
int fsync(int fd);
int renameat(int old_dir, const char *old, int new_dir, const char *new);

static bool fails(int which, int error)
{
    if (fault != which)
        return false;
    errno = error;
    return true;
}

ssize_t write(int fd, const void *data, size_t len)
{
    if (fails(WRITE_NOSPC, ENOSPC) || fails(WRITE_EIO, EIO))
        return -1;
    return syscall(SYS_write, fd, data, fault == WRITE_SHORT ? len / 2 : len);
}

int fsync(int fd)
{
    struct stat st;
    bool dir = syscall(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH) == 0 && S_ISDIR(st.st_mode);
    syncs++;
    if (fails(dir ? DIR_SYNC_EIO : SYNC_EIO, EIO))
        return -1;
    return (int)syscall(SYS_fsync, fd);
}

int renameat(int old_dir, const char *old, int new_dir, const char *new)
{
    if (fails(RENAME_EIO, EIO))
        return -1;
    return (int)syscall(SYS_renameat2, old_dir, old, new_dir, new, 0);
}

static int setup(void **state)
{
    fault = NONE;
    return backend_setup(state, "lmdb", LEDGER_SIZE_MIN);
}

static int teardown(void **state)
{
    fault = NONE;
    return backend_teardown(state);
}

static void file_of(void **state, const char *name, char path_r[256])
{
    snprintf(path_r, 256, "%s/note-%s", ((struct fixture *)*state)->path, name);
}

static void test_survives(void **state)
{
    char path[256];
    struct stat st;
    syncs = 0;
    assert_true(put_note(ledger_of(state), "a", NULL, 0, "one", 3));
    assert_int_equal(syncs, 2); /* the file, and its name */
    expect_note(reopen(state), "a", "one", 3);
    assert_true(put_note(ledger_of(state), "a", "one", 3, "two", 3));
    expect_note(reopen(state), "a", "two", 3);
    file_of(state, "a", path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_faults(void **state)
{
    static const struct {
        const char *label;
        enum fault fault;
        enum ledger_err want;
        bool replaced;
    } rows[] = {
        {"disk full", WRITE_NOSPC, LEDGER_FULL, false},
        {"disk full half way", WRITE_SHORT, LEDGER_FULL, false},
        {"disk broken", WRITE_EIO, LEDGER_UNAVAILABLE, false},
        {"sync fails", SYNC_EIO, LEDGER_UNAVAILABLE, false},
        {"no renaming", RENAME_EIO, LEDGER_UNAVAILABLE, false},
        {"directory's sync fails", DIR_SYNC_EIO, LEDGER_UNAVAILABLE, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ledger *ledger = ledger_of(state);
        char name[16];
        bool done = true;
        snprintf(name, sizeof name, "row-%zu", i);
        assert_true(put_note(ledger, name, NULL, 0, "old", 3));
        fault = (int)rows[i].fault;
        enum ledger_err got = ledger_note_put(ledger, name, "old", 3, "newer", 5, &done);
        if (got != rows[i].want || !done)
            fail_msg("%s: %s", rows[i].label, ledger_err_str(got));
        assert_false(put_note(ledger, name, "x", 1, "newer", 5)); /* that needs no disk */
        fault = NONE;
        ledger = reopen(state);
        if (rows[i].replaced)
            expect_note(ledger, name, "newer", 5);
        else
            assert_true(put_note(ledger, name, "old", 3, "newer", 5));
        expect_note(ledger, name, "newer", 5);
    }
}

/* What is on the disk in a note's place: SHA-256("one") and "one", changed in one way. */
static void test_damage(void **state)
{
    enum { SOUND = 32 + 3 };
    static const struct {
        const char *label;
        size_t len;  /* of the file */
        size_t flip; /* one bit of this octet; SOUND: none */
        enum ledger_err want;
    } rows[] = {
        {"sound", SOUND, SOUND, LEDGER_OK},
        {"empty", 0, SOUND, LEDGER_UNAVAILABLE},
        {"one octet", 1, SOUND, LEDGER_UNAVAILABLE},
        {"digest only", 32, SOUND, LEDGER_UNAVAILABLE},
        {"short by one", SOUND - 1, SOUND, LEDGER_UNAVAILABLE},
        {"long by one", SOUND + 1, SOUND, LEDGER_UNAVAILABLE},
        {"too long", 32 + LEDGER_NOTE_MAX + 1, SOUND, LEDGER_UNAVAILABLE},
        {"far too long", 100000, SOUND, LEDGER_UNAVAILABLE},
        {"first bit", SOUND, 0, LEDGER_UNAVAILABLE},
        {"last of the digest", SOUND, 31, LEDGER_UNAVAILABLE},
        {"first of the note", SOUND, 32, LEDGER_UNAVAILABLE},
        {"last of the note", SOUND, SOUND - 1, LEDGER_UNAVAILABLE},
    };
    static char file[100000];
    struct ledger *ledger = ledger_of(state);
    char path[256], note[LEDGER_NOTE_MAX];
    assert_true(put_note(ledger, "a", NULL, 0, "one", 3));
    file_of(state, "a", path);
    int fd = open(path, O_RDWR);
    assert_int_equal(read(fd, file, sizeof file), SOUND);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool done = true;
        size_t len = 77;
        file[rows[i].flip] ^= rows[i].flip < SOUND;
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, file, rows[i].len, 0), rows[i].len);
        file[rows[i].flip] ^= rows[i].flip < SOUND;
        enum ledger_err got = ledger_note_get(ledger, "a", note, &len);
        if (got != rows[i].want || len != (got == LEDGER_OK ? 3 : 77))
            fail_msg("%s: %s, %zu", rows[i].label, ledger_err_str(got), len);
        if (got != LEDGER_OK) {
            assert_int_equal(ledger_note_put(ledger, "a", NULL, 0, "x", 1, &done), got);
            assert_int_equal(ledger_note_put(ledger, "a", "one", 3, "x", 1, &done), got);
            assert_true(done);
        }
    }
    close(fd);
}

/* No file of another kind is followed, waited for or taken. */
static void test_other_kinds(void **state)
{
    struct ledger *ledger = ledger_of(state);
    char path[256], other[256], note[LEDGER_NOTE_MAX];
    size_t len;
    bool done;
    assert_true(put_note(ledger, "b", NULL, 0, "one", 3));
    file_of(state, "a", path);
    file_of(state, "b", other);
    assert_int_equal(symlink(other, path), 0);
    assert_int_equal(ledger_note_get(ledger, "a", note, &len), LEDGER_UNAVAILABLE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(ledger_note_get(ledger, "a", note, &len), LEDGER_UNAVAILABLE);
    assert_int_equal(ledger_note_put(ledger, "a", NULL, 0, "x", 1, &done), LEDGER_UNAVAILABLE);
    assert_int_equal(unlink(path), 0);
    file_of(state, "b.new", path); /* left over by a process that was killed */
    assert_int_equal(close(open(path, O_WRONLY | O_CREAT, 0600)), 0);
    assert_int_equal(truncate(path, 9999), 0);
    assert_true(put_note(ledger, "b", "one", 3, "two", 3));
    expect_note(ledger, "b", "two", 3);
    assert_int_equal(access(path, F_OK), -1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_survives),
        TEST(test_faults),
        TEST(test_damage),
        TEST(test_other_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
