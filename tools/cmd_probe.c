/*
 * cmd_probe.c - onionpow probe: asks a server what it demands.
 *
 * A server can be asked only by a message. This one carries a field that is no stamp (version 0),
 * so that whoever demands stamps refuses it and says what it wants. A server that demands none
 * delivers it: a short note that says what it is. Hence --yes.
 *
 * It has a sender, as people's mail has: bounces, which have none, are cheaper at many servers, and
 * a stamp at their price would be too weak for `onionpow send`.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pow/effort.h"
#include "tools/cmd.h"
#include "tools/courier.h"
#include "tools/fail.h"
#include "tools/origin.h"
#include "tools/out.h"

#define CMD_PROBE_FIELD OP_STAMP_FIELD ": v=0"
#define CMD_PROBE_FROM  "onionpow-probe" /* tells nobody who is asking */

static const char cmd_probe_text[] =
    "Subject: onionpow probe\n"
    "Auto-Submitted: auto-generated\n"
    "\n"
    "Somebody wanted to know what proof of work this mail server asks for. It took\n"
    "this message without any. Nothing has to be done.\n";

static void cmd_probe_letter(const char *from, const char *to, struct letter *letter_r)
{
    char text[sizeof cmd_probe_text + ORIGIN_ADDR_MAX], fields[ORIGIN_FIELDS_MAX];
    struct message message;
    const char *why = "";

    snprintf(text, sizeof text, "To: <%s>\n%s", to, cmd_probe_text);
    FILE *stream = fmemopen(text, strlen(text), "r");
    if (stream == NULL || message_read(stream, &message) != MESSAGE_OK)
        fail_exit(EX_TEMPFAIL, NULL, "out of memory");
    origin_fields(&message, from, NULL, time(NULL), fields);
    bool made = letter_make(stream, &message, fields, false, letter_r, &why);
    OP_BUG_IF(!made);
    message_clear(&message);
    fclose(stream);
}

static void cmd_probe_print_json(const struct address *address, const struct op_offers *offers)
{
    char token[OP_OFFER_TEXT_MAX];

    op_offers_format(offers, token);
    fputs("{\"schema\":1,\"recipient\":", stdout);
    out_json_string(stdout, address->recipient.text, address->recipient.len);
    printf(",\"token\":\"%s\",\"unknown\":%u,\"offers\":[", token, offers->unknown);
    for (size_t i = 0; i < offers->count; i++) {
        const struct op_offer *offer = &offers->offer[i];
        unsigned long long work = op_effort_to_work(offer->suite, offer->effort);
        printf("%s{\"suite\":\"%s\",\"effort\":%llu,\"work\":%llu,\"quote\":%s}", i > 0 ? "," : "",
               offer->suite->name, (unsigned long long)offer->effort, work,
               offer->quote_len > 0 ? "true" : "false");
    }
    fputs("]}\n", stdout);
}

static int cmd_probe_tell(const struct options *options, const struct address *address,
                          const struct courier_report *report)
{
    char token[OP_OFFER_TEXT_MAX];

    if (!report->asked && report->status == EX_OK) {
        fail_note("%s: nothing is demanded; the probe was delivered", address->recipient.text);
        return EX_OK;
    }
    if (!report->asked)
        fail_exit(report->status, NULL, "%s: %s %s", address->recipient.text, report->enhanced,
                  report->text);
    if (options->json) {
        cmd_probe_print_json(address, &report->offers);
    } else {
        op_offers_format(&report->offers, token);
        puts(token);
    }
    return EX_OK;
}

static int cmd_probe_run(const struct options *options)
{
    char from[ORIGIN_ADDR_MAX];
    struct address address;
    struct letter letter;
    struct courier_report report;
    const char *why = "";

    if (options->arg_count != 1)
        fail_exit(EX_USAGE, NULL, "probe: exactly one recipient");
    if (!address_parse(options->args[0], &address, &why))
        fail_exit(EX_DATAERR, NULL, "%s: this is no address: %s", options->args[0], why);
    if (options->sender != NULL && !courier_sender_valid(options->sender, &why))
        fail_exit(EX_DATAERR, NULL, "sender %s: this is no address: %s", options->sender, why);
    if (!options->yes)
        fail_exit(EX_USAGE, "--yes says that this is all right",
                  "a server that demands nothing delivers the probe, as a short note");
    struct courier *courier = xcourier_open(options);
    snprintf(from, sizeof from, CMD_PROBE_FROM "@%.255s", courier_conf(courier)->helo);
    cmd_probe_letter(from, address.recipient.text, &letter);
    const struct courier_job job = {.address = &address,
                                    .from = options->sender != NULL ? options->sender : from,
                                    .nexthop = options->nexthop,
                                    .letter = &letter,
                                    .probe = CMD_PROBE_FIELD};
    courier_deliver(courier, &job, &report);
    int status = cmd_probe_tell(options, &address, &report);
    letter_clear(&letter);
    courier_free(courier);
    return status;
}

const struct cmd cmd_probe = {
    .name = "probe",
    .verb = OPTIONS_PROBE,
    .args = "RCPT",
    .summary = "ask a server for its present offers",
    .text = "Asks by a message whose stamp is none: a server that demands stamps refuses it\n"
            "and makes its offers, which are printed as one token for \"mint --offer\". A\n"
            "server that demands nothing delivers it, as a short note; so --yes is needed.\n"
            "The price may depend on the sender: --sender names one; the default is\n"
            "onionpow-probe at the name of EHLO.\n",
    .example = "  onionpow probe --yes bob@ADDRESS.onion\n",
    .run = cmd_probe_run,
};
