/*
 * onionpow.c - the command: finds the verb, reads its options, runs it.
 *
 * A signal ends the process from its handler. There is nothing to clean up that the kernel does
 * not, no product is written but in one piece, and so the process is gone at once, whatever its
 * threads compute.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pow/kernel.h"
#include "pow/selftest.h"
#include "tools/cmd.h"
#include "tools/complete.h"
#include "tools/fail.h"
#include "tools/nearest.h"
#include "tools/out.h"
#include "tools/progress.h"

static const struct cmd *const verbs[] = {
    &cmd_mint, &cmd_verify,   &cmd_explain, &cmd_stamp,  &cmd_suites, &cmd_bench,  &cmd_deliver,
    &cmd_send, &cmd_sendmail, &cmd_probe,   &cmd_demand, &cmd_retry,  &cmd_config, &cmd_map,
};

#define VERBS (sizeof verbs / sizeof verbs[0])

static const char exit_status_help[] =
    "Exit status:\n"
    "  0 done, all pass     65 bad input               73 cannot create a file\n"
    "  1 judged, not passed 66 no such input           74 cannot read or write\n"
    "  64 wrong usage       69 demand not acceptable   75 try later\n"
    "  70 internal failure  71 system failure          78 configuration\n"
    "  130, 143 SIGINT, SIGTERM\n";

static void on_signal(int number)
{
    progress_abandon();
    _exit(FAIL_SIGNAL + number);
}

/* An MTA would return the message on any other status: see fail_init_agent. */
static void on_signal_agent(int number)
{
    static const char line[] = "4.3.0 ended by a signal\n";
    ssize_t told = write(STDERR_FILENO, line, sizeof line - 1);

    (void)number;
    (void)told; /* or nobody is left to tell */
    _exit(EX_TEMPFAIL);
}

/* A signal that was ignored when we were started (nohup, a shell's "&") stays ignored. */
static void catch (int number, void (*handler)(int))
{
    struct sigaction old, action = {.sa_handler = handler};

    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

static void catch_signals(void (*handler)(int))
{
    catch (SIGINT, handler);
    catch (SIGTERM, handler);
    signal(SIGPIPE, SIG_IGN); /* a reader that has gone is a failed write: see out.c */
    signal(SIGXFSZ, SIG_IGN); /* and so is a file that may grow no further */
}

static void help_all(void)
{
    fputs("Usage: onionpow VERB [OPTIONS] [ARGS]\n\nProof-of-work stamps for mail.\n\n", stdout);
    for (size_t i = 0; i < VERBS; i++)
        printf("  %-8s %-9s %s\n", verbs[i]->name, verbs[i]->args, verbs[i]->summary);
    printf("\n\"onionpow VERB --help\" tells more, and so does onionpow(1).\n\n%s",
           exit_status_help);
}

static void help_verb(const struct cmd *cmd)
{
    printf("Usage: onionpow %s [OPTIONS]%s%s\n\n%s\nOptions:\n", cmd->name,
           cmd->args[0] != '\0' ? " " : "", cmd->args, cmd->text);
    options_help(stdout, cmd->verb);
    printf("\nExamples:\n%s\n%s", cmd->example, exit_status_help);
}

static void print_version(void)
{
    fputs("onionpow " ONIONPOW_VERSION "\n", stdout);
}

static const struct cmd *find_verb(const char *name)
{
    for (size_t i = 0; i < VERBS; i++) {
        if (strcmp(verbs[i]->name, name) == 0)
            return verbs[i];
    }
    return NULL;
}

static _Noreturn void refuse_verb(const char *name)
{
    char hint[128] = "\"onionpow --help\" lists the verbs";
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < VERBS; i++) {
        size_t distance = nearest_distance(name, verbs[i]->name);
        if (distance < best && nearest_plausible(name, distance)) {
            best = distance;
            snprintf(hint, sizeof hint, "did you mean %s?", verbs[i]->name);
        }
    }
    fail_exit(EX_USAGE, hint, "%.100s: no such verb", name);
}

/* For tests and comparisons. */
static void xforce_kernel(void)
{
    const char *name = getenv("ONIONPOW_KERNEL");
    char names[OP_KERNEL_NAMES_MAX];

    if (name == NULL || name[0] == '\0' || op_kernel_force(name))
        return;
    op_kernel_names(names);
    fail_exit(EX_USAGE, NULL, "ONIONPOW_KERNEL: got \"%.80s\", this processor can run: %s", name,
              names);
}

static void xselftest(void)
{
    const char *what = "";

    if (op_selftest(&what) != OP_OK)
        fail_exit(EX_SOFTWARE, "this build computes wrong stamps on this machine: do not use it",
                  "self-test failed: %s", what);
}

static void prepare(const struct cmd *cmd)
{
    xforce_kernel();
    if (cmd->selftest)
        xselftest();
}

/* A verb that has another program's options: only --help and --version are ours. */
static int run_words(const struct cmd *cmd, int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        help_verb(cmd);
    } else if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        print_version();
    } else {
        prepare(cmd);
        return cmd->run_words(argc, argv);
    }
    return EX_OK;
}

static int run_verb(const struct cmd *cmd, int argc, char **argv)
{
    struct options options;
    struct options_error error;
    int status = EX_OK;

    if (cmd->run_words != NULL)
        return run_words(cmd, argc + 1, argv - 1);
    if (cmd->agent) {
        catch_signals(on_signal_agent);
        fail_init_agent();
    }
    if (!options_parse(cmd->verb, argc, argv, &options, &error))
        fail_exit(EX_USAGE, error.hint[0] != '\0' ? error.hint : NULL, "%s: %s", cmd->name,
                  error.message);
    fail_init(options.json, options.quiet);
    if (options.help) {
        help_verb(cmd);
    } else if (options.version) {
        print_version();
    } else {
        prepare(cmd);
        status = cmd->run(&options);
    }
    options_clear(&options);
    return status;
}

/* Installed as sendmail(8)? */
static bool is_sendmail(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    size_t len = strlen(name), end = strlen("sendmail");

    return len >= end && strcmp(name + len - end, "sendmail") == 0;
}

int main(int argc, char **argv)
{
    int status = EX_OK;

    catch_signals(on_signal);
    if (argc > 0 && is_sendmail(argv[0])) {
        status = run_words(&cmd_sendmail, argc, argv);
        xout_close();
        return status;
    }
    fail_init(options_want_json(argc, argv), false);
    if (argc < 2)
        fail_exit(EX_USAGE, "\"onionpow --help\" lists the verbs", "what is to be done?");
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0) {
        help_all();
    } else if (strcmp(word, "--version") == 0) {
        print_version();
    } else if (strcmp(word, "--completions") == 0 && argc == 3) {
        if (!complete_write(stdout, argv[2], verbs, VERBS))
            fail_exit(EX_USAGE, NULL, "--completions: got \"%.80s\", want bash or zsh", argv[2]);
    } else {
        const struct cmd *cmd = find_verb(word);
        if (cmd == NULL)
            refuse_verb(word);
        status = run_verb(cmd, argc - 2, argv + 2);
    }
    xout_close();
    return status;
}
