/*
 * mfi.c - libmilter's callbacks: each hands the MTA's words to the session, and its answer back.
 *
 * The MTA is asked for as few round trips as possible: no HELO, DATA, end of header; no answer to
 * MAIL and header fields. Left are connect, each RCPT, one chunk of body, the end.
 */
#include "milter/mfi.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include <libmilter/mfapi.h>

#include "milter/act.h"
#include "milter/log.h"
#include "milter/session.h"

#define BACKLOG 128 /* connections that may wait for accept: MTAs come in bursts */

#define ACTIONS (SMFIF_ADDHDRS | SMFIF_CHGHDRS) /* what we cannot do without */
/* libmilter offers "no reply" whatever the MTA can, and answers itself if need be. */
#define NO_REPLY (SMFIP_NR_MAIL | SMFIP_NR_HDR)
#define WANTED   (NO_REPLY | SMFIP_NOHELO | SMFIP_NODATA | SMFIP_NOEOH | SMFIP_NOUNKNOWN | SMFIP_SKIP)

static struct service *service; /* libmilter's callbacks have no argument for it */

struct peer { /* of one connection; libmilter keeps the pointer */
    struct session *session;
    bool skip; /* the MTA understands SMFIS_SKIP */
};

static struct peer *peer_new(SMFICTX *ctx, bool skip)
{
    struct peer *peer = calloc(1, sizeof *peer);

    if (peer == NULL)
        return NULL;
    peer->skip = skip;
    peer->session = session_new(service_conf(service), service_site(service));
    if (peer->session == NULL || smfi_setpriv(ctx, peer) != MI_SUCCESS) {
        session_free(peer->session);
        free(peer);
        return NULL;
    }
    service_opened(service);
    return peer;
}

/* Macros that we read and that the MTA need not send otherwise. Those of other stages stay as they
 * are. */
static bool ask_for_macros(SMFICTX *ctx)
{
    static char at_connect[] = "j {daemon_name}";
    static char at_mail[] = "i {auth_authen}";
    static char at_rcpt[] = "i {rcpt_mailer} {rcpt_host} {rcpt_addr}";
    static char at_end[] = "i";

    return smfi_setsymlist(ctx, SMFIM_CONNECT, at_connect) == MI_SUCCESS &&
           smfi_setsymlist(ctx, SMFIM_ENVFROM, at_mail) == MI_SUCCESS &&
           smfi_setsymlist(ctx, SMFIM_ENVRCPT, at_rcpt) == MI_SUCCESS &&
           smfi_setsymlist(ctx, SMFIM_EOM, at_end) == MI_SUCCESS;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
                             unsigned long f2, unsigned long f3, unsigned long *actions_r,
                             unsigned long *steps_r, unsigned long *f2_r, unsigned long *f3_r)
{
    (void)f2;
    (void)f3;
    if ((actions & ACTIONS) != ACTIONS || (steps & NO_REPLY) != NO_REPLY) {
        log_line(LOG_LEVEL_ERROR,
                 "the mail server does not let a filter change header fields "
                 "(actions 0x%lx, protocol 0x%lx): it is not served",
                 actions, steps);
        return SMFIS_REJECT;
    }
    *actions_r = actions & (ACTIONS | SMFIF_SETSYMLIST);
    *steps_r = steps & WANTED;
    *f2_r = 0;
    *f3_r = 0;
    /* Without the list an MTA sends what it is configured to send; a missing mailer closes the
     * relay guard. */
    if ((actions & SMFIF_SETSYMLIST) != 0 && !ask_for_macros(ctx))
        return SMFIS_REJECT;
    return peer_new(ctx, (steps & SMFIP_SKIP) != 0) == NULL ? SMFIS_REJECT : SMFIS_CONTINUE;
}

static char *macro(SMFICTX *ctx, const char *name)
{
    char text[32];

    snprintf(text, sizeof text, "%s", name); /* libmilter's interface is older than const */
    return smfi_getsymval(ctx, text);
}

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *addr)
{
    struct peer *peer = smfi_getpriv(ctx);

    (void)host;
    /* An MTA may use one filter connection for several of its own ("quit, new connection"): then
     * there is no second negotiation. */
    if (peer == NULL)
        peer = peer_new(ctx, false);
    if (peer == NULL)
        return SMFIS_TEMPFAIL;
    /* {daemon_name} is right here only: at the end of a message Postfix gives another program's. */
    return session_connect(peer->session, macro(ctx, "{daemon_name}"), macro(ctx, "j"), addr,
                           (int64_t)time(NULL))
               ? SMFIS_CONTINUE
               : SMFIS_ACCEPT;
}

static sfsistat on_mail(SMFICTX *ctx, char **argv)
{
    struct peer *peer = smfi_getpriv(ctx);

    if (peer != NULL)
        session_mail(peer->session, argv[0], macro(ctx, "{auth_authen}"), (int64_t)time(NULL));
    return SMFIS_NOREPLY;
}

static void tell(SMFICTX *ctx, struct report *report, uint64_t ms)
{
    char line[REPORT_MAX];

    report->queue_id = macro(ctx, "i");
    report->ms = ms;
    metrics_report(service_site(service)->metrics, report);
    report_format(report, line);
    log_line(LOG_LEVEL_INFO, "%s", line);
}

static sfsistat on_rcpt(SMFICTX *ctx, char **argv)
{
    struct peer *peer = smfi_getpriv(ctx);
    struct session_answer answer;

    if (peer == NULL)
        return SMFIS_TEMPFAIL;
    session_rcpt(peer->session, argv[0], macro(ctx, "{rcpt_mailer}"), &answer);
    if (answer.tell)
        tell(ctx, &answer.report, 0);
    return answer.refuse ? act_refuse(ctx, &answer.reply) : SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    struct peer *peer = smfi_getpriv(ctx);

    if (peer != NULL)
        session_field(peer->session, name, value);
    return SMFIS_NOREPLY;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
    struct peer *peer = smfi_getpriv(ctx);

    if (peer == NULL)
        return SMFIS_TEMPFAIL;
    if (!session_body(peer->session, data, len) && peer->skip)
        return SMFIS_SKIP;
    return SMFIS_CONTINUE;
}

static double monotonic_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Changes the header of an accepted message. If that fails a forged field might stay in: not taken.
 */
static sfsistat accept_message(SMFICTX *ctx, const struct session *session)
{
    char value[AUTHRES_MAX];
    bool say = session_authres(session, value);

    if (act_mark(ctx, session_forged(session), say ? value : NULL))
        return SMFIS_CONTINUE;
    log_line(LOG_LEVEL_WARNING, "libmilter did not change the header of a message");
    return session_enforces(session) ? SMFIS_TEMPFAIL : SMFIS_CONTINUE;
}

/* A message without a token is as good as one with it, but for the answer. */
static void add_references(SMFICTX *ctx, const struct session *session)
{
    char value[SIGN_TEXT_MAX];
    uint8_t salt[TOKEN_SALT_LEN];
    bool present;

    if (getrandom(salt, sizeof salt, 0) != sizeof salt)
        return;
    if (session_references(session, salt, value, &present) && !act_references(ctx, value, present))
        log_line(LOG_LEVEL_WARNING, "libmilter did not add a reply token to a message");
}

/* Stamps that are missing, or some of them, would be told of by a bounce, hours later. */
static bool add_stamps(SMFICTX *ctx, const struct session *session)
{
    char value[OP_STAMP_TEXT_MAX];

    for (size_t i = 0; session_stamp(session, i, value); i++) {
        if (act_stamp(ctx, value))
            continue;
        log_line(LOG_LEVEL_WARNING, "libmilter did not add a stamp to a message");
        return false;
    }
    return true;
}

static sfsistat let_pass(SMFICTX *ctx, const struct session *session)
{
    add_references(ctx, session);
    return add_stamps(ctx, session) ? accept_message(ctx, session) : SMFIS_TEMPFAIL;
}

static sfsistat end_message(SMFICTX *ctx, struct session *session)
{
    struct check_means means = {
        .key = service_site(service)->key,
        .ledger = service_ledger(service),
        .gate = service_gate(service),
        .now = (int64_t)time(NULL),
        .token = service_token(service),
        .clock = monotonic_s,
        .metrics = service_site(service)->metrics,
        .tick = act_progress,
        .arg = ctx,
    };
    struct session_answer answer;
    double start = monotonic_s();
    sfsistat status;

    session_end(session, &means, &answer);
    if (answer.tell)
        tell(ctx, &answer.report, (uint64_t)((monotonic_s() - start) * 1e3));
    status = answer.refuse ? act_refuse(ctx, &answer.reply) : let_pass(ctx, session);
    session_reset(session);
    return status;
}

static sfsistat on_end(SMFICTX *ctx)
{
    struct peer *peer = smfi_getpriv(ctx);
    sfsistat status;

    if (peer == NULL)
        return SMFIS_TEMPFAIL;
    service_enter(service);
    status = end_message(ctx, peer->session);
    service_leave(service);
    return status;
}

static sfsistat on_abort(SMFICTX *ctx)
{
    struct peer *peer = smfi_getpriv(ctx);

    if (peer != NULL)
        session_reset(peer->session);
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
    struct peer *peer = smfi_getpriv(ctx);

    if (peer != NULL) {
        service_closed(service);
        session_free(peer->session);
        free(peer);
        (void)smfi_setpriv(ctx, NULL);
    }
    return SMFIS_CONTINUE;
}

/* Sockets in the file system are born with the mode that they shall have: never wider, not even for
 * a moment. */
static bool open_socket(mode_t mode)
{
    mode_t old = umask((mode_t)~mode & 0777);
    bool opened = smfi_opensocket(true) == MI_SUCCESS;

    umask(old);
    return opened;
}

bool mfi_open(struct service *borrowed, const struct conf *conf, char why_r[CONF_WHY_MAX])
{
    static char name[] = "onionpow";
    struct smfiDesc callbacks = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = ACTIONS | SMFIF_SETSYMLIST,
        .xxfi_connect = on_connect,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_rcpt,
        .xxfi_header = on_header,
        .xxfi_body = on_body,
        .xxfi_eom = on_end,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
        .xxfi_negotiate = on_negotiate,
    };

    service = borrowed;
    if (smfi_setconn(conf->socket) != MI_SUCCESS) {
        snprintf(why_r, CONF_WHY_MAX, "libmilter does not take the socket \"%s\"", conf->socket);
        return false;
    }
    if (smfi_register(callbacks) != MI_SUCCESS || smfi_setbacklog(BACKLOG) != MI_SUCCESS) {
        snprintf(why_r, CONF_WHY_MAX, "libmilter does not take the filter");
        return false;
    }
    if (!open_socket(conf->socket_mode)) {
        snprintf(why_r, CONF_WHY_MAX, "the socket \"%s\" cannot be opened", conf->socket);
        return false;
    }
    return true;
}

bool mfi_run(void)
{
    return smfi_main() == MI_SUCCESS;
}
