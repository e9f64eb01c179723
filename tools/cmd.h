/*
 * cmd.h - a verb of the command line. Every cmd_*.c defines one; onionpow.c has the table.
 */
#ifndef TOOLS_CMD_H
#define TOOLS_CMD_H

#include "tools/options.h"

struct cmd {
    const char *name;
    enum options_verb verb; /* which rows of the options table it takes */
    const char *args;       /* for the usage line: "[FILE]" */
    const char *summary;    /* a phrase, for the list of verbs */
    const char *text;       /* what it does, for --help; lines of at most 80 columns */
    const char *example;    /* lines that a user could type */
    bool files;             /* its arguments are files: for completions */
    bool selftest;          /* it mints or judges: the code must compute the known answers */
    bool agent;             /* a mail server runs it: see fail_init_agent */
    int (*run)(const struct options *options); /* the exit status */
    int (*run_words)(int argc, char **argv);   /* in place of run: reads its own options, argv[0] is
                                                  the verb */
};

extern const struct cmd cmd_mint;
extern const struct cmd cmd_verify;
extern const struct cmd cmd_explain;
extern const struct cmd cmd_stamp;
extern const struct cmd cmd_suites;
extern const struct cmd cmd_bench;
extern const struct cmd cmd_deliver;
extern const struct cmd cmd_send;
extern const struct cmd cmd_sendmail;
extern const struct cmd cmd_probe;
extern const struct cmd cmd_demand;
extern const struct cmd cmd_retry;
extern const struct cmd cmd_config;
extern const struct cmd cmd_map;

#endif
