/*
 * cmd_mint.c - onionpow mint: one header field for each recipient.
 *
 * Each field is printed whole as soon as it is minted, so that an interrupted run keeps what it has
 * paid for.
 */
#include <string.h>

#include "pow/effort.h"
#include "tools/cmd.h"
#include "tools/fail.h"
#include "tools/input.h"
#include "tools/minting.h"
#include "tools/out.h"
#include "tools/recipients.h"

static void cmd_mint_print_json(const struct op_recipient *rcpt,
                                const struct op_mint_result *result, const char *value)
{
    const struct op_stamp *stamp = &result->stamp;
    char field[OP_STAMP_TEXT_MAX + sizeof OP_STAMP_FIELD + 2];

    snprintf(field, sizeof field, OP_STAMP_FIELD ": %s", value);
    fputs("{\"schema\":1,\"recipient\":", stdout);
    out_json_string(stdout, rcpt->text, rcpt->len);
    printf(",\"suite\":\"%s\",\"effort\":%llu,\"work\":%llu,\"date\":\"%u\",\"evaluations\":%llu,"
           "\"seconds\":%.3f,\"threads\":%u,\"field\":",
           stamp->suite->name, (unsigned long long)stamp->effort,
           (unsigned long long)op_effort_to_work(stamp->suite, stamp->effort), stamp->date,
           (unsigned long long)result->evals, result->elapsed_s, result->threads);
    out_json_string(stdout, field, strlen(field));
    fputs("}\n", stdout);
}

static void cmd_mint_print(const struct options *options, const struct op_recipient *rcpt,
                           const struct op_mint_result *result)
{
    char value[OP_STAMP_TEXT_MAX];

    op_stamp_format(&result->stamp, value);
    if (options->json)
        cmd_mint_print_json(rcpt, result, value);
    else
        printf(OP_STAMP_FIELD ": %s\n", value);
    xout_flush();
}

static void cmd_mint_recipients(const struct options *options, struct rcptlist *list)
{
    struct message message;

    xrecipients_add(list, options->args, options->arg_count);
    xrecipients_add(list, options->rcpts, options->rcpt_count);
    if (options->from_headers) {
        xrecipients_read_message(xinput_open(NULL), &message);
        xrecipients_add_message(list, &message);
        message_clear(&message);
        if (list->count == 0)
            fail_exit(EX_DATAERR, NULL, "the message names no recipient");
    }
    if (list->count == 0)
        fail_exit(EX_USAGE, "onionpow mint bob@example.org", "mint: for whom?");
    recipients_unpin(list);
}

static int cmd_mint_run(const struct options *options)
{
    struct rcptlist list = {0};
    struct minting minting;

    cmd_mint_recipients(options, &list);
    xminting_init(&minting, options, list.count);
    for (size_t i = 0; i < list.count; i++) {
        struct op_mint_result result;
        xminting_next(&minting, &list.rcpts[i].recipient, &result);
        cmd_mint_print(options, &list.rcpts[i].recipient, &result);
    }
    rcptlist_clear(&list);
    return EX_OK;
}

const struct cmd cmd_mint = {
    .name = "mint",
    .verb = OPTIONS_MINT,
    .args = "RCPT...",
    .summary = "compute stamps, one header field for each recipient",
    .text = "Computes a stamp for each recipient and prints it as a header field, in the\n"
            "order of the arguments. Put the fields into the header of the mail. With -t,\n"
            "recipients are taken from the message on stdin.\n",
    .example = "  onionpow mint bob@example.org\n"
               "  onionpow mint --offer onionpow:1:argon2id-16m/512 bob@example.org\n",
    .selftest = true,
    .run = cmd_mint_run,
};
