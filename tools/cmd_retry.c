/*
 * cmd_retry.c - onionpow retry: a bounce in, the message out again, with what was asked for.
 *
 * Anybody can write a bounce, so it is treated as a proposal: it may cost no more than --max-time,
 * and it sends nothing before the user has said that the message is his own. Only recipients that
 * failed with a demand get it, and each bounce is acted upon once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pow/effort.h"
#include "tools/bounce.h"
#include "tools/cmd.h"
#include "tools/courier.h"
#include "tools/fail.h"
#include "tools/field.h"
#include "tools/input.h"
#include "tools/minting.h"
#include "tools/original.h"
#include "tools/out.h"
#include "tools/recipients.h"
#include "tools/resent.h"

struct cmd_retry {
    const struct options *options;
    struct bounce bounce;
    struct original original;
    char sender[OP_RECIPIENT_MAX];    /* of the envelope; "" unless it is to be sent */
    const struct bounce_item **items; /* those that get it again */
    struct plan *plans;
    size_t count;
};

/* The bounce's, or that of --message, which must be the same mail as far as the bounce can tell. */
static void xcmd_retry_original(struct cmd_retry *retry)
{
    const struct dsn *dsn = &retry->bounce.dsn;
    const char *name = retry->options->message;
    struct original returned = {.len = 0};
    size_t len;

    bool any = dsn->message != NULL && original_read(dsn->message, dsn->message_len, &returned);
    if (name != NULL) {
        char *text = xinput_text(name, DEMAND_INPUT_MAX, &len);
        if (!original_read(text, len, &retry->original))
            fail_exit(EX_DATAERR, NULL, "%s: this is no message", name);
        free(text);
        if (!any || returned.id[0] == '\0' || strcmp(returned.id, retry->original.id) != 0)
            fail_exit(EX_DATAERR, NULL, "%s: the bounce is about another message: %s, not %s", name,
                      any && returned.id[0] != '\0' ? returned.id : "one without a Message-ID",
                      retry->original.id[0] != '\0' ? retry->original.id : "one without");
        original_clear(&returned);
        return;
    }
    if (!any || dsn->original != DSN_ORIGINAL_WHOLE)
        fail_exit(EX_DATAERR, "--message names a file with the message, as you have sent it",
                  any ? "the bounce does not return the whole message"
                      : "the bounce does not return the message");
    retry->original = returned;
}

static bool cmd_retry_is_asked(const struct rcptlist *asked, const struct op_recipient *rcpt)
{
    return asked->count == 0 || rcptlist_has(asked, rcpt);
}

/* Notes why the others do not get it. */
static void xcmd_retry_choose(struct cmd_retry *retry, const struct rcptlist *asked)
{
    const struct bounce *bounce = &retry->bounce;

    retry->items = xmalloc(bounce->count * sizeof *retry->items);
    for (size_t i = 0; i < bounce->count; i++) {
        const struct bounce_item *item = &bounce->items[i];
        const struct op_recipient *rcpt = &item->about->recipient;
        if (!cmd_retry_is_asked(asked, rcpt))
            continue;
        if (item->fate == BOUNCE_UNPAID)
            retry->items[retry->count++] = item;
        else
            fail_note("%s %s: left out", rcpt->text, bounce_fate_str(item->fate));
    }
    if (retry->count == 0)
        fail_exit(FAIL_JUDGED, NULL, "the bounce tells of no recipient that asks for a stamp");
}

/* A forger may know a message, and want it for himself: who is not named in it must be named by the
 * user. */
static void xcmd_retry_check_recipients(const struct cmd_retry *retry, const struct rcptlist *asked)
{
    for (size_t i = 0; i < retry->count; i++) {
        const struct op_recipient *rcpt = &retry->items[i]->about->recipient;
        if (!rcptlist_has(&retry->original.addressees, rcpt) && !rcptlist_has(asked, rcpt))
            fail_exit(
                EX_DATAERR,
                "if you did write to this address (as Bcc, or by a list), name it with --rcpt",
                "%s: the message does not name this recipient; the bounce may be forged",
                rcpt->text);
    }
}

/* The envelope sender is whom the bounce went to; it should be who wrote the message. */
static void xcmd_retry_check_sender(struct cmd_retry *retry)
{
    const struct dsn *dsn = &retry->bounce.dsn;
    const char *given = retry->options->sender, *why;

    if (given != NULL) {
        if (!courier_sender_valid(given, &why))
            fail_exit(EX_USAGE, NULL, "--sender: %s", why);
        snprintf(retry->sender, sizeof retry->sender, "%s", given);
        return;
    }
    if (!dsn->has_sender)
        fail_exit(EX_DATAERR, "name it with --sender",
                  "the bounce does not tell the sender of the message");
    if (!rcptlist_has(&retry->original.authors, &dsn->sender))
        fail_exit(EX_DATAERR, "if the message is yours, name its envelope sender with --sender",
                  "the message is not from %s, whom the bounce went to; it may be forged",
                  dsn->sender.text);
    memcpy(retry->sender, dsn->sender.text, dsn->sender.len + 1);
}

/* Is every demand within the limits? What cannot be met is told before anything is sent. */
static void xcmd_retry_plan(struct cmd_retry *retry)
{
    retry->plans = xmalloc(retry->count * sizeof *retry->plans);
    for (size_t i = 0; i < retry->count; i++) {
        const struct bounce_item *item = retry->items[i];
        const char *rcpt = item->about->recipient.text;
        struct plan *plan = &retry->plans[i];
        char why[PLAN_TEXT_MAX];
        enum op_err err;
        enum plan_choice choice =
            plan_choose(retry->options, &item->demand.offers, NULL, plan, why, &err);
        if (err != OP_OK)
            fail_exit(EX_TEMPFAIL, NULL, "%s: %s", rcpt, why);
        if (choice == PLAN_UNKNOWN)
            fail_exit(EX_UNAVAILABLE, "--rcpt picks others",
                      "%s: the server asks for suites or efforts that are unknown here", rcpt);
        if (choice == PLAN_BEYOND)
            fail_exit(EX_UNAVAILABLE,
                      "--max-time and --max-mem raise the limits; --rcpt picks others",
                      "%s: %s with effort %llu: %s", rcpt, plan->suite->name,
                      (unsigned long long)plan->effort, why);
    }
}

static void cmd_retry_tell(FILE *tty, const char *name, const char *text)
{
    fprintf(tty, "  %-12s", name);
    out_text(tty, text, strlen(text));
    fputc('\n', tty);
}

static bool cmd_retry_ask(const struct cmd_retry *retry, FILE *tty)
{
    const struct original *original = &retry->original;
    char answer[16];

    fputs("A bounce proposes to send this message again:\n", tty);
    for (size_t i = 0; i < original->authors.count; i++)
        cmd_retry_tell(tty, "From:", original->authors.rcpts[i].text);
    cmd_retry_tell(tty, "Subject:", original->subject);
    cmd_retry_tell(tty, "Message-ID:", original->id);
    cmd_retry_tell(tty, "as:", retry->sender[0] != '\0' ? retry->sender : "<>");
    for (size_t i = 0; i < retry->count; i++) {
        const struct plan *plan = &retry->plans[i];
        char text[OP_RECIPIENT_MAX + 64];
        snprintf(text, sizeof text, "%s (%.3g s of a laptop's time)",
                 retry->items[i]->about->recipient.text,
                 op_effort_to_seconds(plan->suite, plan->effort));
        cmd_retry_tell(tty, "to:", text);
    }
    fputs("Is it yours, and shall it be sent? [y/N] ", tty);
    fflush(tty);
    return fgets(answer, sizeof answer, tty) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

static void xcmd_retry_confirm(const struct cmd_retry *retry)
{
    FILE *tty;

    if (retry->options->yes)
        return;
    if (!isatty(STDERR_FILENO) || (tty = fopen("/dev/tty", "r+e")) == NULL)
        fail_exit(EX_USAGE, "--yes says so",
                  "retry: without a terminal nobody can tell whether the "
                  "message is yours");
    setvbuf(tty, NULL, _IONBF, 0); /* reading and writing may follow each other */
    bool yes = cmd_retry_ask(retry, tty);
    fclose(tty);
    if (!yes)
        fail_exit(FAIL_JUDGED, NULL, "nothing is sent");
}

static const char *cmd_retry_status_str(int status)
{
    switch (status) {
    case EX_OK:
        return "sent";
    case EX_TEMPFAIL:
        return "later";
    case FAIL_JUDGED:
        return "before";
    default:
        return "failed";
    }
}

static void cmd_retry_print(const struct options *options, const struct op_recipient *rcpt,
                            const struct courier_report *report)
{
    const char *status = cmd_retry_status_str(report->status);

    if (options->json) {
        fputs("{\"schema\":1,\"recipient\":", stdout);
        out_json_string(stdout, rcpt->text, rcpt->len);
        printf(",\"result\":\"%s\",\"status\":%d,\"enhanced\":\"%s\",\"minted\":%u,\"text\":",
               status, report->status, report->enhanced, report->minted);
        out_json_string(stdout, report->text, strlen(report->text));
        fputs("}\n", stdout);
    } else {
        out_text(stdout, rcpt->text, rcpt->len);
        printf("\t%s\t%s\t", status, report->enhanced);
        out_text(stdout, report->text, strlen(report->text));
        fputc('\n', stdout);
    }
    xout_flush();
}

static void xcmd_retry_letter(const struct original *original, struct letter *letter)
{
    struct message header;
    const char *why;
    FILE *stream = fmemopen(original->text, original->len, "r");

    if (stream == NULL)
        fail_exit(EX_OSERR, NULL, "the message in memory: %s", strerror(errno));
    xrecipients_read_message(stream, &header);
    if (!letter_make(stream, &header, NULL, false, letter, &why))
        fail_exit(EX_DATAERR, NULL, "the message cannot be sent: %s", why);
    message_clear(&header);
    fclose(stream);
}

/* Marked first: whatever happens then, the same bounce does not send it again by itself. */
static void cmd_retry_deliver(const struct cmd_retry *retry, const struct bounce_item *item,
                              struct courier *courier, const char *state, struct letter *letter,
                              struct courier_report *report_r)
{
    const struct op_recipient *rcpt = &item->about->recipient;
    struct address address;
    struct resent resent;
    const char *why;

    *report_r = (struct courier_report){.status = EX_DATAERR, .enhanced = "5.1.3"};
    if (!address_parse(rcpt->text, &address, &why)) {
        snprintf(report_r->text, sizeof report_r->text, "%s", why);
        return;
    }
    resent_init(&resent, &retry->bounce.dsn, item->about);
    enum resent_result result = resent_mark(&resent, state, time(NULL));
    if (result == RESENT_BEFORE && !retry->options->again) {
        report_r->status = FAIL_JUDGED;
        strcpy(report_r->enhanced, "5.7.0");
        snprintf(report_r->text, sizeof report_r->text,
                 "this bounce has been acted upon before; --again sends the message once more");
        return;
    }
    if (result == RESENT_FAILED)
        fail_exit(EX_CANTCREAT, NULL, "%s/resent: %s", state, strerror(errno));
    courier_deliver(courier,
                    &(struct courier_job){.address = &address,
                                          .from = retry->sender,
                                          .nexthop = retry->options->nexthop,
                                          .letter = letter,
                                          .demand = &item->demand.offers},
                    report_r);
    if (report_r->status != EX_OK && !resent_unmark(&resent, state))
        fail_note("%s/resent: %s", state, strerror(errno));
}

static int xcmd_retry_send(const struct cmd_retry *retry)
{
    struct courier *courier = xcourier_open(retry->options);
    char why[SENDER_WHY_MAX], *state = sender_state(courier_conf(courier), why);
    struct letter letter;
    int status = EX_OK;

    if (state == NULL)
        fail_exit(EX_CONFIG, NULL, "%s", why);
    xcmd_retry_letter(&retry->original, &letter);
    for (size_t i = 0; i < retry->count; i++) {
        struct courier_report report;
        cmd_retry_deliver(retry, retry->items[i], courier, state, &letter, &report);
        cmd_retry_print(retry->options, &retry->items[i]->about->recipient, &report);
        if (status == EX_OK)
            status = report.status;
    }
    letter_clear(&letter);
    free(state);
    courier_free(courier);
    return status;
}

/* All is minted before anything is written: no half message on failure. */
static int xcmd_retry_output(const struct cmd_retry *retry)
{
    char(*values)[OP_STAMP_TEXT_MAX] = xmalloc(retry->count * sizeof *values);

    minting_lower_priority(retry->options->nice);
    for (size_t i = 0; i < retry->count; i++) {
        struct op_mint_result result;
        struct minting minting;
        minting_init(&minting, &retry->plans[i], retry->options, 1);
        xminting_next(&minting, &retry->items[i]->about->recipient, &result);
        op_stamp_format(&result.stamp, values[i]);
    }
    for (size_t i = 0; i < retry->count; i++)
        xfield_write_stamp(values[i], retry->original.crlf);
    xout_write(retry->original.text, retry->original.len);
    xout_flush();
    free(values);
    return EX_OK;
}

static void cmd_retry_clear(struct cmd_retry *retry)
{
    bounce_clear(&retry->bounce);
    original_clear(&retry->original);
    free(retry->items);
    free(retry->plans);
}

static int cmd_retry_run(const struct options *options)
{
    struct cmd_retry retry = {.options = options};
    struct rcptlist asked = {0};
    size_t len;

    if (options->arg_count > 1)
        fail_exit(EX_USAGE, NULL, "retry: one FILE at the most");
    xrecipients_add(&asked, options->rcpts, options->rcpt_count);
    char *text =
        xinput_text(options->arg_count == 1 ? options->args[0] : NULL, DEMAND_INPUT_MAX, &len);
    if (!bounce_read(text, len, &retry.bounce))
        fail_exit(EX_DATAERR,
                  "\"onionpow demand\" finds demands in other texts, \"onionpow stamp\" "
                  "puts stamps on a message",
                  "the input is no bounce: it has no delivery report");
    free(text);
    xcmd_retry_original(&retry);
    xcmd_retry_choose(&retry, &asked);
    if (!options->output) {
        xcmd_retry_check_recipients(&retry, &asked);
        xcmd_retry_check_sender(&retry);
    }
    xcmd_retry_plan(&retry);
    if (!options->output)
        xcmd_retry_confirm(&retry);
    int status = options->output ? xcmd_retry_output(&retry) : xcmd_retry_send(&retry);
    rcptlist_clear(&asked);
    cmd_retry_clear(&retry);
    return status;
}

const struct cmd cmd_retry = {
    .name = "retry",
    .verb = OPTIONS_RETRY,
    .args = "[FILE]",
    .summary = "a bounce in: meet its demand and send the message again",
    .text = "Reads a bounce, mints what the servers asked for, and sends the message that it\n"
            "returns again, to those recipients alone that failed with a demand. Anybody\n"
            "can write a bounce: on a terminal you are asked whether the message is yours,\n"
            "elsewhere --yes must say so. With --output nothing is sent: the message goes\n"
            "to stdout with its stamps.\n",
    .example = "  onionpow retry bounce.eml\n"
               "  onionpow retry --output bounce.eml | sendmail -i bob@example.org\n",
    .files = true,
    .selftest = true,
    .run = cmd_retry_run,
};
