/* report.c - formats the log line of a message. */
#include "milter/report.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "milter/reply.h"

#define FIELD_MAX 64

/* Names come from the MTA and from the configuration: a blank or "=" in one must not look like a
 * field. */
static const char *field(const char *text, const char *absent, char out[FIELD_MAX])
{
    size_t len = 0;

    if (text == NULL || *text == '\0')
        return absent;
    for (; text[len] != '\0' && len < FIELD_MAX - 1; len++)
        out[len] = text[len] > ' ' && text[len] <= '~' && text[len] != '=' ? text[len] : '_';
    out[len] = '\0';
    return out;
}

/* "would" is for monitor mode, which lets everything but relaying pass. */
static const char *verdict_name(const struct report *report)
{
    bool would = report->mode == CONF_MONITOR && report->outcome != OUTCOME_RELAY;

    if (!outcome_refuses(report->outcome))
        return "pass";
    if (reply_is_temporary(report->outcome))
        return would ? "would-tempfail" : "tempfail";
    return would ? "would-fail" : "fail";
}

static const char *reason_name(const struct report *report)
{
    if (report->outcome == OUTCOME_PASS)
        return "-";
    if (report->outcome == OUTCOME_UNPAID)
        return op_verdict_str(report->verdict);
    return outcome_str(report->outcome);
}

/* Appends to a line of REPORT_MAX; what does not fit is cut off. */
__attribute__((format(printf, 2, 3))) static void append(char *line, const char *format, ...)
{
    size_t len = strlen(line);
    va_list args;

    va_start(args, format);
    (void)vsnprintf(line + len, REPORT_MAX - len, format, args);
    va_end(args);
}

static void append_details(char *line, const struct report *report)
{
    if (report->rule != EXEMPT_NONE)
        append(line, " rule=%s", exempt_rule_str(report->rule));
    if (report->replies > 0)
        append(line, " replies=%u", report->replies);
    if (report->quote != OP_QUOTE_VALID)
        append(line, " quote=%s", op_quote_str(report->quote));
    if (report->lack != OUTCOME_PASS)
        append(line, " lack=%s missing=%zu", outcome_str(report->lack), report->missing);
    if (report->circuit != NULL && report->circuit[0] != '\0')
        append(line, " circuit=%s", report->circuit);
}

static void append_people(char *line, const struct report *report)
{
    append(line, " client=%s", report->client);
    if (report->recipient != NULL)
        append(line, " rcpt=<%s>", report->recipient);
    if (report->recipient != NULL && report->recipients > 1)
        append(line, "+%zu", report->recipients - 1);
    if (report->stamp != NULL) {
        append(line, " stamp=");
        for (size_t i = 0; i < 8; i++)
            append(line, "%02x", report->stamp[i]);
    }
    if (report->dear != NULL)
        append(line, " dear=%s", report->dear);
}

void report_format(const struct report *report, char line_r[REPORT_MAX])
{
    char queue_id[FIELD_MAX], listener[FIELD_MAX];

    snprintf(line_r, REPORT_MAX,
             "%s: verdict=%s listener=%s rcpts=%zu suite=%s work=%llu price=%llu reason=%s ms=%llu",
             field(report->queue_id, "NOQUEUE", queue_id), verdict_name(report),
             field(report->listener, "-", listener), report->recipients,
             report->suite == NULL ? "-" : report->suite, (unsigned long long)report->work,
             (unsigned long long)report->price, reason_name(report),
             (unsigned long long)report->ms);
    append_details(line_r, report);
    if (report->client != NULL)
        append_people(line_r, report);
}
