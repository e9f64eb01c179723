/*
 * cmd_retry.c - onionpow retry: a bounce in, the message out again, with what was asked for.
 *
 * Anybody can write a bounce, so it is treated as a proposal: nothing is computed or sent before
 * the user has said that the message is his own. Only recipients that failed with a demand get it,
 * and each bounce is acted upon once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/cmd.h"
#include "tools/courier.h"
#include "tools/fail.h"
#include "tools/field.h"
#include "tools/minting.h"
#include "tools/out.h"
#include "tools/proposal.h"
#include "tools/question.h"
#include "tools/recipients.h"
#include "tools/resent.h"
#include "tools/stopwatch.h"

static const char *cmd_retry_result_str(const struct courier_report *report)
{
    switch (report->status) {
    case EX_OK:
        return "sent";
    case EX_TEMPFAIL:
        return report->maybe_delivered ? "unsure" : "later";
    case FAIL_JUDGED:
        return "before";
    default:
        return "failed";
    }
}

static void cmd_retry_print(const struct options *options, const char *rcpt,
                            const struct courier_report *report)
{
    const char *result = cmd_retry_result_str(report);

    if (options->json) {
        fputs("{\"schema\":1,\"recipient\":", stdout);
        out_json_string(stdout, rcpt, strlen(rcpt));
        printf(",\"result\":\"%s\",\"status\":%d,\"enhanced\":\"%s\",\"maybe_delivered\":%s,"
               "\"minted\":%u,\"text\":",
               result, report->status, report->enhanced, report->maybe_delivered ? "true" : "false",
               report->minted);
        out_json_string(stdout, report->text, strlen(report->text));
        fputs("}\n", stdout);
    } else {
        out_text(stdout, rcpt, strlen(rcpt));
        printf("\t%s\t%s\t", result, report->enhanced);
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
    if (!letter_make(stream, &header, NULL, true, letter, &why))
        fail_exit(EX_DATAERR, NULL, "the message cannot be sent: %s", why);
    message_clear(&header);
    fclose(stream);
}

/* Marked first: whatever happens then, the same bounce does not send it again by itself. The mark
 * goes if nothing was sent, unless it is that of an earlier run. */
static void cmd_retry_deliver(const struct proposal *proposal, const struct bounce_item *item,
                              struct courier *courier, const char *state, struct letter *letter,
                              struct courier_report *report_r)
{
    struct address address;
    struct resent resent;
    const char *why;

    *report_r = (struct courier_report){.status = EX_DATAERR, .enhanced = "5.1.3"};
    if (!address_parse(item->about->spelled, &address, &why)) {
        snprintf(report_r->text, sizeof report_r->text, "%s", why);
        return;
    }
    resent_init(&resent, &proposal->bounce.dsn, item->about);
    enum resent_result result = resent_mark(&resent, state, time(NULL));
    if (result == RESENT_BEFORE && !proposal->options->again) {
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
                                          .from = proposal->sender,
                                          .nexthop = proposal->options->nexthop,
                                          .letter = letter,
                                          .demand = &item->demand.offers},
                    report_r);
    bool sent = report_r->status == EX_OK || report_r->maybe_delivered;
    if (!sent && result == RESENT_FIRST && !resent_unmark(&resent, state))
        fail_note("%s/resent: %s", state, strerror(errno));
}

/* A server may ask for more than the bounce has said: when the time is over, nobody else's turn
 * comes. */
static int cmd_retry_send_each(const struct proposal *proposal, struct courier *courier,
                               const char *state, struct letter *letter)
{
    double end = stopwatch_read(CLOCK_MONOTONIC) + proposal->options->max_time_s;
    int status = EX_OK;

    for (size_t i = 0; i < proposal->count; i++) {
        struct courier_report report = {
            .status = EX_TEMPFAIL, .enhanced = "4.4.7", .text = "no time is left of --max-time"};
        if (i == 0 || stopwatch_read(CLOCK_MONOTONIC) < end)
            cmd_retry_deliver(proposal, proposal->items[i], courier, state, letter, &report);
        cmd_retry_print(proposal->options, proposal->items[i]->about->spelled, &report);
        if (status == EX_OK)
            status = report.status;
    }
    return status;
}

static int xcmd_retry_send(const struct proposal *proposal)
{
    struct courier *courier = xcourier_open(proposal->options);
    char why[SENDER_WHY_MAX], *state = sender_state(courier_conf(courier), why);
    struct letter letter;

    if (state == NULL)
        fail_exit(EX_CONFIG, NULL, "%s", why);
    xcmd_retry_letter(&proposal->original, &letter);
    int status = cmd_retry_send_each(proposal, courier, state, &letter);
    letter_clear(&letter);
    free(state);
    courier_free(courier);
    return status;
}

static void xcmd_retry_mint(const struct proposal *proposal, const struct rcptlist *list,
                            char (*values_r)[OP_STAMP_TEXT_MAX])
{
    double left_s = proposal->options->max_time_s;

    for (size_t i = 0; i < list->count; i++) {
        struct op_mint_result result;
        struct minting minting;
        minting_init(&minting, &proposal->plans[i], proposal->options, 1);
        minting.plan.max_time_s = left_s;
        xminting_next(&minting, &list->rcpts[i].recipient, &result);
        op_stamp_format(&result.stamp, values_r[i]);
        left_s = left_s > result.elapsed_s ? left_s - result.elapsed_s : 1e-9; /* 0: no limit */
    }
}

/* All is minted before anything is written: no half message on failure. */
static int xcmd_retry_output(const struct proposal *proposal)
{
    char(*values)[OP_STAMP_TEXT_MAX] = xmalloc(proposal->count * sizeof *values);
    struct rcptlist list = {0};

    for (size_t i = 0; i < proposal->count; i++)
        xrecipients_add(&list, &(const char *){proposal->items[i]->about->spelled}, 1);
    recipients_unpin(&list);
    xcmd_retry_mint(proposal, &list, values);
    for (size_t i = 0; i < proposal->count; i++)
        xfield_write_stamp(values[i], proposal->original.crlf);
    xout_write(proposal->original.text, proposal->original.len);
    xout_flush();
    rcptlist_clear(&list);
    free(values);
    return EX_OK;
}

static int cmd_retry_run(const struct options *options)
{
    struct proposal proposal;

    if (options->arg_count > 1)
        fail_exit(EX_USAGE, NULL, "retry: one FILE at the most");
    xproposal_read(&proposal, options);
    if (options->output) {
        minting_lower_priority(options->nice); /* before the speed is measured */
    } else {
        xproposal_check(&proposal);
        if (!options->yes && !xquestion_ask(&proposal))
            fail_exit(FAIL_JUDGED, NULL, "nothing is sent");
    }
    xproposal_plan(&proposal);
    int status = options->output ? xcmd_retry_output(&proposal) : xcmd_retry_send(&proposal);
    proposal_clear(&proposal);
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
            "elsewhere --yes must say so. All stamps together may take --max-time. With\n"
            "--output nothing is sent: the message goes to stdout with its stamps.\n",
    .example = "  onionpow retry bounce.eml\n"
               "  onionpow retry --output bounce.eml | sendmail -i bob@example.org\n",
    .files = true,
    .selftest = true,
    .run = cmd_retry_run,
};
