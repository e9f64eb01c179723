/*
 * cmd_deliver.c - onionpow deliver: an MTA's delivery agent (Postfix pipe(8), Sendmail, Exim).
 *
 * Speaks to the MTA as such agents do: an exit status of <sysexits.h>, and on failure one line that
 * begins with an enhanced status code. What is no fault of the message is always "later", so that a
 * full disk or a broken configuration returns nobody's mail. It ends with the MTA that started it.
 */
#include <string.h>

#include "tools/cmd.h"
#include "tools/courier.h"
#include "tools/fail.h"
#include "tools/orphan.h"
#include "tools/out.h"
#include "tools/recipients.h"

static int cmd_deliver_end(int status, const char *enhanced, const char *text)
{
    if (status != EX_OK) {
        fprintf(stderr, "%s ", enhanced);
        out_text(stderr, text, strlen(text));
        fputc('\n', stderr);
    }
    return status;
}

static int cmd_deliver_letter(const struct options *options, const struct address *address,
                              struct letter *letter)
{
    struct courier *courier = xcourier_open(options);
    const struct courier_job job = {
        .address = address, .from = options->sender, .nexthop = options->nexthop, .letter = letter};
    struct courier_report report;

    courier_deliver(courier, &job, &report);
    courier_free(courier);
    return cmd_deliver_end(report.status, report.enhanced, report.text);
}

static int cmd_deliver_run(const struct options *options)
{
    struct options quiet = *options;
    struct address address;
    struct message message;
    struct letter letter;
    const char *why = "";

    quiet.progress = OPTIONS_PROGRESS_NEVER;
    if (options->arg_count != 1)
        fail_exit(EX_USAGE, NULL, "deliver: exactly one recipient");
    if (options->sender == NULL)
        fail_exit(EX_USAGE, NULL, "deliver: --sender is missing");
    if (!courier_sender_valid(options->sender, &why))
        return cmd_deliver_end(EX_DATAERR, "5.1.7", why);
    if (!address_parse(options->args[0], &address, &why))
        return cmd_deliver_end(EX_DATAERR, "5.1.3", why);
    orphan_watch();
    xrecipients_read_message(stdin, &message);
    bool made = letter_make(stdin, &message, NULL, false, &letter, &why);
    message_clear(&message);
    if (!made)
        return cmd_deliver_end(EX_DATAERR, "5.6.0", why);
    int status = cmd_deliver_letter(&quiet, &address, &letter);
    letter_clear(&letter);
    return status;
}

const struct cmd cmd_deliver = {
    .name = "deliver",
    .verb = OPTIONS_DELIVER,
    .args = "RCPT",
    .summary = "deliver a mail for an MTA, meeting the server's demand",
    .text = "A mail server's delivery agent: sends the message on stdin through Tor to the\n"
            "onion service of the recipient, mints the stamp that is asked for, and sends\n"
            "again. On failure prints a line that begins with an enhanced status code.\n"
            "Stamps that were not used are kept for the queue's next try.\n",
    .example = "  onionpow deliver --sender alice@example.org bob@ADDRESS.onion < mail.eml\n",
    .selftest = true,
    .agent = true,
    .run = cmd_deliver_run,
};
