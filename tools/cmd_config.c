/*
 * cmd_config.c - onionpow config: what of sender.conf is in force, or only whether it is right.
 */
#include <string.h>

#include "tools/cmd.h"
#include "tools/fail.h"
#include "tools/out.h"
#include "tools/sender.h"
#include "tools/sender_value.h"

static void cmd_config_json_value(const struct sender_key *key, const struct sender *sender,
                                  size_t i)
{
    char scratch[OP_UNITS_MAX];
    const char *text = sender_value_text(key, sender, i, scratch);

    out_json_string(stdout, text, strlen(text));
}

/* Durations and sizes are the texts that the file would have. */
static void cmd_config_json(const struct sender *sender)
{
    for (size_t i = 0; i < sender_key_count(); i++) {
        const struct sender_key *key = sender_key_at(i);
        bool list = sender_key_is_list(key);
        printf("{\"schema\":1,\"key\":\"%s\",\"value\":%s", key->name, list ? "[" : "");
        for (size_t j = 0; j < sender_value_count(key, sender); j++) {
            fputs(j > 0 ? "," : "", stdout);
            cmd_config_json_value(key, sender, j);
        }
        fputs(list ? "]}\n" : "}\n", stdout);
    }
}

static int cmd_config_run(const struct options *options)
{
    char why[SENDER_WHY_MAX];

    if (options->arg_count > 0)
        fail_exit(EX_USAGE, "--config names a file", "config: takes no argument");
    struct sender *sender = sender_load(options->config, why);
    if (sender == NULL)
        fail_exit(EX_CONFIG, NULL, "%s", why);
    if (!options->check && options->json)
        cmd_config_json(sender);
    else if (!options->check)
        sender_dump(sender, stdout);
    sender_free(sender);
    return EX_OK;
}

const struct cmd cmd_config = {
    .name = "config",
    .verb = OPTIONS_CONFIG,
    .args = "",
    .summary = "what of sender.conf is in force",
    .text = "Reads sender.conf, the machine's and then the user's own, and prints every key\n"
            "with the value that is in force, in the form of the file. With -n it prints\n"
            "nothing: the exit status says whether the files are right.\n",
    .example = "  onionpow config -n\n"
               "  onionpow config --config sender.conf.new\n",
    .run = cmd_config_run,
};
