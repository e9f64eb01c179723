/* session.c - the order of things in a connection; the decisions are made elsewhere. */
#include "milter/session.h"

#include <stdlib.h>
#include <string.h>

#include "milter/finding.h"
#include "milter/msg.h"
#include "milter/outgoing.h"
#include "milter/policy.h"
#include "milter/price.h"
#include "milter/refusal.h"
#include "milter/scope.h"
#include "milter/submitter.h"
#include "milter/tally.h"

struct session {
    const struct conf *conf;
    const struct session_site *site;
    const struct conf_listener *listener; /* in conf; its fallback before and without a match */
    char authserv_id[AUTHRES_ID_MAX + 1];
    struct scope_client client;
    char client_text[SCOPE_CLIENT_TEXT_MAX]; /* for a log that may tell; else "" */
    char circuit[SCOPE_NAME_MAX];            /* for a log that may not */
    uint8_t stamp[OP_ID_LEN];                /* for a log that may tell */
    bool closing; /* a failed proof came this way: the next recipient gets 421 */

    /* Of the transaction: */
    bool authenticated;
    char *sender; /* argument of MAIL; NULL without memory for it, and then msg is NULL too */
    int64_t now;  /* when it began */
    struct market_prices prices;
    double factor;            /* of the listener and the circuit */
    enum exempt_rule rule;    /* the first that held */
    unsigned bounces;         /* recipients at the price of bounces */
    bool relay_told;          /* the log has its line on relay attempts */
    struct msg *msg;          /* NULL outside a transaction, or without memory for one */
    struct outgoing outgoing; /* all zero: it comes in */
    uint8_t submitter[SUBMITTER_LEN];
    struct check_result check; /* once it has ended */
};

struct session *session_new(const struct conf *conf, const struct session_site *site)
{
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL) {
        conf_unref(conf);
        return NULL;
    }
    session->conf = conf;
    session->site = site;
    session->listener = &conf->fallback;
    return session;
}

void session_free(struct session *session)
{
    if (session == NULL)
        return;
    session_reset(session);
    conf_unref(session->conf);
    free(session);
}

void session_reset(struct session *session)
{
    msg_free(session->msg);
    session->msg = NULL;
    outgoing_clear(&session->outgoing);
    free(session->sender);
    session->sender = NULL;
    session->rule = EXEMPT_NONE;
    session->bounces = 0;
    session->relay_told = false;
    memset(&session->check, 0, sizeof session->check);
}

static const char *choose_authserv_id(const struct conf *conf, const char *host)
{
    if (conf->authserv_id[0] != '\0')
        return conf->authserv_id;
    return host != NULL && authres_id_valid(host) ? host : "localhost";
}

bool session_connect(struct session *session, const char *daemon_name, const char *host,
                     const struct sockaddr *addr, int64_t now)
{
    const char *id = choose_authserv_id(session->conf, host);
    const struct conf_listener *listener;

    strncpy(session->authserv_id, id, AUTHRES_ID_MAX);
    scope_client_read(addr, &session->client);
    if (session->conf->log_privacy != CONF_STRICT)
        scope_client_format(&session->client, session->client_text);
    scope_client_name(&session->client, session->site->key, now, session->circuit);
    listener = scope_find(session->conf, daemon_name, &session->client);
    if (listener == NULL)
        return false;
    session->listener = listener;
    return listener->mode != CONF_OFF;
}

bool session_enforces(const struct session *session)
{
    return session->listener->mode == CONF_ENFORCE;
}

/* Does a refusal mean what it says? */
static bool session_refuses(const struct session *session)
{
    return session_enforces(session) || session->listener->mode == CONF_MINT;
}

/* One who shares his address with others does not pay for them. */
static double circuit_factor(const struct session *session)
{
    const struct conf *conf = session->conf;
    double factor;

    if (scope_client_shared(&session->client))
        return 1;
    factor = circuits_factor(session->site->circuits, conf, &session->client, session->now);
    return price_circuit_factor(conf, session->prices.load, factor);
}

static struct msg *begin(struct session *session)
{
    const struct conf *conf = session->conf;
    const struct session_site *site = session->site;
    struct msg_terms terms = {
        .when = {.now = session->now, .validity_s = conf->validity_s, .skew_s = conf->clock_skew_s},
        .key = site->key,
        .uses = conf->replies.accept ? conf->replies.uses : 0,
    };

    market_prices(site->market, conf, session->now, &session->prices);
    session->factor = session->listener->price_factor * circuit_factor(session);
    for (size_t i = 0; i < op_suite_count(); i++)
        terms.work[i] = session->prices.lowest.work[i] * session->factor;
    return msg_new(&terms, session->sender);
}

void session_mail(struct session *session, const char *sender, const char *login, int64_t now)
{
    if (login == NULL)
        login = "";
    session_reset(session);
    session->now = now;
    session->authenticated = *login != '\0';
    submitter_name(login, &session->client, session->site->key, session->submitter);
    session->sender = strdup(sender);
    if (outgoing_is(session->listener))
        outgoing_begin(&session->outgoing, session->conf, session->listener);
    else if (session->sender != NULL)
        session->msg = begin(session);
}

static void fill_report(struct session *session, enum outcome outcome, struct report *report_r)
{
    memset(report_r, 0, sizeof *report_r);
    report_r->listener = session->listener->name;
    report_r->mode = session->listener->mode;
    report_r->outcome = outcome;
    finding_report(session->msg, &session->check, report_r);
    report_r->rule = session->rule;
    report_r->circuit = session->circuit;
    if (session->client_text[0] == '\0')
        return;
    report_r->client = session->client_text;
    if (report_r->recipients > 0)
        report_r->recipient = msg_recipient_text(session->msg, 0);
    if (session->conf->log_privacy != CONF_DEBUG || session->msg == NULL ||
        session->msg->candidate_count == 0)
        return;
    op_stamp_id(&session->msg->candidate[0].stamp, session->stamp);
    report_r->stamp = session->stamp;
}

/* What this recipient costs, in relation to others. Who is taken on the way to somewhere else pays
 * in full, whoever sends. */
static double recipient_factor(struct session *session, const struct op_recipient *recipient,
                               bool elsewhere)
{
    const struct exempt_facts facts = {
        .authenticated = session->authenticated,
        .client = &session->client,
        .sender = session->sender,
        .bounces = session->bounces + circuits_bounces(session->site->circuits, session->conf,
                                                       &session->client, session->now),
    };
    struct exempt_result result;

    if (elsewhere)
        return 1.0;
    exempt_find(session->listener, &facts, recipient, &result);
    if (result.rule != EXEMPT_NONE)
        metrics_exempt(session->site->metrics, result.rule);
    if (session->rule == EXEMPT_NONE)
        session->rule = result.rule;
    if (result.rule == EXEMPT_NULL_SENDER)
        session->bounces++;
    return result.factor;
}

static enum outcome take_recipient(struct session *session, const char *address, const char *mailer,
                                   const char **why_r)
{
    struct op_recipient recipient;
    enum outcome outcome;
    bool elsewhere;
    double factor;

    if (session->closing)
        return OUTCOME_CLOSING;
    if (outgoing_is(session->listener))
        return outgoing_recipient(&session->outgoing, address, mailer);
    outcome = policy_recipient(session->listener, address, mailer, &recipient, &elsewhere, why_r);
    if (outcome != OUTCOME_PASS)
        return outcome;
    if (session->msg == NULL)
        return OUTCOME_INTERNAL;
    factor = recipient_factor(session, &recipient, elsewhere);
    return factor == 0 ? OUTCOME_EXEMPT
                       : msg_add_recipient(session->msg, &recipient, factor, elsewhere);
}

void session_rcpt(struct session *session, const char *address, const char *mailer,
                  struct session_answer *answer_r)
{
    struct reply_facts facts = {.help_url = session->conf->help_url};

    facts.outcome = take_recipient(session, address, mailer, &facts.why);
    memset(answer_r, 0, sizeof *answer_r);
    if (!outcome_refuses(facts.outcome))
        return;
    /* Monitoring refuses nobody but relays; the message's line in the log will say what it would
     * have met. */
    if (!session_refuses(session) && facts.outcome != OUTCOME_RELAY) {
        if (session->msg != NULL)
            msg_set_trouble(session->msg, facts.outcome);
        return;
    }
    answer_r->refuse = true;
    reply_make(&facts, &answer_r->reply);
    answer_r->tell = facts.outcome == OUTCOME_RELAY && !session->relay_told;
    if (answer_r->tell) {
        session->relay_told = true;
        fill_report(session, OUTCOME_RELAY, &answer_r->report);
    }
}

void session_field(struct session *session, const char *name, const char *value)
{
    if (session->msg != NULL)
        msg_add_field(session->msg, session->authserv_id, name, value);
    outgoing_field(&session->outgoing, name, value);
}

bool session_body(struct session *session, const void *data, size_t len)
{
    return session->msg != NULL && fingerprint_body(&session->msg->print, data, len);
}

static void judge(struct session *session, const struct check_means *means)
{
    struct check_result *check = &session->check;
    struct tally tally = {
        .conf = session->conf,
        .client = &session->client,
        .circuits = session->site->circuits,
        .market = session->site->market,
        .list = &session->prices.list,
        .msg = session->msg,
        .bounces = session->bounces,
        .cap = session->listener->exempt.null_sender_cap,
        .now = means->now,
    };

    if (tally_begin(&tally))
        check_message(session->msg, means, check);
    else
        check->outcome = OUTCOME_BOUNCES;
    tally_end(&tally, check);
}

static void decide(struct session *session, const struct check_means *means)
{
    const struct postage_means postage = {.minter = session->site->minter,
                                          .owner = session->submitter,
                                          .now = means->now,
                                          .tick = means->tick,
                                          .arg = means->arg};

    if (outgoing_is(session->listener))
        session->check.outcome = outgoing_end(&session->outgoing, &postage);
    else if (session->msg == NULL)
        session->check.outcome = OUTCOME_INTERNAL;
    else
        judge(session, means);
}

static void refuse(const struct session *session, int64_t now, struct session_answer *answer)
{
    const struct refusal_terms terms = {
        .conf = session->conf,
        .key = session->site->key,
        .list = &session->prices.list,
        .factor = session->factor,
        .bounce = session->bounces > 0,
        .now = now,
    };

    answer->refuse = true;
    refusal_make(&terms, session->msg, &session->check, &answer->reply);
}

void session_end(struct session *session, const struct check_means *means,
                 struct session_answer *answer_r)
{
    struct check_result *check = &session->check;

    memset(answer_r, 0, sizeof *answer_r);
    decide(session, means);
    if (session_enforces(session))
        session->closing = check->outcome == OUTCOME_UNPAID && check->verdict == OP_VERDICT_PROOF;
    if (session_refuses(session) && outcome_refuses(check->outcome))
        refuse(session, means->now, answer_r);
    answer_r->tell = true;
    fill_report(session, check->outcome, &answer_r->report);
    if (session->msg != NULL)
        finding_price(session->msg, check, &answer_r->report);
    outgoing_report(&session->outgoing, &answer_r->report);
}

bool session_authres(const struct session *session, char text_r[AUTHRES_MAX])
{
    struct authres_result result;

    if (session->check.outcome == OUTCOME_EXEMPT || outgoing_is(session->listener))
        return false;
    finding_authres(&session->check, &result);
    authres_format(session->authserv_id, &result, text_r);
    return true;
}

const struct authres_marks *session_forged(const struct session *session)
{
    return session->msg == NULL ? NULL : &session->msg->forged;
}

bool session_references(const struct session *session, const uint8_t salt[TOKEN_SALT_LEN],
                        char text_r[SIGN_TEXT_MAX], bool *present_r)
{
    return outgoing_references(&session->outgoing, session->site->key, session->now, salt, text_r,
                               present_r);
}

bool session_stamp(const struct session *session, size_t index, char text_r[OP_STAMP_TEXT_MAX])
{
    return outgoing_stamp(&session->outgoing, index, text_r);
}
