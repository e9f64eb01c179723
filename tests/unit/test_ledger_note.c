/*
 * test_ledger_note.c - notes: replaced by who knows the old one, whole after every failure, and out
 * of the way of stamps.
 *
 * The program has its own write, fsync and renameat: they fail when told to.
 */
#include "ledger_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

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

/*
 * Short ways to ask
 */

struct fixture {
    const char *backend;
    char *path;
    struct ledger *ledger;
};

static int setup(void **state, const char *backend)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    fault = NONE;
    f->backend = backend;
    f->path = fixture_dir();
    f->ledger = fixture_open(backend, f->path, LEDGER_SIZE_MIN);
    *state = f;
    return 0;
}

static int setup_lmdb(void **state)
{
    return setup(state, "lmdb");
}

static int setup_memory(void **state)
{
    return setup(state, "memory");
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    fault = NONE;
    ledger_close(f->ledger);
    fixture_remove(f->path);
    free(f);
    return 0;
}

static struct ledger *ledger_of(void **state)
{
    return ((struct fixture *)*state)->ledger;
}

static struct ledger *reopen(void **state)
{
    struct fixture *f = *state;
    ledger_close(f->ledger);
    f->ledger = fixture_open(f->backend, f->path, LEDGER_SIZE_MIN);
    return f->ledger;
}

static void expect(struct ledger *ledger, const char *name, const void *want, size_t want_len)
{
    char note[LEDGER_NOTE_MAX];
    size_t len = 77;
    assert_int_equal(ledger_note_get(ledger, name, note, &len), LEDGER_OK);
    assert_int_equal(len, want_len);
    if (len > 0)
        assert_memory_equal(note, want, len);
}

static bool put(struct ledger *ledger, const char *name, const void *old, size_t old_len,
                const void *note, size_t len)
{
    bool done;
    assert_int_equal(ledger_note_put(ledger, name, old, old_len, note, len, &done), LEDGER_OK);
    return done;
}

/*
 * For each backend
 */

static void test_replace(void **state)
{
    struct ledger *ledger = ledger_of(state);
    expect(ledger, "a", NULL, 0);
    assert_false(put(ledger, "a", "x", 1, "one", 3)); /* there is none */
    expect(ledger, "a", NULL, 0);
    assert_true(put(ledger, "a", NULL, 0, "one", 3));
    expect(ledger, "a", "one", 3);
    assert_false(put(ledger, "a", NULL, 0, "two", 3)); /* there is one */
    assert_false(put(ledger, "a", "on", 2, "two", 3));
    assert_false(put(ledger, "a", "onf", 3, "two", 3));
    assert_false(put(ledger, "a", "one ", 4, "two", 3));
    expect(ledger, "a", "one", 3);
    assert_true(put(ledger, "a", "one", 3, "three", 5));
    assert_true(put(ledger, "a", "three", 5, "three", 5));
    expect(ledger, "a", "three", 5);
    expect(ledger, "b", NULL, 0);
    expect(ledger, "aa", NULL, 0);
}

static void test_sizes_and_names(void **state)
{
    static const char longest[] = "abcdefghijklmnopqrstuvwxyz-01234";
    struct ledger *ledger = ledger_of(state);
    char large[LEDGER_NOTE_MAX], other[LEDGER_NOTE_MAX];
    _Static_assert(sizeof longest - 1 == LEDGER_NOTE_NAME_MAX, "the longest name");
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)i; /* octets 0 and line feeds among them */
    memcpy(other, large, sizeof other);
    other[sizeof other - 1] ^= 1;
    assert_true(put(ledger, longest, NULL, 0, large, sizeof large));
    expect(ledger, longest, large, sizeof large);
    assert_false(put(ledger, longest, other, sizeof other, "x", 1)); /* the last octet counts */
    assert_true(put(ledger, longest, large, sizeof large, "\0", 1));
    expect(ledger, longest, "\0", 1);
    assert_true(put(ledger, longest, "\0", 1, other, sizeof other));
    expect(ledger, longest, other, sizeof other);
}

static void test_many(void **state)
{
    struct ledger *ledger = ledger_of(state);
    char name[16];
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < LEDGER_NOTES_MAX; i++) {
            unsigned old = i * 1000 + round, new = old + 1;
            snprintf(name, sizeof name, "note-%u", i);
            assert_true(put(ledger, name, &old, round ? sizeof old : 0, &new, sizeof new));
        }
    }
    for (unsigned i = 0; i < LEDGER_NOTES_MAX; i++) {
        unsigned want = i * 1000 + 2;
        snprintf(name, sizeof name, "note-%u", i);
        expect(ledger, name, &want, sizeof want);
    }
}

static uint64_t fill(struct ledger *ledger)
{
    for (uint64_t n = 0;; n++) {
        struct ledger_key key = key_of(DAY, n);
        bool spent;
        size_t culprit;
        assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
        enum ledger_err err = ledger_spend(ledger, &key, 1, print_of(1), 1, NOW, &spent, &culprit);
        if (err == LEDGER_FULL)
            return n;
        assert_int_equal(err, LEDGER_OK);
    }
}

/* A full ledger takes new notes and replaces old ones, as often as one likes, and can still be
 * purged; the purge leaves them alone. */
static void test_full_ledger(void **state)
{
    struct ledger *ledger = ledger_of(state);
    char old[LEDGER_NOTE_MAX] = "0", new[LEDGER_NOTE_MAX];
    struct ledger_stats stats;
    bool more = true;
    assert_true(put(ledger, "tariff", NULL, 0, old, sizeof old));
    uint64_t count = fill(ledger);
    for (unsigned i = 0; i < 200; i++) {
        memset(new, (int)i, sizeof new);
        assert_true(put(ledger, "tariff", old, sizeof old, new, sizeof new));
        memcpy(old, new, sizeof old);
    }
    assert_true(put(ledger, "clock", NULL, 0, "now", 3));
    assert_int_equal(ledger_stats_get(ledger, &stats), LEDGER_OK);
    assert_int_equal(stats.entries, count); /* a note is none */
    while (more)
        assert_int_equal(ledger_purge(ledger, 99991231, 1000, &more), LEDGER_OK);
    assert_int_equal(ledger_stats_get(ledger, &stats), LEDGER_OK);
    assert_int_equal(stats.entries, 0);
    expect(ledger, "tariff", new, sizeof new);
    expect(ledger, "clock", "now", 3);
}

/*
 * Threads: each counts up, and none is lost
 */

#define THREADS 8
#define COUNTS  200

struct counter {
    pthread_t thread;
    struct ledger *ledger;
    bool wrong;
};

/* Counts one up; false on a failure of the ledger. */
static bool count_up(struct ledger *ledger, uint64_t *count_r)
{
    char note[LEDGER_NOTE_MAX];
    size_t len;
    for (bool done = false; !done;) {
        uint64_t count = 0;
        if (ledger_note_get(ledger, "count", note, &len) != LEDGER_OK)
            return false;
        if (len > 0)
            memcpy(&count, note, sizeof count);
        *count_r = ++count;
        if (ledger_note_put(ledger, "count", note, len, (const char *)&count, sizeof count,
                            &done) != LEDGER_OK)
            return false;
    }
    return true;
}

static void *count_many(void *arg)
{
    struct counter *counter = arg;
    uint64_t count;
    for (unsigned i = 0; i < COUNTS; i++)
        counter->wrong |= !count_up(counter->ledger, &count);
    return NULL;
}

static void test_race(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct counter counters[THREADS] = {0};
    const uint64_t want = THREADS * COUNTS;
    for (unsigned i = 0; i < THREADS; i++) {
        counters[i].ledger = ledger;
        assert_int_equal(pthread_create(&counters[i].thread, NULL, count_many, &counters[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(counters[i].thread, NULL), 0);
        assert_false(counters[i].wrong);
    }
    expect(ledger, "count", &want, sizeof want);
}

/*
 * The backends against each other
 */

static uint32_t seed;

static unsigned dice(unsigned sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % sides;
}

static size_t random_note(char note_r[LEDGER_NOTE_MAX], unsigned shortest)
{
    size_t len = dice(2) ? shortest + dice(3) : LEDGER_NOTE_MAX - dice(2);
    memset(note_r, 'a' + (int)dice(3), len);
    return len;
}

static void test_backends_agree(void **state)
{
    static const char *const names[] = {"a", "b", "c"};
    struct fixture *f = *state;
    struct ledger *memory = fixture_open("memory", "", LEDGER_SIZE_MIN);
    unsigned replaced = 0;
    seed = 7;
    for (unsigned i = 0; i < 1500; i++) {
        const char *name = names[dice(3)];
        char old[LEDGER_NOTE_MAX], new[LEDGER_NOTE_MAX];
        size_t old_len, len = random_note(new, 1);
        assert_int_equal(ledger_note_get(memory, name, old, &old_len), LEDGER_OK);
        expect(f->ledger, name, old, old_len);
        if (dice(2))
            old_len = random_note(old, 0);
        bool done = put(f->ledger, name, old, old_len, new, len);
        assert_int_equal(put(memory, name, old, old_len, new, len), done);
        replaced += done;
        if (i % 100 == 99)
            reopen(state);
    }
    assert_in_range(replaced, 500, 1400);
    ledger_close(memory);
}

/*
 * In memory
 */

static void test_memory_has_no_more_room(void **state)
{
    struct ledger *ledger = ledger_of(state);
    bool done = true;
    test_many(state);
    expect(ledger, "one-more", NULL, 0);
    assert_int_equal(ledger_note_put(ledger, "one-more", NULL, 0, "x", 1, &done), LEDGER_FULL);
    assert_true(done);
    assert_false(put(ledger, "one-more", "y", 1, "x", 1));
}

/*
 * On disk
 */

static void file_of(void **state, const char *name, char path_r[256])
{
    snprintf(path_r, 256, "%s/note-%s", ((struct fixture *)*state)->path, name);
}

static void test_survives(void **state)
{
    char path[256];
    struct stat st;
    syncs = 0;
    assert_true(put(ledger_of(state), "a", NULL, 0, "one", 3));
    assert_int_equal(syncs, 2); /* the file, and its name */
    expect(reopen(state), "a", "one", 3);
    assert_true(put(ledger_of(state), "a", "one", 3, "two", 3));
    expect(reopen(state), "a", "two", 3);
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
        assert_true(put(ledger, name, NULL, 0, "old", 3));
        fault = (int)rows[i].fault;
        enum ledger_err got = ledger_note_put(ledger, name, "old", 3, "newer", 5, &done);
        if (got != rows[i].want || !done)
            fail_msg("%s: %s", rows[i].label, ledger_err_str(got));
        assert_false(put(ledger, name, "x", 1, "newer", 5)); /* that needs no disk */
        fault = NONE;
        ledger = reopen(state);
        if (rows[i].replaced)
            expect(ledger, name, "newer", 5);
        else
            assert_true(put(ledger, name, "old", 3, "newer", 5));
        expect(ledger, name, "newer", 5);
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
    assert_true(put(ledger, "a", NULL, 0, "one", 3));
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
    assert_true(put(ledger, "b", NULL, 0, "one", 3));
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
    assert_true(put(ledger, "b", "one", 3, "two", 3));
    expect(ledger, "b", "two", 3);
    assert_int_equal(access(path, F_OK), -1);
}

/*
 * Killed
 */

#define KILL_AFTER 200 /* counts that the parent hears of */

struct told {
    struct ledger *ledger;
    int pipe;
};

static void *count_and_tell(void *arg)
{
    struct told *told = arg;
    for (uint64_t count;;) {
        if (!count_up(told->ledger, &count) ||
            write(told->pipe, &count, sizeof count) != sizeof count)
            _exit(1);
    }
}

static void child_main(const char *path, int pipe)
{
    struct told told = {fixture_open("lmdb", path, LEDGER_SIZE_MIN), pipe};
    pthread_t thread;
    for (unsigned i = 0; i < 4; i++) {
        if (pthread_create(&thread, NULL, count_and_tell, &told) != 0)
            _exit(1);
    }
    pause();
}

static void test_killed(void **state)
{
    struct fixture *f = *state;
    int ends[2], status;
    uint64_t count, most = 0;
    char note[LEDGER_NOTE_MAX];
    size_t len;
    ledger_close(f->ledger);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        child_main(f->path, ends[1]);
        _exit(1);
    }
    close(ends[1]);
    for (unsigned n = 1; read(ends[0], &count, sizeof count) == sizeof count; n++) {
        most = count > most ? count : most;
        if (n == KILL_AFTER)
            assert_int_equal(kill(child, SIGKILL), 0);
    }
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_true(most >= KILL_AFTER);

    f->ledger = fixture_open("lmdb", f->path, LEDGER_SIZE_MIN);
    assert_int_equal(ledger_note_get(f->ledger, "count", note, &len), LEDGER_OK);
    assert_int_equal(len, sizeof count);
    memcpy(&count, note, sizeof count);
    assert_in_range(count, most, most + 4); /* each thread may have put one without telling */
    assert_true(count_up(f->ledger, &most));
    assert_int_equal(most, count + 1);
}

#define BOTH(test)                                                                                 \
    {#test "/lmdb", test, setup_lmdb, teardown, NULL},                                             \
    {                                                                                              \
#test "/memory", test, setup_memory, teardown, NULL                                        \
    }
#define DISK(test) cmocka_unit_test_setup_teardown(test, setup_lmdb, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_replace),
        BOTH(test_sizes_and_names),
        BOTH(test_many),
        BOTH(test_full_ledger),
        BOTH(test_race),
        DISK(test_backends_agree),
        cmocka_unit_test_setup_teardown(test_memory_has_no_more_room, setup_memory, teardown),
        DISK(test_survives),
        DISK(test_faults),
        DISK(test_damage),
        DISK(test_other_kinds),
        DISK(test_killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
