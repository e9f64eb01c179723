/*
 * smtp_talk.c - what is said to a server and what it answers, each within its time; and what it
 * means for the message when an answer is missing, senseless, or not the one that was hoped for.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pow/err.h"
#include "tools/patience.h"
#include "tools/smtp_session.h"

double smtp_begin_wait(const struct smtp *smtp, double limit_s)
{
    return patience_begin(smtp->peer->patience, wire_now(), limit_s);
}

void smtp_end_wait(const struct smtp *smtp, double free_s)
{
    patience_end(smtp->peer->patience, wire_now(), free_s);
}

double smtp_flowing(const struct smtp *smtp)
{
    return fmax(0, smtp->taken_by - wire_now());
}

bool smtp_end(struct smtp_outcome *outcome, enum smtp_result result, enum smtp_stage stage,
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

/* After the final dot nobody knows what has become of the message. */
static const char *smtp_risk_str(enum smtp_stage stage)
{
    return stage == SMTP_STAGE_END ? "; it may have been delivered" : "";
}

bool smtp_end_wire(struct smtp *smtp, enum wire_result result, enum smtp_stage stage,
                   struct smtp_outcome *outcome)
{
    enum smtp_result lost = stage == SMTP_STAGE_END ? SMTP_UNKNOWN : SMTP_LOST;
    const char *when = smtp_stage_str(stage), *risk = smtp_risk_str(stage);
    char what[64];

    smtp->usable = false;
    switch (result) {
    case WIRE_LONG:
        snprintf(what, sizeof what, "a line of the reply is beyond %d octets,", WIRE_LINE_MAX);
        return smtp_end_babble(smtp, stage, what, outcome);
    case WIRE_TIMEOUT:
        return smtp_end(outcome, lost, stage, "4.4.2", "%s %s%s",
                        stage != SMTP_STAGE_END && patience_is_over(smtp->peer->patience)
                            ? "too slow: the time for all waiting (trip-wait) is over"
                            : "no answer in time",
                        when, risk);
    case WIRE_OK:
    case WIRE_ANSWERED:
    case WIRE_CLOSED:
        break;
    }
    return smtp_end(outcome, lost, stage, "4.4.2", "%s %s%s", wire_why(smtp->wire), when, risk);
}

bool smtp_end_babble(struct smtp *smtp, enum smtp_stage stage, const char *what,
                     struct smtp_outcome *outcome)
{
    smtp->usable = false;
    return smtp_end(outcome, stage == SMTP_STAGE_END ? SMTP_UNKNOWN : SMTP_BABBLE, stage, "4.5.0",
                    "%s %s%s", what, smtp_stage_str(stage), smtp_risk_str(stage));
}

int smtp_reply_class(const struct smtp *smtp)
{
    return smtp->reply.code / 100;
}

bool smtp_end_reply(struct smtp *smtp, enum smtp_stage stage, struct smtp_outcome *outcome)
{
    const struct smtp_reply *reply = &smtp->reply;
    bool refused = smtp_reply_class(smtp) == 5;

    if (smtp_reply_class(smtp) < 4)
        return smtp_end_babble(smtp, stage, "a reply that means nothing here", outcome);
    smtp_end(outcome, refused ? SMTP_REFUSED : SMTP_LATER, stage, refused ? "5.0.0" : "4.0.0", "%s",
             reply->text);
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

/* When the reply has to be there. The one to a message comes after the message, and has twice the
 * time of the others, as in RFC 5321 section 4.5.3.2. */
static double smtp_reply_last(const struct smtp *smtp, enum smtp_stage stage)
{
    double reply_s = smtp->peer->reply_s;

    return wire_now() + (stage == SMTP_STAGE_END ? 2 * reply_s + smtp_flowing(smtp) : reply_s);
}

/* The reply to a message is waited for even if patience is over, and uses it up: to leave before it
 * is to send the message again. */
static bool smtp_read_line(struct smtp *smtp, double last, char line_r[WIRE_LINE_MAX],
                           enum smtp_stage stage, struct smtp_outcome *outcome)
{
    bool to_message = stage == SMTP_STAGE_END;
    double flowing_s = to_message ? smtp_flowing(smtp) : 0;
    double deadline = smtp_begin_wait(smtp, last - wire_now());
    size_t len = 0;
    enum wire_result result =
        wire_read_line(smtp->wire, to_message ? last : deadline, line_r, &len);

    smtp_end_wait(smtp, flowing_s);
    if (result != WIRE_OK)
        return smtp_end_wire(smtp, result, stage, outcome);
    smtp->received += len;
    return smtp->received <= SMTP_REPLIES_MAX ||
           smtp_end_babble(smtp, stage, "replies without an end", outcome);
}

bool smtp_read(struct smtp *smtp, enum smtp_stage stage, struct smtp_outcome *outcome)
{
    double last = smtp_reply_last(smtp, stage);
    char line[WIRE_LINE_MAX];

    smtp->reply = (struct smtp_reply){0};
    for (;;) {
        if (!smtp_read_line(smtp, last, line, stage, outcome))
            return false;
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

bool smtp_expect(struct smtp *smtp, int class, enum smtp_stage stage, struct smtp_outcome *outcome)
{
    if (!smtp_read(smtp, stage, outcome))
        return false;
    return smtp_reply_class(smtp) == class || smtp_end_reply(smtp, stage, outcome);
}

bool smtp_written(struct smtp *smtp, enum wire_result result, enum smtp_stage stage,
                  struct smtp_outcome *outcome)
{
    if (result == WIRE_OK)
        return true;
    if (result != WIRE_ANSWERED)
        return smtp_end_wire(smtp, result, stage, outcome);
    smtp->usable = false;
    return smtp_read(smtp, stage, outcome) && smtp_end_reply(smtp, stage, outcome);
}

bool smtp_say(struct smtp *smtp, enum smtp_stage stage, struct smtp_outcome *outcome,
              const char *format, ...)
{
    char text[SMTP_COMMAND_MAX];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    OP_BUG_IF(len < 0 || (size_t)len >= sizeof text);
    double deadline = smtp_begin_wait(smtp, smtp->peer->reply_s);
    enum wire_result result = wire_write(smtp->wire, text, (size_t)len, deadline);
    smtp_end_wait(smtp, 0);
    return smtp_written(smtp, result, stage, outcome);
}
