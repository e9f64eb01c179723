/*
 * smtp.c - a transaction, and the end of a session. Decides what each reply means for the message,
 * and nothing else: whether to try again, and with what stamp, is courier.c's business.
 */
#include "tools/smtp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/patience.h"
#include "tools/smtp_session.h"

#define SMTP_LEAST_RATE 4096 /* octets a second that a server takes of a message, or loses it */
#define SMTP_QUIT_S     1

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

/* MAIL, RCPT and DATA: in one piece, if the server lets us (RFC 2920). A server that refuses one of
 * the first two may all the same wait for a message then (section 3.1): it is left without another
 * word. */
static bool smtp_begin(struct smtp *smtp, const char *mail, const char *rcpt,
                       struct smtp_outcome *outcome)
{
    if (smtp->pipelining && !smtp_say(smtp, SMTP_STAGE_MAIL, outcome, "%s%sDATA\r\n", mail, rcpt))
        return false;
    if ((!smtp->pipelining && !smtp_say(smtp, SMTP_STAGE_MAIL, outcome, "%s", mail)) ||
        !smtp_expect(smtp, 2, SMTP_STAGE_MAIL, outcome))
        return false;
    if ((!smtp->pipelining && !smtp_say(smtp, SMTP_STAGE_RCPT, outcome, "%s", rcpt)) ||
        !smtp_expect(smtp, 2, SMTP_STAGE_RCPT, outcome))
        return false;
    return (smtp->pipelining || smtp_say(smtp, SMTP_STAGE_DATA, outcome, "DATA\r\n")) &&
           smtp_expect(smtp, 3, SMTP_STAGE_DATA, outcome);
}

/* Each block has the time of a reply, and all together until `last`. */
static enum wire_result smtp_write_blocks(struct smtp *smtp, const char *first, size_t first_len,
                                          struct letter *letter, double last)
{
    const double reply_s = smtp->peer->reply_s;
    enum wire_result result = wire_write(smtp->wire, first, first_len, last);
    char block[SPOOL_BLOCK];
    size_t n;

    xspool_rewind(&letter->wire);
    while (result == WIRE_OK && (n = xspool_next(&letter->wire, block, sizeof block)) > 0)
        result = wire_write(smtp->wire, block, n, fmin(last, wire_now() + reply_s));
    return result;
}

/* The time that a slow line needs is no waiting. */
static bool smtp_write_letter(struct smtp *smtp, const char *first, size_t first_len,
                              struct letter *letter, struct smtp_outcome *outcome)
{
    double flowing_s = (double)letter->size / SMTP_LEAST_RATE;
    double last = smtp_begin_wait(smtp, smtp->peer->reply_s) + flowing_s;

    smtp->taken_by = wire_now() + flowing_s;
    enum wire_result result = smtp_write_blocks(smtp, first, first_len, letter, last);
    smtp_end_wait(smtp, flowing_s);
    return smtp_written(smtp, result, SMTP_STAGE_MESSAGE, outcome);
}

/* From here on the message may be delivered, whatever becomes of the session; unless the server has
 * spoken before, or patience is over: then the dot is not sent. */
static bool smtp_write_dot(struct smtp *smtp, struct smtp_outcome *outcome)
{
    double flowing_s = smtp_flowing(smtp);
    double deadline = smtp_begin_wait(smtp, smtp->peer->reply_s) + flowing_s;
    bool over = patience_is_over(smtp->peer->patience);
    enum wire_result result = over ? WIRE_TIMEOUT : wire_write(smtp->wire, ".\r\n", 3, deadline);
    bool unsaid = over || result == WIRE_ANSWERED;

    smtp_end_wait(smtp, flowing_s);
    return smtp_written(smtp, result, unsaid ? SMTP_STAGE_MESSAGE : SMTP_STAGE_END, outcome);
}

static void smtp_end_sent(const struct smtp *smtp, struct smtp_outcome *outcome)
{
    smtp_end(outcome, SMTP_SENT, SMTP_STAGE_END, "2.0.0", "%s", smtp->reply.text);
    outcome->code = smtp->reply.code;
    smtp_reply_enhanced(&smtp->reply, outcome->enhanced);
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
        !smtp_write_letter(smtp, first, first_len, letter, outcome_r) ||
        !smtp_write_dot(smtp, outcome_r))
        return;
    smtp->usable = true;
    if (smtp_expect(smtp, 2, SMTP_STAGE_END, outcome_r))
        smtp_end_sent(smtp, outcome_r);
}
