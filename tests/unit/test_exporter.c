/* test_exporter.c - what a client may ask, and what a bad one cannot do to the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "directory.h"
#include "milter/exporter.h"

#define ANSWER_MAX 4096
#define HANG_MS    60000 /* a guard against hanging, never a measure of speed */
#define CROWD      100   /* more than the exporter keeps */

static char page[] = "# HELP a A.\n# TYPE a gauge\na 1\n";
static char listen_at[128];
static struct exporter *exporter;
static atomic_uint asked;
static atomic_bool signals_blocked;

static void write_page(void *arg, FILE *out)
{
    sigset_t set;
    pthread_sigmask(SIG_BLOCK, NULL, &set);
    atomic_store(&signals_blocked, sigismember(&set, SIGHUP) && sigismember(&set, SIGTERM) &&
                                       sigismember(&set, SIGUSR1));
    atomic_fetch_add(&asked, 1);
    fputs(arg, out);
}

static struct conf conf_of(char *at, bool public)
{
    struct conf conf = {0};
    conf.metrics.listen = at;
    conf.metrics.public = public;
    return conf;
}

static struct exporter *start(char *at, char *text)
{
    struct conf conf = conf_of(at, false);
    char why[CONF_WHY_MAX] = "";
    struct exporter *started = exporter_start(&conf, write_page, text, why, sizeof why);
    if (!started)
        fail_msg("%s", why);
    return started;
}

static int setup(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    if (directory_setup("metrics.sock") != 0)
        return -1;
    snprintf(listen_at, sizeof listen_at, "local:%s", path);
    exporter = start(listen_at, page);
    return 0;
}

static int teardown(void **state)
{
    exporter_stop(exporter);
    exporter = NULL;
    if (access(path, F_OK) == 0)
        return -1; /* the socket has to be gone */
    return directory_teardown(state);
}

/* --- a client ----------------------------------------------------------------------------- */

static int connect_to(const void *addr, socklen_t len)
{
    int fd = socket(((const struct sockaddr *)addr)->sa_family, SOCK_STREAM, 0);
    struct timeval guard = {.tv_sec = HANG_MS / 1000};
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &guard, sizeof guard);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &guard, sizeof guard); /* for connect, too */
    assert_int_equal(connect(fd, addr, len), 0);
    return fd;
}

static int client(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    memcpy(addr.sun_path, path, strlen(path));
    return connect_to(&addr, sizeof addr);
}

/* False if the other side has closed already, which is its right. */
static bool say(int fd, const void *octets, size_t len)
{
    return send(fd, octets, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* All there is until the end of the connection, which is closed. */
static void hear(int fd, char answer_r[ANSWER_MAX])
{
    size_t len = 0;
    ssize_t got;
    while ((got = recv(fd, answer_r + len, ANSWER_MAX - 1 - len, 0)) > 0)
        len += (size_t)got;
    assert_true(got == 0 || errno == ECONNRESET); /* and not the guard against hanging */
    answer_r[len] = '\0';
    close(fd);
}

static void ask(const char *request, char answer_r[ANSWER_MAX])
{
    int fd = client();
    assert_true(say(fd, request, strlen(request)));
    hear(fd, answer_r);
}

static void must_contain(const char *answer, const char *words)
{
    if (!strstr(answer, words))
        fail_msg("lacks \"%s\":\n%s", words, answer);
}

static void must_have_status(const char *answer, int want)
{
    int status = 0;
    sscanf(answer, "HTTP/1.%*d %d", &status);
    if (status != want)
        fail_msg("status %d instead of %d:\n%s", status, want, answer);
}

static const char *body_of(const char *answer)
{
    const char *body = strstr(answer, "\r\n\r\n");
    assert_non_null(body);
    return body + 4;
}

static void must_serve(void)
{
    char answer[ANSWER_MAX];
    ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", answer);
    must_have_status(answer, 200);
    assert_string_equal(body_of(answer), page);
}

/* --- tests -------------------------------------------------------------------------------- */

static void test_get(void **state)
{
    char answer[ANSWER_MAX];
    (void)state;
    ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", answer);
    must_have_status(answer, 200);
    must_contain(answer, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
    must_contain(answer, "Connection: close\r\n");
    assert_string_equal(body_of(answer), page);
    assert_true(atomic_load(&signals_blocked));
    ask("GET /metrics?x=1 HTTP/1.0\r\n\r\n", answer);
    must_have_status(answer, 200);
}

static void test_head(void **state)
{
    char answer[ANSWER_MAX], length[64];
    (void)state;
    snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(page));
    ask("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n", answer);
    must_have_status(answer, 200);
    must_contain(answer, length);
    assert_string_equal(body_of(answer), "");
}

static void test_not_found(void **state)
{
    static const char *const paths[] = {"/",         "/metric",  "/metrics/",   "/metrics2",
                                        "//metrics", "/METRICS", "/../metrics", "/%00metrics"};
    char request[128], answer[ANSWER_MAX];
    (void)state;
    unsigned before = atomic_load(&asked);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", paths[i]);
        ask(request, answer);
        must_have_status(answer, 404);
        must_contain(answer, "/metrics\n");
    }
    assert_int_equal(atomic_load(&asked), before);
}

static void test_methods(void **state)
{
    static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get", "X"};
    char request[128], answer[ANSWER_MAX];
    (void)state;
    unsigned before = atomic_load(&asked);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        snprintf(request, sizeof request,
                 "%s /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab", methods[i]);
        ask(request, answer);
        must_have_status(answer, 405);
        must_contain(answer, "Allow: GET, HEAD\r\n");
    }
    assert_int_equal(atomic_load(&asked), before);
    must_serve();
}

static void test_garbage(void **state)
{
    static const struct {
        const char *octets;
        size_t len;
    } rows[] = {
        {"\r\n\r\n\r\n", 6},
        {"GET\r\n\r\n", 7},
        {"GET /metrics\r\n\r\n", 16},
        {"GET /metrics HTTP/9.9\r\n\r\n", 25},
        {"GET /metrics HTTP/1.1\r\n\r\n", 25}, /* without a Host */
        {"GET /metrics HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 45},
        {"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 55},
        {"\0\1\2\3\xff\xfe\r\n\r\n", 10},
        {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11}, /* TLS */
    };
    char answer[ANSWER_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int fd = client();
        assert_true(say(fd, rows[i].octets, rows[i].len));
        shutdown(fd, SHUT_WR);
        hear(fd, answer);
        assert_null(strstr(answer, page));
        must_serve();
    }
}

/* Reads what it may, and no more. */
static void test_oversize(void **state)
{
    static char junk[65536];
    static const char *const starts[] = {"GET /", "GET /metrics HTTP/1.1\r\nHost: x\r\nX: "};
    char answer[ANSWER_MAX];
    (void)state;
    memset(junk, 'x', sizeof junk);
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        int fd = client();
        assert_true(say(fd, starts[i], strlen(starts[i])));
        for (int n = 0; n < 64 && say(fd, junk, sizeof junk); n++)
            continue;
        hear(fd, answer);
        assert_null(strstr(answer, " 200 "));
        must_serve();
    }
}

static void test_slow_client(void **state)
{
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    char answer[ANSWER_MAX];
    int fd = client();
    (void)state;
    for (size_t i = 0; i < sizeof request - 1; i++) {
        assert_true(say(fd, request + i, 1));
        if (i % 8 == 0)
            must_serve(); /* others meanwhile */
    }
    hear(fd, answer);
    must_have_status(answer, 200);
    assert_string_equal(body_of(answer), page);
}

static bool is_closed(int fd)
{
    struct pollfd end = {.fd = fd, .events = POLLIN};
    char octet;
    assert_int_equal(poll(&end, 1, HANG_MS), 1);
    return recv(fd, &octet, 1, 0) <= 0;
}

struct crowd {
    int fd[CROWD];
    atomic_size_t count;
    atomic_bool over;
};

/* None of them is ever idle for long. */
static void *drip(void *arg)
{
    struct crowd *crowd = arg;
    while (!atomic_load(&crowd->over)) {
        for (size_t i = 0; i < atomic_load(&crowd->count); i++)
            (void)send(crowd->fd[i], "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        poll(NULL, 0, 100);
    }
    return NULL;
}

/* Connections that only stay: the oldest of them go, and whoever asks is answered. */
static void test_crowd(void **state)
{
    struct crowd crowd = {.count = 0};
    pthread_t thread;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, drip, &crowd), 0);
    for (size_t i = 0; i < CROWD; i++) {
        crowd.fd[i] = client();
        (void)say(crowd.fd[i], "GET /", 5);
        atomic_store(&crowd.count, i + 1);
    }
    must_serve();
    for (size_t i = 0; i < CROWD / 2; i++)
        assert_true(is_closed(crowd.fd[i]));
    atomic_store(&crowd.over, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (size_t i = 0; i < CROWD; i++)
        close(crowd.fd[i]);
    must_serve();
}

/* Who asks and goes away, with an answer larger than any buffer on its way, harms nobody. */
static void test_gone_in_the_middle(void **state)
{
    static char large[4 << 20];
    char beginning[16];
    (void)state;
    exporter_stop(exporter);
    memset(large, '#', sizeof large - 2);
    large[sizeof large - 2] = '\n';
    exporter = start(listen_at, large);
    for (int i = 0; i < 20; i++) {
        int fd = client();
        assert_true(say(fd, "GET /metrics HTTP/1.0\r\n\r\n", 25));
        assert_true(recv(fd, beginning, sizeof beginning, MSG_WAITALL) > 0);
        close(fd);
    }
    int fd = client();
    size_t total = 0;
    ssize_t got;
    static char buffer[65536];
    assert_true(say(fd, "GET /metrics HTTP/1.0\r\n\r\n", 25));
    while ((got = recv(fd, buffer, sizeof buffer, 0)) > 0)
        total += (size_t)got;
    close(fd);
    assert_true(total > sizeof large);
}

static void *ask_often(void *arg)
{
    (void)arg;
    for (int i = 0; i < 25; i++)
        must_serve();
    return NULL;
}

static void test_threads(void **state)
{
    pthread_t thread[4];
    unsigned before = atomic_load(&asked);
    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, ask_often, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    assert_int_equal(atomic_load(&asked), before + 100);
}

static void test_socket_mode(void **state)
{
    struct stat st;
    (void)state;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0660);
}

static void test_stopped_with_clients(void **state)
{
    char answer[ANSWER_MAX];
    int fd = client();
    (void)state;
    assert_true(say(fd, "GET /", 5));
    must_serve();
    exporter_stop(exporter);
    hear(fd, answer);
    assert_int_equal(access(path, F_OK), -1);
    exporter = start(listen_at, page);
    must_serve();
    exporter_stop(NULL);
}

static void test_inet(void **state)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof in;
    char at[64], answer[ANSWER_MAX];
    int probe = socket(AF_INET, SOCK_STREAM, 0);
    (void)state;
    assert_int_equal(bind(probe, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(getsockname(probe, (struct sockaddr *)&in, &len), 0);
    close(probe);
    snprintf(at, sizeof at, "inet:%u@127.0.0.1", (unsigned)ntohs(in.sin_port));
    struct exporter *second = start(at, page);
    int fd = connect_to(&in, sizeof in);
    assert_true(say(fd, "GET /metrics HTTP/1.0\r\n\r\n", 25));
    hear(fd, answer);
    must_have_status(answer, 200);
    exporter_stop(second);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof in), -1);
    close(fd);
}

static void test_refused(void **state)
{
    static char wide[] = "inet:9464@0.0.0.0", lost[] = "local:/nonexistent/metrics.sock";
    const struct {
        char *at;
        const char *words;
    } rows[] = {{wide, "public"}, {lost, "No such file"}, {listen_at, "another process"}};
    char why[CONF_WHY_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf conf = conf_of(rows[i].at, false);
        assert_null(exporter_start(&conf, write_page, page, why, sizeof why));
        must_contain(why, "metrics: ");
        must_contain(why, rows[i].words);
    }
    must_serve(); /* the one that runs has kept its socket */
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_get),         TEST(test_head),
        TEST(test_not_found),   TEST(test_methods),
        TEST(test_garbage),     TEST(test_oversize),
        TEST(test_slow_client), TEST(test_crowd),
        TEST(test_threads),     TEST(test_gone_in_the_middle),
        TEST(test_socket_mode), TEST(test_stopped_with_clients),
        TEST(test_inet),        TEST(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
