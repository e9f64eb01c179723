/*
 * main.c - the command line of onionpow-milter: what is asked for, and the exit status. The daemon
 * itself is daemon.c.
 */
#include <errno.h>
#include <getopt.h>
#include <link.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "milter/conf.h"
#include "milter/conf_warn.h"
#include "milter/daemon.h"
#include "milter/inquiry.h"
#include "milter/log.h"
#include "milter/pricelist.h"
#include "milter/simulate.h"
#include "pow/date.h"
#include "pow/kernel.h"
#include "pow/suite.h"

#define LOAD_MAX 1e6

static const char usage[] =
    "Usage: onionpow-milter [-v] [-c FILE] [-p SOCKET] [-o KEY=VALUE]...\n"
    "       onionpow-milter -n | -d [--at DATE] [--load X] | --explain QUERY [--at DATE]\n"
    "                       [--load X] | --simulate FILE [--plot FILE.svg]\n"
    "                       [-c FILE] [-o KEY=VALUE]...\n"
    "Asks for proof of work on mail, as a filter of an MTA. Stays in the foreground.\n"
    "\n"
    "  -c, --config FILE       configuration (" CONF_PATH ")\n"
    "  -n, --check             check the configuration and exit\n"
    "  -d, --dump              print the effective configuration and exit; with --at or --load\n"
    "                          the price list instead\n"
    "      --explain QUERY     print what would happen to a message, and why: 'listener=onion\n"
    "                          client=ADDRESS from=ADDRESS rcpt=ADDRESS auth=NAME'\n"
    "      --at DATE           of this day, YYYY-MM-DD in UTC, instead of now\n"
    "      --load X            under this load multiplier, instead of 1\n"
    "      --simulate FILE     replay arrivals or a scenario through the price, print a table\n"
    "      --plot FILE.svg     and draw it\n"
    "  -p, --socket SOCKET     the same as -o socket=SOCKET\n"
    "  -o, --option KEY=VALUE  set a key over the file's: ledger.path=/x, suite.sha256.work=64,\n"
    "                          listener.onion.mode=monitor; may be given again\n"
    "  -v, --verbose           log more\n"
    "  -V, --version           print version, suites, kernels and libraries\n"
    "  -h, --help              print this\n"
    "\n"
    "Signals: HUP or USR1 reload the configuration, TERM or INT stop.\n"
    "Exit status: 0 stopped or done, 64 usage, 65 no scenario, 66 cannot be read, 69 already\n"
    "running, 70 internal error, 71 no memory or thread, 73 cannot create socket, key, ledger or\n"
    "plot, 74 cannot write, 77 permission, 78 configuration.\n";

enum action { SERVE, CHECK, DUMP, EXPLAIN, SIMULATE };

struct args {
    struct daemon_spec spec;
    const char **overrides;
    char *socket; /* override made of -p */
    enum action action;
    const char *query, *scenario, *plot;
    bool at_given, load_given;
    int64_t at;
    double load;
};

enum { OPTION_EXPLAIN = 256, OPTION_AT, OPTION_LOAD, OPTION_SIMULATE, OPTION_PLOT };

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"check", no_argument, NULL, 'n'},
    {"dump", no_argument, NULL, 'd'},
    {"explain", required_argument, NULL, OPTION_EXPLAIN},
    {"at", required_argument, NULL, OPTION_AT},
    {"load", required_argument, NULL, OPTION_LOAD},
    {"simulate", required_argument, NULL, OPTION_SIMULATE},
    {"plot", required_argument, NULL, OPTION_PLOT},
    {"socket", required_argument, NULL, 'p'},
    {"option", required_argument, NULL, 'o'},
    {"verbose", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* What is printed to a full disk has not been printed. */
static int end_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EX_OK;
    log_line(LOG_LEVEL_ERROR, "standard output: %s", strerror(errno));
    return EX_IOERR;
}

static int print_library(struct dl_phdr_info *info, size_t size, void *arg)
{
    static const char *const ours[] = {"argon2", "confuse",    "crypto", "idn2",
                                       "lmdb",   "microhttpd", "milter"};
    const char *slash = strrchr(info->dlpi_name, '/');
    (void)size;
    (void)arg;
    for (size_t i = 0; slash && i < sizeof ours / sizeof *ours; i++) {
        size_t len = strlen(ours[i]);
        if (strncmp(slash, "/lib", 4) == 0 && strncmp(slash + 4, ours[i], len) == 0) {
            char *real = realpath(info->dlpi_name, NULL); /* the file's name has the full version */
            printf("library %s\n", real ? strrchr(real, '/') + 1 : slash + 1);
            free(real);
        }
    }
    return 0;
}

static int force_kernel(void)
{
    const char *name = getenv("ONIONPOW_KERNEL");
    char names[OP_KERNEL_NAMES_MAX];
    if (!name || name[0] == '\0' || op_kernel_force(name))
        return EX_OK;
    op_kernel_names(names);
    log_line(LOG_LEVEL_ERROR, "ONIONPOW_KERNEL: got \"%.80s\", this processor can run: %s", name,
             names);
    return EX_CONFIG;
}

static void print_kernels(void)
{
    struct op_kernel kernels[OP_KERNELS_MAX];
    size_t count = op_kernel_list(kernels);
    for (size_t i = 0; i < count; i++)
        printf("kernel %s: %s%s\n", kernels[i].task, kernels[i].name,
               kernels[i].active   ? " (active)"
               : kernels[i].usable ? ""
                                   : " (not on this processor)");
}

static int print_version(void)
{
    int status = force_kernel();
    if (status != EX_OK)
        return status;
    printf("onionpow-milter " ONIONPOW_VERSION "\n");
    for (size_t i = 0; i < op_suite_count(); i++)
        printf("suite %s (%s)\n", op_suite_at(i)->name,
               op_suite_status_str(op_suite_at(i)->status));
    print_kernels();
    dl_iterate_phdr(print_library, NULL);
    return end_output();
}

static int print_usage(void)
{
    fputs(usage, stdout);
    return end_output();
}

static void add_override(struct args *args, const char *override)
{
    args->overrides[args->spec.override_count++] = override;
}

/* Of several -p the last one counts, as of several -o. */
static bool add_socket(struct args *args, const char *socket)
{
    char *override = NULL;
    if (asprintf(&override, "socket=%s", socket) < 0)
        return false;
    free(args->socket);
    args->socket = override;
    return true;
}

__attribute__((format(printf, 1, 2))) static int misuse(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("onionpow-milter: ", stderr);
    vfprintf(stderr, format, args);
    fputs(". Try onionpow-milter --help.\n", stderr);
    va_end(args);
    return EX_USAGE;
}

static int set_action(struct args *args, enum action action)
{
    if (args->action != SERVE && args->action != action)
        return misuse("-n, -d, --explain and --simulate do not go together");
    args->action = action;
    return EX_OK;
}

static int set_at(struct args *args, const char *text)
{
    uint32_t date;
    if (!op_date_parse_dashed(text, &date))
        return misuse("--at: got \"%s\", allowed: a day such as 2027-01-01", text);
    args->at = op_date_to_time(date);
    args->at_given = true;
    return EX_OK;
}

static int set_load(struct args *args, const char *text)
{
    char *end;
    double load = strtod(text, &end);
    if (*text == '\0' || *end != '\0' || !(load >= 1 && load <= LOAD_MAX))
        return misuse("--load: got \"%s\", allowed: a factor from 1 to 1000000", text);
    args->load = load;
    args->load_given = true;
    return EX_OK;
}

/* An option that does not end the run. */
static int take_option(struct args *args, int letter)
{
    switch (letter) {
    case 'c':
        args->spec.path = optarg;
        return EX_OK;
    case 'n':
        return set_action(args, CHECK);
    case 'd':
        return set_action(args, DUMP);
    case OPTION_EXPLAIN:
        args->query = optarg;
        return set_action(args, EXPLAIN);
    case OPTION_AT:
        return set_at(args, optarg);
    case OPTION_LOAD:
        return set_load(args, optarg);
    case OPTION_SIMULATE:
        args->scenario = optarg;
        return set_action(args, SIMULATE);
    case OPTION_PLOT:
        args->plot = optarg;
        return EX_OK;
    case 'p':
        return add_socket(args, optarg) ? EX_OK : EX_OSERR;
    case 'o':
        add_override(args, optarg);
        return EX_OK;
    case 'v':
        args->spec.verbose = true;
        return EX_OK;
    default:
        fputs("Try onionpow-milter --help.\n", stderr);
        return EX_USAGE;
    }
}

static int check_options(int argc, char **argv, const struct args *args)
{
    if (optind < argc)
        return misuse("unexpected argument \"%s\"", argv[optind]);
    if ((args->at_given || args->load_given) && args->action != DUMP && args->action != EXPLAIN)
        return misuse("--at and --load go with -d or --explain");
    if (args->plot && args->action != SIMULATE)
        return misuse("--plot goes with --simulate");
    return EX_OK;
}

/* EX_OK and *go_on_r = true: go on. Else the status to exit with. */
static int parse(int argc, char **argv, struct args *args, bool *go_on_r)
{
    int letter, status = EX_OK;
    while (status == EX_OK &&
           (letter = getopt_long(argc, argv, "c:ndp:o:vVh", options, NULL)) != -1) {
        if (letter == 'V')
            return print_version();
        if (letter == 'h')
            return print_usage();
        status = take_option(args, letter);
    }
    if (status == EX_OK)
        status = check_options(argc, argv, args);
    if (status == EX_OK && args->socket)
        add_override(args, args->socket);
    *go_on_r = status == EX_OK;
    return status;
}

static void print_warning(void *arg, const char *sentence)
{
    (void)arg;
    log_line(LOG_LEVEL_WARNING, "%s", sentence);
}

static int check(const struct conf *conf)
{
    conf_warn_all(conf, time(NULL), print_warning, NULL);
    return EX_OK;
}

static int dump(const struct args *args, const struct conf *conf)
{
    if (!args->at_given && !args->load_given)
        conf_dump(conf, stdout);
    else if (pricelist_print(conf, args->at, args->load, stdout) != EX_OK)
        return EX_IOERR;
    return end_output();
}

static int explain(const struct args *args, const struct conf *conf)
{
    char why[CONF_WHY_MAX];
    int status = inquiry_run(conf, args->query, args->at, args->load, stdout, why, sizeof why);
    if (status == EX_OK)
        return end_output();
    log_line(LOG_LEVEL_ERROR, "%s", why);
    return status;
}

static int serve(const struct args *args, const struct conf *conf)
{
    int status = force_kernel();
    return status == EX_OK ? daemon_run(&args->spec, conf) : status;
}

static int act(const struct args *args, const struct conf *conf)
{
    switch (args->action) {
    case SERVE:
        return serve(args, conf);
    case CHECK:
        return check(conf);
    case DUMP:
        return dump(args, conf);
    case EXPLAIN:
        return explain(args, conf);
    case SIMULATE:
        return simulate_main(conf, args->scenario, args->plot);
    }
    return EX_SOFTWARE;
}

static int run(const struct args *args)
{
    char why[CONF_WHY_MAX];
    const struct daemon_spec *spec = &args->spec;
    const struct conf *conf = conf_load(spec->path, spec->overrides, spec->override_count, why);

    if (!conf) {
        log_line(LOG_LEVEL_ERROR, "%s", why);
        return EX_CONFIG;
    }
    int status = act(args, conf);
    conf_unref(conf);
    return status;
}

int main(int argc, char **argv)
{
    struct args args = {.spec = {.path = CONF_PATH}, .at = time(NULL), .load = 1};
    bool go_on = false;

    /* libmilter makes a thread for each connection. With an arena for each of them the heap would
     * never shrink again; what we allocate is little, and two are enough. */
    mallopt(M_ARENA_MAX, 2);

    args.overrides = calloc((size_t)argc + 1, sizeof *args.overrides);
    if (!args.overrides)
        return EX_OSERR;
    args.spec.overrides = args.overrides;
    int status = parse(argc, argv, &args, &go_on);
    if (go_on)
        status = run(&args);
    free(args.overrides);
    free(args.socket);
    return status;
}
