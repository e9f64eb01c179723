/*
 * cmd_verify.c - onionpow verify: is every recipient of this message paid?
 *
 * What a receiving filter says may differ: it knows its own prices and which stamps are spent.
 */
#include <stdlib.h>
#include <string.h>

#include "pow/effort.h"
#include "tools/cmd.h"
#include "tools/fail.h"
#include "tools/input.h"
#include "tools/judge.h"
#include "tools/out.h"
#include "tools/recipients.h"

struct cmd_verify_stamp { /* a stamp field as it was read */
    enum op_verdict syntax;
    const char *why; /* unless syntax is PASS */
    struct op_stamp stamp;
};

struct cmd_verify_result { /* for one recipient: of all stamps the one that came furthest */
    enum op_verdict verdict;
    const char *why;
    const struct op_stamp *stamp; /* NULL: none that could be read */
};

static struct cmd_verify_stamp *cmd_verify_read(const struct message *message, size_t *count_r)
{
    struct cmd_verify_stamp *stamps = xmalloc(OP_STAMPS_MAX * sizeof *stamps);
    struct message_field field;
    size_t count = 0, ignored = 0;

    for (size_t at = 0; message_next(message, &at, &field);) {
        if (!message_field_is(&field, OP_STAMP_FIELD))
            continue;
        if (count == OP_STAMPS_MAX) {
            ignored++;
            continue;
        }
        struct cmd_verify_stamp *stamp = &stamps[count++];
        stamp->why = NULL;
        stamp->syntax = op_stamp_parse(field.value, field.value_len, &stamp->stamp, &stamp->why);
    }
    if (ignored > 0)
        fail_note("%zu stamps beyond the first %d are not looked at", ignored, OP_STAMPS_MAX);
    *count_r = count;
    return stamps;
}

static struct cmd_verify_result cmd_verify_judge(struct judge *judge,
                                                 const struct cmd_verify_stamp *stamps,
                                                 size_t count, const struct op_recipient *rcpt)
{
    struct cmd_verify_result best = {OP_VERDICT_MISSING, op_verdict_text(OP_VERDICT_MISSING), NULL};

    for (size_t i = 0; i < count && best.verdict != OP_VERDICT_PASS; i++) {
        const struct cmd_verify_stamp *stamp = &stamps[i];
        enum op_verdict verdict = stamp->syntax;
        if (verdict == OP_VERDICT_PASS)
            verdict = xjudge_stamp(judge, &stamp->stamp, rcpt);
        if (verdict != OP_VERDICT_PASS && verdict <= best.verdict)
            continue;
        best.verdict = verdict;
        best.stamp = stamp->syntax == OP_VERDICT_PASS ? &stamp->stamp : NULL;
        best.why = stamp->why != NULL ? stamp->why : op_verdict_text(verdict);
    }
    return best;
}

static unsigned long long cmd_verify_work(const struct op_stamp *stamp)
{
    return (unsigned long long)op_effort_to_work(stamp->suite, stamp->effort);
}

static void cmd_verify_print_json(const struct op_recipient *rcpt,
                                  const struct cmd_verify_result *result)
{
    fputs("{\"schema\":1,\"recipient\":", stdout);
    out_json_string(stdout, rcpt->text, rcpt->len);
    printf(",\"verdict\":\"%s\"", op_verdict_str(result->verdict));
    if (result->stamp != NULL)
        printf(",\"suite\":\"%s\",\"work\":%llu", result->stamp->suite->name,
               cmd_verify_work(result->stamp));
    else
        fputs(",\"suite\":null,\"work\":null", stdout);
    fputs(",\"reason\":", stdout);
    out_json_string(stdout, result->why, strlen(result->why));
    fputs("}\n", stdout);
}

static void cmd_verify_print(const struct op_recipient *rcpt,
                             const struct cmd_verify_result *result)
{
    out_text(stdout, rcpt->text, rcpt->len);
    printf("\t%s\t", op_verdict_str(result->verdict));
    if (result->stamp != NULL)
        printf("%s\t%llu", result->stamp->suite->name, cmd_verify_work(result->stamp));
    else
        fputs("-\t-", stdout);
    printf("\t%s\n", result->why);
}

static void cmd_verify_recipients(const struct options *options, const struct message *message,
                                  struct rcptlist *list)
{
    xrecipients_add(list, options->rcpts, options->rcpt_count);
    if (list->count == 0)
        xrecipients_add_message(list, message);
    if (list->count == 0)
        fail_exit(EX_DATAERR, "name them with --rcpt", "the message names no recipient");
    recipients_unpin(list);
}

static int cmd_verify_run(const struct options *options)
{
    struct rcptlist list = {0};
    struct message message;
    struct judge judge;
    size_t count;
    int status = EX_OK;

    if (options->arg_count > 1)
        fail_exit(EX_USAGE, NULL, "verify: one FILE at the most");
    FILE *stream = xinput_open(options->arg_count == 1 ? options->args[0] : NULL);
    xrecipients_read_message(stream, &message);
    input_close(stream);
    cmd_verify_recipients(options, &message, &list);
    struct cmd_verify_stamp *stamps = cmd_verify_read(&message, &count);
    judge_init(&judge, options);
    for (size_t i = 0; i < list.count; i++) {
        const struct op_recipient *rcpt = &list.rcpts[i].recipient;
        struct cmd_verify_result result = cmd_verify_judge(&judge, stamps, count, rcpt);
        if (options->json)
            cmd_verify_print_json(rcpt, &result);
        else
            cmd_verify_print(rcpt, &result);
        xout_flush();
        if (result.verdict != OP_VERDICT_PASS)
            status = FAIL_JUDGED;
    }
    judge_clear(&judge);
    free(stamps);
    rcptlist_clear(&list);
    message_clear(&message);
    return status;
}

const struct cmd cmd_verify = {
    .name = "verify",
    .verb = OPTIONS_VERIFY,
    .args = "[FILE]",
    .summary = "judge the stamps of a message",
    .text = "Reads a message, or header fields alone, and prints a line for each recipient:\n"
            "RCPT, VERDICT, SUITE, WORK and REASON with tabs between. Recipients are those\n"
            "of --rcpt, else those of To, Cc and Bcc. All puzzles are checked. --work is\n"
            "the least work that is accepted.\n",
    .example = "  onionpow verify --rcpt bob@example.org message.eml\n",
    .files = true,
    .selftest = true,
    .run = cmd_verify_run,
};
