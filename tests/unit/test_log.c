/* test_log.c - lines: what is escaped, what is cut off, which prefix they get, where they go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "milter/log.h"

struct capture {
    int saved, ours;
};

/* Standard error becomes a socket that keeps the borders between writes. */
static struct capture capture_begin(void)
{
    struct capture capture;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
    fflush(stderr);
    capture.saved = dup(STDERR_FILENO);
    capture.ours = pair[0];
    assert_true(dup2(pair[1], STDERR_FILENO) >= 0);
    close(pair[1]);
    return capture;
}

/* One write's octets as a string; "" if there was none. */
static void capture_read(const struct capture *capture, char *text_r, size_t size)
{
    ssize_t got = recv(capture->ours, text_r, size - 1, MSG_DONTWAIT);
    text_r[got < 0 ? 0 : got] = '\0';
}

static void capture_end(struct capture *capture)
{
    dup2(capture->saved, STDERR_FILENO);
    close(capture->saved);
    close(capture->ours);
}

static void test_escapes(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"plain text: a=b", "onionpow-milter: plain text: a=b\n"},
        {"two\nlines", "onionpow-milter: two\\x0alines\n"},
        {"\r\n<3>forged", "onionpow-milter: \\x0d\\x0a<3>forged\n"},
        {"tab\tescape\033[2J", "onionpow-milter: tab\\x09escape\\x1b[2J\n"},
        {"\x7f\xc3\xa4\xff", "onionpow-milter: \\x7f\\xc3\\xa4\\xff\n"},
        {" ~", "onionpow-milter:  ~\n"},
        {"", "onionpow-milter: \n"},
    };
    (void)state;
    unsetenv("JOURNAL_STREAM");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[256];
        struct capture capture = capture_begin();
        log_open(CONF_LOG_STDERR, LOG_LEVEL_INFO);
        errno = EDOM;
        log_line(LOG_LEVEL_INFO, "%s", rows[i].text);
        int error = errno;
        capture_read(&capture, line, sizeof line);
        capture_end(&capture);
        assert_string_equal(line, rows[i].want);
        assert_int_equal(error, EDOM);
    }
}

/* The longest text, all of it escaped, is one line in one write. */
static void test_long(void **state)
{
    static char text[20000], line[20000], rest[10];
    (void)state;
    memset(text, '\001', sizeof text - 1);
    struct capture capture = capture_begin();
    log_open(CONF_LOG_STDERR, LOG_LEVEL_INFO);
    log_line(LOG_LEVEL_INFO, "%s", text);
    capture_read(&capture, line, sizeof line);
    capture_read(&capture, rest, sizeof rest);
    capture_end(&capture);
    assert_int_equal(strlen(line), strlen("onionpow-milter: ") + 2047 * 4 + 1);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    assert_string_equal(rest, "");
}

static void test_levels(void **state)
{
    char line[64];
    struct capture capture = capture_begin();
    (void)state;
    log_open(CONF_LOG_STDERR, LOG_LEVEL_WARNING);
    log_line(LOG_LEVEL_INFO, "info");
    log_line(LOG_LEVEL_DEBUG, "debug");
    log_line(LOG_LEVEL_WARNING, "warning");
    capture_read(&capture, line, sizeof line);
    assert_string_equal(line, "onionpow-milter: warning\n");
    log_open(CONF_LOG_STDERR, LOG_LEVEL_DEBUG);
    log_line(LOG_LEVEL_DEBUG, "debug");
    capture_read(&capture, line, sizeof line);
    capture_end(&capture);
    assert_string_equal(line, "onionpow-milter: debug\n");
}

static void name_stream(unsigned long long inode_change)
{
    struct stat st;
    char stream[64];
    assert_int_equal(fstat(STDERR_FILENO, &st), 0);
    snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino + inode_change);
    setenv("JOURNAL_STREAM", stream, 1);
}

static void test_journal(void **state)
{
    static const struct {
        enum conf_log target;
        bool same_stream;
        enum log_level level;
        const char *want;
    } rows[] = {
        {CONF_LOG_AUTO, true, LOG_LEVEL_ERROR, "<3>x\n"},
        {CONF_LOG_AUTO, true, LOG_LEVEL_WARNING, "<4>x\n"},
        {CONF_LOG_AUTO, true, LOG_LEVEL_INFO, "<6>x\n"},
        {CONF_LOG_STDERR, true, LOG_LEVEL_DEBUG, "<7>x\n"},
        {CONF_LOG_STDERR, false, LOG_LEVEL_ERROR, "onionpow-milter: x\n"},
        {CONF_LOG_AUTO, false, LOG_LEVEL_ERROR, ""}, /* no terminal: syslog */
        {CONF_LOG_SYSLOG, true, LOG_LEVEL_ERROR, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[64];
        struct capture capture = capture_begin();
        name_stream(rows[i].same_stream ? 0 : 1);
        log_open(rows[i].target, LOG_LEVEL_DEBUG);
        log_line(rows[i].level, "x");
        capture_read(&capture, line, sizeof line);
        capture_end(&capture);
        assert_string_equal(line, rows[i].want);
    }
    unsetenv("JOURNAL_STREAM");
}

#define THREADS 4
#define LINES   50

static void *write_lines(void *arg)
{
    for (int i = 0; i < LINES; i++)
        log_line(LOG_LEVEL_INFO, "%s", (const char *)arg);
    return NULL;
}

/* Each line is one write, so lines of threads do not run into each other. */
static void test_threads(void **state)
{
    static char text[THREADS][300];
    pthread_t thread[THREADS];
    char path[] = "/tmp/test_log.XXXXXX", line[512];
    int file = mkstemp(path), saved = dup(STDERR_FILENO), lines = 0;
    (void)state;
    assert_true(file >= 0);
    assert_int_equal(fcntl(file, F_SETFL, O_APPEND), 0);
    dup2(file, STDERR_FILENO);
    log_open(CONF_LOG_STDERR, LOG_LEVEL_INFO);
    for (int i = 0; i < THREADS; i++) {
        memset(text[i], 'a' + i, sizeof text[i] - 1);
        pthread_create(&thread[i], NULL, write_lines, text[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    dup2(saved, STDERR_FILENO);
    close(saved);

    FILE *back = fopen(path, "r");
    assert_non_null(back);
    for (; fgets(line, sizeof line, back); lines++) {
        const char *first = line + strlen("onionpow-milter: ");
        assert_int_equal(strlen(first), sizeof text[0]);
        assert_int_equal(strspn(first, (char[]){first[0], '\0'}), sizeof text[0] - 1);
    }
    fclose(back);
    close(file);
    unlink(path);
    assert_int_equal(lines, THREADS * LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes), cmocka_unit_test(test_long),
        cmocka_unit_test(test_levels),  cmocka_unit_test(test_journal),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
