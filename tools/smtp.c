/*
 * smtp.c - the dialogue. Decides what each reply means for the message, and nothing else: whether
 * to try again, and with what stamp, is courier.c's business.
 */
#include "tools/smtp.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/fail.h"
#include "tools/smtp_reply.h"
#include "tools/socks.h"
#include "tools/wire.h"

#define SMTP_COMMAND_MAX 2048
#define SMTP_LEAST_RATE  1024 /* octets a second that a message is sent with, or given up */
#define SMTP_QUIT_S      1

struct smtp {
    const struct smtp_peer *peer;
    struct socks *socks;
    struct wire *wire;
    bool usable;
    bool pipelining, starttls, eight_bit, utf8;
    bool has_size;
    uint64_t size;   /* most that it takes; 0: it does not say */
    size_t received; /* octets of all replies */
    struct smtp_reply reply;
};

const char *smtp_stage_str(enum smtp_stage stage)
{
    switch (stage) {
    case SMTP_STAGE_CONNECT:
        return "while connecting";
    case SMTP_STAGE_TLS:
        return "while starting TLS";
    case SMTP_STAGE_GREETING:
        return "at the greeting";
    case SMTP_STAGE_HELLO:
        return "at EHLO";
    case SMTP_STAGE_MAIL:
        return "at MAIL";
    case SMTP_STAGE_RCPT:
        return "at RCPT";
    case SMTP_STAGE_DATA:
        return "at DATA";
    case SMTP_STAGE_MESSAGE:
        return "while the message was sent";
    case SMTP_STAGE_END:
        return "after the end of the message";
    }
    return "";
}

__attribute__((format(printf, 5, 6))) static bool
smtp_end(struct smtp_outcome *outcome, enum smtp_result result, enum smtp_stage stage,
         const char *enhanced, const char *format, ...)
{
    va_list args;

    *outcome = (struct smtp_outcome){.result = result, .stage = stage};
    snprintf(outcome->enhanced, sizeof outcome->enhanced, "%s", enhanced);
    va_start(args, format);
    vsnprintf(outcome->text, sizeof outcome->text, format, args);
    va_end(args);
    return false;
}

/* A session that ended without a reply. */
static bool smtp_end_wire(struct smtp *smtp, enum wire_result result, enum smtp_stage stage,
                          struct smtp_outcome *outcome)
{
    bool unknown = stage == SMTP_STAGE_END;
    const char *when = smtp_stage_str(stage);
    const char *risk = unknown ? "; it may have been delivered" : "";

    smtp->usable = false;
    switch (result) {
    case WIRE_LONG:
        return smtp_end(outcome, unknown ? SMTP_UNKNOWN : SMTP_BABBLE, stage, "4.5.0",
                        "a line of the reply is beyond %d octets, %s%s", WIRE_LINE_MAX, when, risk);
    case WIRE_TIMEOUT:
        return smtp_end(outcome, unknown ? SMTP_UNKNOWN : SMTP_LOST, stage, "4.4.2",
                        "no answer in time %s%s", when, risk);
    case WIRE_OK:
    case WIRE_ANSWERED:
    case WIRE_CLOSED:
        break;
    }
    return smtp_end(outcome, unknown ? SMTP_UNKNOWN : SMTP_LOST, stage, "4.4.2", "%s %s%s",
                    wire_why(smtp->wire), when, risk);
}

static bool smtp_end_babble(struct smtp *smtp, enum smtp_stage stage, const char *what,
                            struct smtp_outcome *outcome)
{
    bool unknown = stage == SMTP_STAGE_END;

    smtp->usable = false;
    return smtp_end(outcome, unknown ? SMTP_UNKNOWN : SMTP_BABBLE, stage, "4.5.0", "%s %s%s", what,
                    smtp_stage_str(stage), unknown ? "; it may have been delivered" : "");
}

/* A reply that is not what was hoped for. */
static bool smtp_end_reply(struct smtp *smtp, enum smtp_stage stage, struct smtp_outcome *outcome)
{
    const struct smtp_reply *reply = &smtp->reply;
    int class = reply->code / 100;

    if (class < 4)
        return smtp_end_babble(smtp, stage, "a reply that means nothing here", outcome);
    smtp_end(outcome, class == 5 ? SMTP_REFUSED : SMTP_LATER, stage, class == 5 ? "5.0.0" : "4.0.0",
             "%s", reply->text);
    outcome->code = reply->code;
    smtp_reply_enhanced(reply, outcome->enhanced);
    if (reply->code == 421)
        smtp->usable = false;
    return false;
}

/* One extension of the EHLO reply: a keyword, and what follows it. */
static void smtp_learn(struct smtp *smtp, const char *text)
{
    size_t len = strcspn(text, " =");
    const char *value = text[len] != '\0' ? text + len + 1 : "";
    const struct {
        const char *keyword;
        bool *known;
    } extensions[] = {
        {"PIPELINING", &smtp->pipelining}, {"STARTTLS", &smtp->starttls},
        {"8BITMIME", &smtp->eight_bit},    {"SMTPUTF8", &smtp->utf8},
        {"SIZE", &smtp->has_size},
    };

    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        if (strlen(extensions[i].keyword) == len &&
            strncasecmp(text, extensions[i].keyword, len) == 0)
            *extensions[i].known = true;
    }
    if (len == 4 && strncasecmp(text, "SIZE", 4) == 0)
        smtp->size = strtoull(value, NULL, 10);
}

/* Reads a whole reply into smtp->reply; false: the session is over, and *outcome says why. */
static bool smtp_read(struct smtp *smtp, enum smtp_stage stage, struct smtp_outcome *outcome)
{
    double deadline = wire_now() + smtp->peer->reply_s;
    char line[WIRE_LINE_MAX];
    size_t len;

    smtp->reply = (struct smtp_reply){0};
    for (;;) {
        enum wire_result result = wire_read_line(smtp->wire, deadline, line, &len);
        if (result != WIRE_OK)
            return smtp_end_wire(smtp, result, stage, outcome);
        smtp->received += len;
        if (smtp->received > SMTP_REPLIES_MAX)
            return smtp_end_babble(smtp, stage, "replies without an end", outcome);
        bool first = smtp->reply.code == 0;
        enum smtp_reply_line kind = smtp_reply_add(&smtp->reply, line);
        if (kind == SMTP_REPLY_BAD)
            return smtp_end_babble(smtp, stage, "a reply that is no SMTP", outcome);
        if (stage == SMTP_STAGE_HELLO && !first && line[3] != '\0')
            smtp_learn(smtp, line + 4);
        if (kind == SMTP_REPLY_LAST)
            return true;
    }
}

static bool smtp_expect(struct smtp *smtp, int code, enum smtp_stage stage,
                        struct smtp_outcome *outcome)
{
    if (!smtp_read(smtp, stage, outcome))
        return false;
    return smtp->reply.code == code || smtp_end_reply(smtp, stage, outcome);
}

/* A server that speaks before it is spoken to says that it is leaving, or is none. */
static bool smtp_write(struct smtp *smtp, const void *data, size_t len, double deadline,
                       enum smtp_stage stage, struct smtp_outcome *outcome)
{
    enum wire_result result = wire_write(smtp->wire, data, len, deadline);

    if (result == WIRE_OK)
        return true;
    if (result != WIRE_ANSWERED)
        return smtp_end_wire(smtp, result, stage, outcome);
    smtp->usable = false;
    return smtp_read(smtp, stage, outcome) && smtp_end_reply(smtp, stage, outcome);
}

__attribute__((format(printf, 4, 5))) static bool smtp_say(struct smtp *smtp, enum smtp_stage stage,
                                                           struct smtp_outcome *outcome,
                                                           const char *format, ...)
{
    char text[SMTP_COMMAND_MAX];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    OP_BUG_IF(len < 0 || (size_t)len >= sizeof text);
    double deadline = wire_now() + smtp->peer->reply_s;
    return smtp_write(smtp, text, (size_t)len, deadline, stage, outcome);
}

static bool smtp_hello(struct smtp *smtp, struct smtp_outcome *outcome)
{
    const char *helo = smtp->peer->helo;

    smtp->pipelining = smtp->starttls = smtp->eight_bit = smtp->utf8 = smtp->has_size = false;
    smtp->size = 0;
    if (!smtp_say(smtp, SMTP_STAGE_HELLO, outcome, "EHLO %s\r\n", helo) ||
        !smtp_read(smtp, SMTP_STAGE_HELLO, outcome))
        return false;
    if (smtp->reply.code / 10 == 50) /* EHLO is unknown there: RFC 5321 section 3.2 */
        return smtp_say(smtp, SMTP_STAGE_HELLO, outcome, "HELO %s\r\n", helo) &&
               smtp_expect(smtp, 250, SMTP_STAGE_HELLO, outcome);
    return smtp->reply.code == 250 || smtp_end_reply(smtp, SMTP_STAGE_HELLO, outcome);
}

static bool smtp_handshake(struct smtp *smtp, struct smtp_outcome *outcome)
{
    const struct smtp_peer *peer = smtp->peer;
    double deadline = wire_now() + peer->reply_s;
    enum wire_result result = wire_start_tls(smtp->wire, peer->host, peer->pin, deadline);

    if (result == WIRE_OK)
        return true;
    if (wire_pin_failed(smtp->wire))
        return smtp_end(outcome, SMTP_PIN, SMTP_STAGE_TLS, "5.7.5", "TLS: %s",
                        wire_why(smtp->wire));
    if (result == WIRE_ANSWERED)
        return smtp_end_babble(smtp, SMTP_STAGE_TLS, "more than a reply to STARTTLS", outcome);
    return smtp_end_wire(smtp, result, SMTP_STAGE_TLS, outcome);
}

/* In clear after EHLO: goes on under TLS if it is wanted and can be had. */
static bool smtp_start_tls(struct smtp *smtp, struct smtp_outcome *outcome)
{
    bool required = smtp->peer->tls == SENDER_TLS_REQUIRED;

    if (smtp->peer->tls == SENDER_TLS_NEVER || (!smtp->starttls && !required))
        return true;
    if (!smtp->starttls)
        return smtp_end(outcome, SMTP_INSECURE, SMTP_STAGE_TLS, "5.7.4",
                        "TLS is required and the server does not offer it");
    if (!smtp_say(smtp, SMTP_STAGE_TLS, outcome, "STARTTLS\r\n") ||
        !smtp_read(smtp, SMTP_STAGE_TLS, outcome))
        return false;
    if (smtp->reply.code != 220)
        return !required || smtp_end_reply(smtp, SMTP_STAGE_TLS, outcome);
    return smtp_handshake(smtp, outcome) && smtp_hello(smtp, outcome);
}

static bool smtp_connect(struct smtp *smtp, struct smtp_outcome *outcome)
{
    const struct smtp_peer *peer = smtp->peer;
    const struct socks_target target = {.proxy = peer->proxy,
                                        .user = peer->user,
                                        .password = peer->password,
                                        .host = peer->host,
                                        .port = peer->port};
    char why[SOCKS_WHY_MAX];

    smtp->socks = socks_open(&target, peer->connect_s, why);
    if (smtp->socks == NULL)
        return smtp_end(outcome, SMTP_LOST, SMTP_STAGE_CONNECT, "4.4.1", "%s", why);
    smtp->wire = wire_new(socks_fd(smtp->socks));
    return true;
}

static bool smtp_greet(struct smtp *smtp, struct smtp_outcome *outcome)
{
    bool implicit = smtp->peer->tls == SENDER_TLS_IMPLICIT;

    return (!implicit || smtp_handshake(smtp, outcome)) &&
           smtp_expect(smtp, 220, SMTP_STAGE_GREETING, outcome) && smtp_hello(smtp, outcome) &&
           (implicit || smtp_start_tls(smtp, outcome));
}

static struct smtp *smtp_try(const struct smtp_peer *peer, struct smtp_outcome *outcome_r)
{
    struct smtp *smtp = xmalloc(sizeof *smtp);

    *smtp = (struct smtp){.peer = peer};
    if (smtp_connect(smtp, outcome_r) && smtp_greet(smtp, outcome_r)) {
        smtp->usable = true;
        return smtp;
    }
    smtp_close(smtp);
    return NULL;
}

struct smtp *smtp_open(const struct smtp_peer *peer, struct smtp_outcome *outcome_r)
{
    struct smtp *smtp = smtp_try(peer, outcome_r);

    /* What is used where it is offered must not be in the way where it does not work. */
    if (smtp == NULL && outcome_r->stage == SMTP_STAGE_TLS && peer->tls == SENDER_TLS_OFFERED) {
        struct smtp_peer plain = *peer;
        plain.tls = SENDER_TLS_NEVER;
        smtp = smtp_try(&plain, outcome_r);
        if (smtp != NULL)
            smtp->peer = peer;
    }
    return smtp;
}

bool smtp_usable(const struct smtp *smtp)
{
    return smtp->usable;
}

void smtp_close(struct smtp *smtp)
{
    if (smtp == NULL)
        return;
    if (smtp->usable) /* else there is nobody to be polite to, or something is half said */
        (void)wire_write(smtp->wire, "QUIT\r\n", 6, wire_now() + SMTP_QUIT_S);
    wire_free(smtp->wire);
    socks_close(smtp->socks);
    free(smtp);
}

static bool smtp_is_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text & 0x80)
            return false;
    }
    return true;
}

static bool smtp_fits(const struct smtp *smtp, bool utf8, uint64_t size,
                      struct smtp_outcome *outcome)
{
    if (utf8 && !smtp->utf8)
        return smtp_end(outcome, SMTP_UNFIT, SMTP_STAGE_MAIL, "5.6.7",
                        "the server does not take addresses beyond ASCII (SMTPUTF8)");
    if (smtp->size > 0 && size > smtp->size)
        return smtp_end(outcome, SMTP_UNFIT, SMTP_STAGE_MAIL, "5.3.4",
                        "the message has %llu octets and the server takes %llu",
                        (unsigned long long)size, (unsigned long long)smtp->size);
    return true;
}

/* MAIL, RCPT and DATA: in one piece, if the server lets us (RFC 2920). */
static bool smtp_begin(struct smtp *smtp, const char *mail, const char *rcpt,
                       struct smtp_outcome *outcome)
{
    if (smtp->pipelining && !smtp_say(smtp, SMTP_STAGE_MAIL, outcome, "%s%sDATA\r\n", mail, rcpt))
        return false;
    if ((!smtp->pipelining && !smtp_say(smtp, SMTP_STAGE_MAIL, outcome, "%s", mail)) ||
        !smtp_expect(smtp, 250, SMTP_STAGE_MAIL, outcome))
        return false;
    if ((!smtp->pipelining && !smtp_say(smtp, SMTP_STAGE_RCPT, outcome, "%s", rcpt)) ||
        !smtp_read(smtp, SMTP_STAGE_RCPT, outcome))
        return false;
    if (smtp->reply.code / 100 != 2)
        return smtp_end_reply(smtp, SMTP_STAGE_RCPT, outcome);
    return (smtp->pipelining || smtp_say(smtp, SMTP_STAGE_DATA, outcome, "DATA\r\n")) &&
           smtp_expect(smtp, 354, SMTP_STAGE_DATA, outcome);
}

/* Each block has the time of a reply, and all together that of a slow line. */
static bool smtp_write_letter(struct smtp *smtp, const char *first, size_t first_len,
                              struct letter *letter, struct smtp_outcome *outcome)
{
    const double reply_s = smtp->peer->reply_s;
    double last = wire_now() + reply_s + (double)letter->size / SMTP_LEAST_RATE;
    char block[SPOOL_BLOCK];
    size_t n;

    if (!smtp_write(smtp, first, first_len, wire_now() + reply_s, SMTP_STAGE_MESSAGE, outcome))
        return false;
    xspool_rewind(&letter->wire);
    while ((n = xspool_next(&letter->wire, block, sizeof block)) > 0) {
        double deadline = fmin(last, wire_now() + reply_s);
        if (!smtp_write(smtp, block, n, deadline, SMTP_STAGE_MESSAGE, outcome))
            return false;
    }
    return true;
}

void smtp_send(struct smtp *smtp, const char *from, const char *rcpt, const char *first,
               size_t first_len, struct letter *letter, struct smtp_outcome *outcome_r)
{
    char mail[SMTP_COMMAND_MAX], to[SMTP_COMMAND_MAX], size[32] = "";
    bool utf8 = !smtp_is_ascii(from) || !smtp_is_ascii(rcpt);
    uint64_t octets = letter->size + first_len;

    smtp->usable = false; /* until it is clear how this one ends */
    if (!smtp_fits(smtp, utf8, octets, outcome_r))
        return;
    if (smtp->has_size)
        snprintf(size, sizeof size, " SIZE=%llu", (unsigned long long)octets);
    snprintf(mail, sizeof mail, "MAIL FROM:<%s>%s%s%s\r\n", from, size,
             letter->eight_bit && smtp->eight_bit ? " BODY=8BITMIME" : "", utf8 ? " SMTPUTF8" : "");
    snprintf(to, sizeof to, "RCPT TO:<%s>\r\n", rcpt);
    if (!smtp_begin(smtp, mail, to, outcome_r) ||
        !smtp_write_letter(smtp, first, first_len, letter, outcome_r))
        return;
    double deadline = wire_now() + smtp->peer->reply_s;
    enum wire_result result = wire_write(smtp->wire, ".\r\n", 3, deadline);
    if (result == WIRE_ANSWERED) { /* the dot is not sent: this is no answer to it */
        if (smtp_read(smtp, SMTP_STAGE_MESSAGE, outcome_r))
            smtp_end_reply(smtp, SMTP_STAGE_MESSAGE, outcome_r);
        return;
    }
    if (result != WIRE_OK) {
        smtp_end_wire(smtp, result, SMTP_STAGE_END, outcome_r);
        return;
    }
    smtp->usable = true;
    if (!smtp_expect(smtp, 250, SMTP_STAGE_END, outcome_r))
        return;
    *outcome_r = (struct smtp_outcome){
        .result = SMTP_SENT, .stage = SMTP_STAGE_END, .code = 250, .enhanced = "2.0.0"};
    snprintf(outcome_r->text, sizeof outcome_r->text, "%s", smtp->reply.text);
    smtp_reply_enhanced(&smtp->reply, outcome_r->enhanced);
}
