/* cmd_send.c - onionpow send: the same as deliver, for a person at a terminal. */
#include "tools/cmd.h"
#include "tools/dispatch.h"

static int cmd_send_run(const struct options *options)
{
    const struct dispatch dispatch = {.options = options,
                                      .sender = options->sender,
                                      .rcpts = options->args,
                                      .rcpt_count = options->arg_count,
                                      .from_headers = options->from_headers};

    return xdispatch(&dispatch);
}

const struct cmd cmd_send = {
    .name = "send",
    .verb = OPTIONS_SEND,
    .args = "[RCPT...]",
    .summary = "send a mail, meeting each server's demand",
    .text = "Sends the message on stdin through Tor to each recipient's onion service, one\n"
            "after the other, minting what is asked for. With -t recipients are taken from\n"
            "To, Cc and Bcc. Bcc fields are always removed. From, Date and Message-ID are\n"
            "added where they are missing. There is no queue: what cannot be delivered now\n"
            "is told, and stamps are kept for another try.\n",
    .example = "  onionpow send -t < draft.eml\n"
               "  onionpow send --socks 127.0.0.1:9150 bob@ADDRESS.onion < draft.eml\n",
    .selftest = true,
    .run = cmd_send_run,
};
