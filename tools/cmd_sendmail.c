/*
 * cmd_sendmail.c - onionpow sendmail, or any name that ends in "sendmail": takes the place of
 * sendmail(8) for programs that hand over mail to it (mutt, cron, git send-email).
 *
 * Knows sendmail's flags and not ours, but for --config. What asks for something that is not done
 * here is refused; what only says how a mail server should do its work is ignored. A dot on a line
 * of its own is never the end of the message, as if -i were given.
 */
#include <getopt.h>
#include <string.h>

#include "tools/cmd.h"
#include "tools/dispatch.h"
#include "tools/fail.h"

/* Every flag of Sendmail and Postfix that a program might pass, and msmtp's -a. "+": no flags
 * behind addresses. ":": a missing argument is told apart. */
static const char cmd_sendmail_flags[] = "+:A:B:C:F:GH:IL:N:O:R:UV:X:a:b:d::e:f:h:imno:p:q::r:stv";

static const struct option cmd_sendmail_words[] = {
    {"config", required_argument, NULL, 'C'},
    {"account", required_argument, NULL, 'a'},
    {NULL, 0, NULL, 0},
};

static void cmd_sendmail_mode(const char *mode)
{
    if (strcmp(mode, "m") == 0)
        return;
    if (mode[0] == 's')
        fail_exit(EX_USAGE, "hand over one message without -bs",
                  "-bs: SMTP on standard input is not spoken here");
    fail_exit(EX_USAGE, "hand over one message without -b",
              "-b%s: there is no queue, daemon or alias file here", mode);
}

/* `word`: where getopt stands, of use for what it does not know. */
static _Noreturn void cmd_sendmail_refuse(int flag, const char *word)
{
    switch (flag) {
    case 'a':
        fail_exit(EX_USAGE, "-C names another configuration", "-a: there are no accounts here");
    case 'q':
    case 'I':
        fail_exit(EX_USAGE, "hand over one message", "-%c: there is no queue or alias file here",
                  flag);
    case ':':
        fail_exit(EX_USAGE, NULL, "sendmail: %s: its argument is missing", word);
    default:
        fail_exit(EX_USAGE, "onionpow(1) lists them", "sendmail: %s: this flag is unknown", word);
    }
}

static void cmd_sendmail_flag(int flag, const char *value, const char *word,
                              struct dispatch *dispatch, struct options *options)
{
    switch (flag) {
    case 't':
        dispatch->from_headers = true;
        break;
    case 'f':
    case 'r':
        dispatch->sender = strcmp(value, "<>") == 0 ? "" : value;
        break;
    case 'F':
        dispatch->name = value;
        break;
    case 'C':
        options->config = value;
        break;
    case 'b':
        cmd_sendmail_mode(value);
        break;
    case 'a':
    case 'q':
    case 'I':
    case ':':
    case '?':
        cmd_sendmail_refuse(flag, word);
    default: /* of no consequence here */
        break;
    }
}

static int cmd_sendmail_run(int argc, char **argv)
{
    struct options options = {.progress = OPTIONS_PROGRESS_NEVER, .quiet = true};
    struct dispatch dispatch = {.options = &options};
    int flag, at = 1;

    fail_init(false, true);
    opterr = 0;
    while ((flag = getopt_long(argc, argv, cmd_sendmail_flags, cmd_sendmail_words, NULL)) != -1) {
        cmd_sendmail_flag(flag, optarg, argv[at], &dispatch, &options);
        at = optind;
    }
    dispatch.rcpts = (const char *const *)argv + optind;
    dispatch.rcpt_count = (size_t)(argc - optind);
    return xdispatch(&dispatch);
}

const struct cmd cmd_sendmail = {
    .name = "sendmail",
    .verb = OPTIONS_SENDMAIL,
    .args = "[RCPT...]",
    .summary = "take the place of sendmail(8) for mail programs",
    .text = "Takes sendmail's flags: -t, -f SENDER, -F NAME, -C FILE (or --config, in place\n"
            "of sender.conf), and others that are of no consequence here. Sends the message\n"
            "on stdin as \"onionpow send\" does, at once and without a queue. Also under any\n"
            "name that ends in \"sendmail\".\n",
    .example = "  onionpow sendmail -i -f alice@example.org bob@ADDRESS.onion < draft.eml\n",
    .selftest = true,
    .run_words = cmd_sendmail_run,
};
