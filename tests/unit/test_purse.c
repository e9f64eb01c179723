/* test_purse.c - remembered offers and kept stamps, with several processes at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pow/heard.h"
#include "pow/quote.h"
#include "tools/purse.h"
#include "tools/statedir.h"

#define NOW     1790000000
#define OFFER_S 3600
#define STAMP_S 86400

static char directory[32];
static struct purse *purse;
static const uint8_t first[OP_SHA256_LEN] = {1}, second[OP_SHA256_LEN] = {2};

static struct purse *open_purse(void)
{
    char why[PURSE_WHY_MAX] = "";
    struct purse *opened = purse_open(directory, OFFER_S, STAMP_S, why);

    assert_string_equal(why, "");
    assert_non_null(opened);
    return opened;
}

static int setup(void **state)
{
    (void)state;
    umask(0077); /* what the tests write is as private as what the purse writes */
    strcpy(directory, "/tmp/onionpow-test-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    purse = open_purse();
    return 0;
}

static int teardown(void **state)
{
    char command[64];

    (void)state;
    purse_free(purse);
    snprintf(command, sizeof command, "rm -r %s", directory);
    return system(command);
}

static struct op_recipient recipient(const char *address)
{
    struct op_recipient parsed;

    assert_true(op_recipient_parse(address, strlen(address), &parsed, NULL));
    return parsed;
}

/* Well-formed, and told apart by its salt. */
static struct op_stamp stamp(uint8_t mark, uint64_t effort)
{
    struct op_stamp made = {.suite = op_suite_default(), .effort = effort, .date = 20260921};

    made.salt[0] = mark;
    return made;
}

static struct op_offers offers(uint64_t effort)
{
    return (struct op_offers){.count = 1,
                              .offer[0] = {.suite = op_suite_default(), .effort = effort}};
}

static struct purse_stamp *keep(const char *address, const uint8_t *message, uint8_t mark,
                                uint64_t effort, int64_t now)
{
    struct op_recipient rcpt = recipient(address);
    struct op_stamp made = stamp(mark, effort);
    bool kept = false;
    struct purse_stamp *held = purse_keep(purse, &rcpt, message, &made, now, &kept);

    assert_true(kept);
    return held;
}

/* The mark of the stamp that is claimed, which then goes back; 0: none. */
static int claimed(const char *address, const uint8_t *message, const struct op_offers *wanted,
                   int64_t now)
{
    struct op_recipient rcpt = recipient(address);
    struct purse_stamp *held = purse_claim(purse, &rcpt, message, wanted, now);
    int mark = held != NULL ? purse_stamp_value(held)->salt[0] : 0;

    purse_return(held);
    return mark;
}

static unsigned count_files(const char *below)
{
    char path[64];
    unsigned count = 0;

    snprintf(path, sizeof path, "%s/%s", directory, below);
    DIR *stream = opendir(path);
    assert_non_null(stream);
    for (const struct dirent *at; (at = readdir(stream)) != NULL;)
        count += at->d_name[0] != '.';
    closedir(stream);
    return count;
}

/* Where the offers of this destination are. */
static void purse_file_of(const char *destination, char path_r[128])
{
    uint8_t material[OP_KEY_LEN];
    struct op_key *key;

    snprintf(path_r, 128, "%s/key", directory);
    FILE *in = fopen(path_r, "r");
    assert_non_null(in);
    assert_int_equal(fread(material, 1, sizeof material, in), sizeof material);
    fclose(in);
    assert_int_equal(op_key_new(material, &key), OP_OK);
    int used = snprintf(path_r, 128, "%s/offers/", directory);
    op_heard_name(key, destination, path_r + used);
    op_key_free(key);
}

static void test_offers(void **state)
{
    struct op_offers made = offers(512), got;

    (void)state;
    made.offer[0].quote_len = OP_QUOTE_LEN; /* for somebody: not to be remembered */
    assert_false(purse_offers(purse, "a.onion:25", NOW, &got));
    assert_true(purse_remember(purse, "a.onion:25", NOW, &made));
    assert_true(purse_offers(purse, "a.onion:25", NOW + OFFER_S, &got));
    assert_int_equal(got.count, 1);
    assert_ptr_equal(got.offer[0].suite, op_suite_default());
    assert_int_equal(got.offer[0].effort, 512);
    assert_int_equal(got.offer[0].quote_len, 0);
    assert_false(purse_offers(purse, "a.onion:26", NOW, &got));
    assert_false(purse_offers(purse, "a.onion:25", NOW + OFFER_S + 1, &got));
    assert_false(purse_offers(purse, "a.onion:25", NOW - 2 * 86400, &got)); /* a clock set back */
    made = offers(1024);
    assert_true(purse_remember(purse, "a.onion:25", NOW, &made));
    assert_true(purse_offers(purse, "a.onion:25", NOW, &got));
    assert_int_equal(got.offer[0].effort, 1024);
}

/* Whoever reads the directory without asking servers has them for a day. */
static void test_offers_stay_a_day(void **state)
{
    struct op_offers made = offers(512), got;
    const int64_t now = (int64_t)time(NULL); /* what is swept goes by the time of its file */
    char path[128];
    struct timespec written[2] = {{.tv_sec = now - 86390}, {.tv_sec = now - 86390}};

    (void)state;
    assert_true(purse_remember(purse, "old.onion:25", now - 86390, &made));
    purse_file_of("old.onion:25", path);
    assert_int_equal(utimensat(AT_FDCWD, path, written, 0), 0);
    assert_true(purse_remember(purse, "a.onion:25", now, &made));
    assert_int_equal(count_files("offers"), 2);
    assert_false(purse_offers(purse, "old.onion:25", now, &got)); /* for us it is over */
    assert_true(purse_remember(purse, "b.onion:25", now + 11, &made));
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(count_files("offers"), 2);
}

static void test_doubt(void **state)
{
    struct op_offers made = offers(512), got;
    int64_t now = time(NULL);

    (void)state;
    assert_false(purse_doubted(purse, "a.onion:25", now));
    assert_true(purse_doubt(purse, "a.onion:25"));
    assert_true(purse_doubted(purse, "a.onion:25", now));
    assert_true(purse_doubted(purse, "a.onion:25", now + PURSE_DOUBT_S - 60));
    assert_false(purse_doubted(purse, "a.onion:25", now + PURSE_DOUBT_S + 60));
    assert_false(purse_doubted(purse, "a.onion:26", now));
    assert_false(purse_offers(purse, "a.onion:25", now, &got)); /* it is none */
    assert_true(purse_remember(purse, "a.onion:25", now, &made));
    assert_true(purse_doubted(purse, "a.onion:25", now)); /* what is heard since is no better */
}

static void test_key_is_shared_and_private(void **state)
{
    struct op_offers made = offers(512), got;
    struct purse *other = open_purse();
    char path[64], one[PURSE_HASH_MAX], two[PURSE_HASH_MAX], why[PURSE_WHY_MAX];
    struct stat status;

    (void)state;
    assert_true(purse_remember(purse, "a.onion:25", NOW, &made));
    assert_true(purse_offers(other, "a.onion:25", NOW, &got));
    purse_hash(purse, "one", "x", 1, one);
    purse_hash(other, "one", "x", 1, two);
    assert_string_equal(one, two);
    purse_hash(other, "two", "x", 1, two);
    assert_string_not_equal(one, two);
    purse_free(other);
    snprintf(path, sizeof path, "%s/key", directory);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(truncate(path, 31), 0);
    assert_null(purse_open(directory, OFFER_S, STAMP_S, why));
    assert_non_null(strstr(why, "/key is no key"));
    assert_null(purse_open("/nonexistent", OFFER_S, STAMP_S, why));
    assert_non_null(strstr(why, "/nonexistent"));
}

static void test_own(void **state)
{
    (void)state;
    purse_return(keep("bob@x.org", first, 1, 512, NOW));
    assert_int_equal(claimed("bob@x.org", first, NULL, NOW), 1);
    assert_int_equal(claimed("bob@x.org", first, NULL, NOW), 1);
    assert_int_equal(claimed("BOB@X.org", first, NULL, NOW), 1);  /* the canonical form counts */
    assert_int_equal(claimed("bob@x.org", second, NULL, NOW), 0); /* it waits for its message */
    assert_int_equal(claimed("eve@x.org", first, NULL, NOW), 0);
    assert_int_equal(claimed("bob@x.org", first, NULL, NOW + STAMP_S), 1);
    assert_int_equal(claimed("bob@x.org", first, NULL, NOW + STAMP_S + 1), 0);
    assert_int_equal(count_files("stamps"), 0); /* what is too old is gone */
}

static void test_whole_stamp_comes_back(void **state)
{
    struct op_recipient rcpt = recipient("bob@x.org");
    struct op_stamp made = stamp(1, 512);
    bool kept;

    (void)state;
    made.quote_len = OP_QUOTE_LEN;
    memset(made.quote, 7, sizeof made.quote);
    memset(made.nonces, 9, op_suite_default()->puzzles * op_suite_default()->nonce_len);
    memset(made.seal, 3, sizeof made.seal);
    purse_return(purse_keep(purse, &rcpt, first, &made, NOW, &kept));
    struct purse_stamp *held = purse_claim(purse, &rcpt, first, NULL, NOW);
    assert_non_null(held);
    assert_memory_equal(purse_stamp_value(held), &made, sizeof made);
    purse_spend(held);
}

static void test_spend(void **state)
{
    struct op_recipient rcpt = recipient("bob@x.org");

    (void)state;
    purse_return(keep("bob@x.org", first, 1, 512, NOW));
    purse_spend(purse_claim(purse, &rcpt, first, NULL, NOW));
    assert_int_equal(claimed("bob@x.org", first, NULL, NOW), 0);
    assert_int_equal(count_files("stamps"), 0);
    purse_spend(NULL);
    purse_release(NULL);
    purse_return(NULL);
}

static void test_release(void **state)
{
    struct op_offers low = offers(512), high = offers(513);

    (void)state;
    purse_release(keep("bob@x.org", first, 1, 512, NOW));
    assert_int_equal(claimed("eve@x.org", second, NULL, NOW), 0);
    assert_int_equal(claimed("bob@x.org", second, &high, NOW), 0); /* not worth presenting */
    assert_int_equal(claimed("bob@x.org", second, &low, NOW), 1);
    assert_int_equal(claimed("bob@x.org", first, NULL, NOW), 0); /* it is the second's now */
    assert_int_equal(claimed("bob@x.org", second, &high, NOW), 1);
}

static void test_own_before_free(void **state)
{
    (void)state;
    for (uint8_t i = 1; i <= 10; i++)
        purse_release(keep("bob@x.org", second, i, 512, NOW));
    purse_return(keep("bob@x.org", first, 99, 512, NOW));
    for (uint8_t i = 11; i <= 20; i++)
        purse_release(keep("bob@x.org", second, i, 512, NOW));
    assert_int_equal(claimed("bob@x.org", first, NULL, NOW), 99);
}

static void test_held_is_nobody_elses(void **state)
{
    struct purse *other = open_purse();
    struct op_recipient rcpt = recipient("bob@x.org");

    (void)state;
    struct purse_stamp *held = keep("bob@x.org", first, 1, 512, NOW);
    assert_null(purse_claim(other, &rcpt, first, NULL, NOW));
    purse_return(held);
    held = purse_claim(other, &rcpt, first, NULL, NOW);
    assert_non_null(held);
    assert_null(purse_claim(purse, &rcpt, first, NULL, NOW));
    purse_release(held);
    purse_free(other);
}

/* A process that dies gives back what it held. */
static void test_crash(void **state)
{
    struct op_recipient rcpt = recipient("bob@x.org");
    int status;

    (void)state;
    purse_return(keep("bob@x.org", first, 1, 512, NOW));
    pid_t child = fork();
    if (child == 0)
        _exit(purse_claim(purse, &rcpt, first, NULL, NOW) != NULL ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(claimed("bob@x.org", first, NULL, NOW), 1);
}

/* Each of many free stamps goes to one of many processes. */
static void test_many_processes(void **state)
{
    enum { PROCESSES = 16, STAMPS = 12 };
    struct op_recipient rcpt = recipient("bob@x.org");
    unsigned had[STAMPS + 1] = {0};
    pid_t children[PROCESSES];
    int go[2];

    (void)state;
    for (uint8_t i = 1; i <= STAMPS; i++)
        purse_release(keep("bob@x.org", first, i, 512, NOW));
    assert_int_equal(pipe(go), 0);
    for (uint8_t i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            uint8_t message[OP_SHA256_LEN] = {100, i};
            char c;
            close(go[1]);
            if (read(go[0], &c, 1) != 0) /* all start when the pipe is closed */
                _exit(255);
            struct purse_stamp *held = purse_claim(purse, &rcpt, message, NULL, NOW);
            int mark = held != NULL ? purse_stamp_value(held)->salt[0] : 0;
            purse_spend(held);
            _exit(mark);
        }
    }
    close(go[0]);
    close(go[1]);
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= STAMPS);
        had[WEXITSTATUS(status)]++;
    }
    for (int i = 1; i <= STAMPS; i++)
        assert_true(had[i] <= 1);
    assert_true(had[0] < PROCESSES);
}

static void test_damage(void **state)
{
    static const char *const contents[] = {
        "", "minted 01790000000\n", "minted x\nmessage y\nz\n",
        "minted 01790000000\nmessage --------------------------------\nv=1; a=no\n"};
    char path[128], name[PURSE_HASH_MAX];

    (void)state;
    purse_hash(purse, "onionpow purse recipient", "bob@x.org", 9, name);
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        snprintf(path, sizeof path, "%s/stamps/%s-0000000000000000", directory, name);
        FILE *file = fopen(path, "w");
        fputs(contents[i], file);
        fclose(file);
        assert_int_equal(claimed("bob@x.org", first, NULL, NOW), 0);
        assert_int_equal(count_files("stamps"), 0);
    }
}

/* The name and the text are those of older versions, whose files stay good. */
static void test_offers_on_disk(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"heard 1790000000 onionpow:1:argon2id-16m/512\n", true},
        {"heard 1790000000 onionpow:1:argon2id-16m/512", false},
        {"heard 1790000000 onionpow:1:", false},
        {"", false},
    };
    struct op_offers got, made = offers(512);
    char path[128], name[PURSE_HASH_MAX], text[STATEDIR_FILE_MAX];

    (void)state;
    purse_hash(purse, "onionpow purse destination", "a:25", 4, name);
    snprintf(path, sizeof path, "%s/offers/%s", directory, name);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        FILE *file = fopen(path, "w");
        fputs(rows[i].text, file);
        fclose(file);
        if (purse_offers(purse, "a:25", NOW, &got) != rows[i].good)
            fail_msg("%s", rows[i].text);
    }
    assert_true(purse_remember(purse, "a:25", NOW, &made));
    int fd = open(path, O_RDONLY);
    assert_true(statedir_get(fd, text));
    close(fd);
    assert_string_equal(text, rows[0].text);
}

/* --- what is not ours --------------------------------------------------------------------- */

static void old_file(const char *name, time_t age_s)
{
    const struct timespec times[2] = {{time(NULL) - age_s, 0}, {time(NULL) - age_s, 0}};
    char path[128];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("precious", file);
    fclose(file);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool is_there(const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    return access(path, F_OK) == 0;
}

/* Files that somebody else has put there stay, however old they are; ours go. */
static void test_foreign_files_stay(void **state)
{
    static const struct {
        const char *name;
        bool stays;
    } rows[] = {
        {"stamps/inventory.ods", true},
        {"stamps/0123456789abcdef0123456789abcdef", true},
        {"stamps/0123456789abcdef0123456789abcdef-0123456789abcde", true},
        {"stamps/0123456789abcdef0123456789abcdef-0123456789abcdeX", true},
        {"stamps/0123456789abcdef0123456789abcdef-0123456789abcdef0", true},
        {"stamps/0123456789abcdef0123456789abcdef-0123456789abcdef~", true},
        {"stamps/0123456789ABCDEF0123456789abcdef-0123456789abcdef", true},
        {"stamps/0123456789abcdef0123456789abcdef-0123456789abcdef", false},
        {"offers/contract.pdf", true},
        {"offers/0123456789abcdef0123456789abcde", true},
        {"offers/0123456789abcdef0123456789abcdef.doubts", true},
        {"offers/0123456789abcdef0123456789abcdef0", true},
        {"offers/0123456789abcdef0123456789abcdef", false},
        {"offers/0123456789abcdef0123456789abcdef.doubt", false},
    };
    const size_t count = sizeof rows / sizeof *rows;
    struct op_offers made = offers(512);

    (void)state;
    for (size_t i = 0; i < count; i++)
        old_file(rows[i].name, 40 * 86400);
    assert_true(purse_remember(purse, "a.onion:25", time(NULL), &made));
    purse_return(keep("bob@x.org", first, 1, 512, time(NULL)));
    for (size_t i = 0; i < count; i++) {
        if (is_there(rows[i].name) != rows[i].stays)
            fail_msg("%s", rows[i].name);
    }
}

/* What others could have written, or read, is not believed; nothing hangs. */
static void test_only_ours(void **state)
{
    static const struct {
        const char *command, *says;
    } rows[] = {
        {"chmod 666 %s/key", "/key: it is not ours"},
        {"chmod 600 %s/key && chmod 640 %s/key", "/key: it is not ours"},
        {"chmod 600 %s/key && chmod 777 %s/offers", "/offers: it is not ours"},
        {"chmod 700 %s/offers && chmod 720 %s/stamps", "/stamps: it is not ours"},
        {"chmod 700 %s/stamps && mv %s/stamps %s/s && ln -s s %s/stamps", "/stamps: Not a dir"},
        {"rm %s/stamps && mv %s/s %s/stamps && mv %s/key %s/k && mkfifo -m 600 %s/key", "/key: "},
        {"rm %s/key && ln -s k %s/key", "/key: "},
    };
    char command[300], why[PURSE_WHY_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *d = directory;
        snprintf(command, sizeof command, rows[i].command, d, d, d, d, d, d);
        assert_int_equal(system(command), 0);
        assert_null(purse_open(directory, OFFER_S, STAMP_S, why));
        if (strstr(why, rows[i].says) == NULL)
            fail_msg("%s: %s", rows[i].command, why);
    }
    snprintf(command, sizeof command, "rm %s/key && mv %s/k %s/key", directory, directory,
             directory);
    assert_int_equal(system(command), 0);
    purse_free(open_purse());
    if (geteuid() == 0) {
        snprintf(command, sizeof command, "chown 65534 %s/offers", directory);
        assert_int_equal(system(command), 0);
        assert_null(purse_open(directory, OFFER_S, STAMP_S, why));
        assert_non_null(strstr(why, "/offers: it is not ours"));
    }
}

static void test_names_tell_nothing(void **state)
{
    struct op_offers made = offers(512);
    char command[200];

    (void)state;
    purse_return(keep("bob@secret.org", first, 1, 512, NOW));
    assert_true(purse_remember(purse, "secret.onion:25", NOW, &made));
    snprintf(command, sizeof command, "(ls -R %s; cat %s/*/*) | grep -q -e bob -e secret",
             directory, directory);
    assert_int_not_equal(system(command), 0);
    snprintf(command, sizeof command, "test -z \"$(find %s -type f -perm /077)\"", directory);
    assert_int_equal(system(command), 0);
}

static void test_unwritable(void **state)
{
    struct op_recipient rcpt = recipient("bob@x.org");
    struct op_stamp made = stamp(1, 512);
    bool kept = true;
    char path[64];

    (void)state;
    snprintf(path, sizeof path, "%s/stamps", directory);
    assert_int_equal(rmdir(path), 0); /* as good as a full disk, and works for root */
    struct purse_stamp *held = purse_keep(purse, &rcpt, first, &made, NOW, &kept);
    assert_false(kept);
    assert_non_null(held);
    assert_int_equal(purse_stamp_value(held)->salt[0], 1);
    purse_release(held);
}

static void test_meets(void **state)
{
    struct op_stamp made = stamp(1, 512);
    struct op_offers same = offers(512), more = offers(513), other = offers(1);

    (void)state;
    other.offer[0].suite = op_suite_find("sha256", 6);
    assert_true(purse_meets(&made, &same, NOW));
    assert_false(purse_meets(&made, &more, NOW));
    assert_false(purse_meets(&made, &other, NOW));
    made.quote_len = OP_QUOTE_LEN; /* a promise until the start of 1970 */
    assert_false(purse_meets(&made, &more, NOW));
    memset(made.quote, 0xff, 4);
    assert_true(op_quote_expiry(made.quote) > NOW);
    assert_true(purse_meets(&made, &more, NOW));
    assert_false(purse_meets(&made, &other, NOW));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_offers),
        TEST(test_offers_stay_a_day),
        TEST(test_doubt),
        TEST(test_key_is_shared_and_private),
        TEST(test_own),
        TEST(test_whole_stamp_comes_back),
        TEST(test_spend),
        TEST(test_release),
        TEST(test_own_before_free),
        TEST(test_held_is_nobody_elses),
        TEST(test_crash),
        TEST(test_many_processes),
        TEST(test_damage),
        TEST(test_offers_on_disk),
        TEST(test_foreign_files_stay),
        TEST(test_only_ours),
        TEST(test_names_tell_nothing),
        TEST(test_unwritable),
        TEST(test_meets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
