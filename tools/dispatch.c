/* dispatch.c - see dispatch.h. There is no queue: what cannot be delivered now is told and left. */
#include "tools/dispatch.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/courier.h"
#include "tools/fail.h"
#include "tools/origin.h"
#include "tools/out.h"
#include "tools/progress.h"
#include "tools/recipients.h"

static void xdispatch_recipients(const struct dispatch *dispatch, const struct message *message,
                                 struct rcptlist *list)
{
    xrecipients_add(list, dispatch->rcpts, dispatch->rcpt_count);
    if (dispatch->from_headers)
        xrecipients_add_message(list, message);
    if (list->count == 0)
        fail_exit(EX_USAGE, "name them, or give -t", "to whom?");
}

static bool dispatch_has(const struct address *addresses, size_t count,
                         const struct op_recipient *rcpt)
{
    for (size_t i = 0; i < count; i++) {
        if (op_recipient_equal(&addresses[i].recipient, rcpt))
            return true;
    }
    return false;
}

/* All of them are understood before the first is written to. Who is named twice, as programs name
 * those of To and Cc, gets one message for one stamp. */
static struct address *xdispatch_addresses(const struct rcptlist *list, size_t *count_r)
{
    struct address *addresses = xmalloc(list->count * sizeof *addresses);
    const char *why = "";
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        const char *text = list->rcpts[i].spelled;
        if (!address_parse(text, &addresses[count], &why)) {
            free(addresses);
            xrecipients_refuse(text, why);
        }
        if (!dispatch_has(addresses, count, &addresses[count].recipient))
            count++;
    }
    *count_r = count;
    return addresses;
}

/* A user of this machine gets its domain, as from any mail server: bounces need one. */
static bool dispatch_sender_parse(const char *given, const char *domain, struct mailbox *mailbox_r,
                                  const char **why_r)
{
    char whole[ORIGIN_ADDR_MAX];

    if (strchr(given, '@') == NULL) {
        snprintf(whole, sizeof whole, "%s@%s", given, domain);
        given = whole;
    }
    return mailbox_parse(given, strlen(given), mailbox_r, why_r);
}

static void xdispatch_sender(const struct dispatch *dispatch, const struct message *message,
                             const char *domain, char sender_r[ORIGIN_ADDR_MAX])
{
    const char *given = dispatch->sender, *why = "";
    struct mailbox mailbox = {.spelled = ""};

    if (given == NULL)
        origin_address(message, domain, sender_r);
    else if (*given != '\0' && !dispatch_sender_parse(given, domain, &mailbox, &why))
        fail_exit(EX_DATAERR, NULL, "sender %s: this is no address: %s", given, why);
    else
        snprintf(sender_r, ORIGIN_ADDR_MAX, "%s", mailbox.spelled);
    if (!courier_sender_valid(sender_r, &why))
        fail_exit(EX_DATAERR, given == NULL ? "name one with --sender, or sendmail's -f" : NULL,
                  "sender %s: this is no address: %s", sender_r, why);
}

static void xdispatch_letter(const struct dispatch *dispatch, const struct message *message,
                             const char *sender, const char *domain, struct letter *letter_r)
{
    char fields[ORIGIN_FIELDS_MAX], address[ORIGIN_ADDR_MAX];
    const char *why = "";

    if (*sender == '\0') /* the null sender is nobody whom a message could be from */
        origin_address(message, domain, address);
    else
        snprintf(address, sizeof address, "%s", sender);
    bool added = origin_fields(message, address, dispatch->name, time(NULL), fields);
    if (!letter_make(stdin, message, added ? fields : NULL, true, letter_r, &why))
        fail_exit(EX_DATAERR, NULL, "the message has no form in SMTP: %s", why);
}

static void dispatch_tell_json(const struct address *address, const struct courier_report *report)
{
    fputs("{\"schema\":1,\"recipient\":", stdout);
    out_json_string(stdout, address->mailbox, strlen(address->mailbox));
    printf(",\"status\":%d,\"enhanced\":\"%s\",\"maybe_delivered\":%s,\"minted\":%u,\"text\":",
           report->status, report->enhanced, report->maybe_delivered ? "true" : "false",
           report->minted);
    out_json_string(stdout, report->text, strlen(report->text));
    fputs("}\n", stdout);
    xout_flush();
}

static void dispatch_tell(const struct options *options, const struct address *address,
                          const struct courier_report *report)
{
    progress_abandon();
    if (options->json) {
        dispatch_tell_json(address, report);
    } else if (report->status == EX_OK) {
        fail_note("%s: delivered", address->mailbox);
    } else {
        fputs("onionpow: ", stderr);
        out_text(stderr, address->mailbox, strlen(address->mailbox));
        fprintf(stderr, ": %s ", report->enhanced);
        out_text(stderr, report->text, strlen(report->text));
        fputc('\n', stderr);
    }
}

static int dispatch_each(const struct dispatch *dispatch, struct courier *courier,
                         struct courier_job *job, const struct address *addresses, size_t count)
{
    int status = EX_OK;

    for (size_t i = 0; i < count; i++) {
        struct courier_report report;
        job->address = &addresses[i];
        courier_deliver(courier, job, &report);
        dispatch_tell(dispatch->options, &addresses[i], &report);
        if (status == EX_OK)
            status = report.status;
    }
    return status;
}

int xdispatch(const struct dispatch *dispatch)
{
    struct courier *courier = xcourier_open(dispatch->options);
    const char *domain = courier_conf(courier)->helo;
    struct rcptlist list = {.max = RCPTLIST_EACH_MAX};
    struct message message;
    struct letter letter;
    char sender[ORIGIN_ADDR_MAX];
    size_t count;

    xrecipients_read_message(stdin, &message);
    xdispatch_recipients(dispatch, &message, &list);
    struct address *addresses = xdispatch_addresses(&list, &count);
    xdispatch_sender(dispatch, &message, domain, sender);
    xdispatch_letter(dispatch, &message, sender, domain, &letter);
    struct courier_job job = {
        .from = sender, .nexthop = dispatch->options->nexthop, .letter = &letter};
    int status = dispatch_each(dispatch, courier, &job, addresses, count);
    letter_clear(&letter);
    free(addresses);
    message_clear(&message);
    rcptlist_clear(&list);
    courier_free(courier);
    return status;
}
