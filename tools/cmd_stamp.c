/*
 * cmd_stamp.c - onionpow stamp: a filter that puts stamps before the header of a message.
 *
 * All other octets stay as they are, but for the Bcc fields that -t takes out. Nothing is written
 * before everything is read and minted: a failure leaves no half message behind.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/cmd.h"
#include "tools/fail.h"
#include "tools/field.h"
#include "tools/input.h"
#include "tools/minting.h"
#include "tools/out.h"
#include "tools/recipients.h"
#include "tools/spool.h"

static void cmd_stamp_write_header(const struct message *message, bool drop_blind)
{
    struct message_field field;

    for (size_t at = 0; message_next(message, &at, &field);) {
        if (!drop_blind || !rcptlist_is_blind(&field))
            xout_write(field.text, field.len);
    }
}

/* A message that does not begin with a header gets the empty line that makes the stamps its header;
 * a header that ends with the input, without a line end, keeps its end. */
static void cmd_stamp_write(const struct options *options, const struct message *message,
                            struct spool *body, char (*values)[OP_STAMP_TEXT_MAX], size_t count)
{
    bool no_header = message->end == message->fields && !message->separated;

    xout_write(message->text, message->fields);
    for (size_t i = 0; i < count; i++)
        xfield_write_stamp(values[i], message->crlf);
    if (no_header)
        xout_write(message->crlf ? "\r\n" : "\n", message->crlf ? 2 : 1);
    cmd_stamp_write_header(message, options->from_headers);
    xout_write(message->text + message->end, message->len - message->end);
    xspool_write(body);
}

static void cmd_stamp_recipients(const struct options *options, const struct message *message,
                                 struct rcptlist *list)
{
    xrecipients_add(list, options->rcpts, options->rcpt_count);
    if (options->from_headers)
        xrecipients_add_message(list, message);
    if (list->count == 0)
        fail_exit(EX_DATAERR, "name them with --rcpt", "the message names no recipient");
    if (list->count > OP_STAMPS_MAX)
        fail_exit(EX_DATAERR, "split the message",
                  "%zu recipients: no more than %d stamps of a message are looked at", list->count,
                  OP_STAMPS_MAX);
    recipients_unpin(list);
}

static char (*cmd_stamp_mint(const struct options *options,
                             const struct rcptlist *list))[OP_STAMP_TEXT_MAX]
{
    char(*values)[OP_STAMP_TEXT_MAX] = xmalloc(list->count * sizeof *values);
    struct minting minting;

    xminting_init(&minting, options, list->count);
    for (size_t i = 0; i < list->count; i++) {
        struct op_mint_result result;
        xminting_next(&minting, &list->rcpts[i].recipient, &result);
        op_stamp_format(&result.stamp, values[i]);
    }
    return values;
}

static int cmd_stamp_run(const struct options *options)
{
    struct rcptlist list = {0};
    struct message message;
    struct spool body;

    if (options->arg_count > 1)
        fail_exit(EX_USAGE, NULL, "stamp: one FILE at the most");
    if (options->rcpt_count == 0 && !options->from_headers)
        fail_exit(EX_USAGE, "give -t or --rcpt", "stamp: for whom?");
    FILE *stream = xinput_open(options->arg_count == 1 ? options->args[0] : NULL);
    xrecipients_read_message(stream, &message);
    cmd_stamp_recipients(options, &message, &list);
    xspool_read(stream, &body);
    input_close(stream);
    char(*values)[OP_STAMP_TEXT_MAX] = cmd_stamp_mint(options, &list);
    cmd_stamp_write(options, &message, &body, values, list.count);
    xout_flush();
    free(values);
    spool_clear(&body);
    message_clear(&message);
    rcptlist_clear(&list);
    return EX_OK;
}

const struct cmd cmd_stamp = {
    .name = "stamp",
    .verb = OPTIONS_STAMP,
    .args = "[FILE]",
    .summary = "message in, the same message with stamps out",
    .text = "A filter: writes the message with a stamp for each recipient before its\n"
            "header. With -t recipients are taken from To, Cc and Bcc, and the Bcc fields\n"
            "are removed. All else stays as it is, octet for octet. Nothing is written\n"
            "before all stamps are minted.\n",
    .example = "  onionpow stamp -t < draft.eml | sendmail -i bob@example.org\n",
    .files = true,
    .selftest = true,
    .run = cmd_stamp_run,
};
