/*
 * smtp_script.h - sessions from scripts of what the server says, for the tests of SMTP. The
 * connection and the clock are played here, so that a wait costs no time.
 */
#ifndef SMTP_SCRIPT_H
#define SMTP_SCRIPT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/patience.h"
#include "tools/smtp.h"
#include "tools/socks.h"
#include "tools/wire.h"

#define REPLY_S   300
#define CONNECT_S 120
#define SAID_MAX  4096

/* A script is lines of the server; before a line "<" and a number are the seconds that it takes.
 * After the last one it says nothing more, or has gone if the last one is "gone". */
static struct {
    const char *const *next;
    double now;
    double write_s;      /* what each write takes */
    double connect_s;    /* what a connection takes */
    const char *unasked; /* a line that is there before the next write of this */
    unsigned connections, handshakes;
    enum wire_result handshake;
    bool pin_failed;
    char said[SAID_MAX];
} fake;

static struct wire {
    int unused;
} fake_wire;

double wire_now(void)
{
    return fake.now;
}

void wire_free(struct wire *wire)
{
    (void)wire;
}

const char *wire_why(const struct wire *wire)
{
    (void)wire;
    return "the reason";
}

bool wire_pin_failed(const struct wire *wire)
{
    (void)wire;
    return fake.pin_failed;
}

/* False: the deadline comes first. */
static bool fake_wait(double seconds, double deadline)
{
    bool in_time = fake.now + seconds <= deadline;

    fake.now = in_time ? fake.now + seconds : deadline > fake.now ? deadline : fake.now;
    return in_time;
}

enum wire_result wire_start_tls(struct wire *wire, const char *host, const struct address_pin *pin,
                                double deadline)
{
    (void)wire;
    (void)host;
    (void)pin;
    fake.handshakes++;
    return fake_wait(fake.connect_s, deadline) ? fake.handshake : WIRE_TIMEOUT;
}

enum wire_result wire_read_line(struct wire *wire, double deadline, char line_r[WIRE_LINE_MAX],
                                size_t *len_r)
{
    double seconds = 0;
    char *line;

    (void)wire;
    if (*fake.next == NULL || strcmp(*fake.next, "gone") == 0) {
        fake_wait(*fake.next == NULL ? 1e9 : 0, deadline);
        return *fake.next == NULL ? WIRE_TIMEOUT : WIRE_CLOSED;
    }
    line = (char *)(uintptr_t)*fake.next;
    if (*line == '<')
        seconds = strtod(line + 1, &line);
    if (!fake_wait(seconds, deadline))
        return WIRE_TIMEOUT;
    snprintf(line_r, WIRE_LINE_MAX, "%s", line + (*line == ' '));
    *len_r = strlen(line_r) + 2;
    fake.next++;
    return WIRE_OK;
}

enum wire_result wire_write(struct wire *wire, const void *data, size_t len, double deadline)
{
    size_t at = strlen(fake.said);

    (void)wire;
    if (len == 0)
        return WIRE_OK;
    if (fake.unasked != NULL && strlen(fake.unasked) <= len &&
        memcmp(data, fake.unasked, strlen(fake.unasked)) == 0)
        return WIRE_ANSWERED;
    if (!fake_wait(fake.write_s, deadline))
        return WIRE_TIMEOUT;
    assert_true(at + len < SAID_MAX);
    memcpy(fake.said + at, data, len);
    fake.said[at + len] = '\0';
    return WIRE_OK;
}

struct wire *socks_open(const struct socks_target *target, double deadline,
                        char why_r[SOCKS_WHY_MAX])
{
    (void)target;
    fake.connections++;
    if (fake_wait(fake.connect_s, deadline))
        return &fake_wire;
    snprintf(why_r, SOCKS_WHY_MAX, "no connection in time");
    return NULL;
}

static struct letter letter;
static struct patience patience;
static struct smtp_peer peer;
static struct smtp_outcome outcome;

static int setup(void **state)
{
    static char text[] = "Subject: x\n\nHello\n";
    static const struct address_pin none;
    FILE *stream = fmemopen(text, strlen(text), "r");
    struct message message;
    const char *why;

    (void)state;
    memset(&fake, 0, sizeof fake);
    fake.now = 1000;
    patience = (struct patience){.left_s = 900};
    peer = (struct smtp_peer){.host = "mail.onion",
                              .port = 25,
                              .tls = SENDER_TLS_OFFERED,
                              .pin = &none,
                              .helo = "localhost",
                              .connect_s = CONNECT_S,
                              .reply_s = REPLY_S,
                              .patience = &patience};
    if (message_read(stream, &message) != MESSAGE_OK ||
        !letter_make(stream, &message, NULL, false, &letter, &why))
        return -1;
    message_clear(&message);
    fclose(stream);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    letter_clear(&letter);
    return 0;
}

/* A whole session. What was said is in fake.said, how it ended in outcome. */
static void session(const char *const *script)
{
    fake.next = script;
    fake.said[0] = '\0';
    memset(&outcome, 0xa5, sizeof outcome);
    struct smtp *smtp = smtp_open(&peer, &outcome);
    if (smtp == NULL)
        return;
    smtp_send(smtp, "a@x.org", "b@y.org", "F: v\r\n", 6, &letter, &outcome);
    if (!smtp_usable(smtp))
        assert_null(strstr(fake.said, "QUIT"));
    smtp_close(smtp);
}

#define HELLO "220 hi", "250-me", "250 PIPELINING"
#define PLAIN "220 hi", "250 me"
#define EHLO  "EHLO localhost\r\n"
#define MAIL  "MAIL FROM:<a@x.org>\r\n"
#define RCPT  "RCPT TO:<b@y.org>\r\n"
#define DATA  "DATA\r\n"
#define TEXT  "F: v\r\nSubject: x\r\n\r\nHello\r\n"
#define QUIT  "QUIT\r\n"

struct row {
    const char *label;
    const char *script[12];
    enum smtp_result result;
    enum smtp_stage stage;
    int code;
    const char *enhanced, *text, *said;
};

static void check(const struct row *row)
{
    print_message("%s\n", row->label);
    session(row->script);
    assert_int_equal(outcome.result, row->result);
    assert_int_equal(outcome.stage, row->stage);
    assert_int_equal(outcome.code, row->code);
    assert_string_equal(outcome.enhanced, row->enhanced);
    if (strstr(outcome.text, row->text) == NULL)
        fail_msg("%s", outcome.text);
    assert_string_equal(fake.said, row->said);
}

static inline void check_all(const struct row *rows, size_t count)
{
    void *state = NULL;

    for (size_t i = 0; i < count; i++) {
        check(&rows[i]);
        teardown(&state);
        assert_int_equal(setup(&state), 0);
    }
}

#define BYE         "421 4.3.2 bye" /* a server that is leaving */
#define LEFT(stage) SMTP_LATER, stage, 421, "4.3.2", BYE
#define ROWS(rows)  rows, sizeof rows / sizeof *rows

#define ALL_TOGETHER EHLO MAIL RCPT DATA

#endif
