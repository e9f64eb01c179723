/*
 * cmd_sendmail.c - onionpow sendmail, or any name that ends in "sendmail": takes the place of
 * sendmail(8) for programs that hand over mail to it (mutt, cron, git send-email).
 *
 * Knows sendmail's flags and not ours. A dot on a line of its own is never the end of the message,
 * as if -i were given.
 */
#include <string.h>
#include <unistd.h>

#include "tools/cmd.h"
#include "tools/dispatch.h"
#include "tools/fail.h"

/* Every flag of Sendmail and Postfix that a program might pass. "+": no flags behind addresses. */
static const char cmd_sendmail_flags[] = "+A:B:C:F:GH:IL:N:O:R:UV:X:b:d::e:f:h:imno:p:q::r:stv";

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

static void cmd_sendmail_flag(int flag, const char *value, struct dispatch *dispatch)
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
    case 'b':
        cmd_sendmail_mode(value);
        break;
    case 'q':
    case 'I':
        fail_exit(EX_USAGE, "hand over one message", "-%c: there is no queue here", flag);
    case '?':
        fail_exit(EX_USAGE, NULL, "sendmail: a flag that is unknown, or has no argument");
    default: /* of no consequence here */
        break;
    }
}

static int cmd_sendmail_run(int argc, char **argv)
{
    struct options options = {.progress = OPTIONS_PROGRESS_NEVER, .quiet = true};
    struct dispatch dispatch = {.options = &options};
    int flag;

    fail_init(false, true);
    opterr = 0;
    while ((flag = getopt(argc, argv, cmd_sendmail_flags)) != -1)
        cmd_sendmail_flag(flag, optarg, &dispatch);
    dispatch.rcpts = (const char *const *)argv + optind;
    dispatch.rcpt_count = (size_t)(argc - optind);
    return xdispatch(&dispatch);
}

const struct cmd cmd_sendmail = {
    .name = "sendmail",
    .verb = OPTIONS_SENDMAIL,
    .args = "[RCPT...]",
    .summary = "take the place of sendmail(8) for mail programs",
    .text = "Takes sendmail's flags: -t, -f SENDER, -F NAME, and others that are of no\n"
            "consequence here. Sends the message on stdin as \"onionpow send\" does, at once\n"
            "and without a queue. Also under any name that ends in \"sendmail\".\n",
    .example = "  onionpow sendmail -i -f alice@example.org bob@ADDRESS.onion < draft.eml\n",
    .selftest = true,
    .run_words = cmd_sendmail_run,
};
