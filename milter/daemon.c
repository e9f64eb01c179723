/*
 * daemon.c - the order of things: what is opened before what, what a reload swaps, how a stop
 * waits. Each step's own work is done elsewhere.
 */
#include "milter/daemon.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "milter/conf_warn.h"
#include "milter/endpoint.h"
#include "milter/exporter.h"
#include "milter/gate.h"
#include "milter/keeper.h"
#include "milter/keyfile.h"
#include "milter/ledger.h"
#include "milter/log.h"
#include "milter/metrics.h"
#include "milter/mfi.h"
#include "milter/minter.h"
#include "milter/notify.h"
#include "milter/offerbook.h"
#include "milter/sandbox.h"
#include "milter/service.h"
#include "milter/signals.h"
#include "milter/status.h"
#include "pow/kernel.h"
#include "pow/selftest.h"

#define GRACE_NS 300000000 /* at a stop, for what is in the sockets: ends of messages, answers */
#define DRAIN_S  20        /* at a stop, for messages that are being judged */

struct daemon {
    const struct daemon_spec *spec;
    const struct conf *conf; /* with which it started: fixed keys stay as they are here */
    struct op_key *key;
    struct ledger *ledger;
    struct gate *gate;
    struct market *market;
    struct circuits *circuits;
    struct metrics *metrics;
    struct minter *minter;
    struct service *service;
    struct status *status;
    struct exporter *exporter;
    struct keeper *keeper;
    pthread_t runner;
};

static int fail(int status, const char *why)
{
    log_line(LOG_LEVEL_ERROR, "%s", why);
    return status;
}

static enum log_level log_most(const struct daemon_spec *spec)
{
    return spec->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
}

/* --- privileges --------------------------------------------------------------------------- */

/* The directory that a file is in, made for the user if it is missing. */
static void make_parent(const char *path, const struct sandbox_user *user)
{
    char dir[4096];
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path || (size_t)(slash - path) >= sizeof dir)
        return;
    memcpy(dir, path, (size_t)(slash - path));
    dir[slash - path] = '\0';
    if (!sandbox_make_directory(dir, user))
        log_line(LOG_LEVEL_WARNING, "directory %s cannot be made: %s", dir, strerror(errno));
}

static int become_user(const struct conf *conf)
{
    struct sandbox_user user;
    char why[CONF_WHY_MAX];

    if (geteuid() != 0)
        return EX_OK;
    if (conf->user[0] == '\0') {
        log_line(LOG_LEVEL_WARNING, "running as root: name a user of its own in the key \"user\"");
        return EX_OK;
    }
    if (!sandbox_find_user(conf->user, &user)) {
        log_line(LOG_LEVEL_ERROR,
                 "key \"user\": got \"%s\", allowed: a user of this system other than "
                 "root, or \"\"",
                 conf->user);
        return EX_CONFIG;
    }
    make_parent(conf->key_file, &user);
    make_parent(conf->ledger.path, &user);
    return sandbox_drop(&user, why, sizeof why) ? EX_OK : fail(EX_NOPERM, why);
}

/* --- start -------------------------------------------------------------------------------- */

static int claim_socket(const struct conf *conf)
{
    const char *path = conf_socket_path(conf);
    char why[CONF_WHY_MAX] = "";
    switch (path ? endpoint_claim(path, why, sizeof why) : ENDPOINT_FREE) {
    case ENDPOINT_FREE:
        return EX_OK;
    case ENDPOINT_IN_USE:
        return fail(EX_UNAVAILABLE, why);
    case ENDPOINT_OBSTRUCTED:
        break;
    }
    return fail(EX_CANTCREAT, why);
}

static int open_key(struct daemon *daemon)
{
    char why[CONF_WHY_MAX];
    bool made;
    daemon->key = keyfile_open(daemon->conf->key_file, &made, why, sizeof why);
    if (!daemon->key)
        return fail(made ? EX_CANTCREAT : EX_NOPERM, why);
    if (made)
        log_line(LOG_LEVEL_INFO, "made a new site key: %s", daemon->conf->key_file);
    return EX_OK;
}

static int open_ledger(struct daemon *daemon)
{
    const struct conf *conf = daemon->conf;
    const struct ledger_spec spec = {.backend = conf->ledger.backend,
                                     .path = conf->ledger.path,
                                     .max_size = conf->ledger.max_size};
    char why[CONF_WHY_MAX];
    daemon->ledger = ledger_open(&spec, why, sizeof why);
    return daemon->ledger ? EX_OK : fail(EX_CANTCREAT, why);
}

static struct gate_limits limits_of(const struct conf *conf)
{
    return (struct gate_limits){.threads = conf->verify.max_cpu_threads,
                                .memory = conf->verify.max_memory,
                                .queue = conf->verify.queue,
                                .wait_s = conf->verify.wait_s};
}

static struct minter_limits minting_of(const struct conf *conf)
{
    return (struct minter_limits){.messages = conf->mint.messages,
                                  .threads = conf->mint.max_cpu_threads,
                                  .memory = conf->mint.max_memory,
                                  .queue = conf->mint.queue};
}

static int open_site(struct daemon *daemon)
{
    const struct conf *conf = daemon->conf;
    daemon->market = market_new(daemon->ledger, conf, (int64_t)time(NULL));
    daemon->circuits = circuits_new(conf->circuit.clients);
    daemon->metrics = metrics_new();
    const struct minter_limits minting = minting_of(conf);
    daemon->minter = minter_new(&minting);
    if (!daemon->market || !daemon->circuits || !daemon->metrics || !daemon->minter)
        return fail(EX_OSERR, "out of memory");
    metrics_listeners(daemon->metrics, conf);
    return EX_OK;
}

static int open_service(struct daemon *daemon)
{
    const struct gate_limits limits = limits_of(daemon->conf);
    daemon->gate = gate_new(&limits);
    const struct service_parts parts = {.site = {.key = daemon->key,
                                                 .market = daemon->market,
                                                 .circuits = daemon->circuits,
                                                 .metrics = daemon->metrics,
                                                 .minter = daemon->minter},
                                        .ledger = daemon->ledger,
                                        .gate = daemon->gate};
    if (daemon->gate)
        daemon->service = service_new(conf_ref(daemon->conf), &parts);
    if (daemon->service)
        daemon->status = status_new(daemon->service, (int64_t)time(NULL));
    return daemon->status ? EX_OK : fail(EX_OSERR, "out of memory");
}

static int open_exporter(struct daemon *daemon)
{
    char why[CONF_WHY_MAX];
    if (daemon->conf->metrics.listen[0] == '\0')
        return EX_OK;
    daemon->exporter = exporter_start(daemon->conf, status_write, daemon->status, why, sizeof why);
    return daemon->exporter ? EX_OK : fail(EX_UNAVAILABLE, why);
}

static int open_filter(struct daemon *daemon)
{
    char why[CONF_WHY_MAX];
    if (mfi_open(daemon->service, daemon->conf, why))
        return EX_OK;
    return fail(conf_socket_path(daemon->conf) ? EX_CANTCREAT : EX_UNAVAILABLE, why);
}

static void *run(void *arg)
{
    (void)arg;
    (void)mfi_run(); /* whatever it says: nobody has asked it to end */
    signals_post(SIGNALS_ENDED);
    return NULL;
}

static int start_threads(struct daemon *daemon)
{
    sigset_t old;
    signals_block(&old);
    daemon->keeper = keeper_start(daemon->service, daemon->status);
    bool ok = daemon->keeper && pthread_create(&daemon->runner, NULL, run, NULL) == 0;
    signals_unblock(&old);
    return ok ? EX_OK : fail(EX_OSERR, "a thread cannot be started");
}

static void warn(void *arg, const char *sentence)
{
    (void)arg;
    log_line(LOG_LEVEL_WARNING, "%s", sentence);
}

/* A slow path is never silent. */
static void warn_slow(void)
{
    const char *task = op_kernel_slow();
    if (task)
        log_line(LOG_LEVEL_WARNING,
                 "%s: no kernel made for this processor is in use, and a check takes several times "
                 "as long as it could",
                 task);
}

static bool mints(const struct conf *conf)
{
    for (size_t i = 0; i < conf->listener_count; i++) {
        if (conf->listener[i].mode == CONF_MINT)
            return true;
    }
    return false;
}

/* What only the machine can tell, once we are who we shall be. */
static void warn_minting(const struct conf *conf)
{
    char why[CONF_WHY_MAX];

    if (!mints(conf))
        return;
    if (!minter_yields())
        log_line(LOG_LEVEL_WARNING, "mint: priority cannot be lowered (setpriority): minting takes "
                                    "processors from verification");
    if (conf->mint.offers[0] != '\0' && !offerbook_readable(conf->mint.offers, why, sizeof why))
        log_line(LOG_LEVEL_WARNING, "mint.offers: %s: all stamps are minted as our own suites say",
                 why);
}

static int start(struct daemon *daemon)
{
    const char *part;
    enum op_err err = op_selftest(&part);
    if (err != OP_OK) {
        log_line(LOG_LEVEL_ERROR, "self-test of %s: %s", part, op_err_str(err));
        return EX_SOFTWARE;
    }
    log_open(daemon->conf->log, log_most(daemon->spec));
    warn_slow();
    conf_warn_all(daemon->conf, (int64_t)time(NULL), warn, NULL);
    int status = become_user(daemon->conf);
    if (status != EX_OK)
        return status;
    sandbox_harden();
    warn_minting(daemon->conf);
    if (!signals_open())
        return fail(EX_OSERR, strerror(errno));

    int (*const steps[])(struct daemon *) = {open_key,      open_ledger, open_site,    open_service,
                                             open_exporter, open_filter, start_threads};
    status = claim_socket(daemon->conf);
    for (size_t i = 0; status == EX_OK && i < sizeof steps / sizeof *steps; i++)
        status = steps[i](daemon);
    return status;
}

/* For a daemon that did not start: no session borrows anything. */
static void release(struct daemon *daemon)
{
    keeper_stop(daemon->keeper);
    exporter_stop(daemon->exporter);
    status_free(daemon->status);
    service_free(daemon->service);
    minter_free(daemon->minter);
    metrics_free(daemon->metrics);
    circuits_free(daemon->circuits);
    market_free(daemon->market);
    gate_free(daemon->gate);
    ledger_close(daemon->ledger);
    op_key_free(daemon->key);
}

/* --- reload and stop ---------------------------------------------------------------------- */

static void warn_fixed(const struct daemon *daemon, const struct conf *loaded)
{
    char names[CONF_FIXED_MAX];
    conf_fixed_changes(daemon->conf, loaded, names);
    if (names[0] != '\0')
        log_line(LOG_LEVEL_WARNING, "reload: changed, but in effect only after a restart: %s",
                 names);
}

static void reload(struct daemon *daemon)
{
    const struct daemon_spec *spec = daemon->spec;
    char why[CONF_WHY_MAX];

    notify_reloading();
    const struct conf *conf = conf_load(spec->path, spec->overrides, spec->override_count, why);
    if (!conf) {
        log_line(LOG_LEVEL_ERROR, "reload: the old configuration stays: %s", why);
        status_reloaded(daemon->status, false);
        notify_ready("serving; the last reload failed, see the log");
        return;
    }
    const struct gate_limits limits = limits_of(conf);
    const struct minter_limits minting = minting_of(conf);
    warn_fixed(daemon, conf);
    log_open(conf->log, log_most(spec));
    gate_set_limits(daemon->gate, &limits);
    minter_set_limits(daemon->minter, &minting);
    metrics_listeners(daemon->metrics, conf);
    conf_warn_all(conf, (int64_t)time(NULL), warn, NULL);
    warn_minting(conf);
    /* At once, so that what was in force until now goes into the grace period. A store that fails
     * is the keeper's to tell. */
    (void)market_tick(daemon->market, conf, (int64_t)time(NULL));
    service_swap_conf(daemon->service, conf);
    status_reloaded(daemon->status, true);
    log_line(LOG_LEVEL_INFO, "reload: done");
    notify_ready("serving");
}

static void grace(void)
{
    nanosleep(&(struct timespec){.tv_nsec = GRACE_NS}, NULL);
}

/* In a build with the sanitizer of leaks, and only there, not NULL. It would run in an exit
 * handler; it reads our memory as a debugger does, which sandbox_harden has forbidden. */
__attribute__((weak)) void __lsan_do_leak_check(void);

static void check_leaks(void)
{
    if (!__lsan_do_leak_check)
        return;
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    __lsan_do_leak_check();
}

/* Nobody finds us any more, ends of messages that have been sent are read, what is being judged
 * gets its answer, and libmilter sends it. Connections are still open then, each with a thread of
 * libmilter that may use all we have: so nothing is freed, and no exit handler runs. The ledger is
 * durable at every moment. smfi_stop has no part in this: it closes connections whose end of
 * message is not yet read, and destroys locks that libmilter's threads go on using. */
__attribute__((noreturn)) static void stop(struct daemon *daemon, int status)
{
    notify_stopping("finishing messages");
    if (conf_socket_path(daemon->conf))
        unlink(conf_socket_path(daemon->conf));
    exporter_stop(daemon->exporter);
    minter_close(daemon->minter); /* it may take minutes */
    grace();
    unsigned left = service_drain(daemon->service, DRAIN_S);
    gate_close(daemon->gate);
    grace();
    if (left > 0)
        log_line(LOG_LEVEL_WARNING,
                 "stopped before %u messages were answered: they will be tried again", left);
    else
        log_line(LOG_LEVEL_INFO, "stopped");
    check_leaks();
    _exit(status);
}

static void serve(struct daemon *daemon)
{
    for (;;) {
        switch (signals_wait()) {
        case SIGNALS_RELOAD:
            reload(daemon);
            break;
        case SIGNALS_STOP:
            stop(daemon, EX_OK);
        case SIGNALS_ENDED:
            log_line(LOG_LEVEL_ERROR, "libmilter has ended by itself");
            stop(daemon, EX_SOFTWARE);
        }
    }
}

int daemon_run(const struct daemon_spec *spec, const struct conf *conf)
{
    struct daemon daemon = {.spec = spec, .conf = conf};
    int status = start(&daemon);
    if (status != EX_OK) {
        release(&daemon);
        return status;
    }
    log_line(LOG_LEVEL_INFO, "serving at %s, version " ONIONPOW_VERSION, conf->socket);
    notify_ready("serving");
    serve(&daemon);
    return EX_OK;
}
