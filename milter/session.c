/* session.c - the order of things in a connection; the decisions are made elsewhere. */
#include "milter/session.h"

#include <stdlib.h>
#include <string.h>

#include "milter/msg.h"
#include "milter/policy.h"
#include "milter/postage.h"
#include "milter/price.h"
#include "milter/scope.h"
#include "pow/date.h"
#include "pow/effort.h"

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
    double factor;           /* of the listener and the circuit */
    enum exempt_rule rule;   /* the first that held */
    unsigned bounces;        /* recipients at the price of bounces */
    bool relay_told;         /* the log has its line on relay attempts */
    struct msg *msg;         /* NULL outside a transaction, or without memory for one */
    struct sign *sign;       /* likewise, where we sign */
    struct postage *postage; /* likewise, where we mint */
    struct postage_result postage_result; /* once it has ended */
    struct check_result check;            /* once it has ended */
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
    sign_free(session->sign);
    session->sign = NULL;
    postage_free(session->postage);
    session->postage = NULL;
    memset(&session->postage_result, 0, sizeof session->postage_result);
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

static bool session_mints(const struct session *session)
{
    return session->listener->mode == CONF_MINT;
}

/* Is it our own mail on its way out? */
static bool session_is_outgoing(const struct session *session)
{
    return session->listener->mode == CONF_SIGN || session_mints(session);
}

/* Who has asked for stamps has not asked for tokens; they are of use where we honour them. */
static bool session_signs(const struct session *session)
{
    return session->listener->mode == CONF_SIGN ||
           (session_mints(session) && session->conf->replies.accept);
}

bool session_enforces(const struct session *session)
{
    return session->listener->mode == CONF_ENFORCE;
}

/* Does a refusal mean what it says? */
static bool session_refuses(const struct session *session)
{
    return session_enforces(session) || session_mints(session);
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

void session_mail(struct session *session, const char *sender, bool authenticated, int64_t now)
{
    session_reset(session);
    session->now = now;
    session->authenticated = authenticated;
    session->sender = strdup(sender);
    if (session_signs(session))
        session->sign = sign_new();
    if (session_mints(session))
        session->postage = postage_new(session->conf, session->listener);
    if (!session_is_outgoing(session) && session->sender != NULL)
        session->msg = begin(session);
}

static enum op_quote refused_quote(const struct msg *msg)
{
    if (msg == NULL || msg->quotes[OP_QUOTE_VALID] > 0)
        return OP_QUOTE_VALID;
    if (msg->quotes[OP_QUOTE_EXPIRED] > 0)
        return OP_QUOTE_EXPIRED;
    return msg->quotes[OP_QUOTE_FOREIGN] > 0 ? OP_QUOTE_FOREIGN : OP_QUOTE_VALID;
}

static void fill_report(struct session *session, enum outcome outcome, struct report *report_r)
{
    memset(report_r, 0, sizeof *report_r);
    report_r->listener = session->listener->name;
    report_r->mode = session->listener->mode;
    report_r->outcome = outcome;
    report_r->verdict = session->check.verdict;
    report_r->recipients = session->msg == NULL ? 0 : session->msg->recipient_count;
    report_r->rule = session->rule;
    report_r->replies = session->check.replies;
    report_r->quote = refused_quote(session->msg);
    report_r->lack = session->postage_result.lack;
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
    exempt_find(session->conf, session->listener, &facts, recipient, &result);
    if (result.rule != EXEMPT_NONE)
        metrics_exempt(session->site->metrics, result.rule);
    if (session->rule == EXEMPT_NONE)
        session->rule = result.rule;
    if (result.rule == EXEMPT_NULL_SENDER)
        session->bounces++;
    return result.factor;
}

static enum outcome take_outgoing(struct session *session, const char *address, const char *mailer)
{
    if (session->sign != NULL)
        sign_recipient(session->sign, address);
    if (!session_mints(session))
        return OUTCOME_SIGNED;
    return session->postage == NULL ? OUTCOME_INTERNAL
                                    : postage_recipient(session->postage, address, mailer);
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
    if (session_is_outgoing(session))
        return take_outgoing(session, address, mailer);
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
    if (session->sign != NULL)
        sign_field(session->sign, name, value);
    if (session->postage != NULL)
        postage_field(session->postage, name);
}

bool session_body(struct session *session, const void *data, size_t len)
{
    return session->msg != NULL && fingerprint_body(&session->msg->print, data, len);
}

/* Several recipients may differ in price: the dearest one's is told, which is enough for each. */
static double demanded_factor(const struct msg *msg, const struct check_result *check)
{
    double factor = 0;

    for (size_t i = 0; i < msg->recipient_count; i++) {
        if (check->recipient[i] != OP_VERDICT_PASS && msg->recipient[i].factor > factor)
            factor = msg->recipient[i].factor;
    }
    return factor > 0 ? factor : 1.0;
}

static void add_quotes(const struct session *session, const struct op_recipient *recipient,
                       int64_t now, struct op_offers *offers)
{
    for (size_t i = 0; i < offers->count; i++) {
        struct op_offer *offer = &offers->offer[i];
        op_quote_make(session->site->key, offer->suite, offer->effort, recipient,
                      now + session->conf->price.quote_s, offer->quote);
        offer->quote_len = OP_QUOTE_LEN;
    }
}

/* What is asked for, of the recipients that lack payment. If it is only one, with quotes; but not
 * at the price of bounces: a quote holds for every sender, and as often as one likes. */
static void make_offers(const struct session *session, const char *const *lacking, size_t count,
                        int64_t now, struct op_offers *offers_r)
{
    double factor = session->factor * demanded_factor(session->msg, &session->check);
    struct op_recipient recipient;

    price_offers(session->conf, &session->prices.list, factor, now, offers_r);
    if (count == 1 && session->bounces == 0 &&
        op_recipient_parse(lacking[0], strlen(lacking[0]), &recipient, NULL))
        add_quotes(session, &recipient, now, offers_r);
}

static size_t list_lacking(const struct session *session, const char *lacking_r[MSG_RECIPIENTS_MAX])
{
    const struct msg *msg = session->msg;
    size_t count = 0;

    for (size_t i = 0; i < msg->recipient_count; i++) {
        if (session->check.recipient[i] != OP_VERDICT_PASS)
            lacking_r[count++] = msg_recipient_text(msg, i);
    }
    return count;
}

static void refuse(const struct session *session, int64_t now, struct session_answer *answer)
{
    const char *lacking[MSG_RECIPIENTS_MAX];
    struct op_offers offers = {.count = 0};
    struct reply_facts facts = {
        .outcome = session->check.outcome,
        .verdict = session->check.verdict,
        .offers = &offers,
        .lacking = lacking,
        .help_url = session->conf->help_url,
    };

    if (session->msg != NULL) {
        facts.recipient_count = session->msg->recipient_count;
        facts.lacking_count = list_lacking(session, lacking);
        make_offers(session, lacking, facts.lacking_count, now, &offers);
    }
    answer->refuse = true;
    reply_make(&facts, &answer->reply);
}

/* The price of the suite that paid, else of the preferred one; of the first recipient. */
static void fill_price(const struct session *session, struct report *report)
{
    const struct check_result *check = &session->check;
    const struct op_suite *suite = check->suite == NULL ? op_suite_default() : check->suite;

    if (check->suite != NULL) {
        report->suite = check->suite->name;
        report->work = check->work;
    }
    if (session->msg->recipient_count > 0)
        report->price = op_effort_to_work(suite, msg_price(session->msg, suite, 0));
}

static void fill_postage(const struct session *session, struct report *report)
{
    const struct postage_result *result = &session->postage_result;

    report->recipients = postage_count(session->postage);
    if (result->suite == NULL)
        return;
    report->suite = result->suite->name;
    report->work = report->price = result->work;
}

/* What a stamp tells of the load: less than one that paid what is listed, if it was quoted less. */
static double weight(const struct session *session)
{
    const struct check_result *check = &session->check;
    double listed = session->prices.list.work[op_suite_index(check->suite)];

    return listed > (double)check->work ? (double)check->work / listed : 1.0;
}

/* What this message tells of its circuit. */
static void note_circuit(const struct session *session, int64_t now)
{
    const struct check_result *check = &session->check;
    bool taken = check->outcome == OUTCOME_PASS || check->outcome == OUTCOME_EXEMPT;
    enum circuit_event event = CIRCUIT_REFUSED;
    unsigned times = 1;

    if (taken && session->bounces > 0) {
        event = CIRCUIT_BOUNCE;
        times = session->bounces;
    } else if (check->paid > 0) {
        event = CIRCUIT_ACCEPTED;
    } else if (check->burnt) { /* now: to show the same stamp again costs nobody anything */
        event = CIRCUIT_FAILED;
    }
    while (times-- > 0)
        circuits_note(session->site->circuits, session->conf, &session->client, now, event);
}

/* ... and of the load. */
static void note_load(const struct session *session)
{
    for (unsigned i = 0; i < session->check.paid; i++)
        market_arrival(session->site->market, weight(session));
}

static enum outcome dispatch(struct session *session, const struct check_means *means)
{
    const struct postage_means postage_means = {
        .minter = session->site->minter, .now = means->now, .tick = means->tick, .arg = means->arg};

    if (!session_mints(session))
        return OUTCOME_SIGNED;
    if (session->postage == NULL)
        return OUTCOME_INTERNAL;
    postage_end(session->postage, &postage_means, &session->postage_result);
    return session->postage_result.outcome;
}

static enum outcome judge(struct session *session, const struct check_means *means)
{
    if (session_is_outgoing(session))
        return dispatch(session, means);
    if (session->msg == NULL)
        return OUTCOME_INTERNAL;
    check_message(session->msg, means, &session->check);
    return session->check.outcome;
}

void session_end(struct session *session, const struct check_means *means,
                 struct session_answer *answer_r)
{
    struct check_result *check = &session->check;

    memset(answer_r, 0, sizeof *answer_r);
    check->outcome = judge(session, means);
    if (!session_is_outgoing(session))
        note_circuit(session, means->now);
    note_load(session);
    if (session_enforces(session))
        session->closing = check->outcome == OUTCOME_UNPAID && check->verdict == OP_VERDICT_PROOF;
    if (session_refuses(session) && outcome_refuses(check->outcome))
        refuse(session, means->now, answer_r);
    answer_r->tell = true;
    fill_report(session, check->outcome, &answer_r->report);
    if (session->msg != NULL)
        fill_price(session, &answer_r->report);
    if (session->postage != NULL)
        fill_postage(session, &answer_r->report);
}

static const char *authres_name(const struct check_result *check)
{
    if (check->outcome == OUTCOME_PASS)
        return "pass";
    if (check->outcome == OUTCOME_UNPAID && check->verdict == OP_VERDICT_MISSING)
        return "none";
    if (check->outcome == OUTCOME_UNPAID && check->verdict == OP_VERDICT_WEAK)
        return "policy";
    return reply_is_temporary(check->outcome) ? "temperror" : "fail";
}

static const char *authres_reason(const struct check_result *check)
{
    if (check->outcome == OUTCOME_PASS)
        return check->replies > 0 ? "reply" : NULL;
    if (check->outcome == OUTCOME_UNPAID)
        return check->verdict == OP_VERDICT_MISSING ? NULL : op_verdict_str(check->verdict);
    return outcome_str(check->outcome);
}

bool session_authres(const struct session *session, char text_r[AUTHRES_MAX])
{
    const struct check_result *check = &session->check;
    struct authres_result result = {
        .result = authres_name(check),
        .reason = authres_reason(check),
        .suite = check->suite == NULL ? NULL : check->suite->name,
        .work = check->work,
    };

    if (check->outcome == OUTCOME_EXEMPT || session_is_outgoing(session))
        return false;
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
    const struct conf *conf = session->conf;
    uint32_t expires = op_date_from_time(session->now + (int64_t)conf->replies.validity_s);

    return session->sign != NULL &&
           sign_end(session->sign, session->site->key, expires, salt, text_r, present_r);
}

bool session_stamp(const struct session *session, size_t index, char text_r[OP_STAMP_TEXT_MAX])
{
    if (session->check.outcome != OUTCOME_MINTED || index >= postage_count(session->postage))
        return false;
    postage_stamp(session->postage, index, text_r);
    return true;
}
