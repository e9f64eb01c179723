/*
 * main.c - the command line of onionpow-milter: what is asked for, and the exit status. The daemon
 * itself is daemon.c.
 */
#include <errno.h>
#include <getopt.h>
#include <link.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "milter/conf.h"
#include "milter/daemon.h"
#include "milter/log.h"
#include "pow/kernel.h"
#include "pow/suite.h"

static const char usage[] =
    "Usage: onionpow-milter [-ndv] [-c FILE] [-p SOCKET] [-o KEY=VALUE]...\n"
    "Asks for proof of work on mail, as a filter of an MTA. Stays in the foreground.\n"
    "\n"
    "  -c, --config FILE       configuration (" CONF_PATH ")\n"
    "  -n, --check             check the configuration and exit\n"
    "  -d, --dump              print the effective configuration and exit\n"
    "  -p, --socket SOCKET     the same as -o socket=SOCKET\n"
    "  -o, --option KEY=VALUE  set a key over the file's: ledger.path=/x, suite.sha256.work=64,\n"
    "                          listener.onion.mode=monitor; may be given again\n"
    "  -v, --verbose           log more\n"
    "  -V, --version           print version, suites, kernels and libraries\n"
    "  -h, --help              print this\n"
    "\n"
    "Signals: HUP or USR1 reload the configuration, TERM or INT stop.\n"
    "Exit status: 0 stopped or checked, 64 usage, 69 already running, 70 internal error, 71 no\n"
    "memory or thread, 73 cannot create socket, key or ledger, 74 cannot write, 77 permission,\n"
    "78 configuration.\n";

struct args {
    struct daemon_spec spec;
    const char **overrides;
    char *socket; /* override made of -p */
    bool check, dump;
};

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"check", no_argument, NULL, 'n'},
    {"dump", no_argument, NULL, 'd'},
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
    static const char *const ours[] = {"argon2", "confuse", "crypto", "idn2", "lmdb", "milter"};
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

/* EX_OK and *go_on_r = true: go on. Else the status to exit with. */
static int parse(int argc, char **argv, struct args *args, bool *go_on_r)
{
    int letter;
    while ((letter = getopt_long(argc, argv, "c:ndp:o:vVh", options, NULL)) != -1) {
        switch (letter) {
        case 'c':
            args->spec.path = optarg;
            break;
        case 'n':
            args->check = true;
            break;
        case 'd':
            args->dump = true;
            break;
        case 'p':
            if (!add_socket(args, optarg))
                return EX_OSERR;
            break;
        case 'o':
            add_override(args, optarg);
            break;
        case 'v':
            args->spec.verbose = true;
            break;
        case 'V':
            return print_version();
        case 'h':
            return print_usage();
        default:
            fputs("Try onionpow-milter --help.\n", stderr);
            return EX_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr,
                "onionpow-milter: unexpected argument \"%s\". Try onionpow-milter --help.\n",
                argv[optind]);
        return EX_USAGE;
    }
    if (args->socket)
        add_override(args, args->socket);
    *go_on_r = true;
    return EX_OK;
}

static int run(struct args *args)
{
    char why[CONF_WHY_MAX];
    const struct daemon_spec *spec = &args->spec;
    const struct conf *conf = conf_load(spec->path, spec->overrides, spec->override_count, why);
    int status = EX_OK;

    if (!conf) {
        log_line(LOG_LEVEL_ERROR, "%s", why);
        return EX_CONFIG;
    }
    if (args->dump) {
        conf_dump(conf, stdout);
        status = end_output();
    } else if (!args->check) {
        status = force_kernel();
        if (status == EX_OK)
            status = daemon_run(spec, conf);
    }
    conf_unref(conf);
    return status;
}

int main(int argc, char **argv)
{
    struct args args = {.spec = {.path = CONF_PATH}};
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
