/*
 * smtp_load.c - sends prepared messages to a port of 127.0.0.1 and says how many a second were
 * accepted.
 *
 *     smtp_load PORT SESSIONS PER_CONNECTION < messages
 *
 * Like smtp-source(1), but every message is another one: standard input holds, for each, a line
 * "RECIPIENT LENGTH" and then LENGTH octets of message (CRLF line ends, dot-stuffed, without the
 * final dot). Prints "accepted refused seconds". A session sends PER_CONNECTION messages over one
 * connection and makes a new one.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MESSAGES_MAX 100000

struct message {
    char recipient[256];
    char *text;
    size_t len;
};

static struct message *messages;
static size_t count;
static in_port_t port;
static unsigned per_connection;
static atomic_size_t next, accepted, refused;

static void die(const char *what)
{
    perror(what);
    exit(70);
}

static void read_messages(void)
{
    messages = calloc(MESSAGES_MAX, sizeof *messages);
    if (!messages)
        die("calloc");
    struct message *m = messages;
    while (count < MESSAGES_MAX && scanf("%255s %zu", m->recipient, &m->len) == 2) {
        if (getchar() != '\n' || !(m->text = malloc(m->len)) ||
            fread(m->text, 1, m->len, stdin) != m->len)
            die("reading messages");
        m++, count++;
    }
}

static int dial(void)
{
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void put(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n <= 0)
            die("write");
        text += n, len -= (size_t)n;
    }
}

/* Reads a whole reply, of however many lines; returns its code. */
static int reply(int fd)
{
    char buffer[8192];
    size_t held = 0;
    for (;;) {
        ssize_t n = read(fd, buffer + held, sizeof buffer - 1 - held);
        if (n <= 0)
            die("read");
        held += (size_t)n;
        buffer[held] = '\0';
        char *line = buffer, *end;
        while ((end = strchr(line, '\n')) != NULL) {
            if (end - line >= 4 && line[3] == ' ')
                return atoi(line);
            line = end + 1;
        }
    }
}

static void command(int fd, const char *text, int want)
{
    put(fd, text, strlen(text));
    int code = reply(fd);
    if (code != want) {
        fprintf(stderr, "smtp_load: got %d to %s", code, text);
        exit(70);
    }
}

static void send_message(int fd, const struct message *m)
{
    char line[300];
    command(fd, "MAIL FROM:<load@sender.test>\r\n", 250);
    snprintf(line, sizeof line, "RCPT TO:<%s>\r\n", m->recipient);
    command(fd, line, 250);
    command(fd, "DATA\r\n", 354);
    put(fd, m->text, m->len);
    put(fd, ".\r\n", 3);
    atomic_fetch_add(reply(fd) == 250 ? &accepted : &refused, 1);
}

static void *session(void *arg)
{
    size_t i = atomic_fetch_add(&next, 1);
    while (i < count) {
        int fd = dial();
        if (reply(fd) != 220)
            die("greeting");
        command(fd, "EHLO load.test\r\n", 250);
        for (unsigned n = 0; n < per_connection && i < count; n++) {
            send_message(fd, &messages[i]);
            i = atomic_fetch_add(&next, 1);
        }
        command(fd, "QUIT\r\n", 221);
        close(fd);
    }
    return arg;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 64;
    port = (in_port_t)atoi(argv[1]);
    size_t sessions = strtoul(argv[2], NULL, 10);
    per_connection = (unsigned)atoi(argv[3]);
    read_messages();
    pthread_t *threads = calloc(sessions, sizeof *threads);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (size_t i = 0; threads && i < sessions; i++)
        if (pthread_create(&threads[i], NULL, session, NULL) != 0)
            die("pthread_create");
    for (size_t i = 0; i < sessions; i++)
        pthread_join(threads[i], NULL);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%zu %zu %.6f\n", accepted, refused,
           (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
    return 0;
}
