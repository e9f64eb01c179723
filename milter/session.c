/* session.c - the order of things in a connection; the decisions are made elsewhere. */
#include "milter/session.h"

#include <stdlib.h>
#include <string.h>

#include "milter/msg.h"
#include "milter/policy.h"
#include "milter/price.h"
#include "milter/scope.h"
#include "pow/effort.h"

struct session {
    const struct conf *conf;
    const struct conf_listener *listener; /* in conf; its fallback before and without a match */
    char authserv_id[AUTHRES_ID_MAX + 1];
    char client[SCOPE_CLIENT_TEXT_MAX]; /* for a log that may tell; else "" */
    uint8_t stamp[OP_ID_LEN];           /* likewise */
    bool closing;              /* a failed proof came this way: the next recipient gets 421 */
    bool relay_told;           /* the log has its line on this transaction's relay attempts */
    struct msg *msg;           /* NULL outside a transaction, or without memory for one */
    struct check_result check; /* of the transaction that has ended */
};

struct session *session_new(const struct conf *conf)
{
    struct session *session = calloc(1, sizeof *session);

    if (session == NULL) {
        conf_unref(conf);
        return NULL;
    }
    session->conf = conf;
    session->listener = &conf->fallback;
    return session;
}

void session_free(struct session *session)
{
    if (session == NULL)
        return;
    msg_free(session->msg);
    conf_unref(session->conf);
    free(session);
}

void session_reset(struct session *session)
{
    msg_free(session->msg);
    session->msg = NULL;
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
                     const struct sockaddr *addr)
{
    struct scope_client client;
    const char *id = choose_authserv_id(session->conf, host);

    const struct conf_listener *listener;

    strncpy(session->authserv_id, id, AUTHRES_ID_MAX);
    scope_client_read(addr, &client);
    if (session->conf->log_privacy != CONF_STRICT)
        scope_client_format(&client, session->client);
    listener = scope_find(session->conf, daemon_name, &client);
    if (listener == NULL)
        return false;
    session->listener = listener;
    return listener->mode != CONF_OFF;
}

bool session_enforces(const struct session *session)
{
    return session->listener->mode == CONF_ENFORCE;
}

void session_mail(struct session *session, const char *sender, int64_t now)
{
    struct op_terms terms;

    session_reset(session);
    price_terms(session->conf, session->listener, now, &terms);
    session->msg = msg_new(&terms, sender);
}

static void fill_report(struct session *session, enum outcome outcome, struct report *report_r)
{
    memset(report_r, 0, sizeof *report_r);
    report_r->listener = session->listener->name;
    report_r->mode = session->listener->mode;
    report_r->outcome = outcome;
    report_r->verdict = session->check.verdict;
    report_r->recipients = session->msg == NULL ? 0 : session->msg->recipient_count;
    if (session->client[0] == '\0')
        return;
    report_r->client = session->client;
    if (report_r->recipients > 0)
        report_r->recipient = msg_recipient_text(session->msg, 0);
    if (session->conf->log_privacy != CONF_DEBUG || session->msg == NULL ||
        session->msg->candidate_count == 0)
        return;
    op_stamp_id(&session->msg->candidate[0].stamp, session->stamp);
    report_r->stamp = session->stamp;
}

static enum outcome take_recipient(struct session *session, const char *address, const char *mailer,
                                   const char **why_r)
{
    struct op_recipient recipient;
    enum outcome outcome;

    if (session->closing)
        return OUTCOME_CLOSING;
    outcome = policy_recipient(session->listener, address, mailer, &recipient, why_r);
    if (outcome != OUTCOME_PASS)
        return outcome;
    if (session->msg == NULL)
        return OUTCOME_INTERNAL;
    return msg_add_recipient(session->msg, &recipient);
}

void session_rcpt(struct session *session, const char *address, const char *mailer,
                  struct session_answer *answer_r)
{
    struct reply_facts facts = {.help_url = session->conf->help_url};

    facts.outcome = take_recipient(session, address, mailer, &facts.why);
    memset(answer_r, 0, sizeof *answer_r);
    if (facts.outcome == OUTCOME_PASS || facts.outcome == OUTCOME_EXEMPT)
        return;
    /* Monitoring refuses nobody but relays; the message's line in the log will say what it would
     * have met. */
    if (!session_enforces(session) && facts.outcome != OUTCOME_RELAY) {
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
}

bool session_body(struct session *session, const void *data, size_t len)
{
    return session->msg != NULL && fingerprint_body(&session->msg->print, data, len);
}

static void demand(const struct session *session, const struct op_offers *offers,
                   struct reply *reply_r)
{
    const struct msg *msg = session->msg;
    const char *lacking[MSG_RECIPIENTS_MAX];
    struct reply_facts facts = {
        .outcome = session->check.outcome,
        .verdict = session->check.verdict,
        .offers = offers,
        .lacking = lacking,
        .help_url = session->conf->help_url,
    };

    for (size_t i = 0; msg != NULL && i < msg->recipient_count; i++) {
        if (session->check.recipient[i] != OP_VERDICT_PASS)
            lacking[facts.lacking_count++] = msg_recipient_text(msg, i);
    }
    facts.recipient_count = msg == NULL ? 0 : msg->recipient_count;
    reply_make(&facts, reply_r);
}

static void fill_price(const struct check_result *check, const struct op_terms *terms,
                       const struct op_offers *offers, struct report *report)
{
    if (check->suite != NULL) {
        report->suite = check->suite->name;
        report->work = check->work;
        report->price =
            op_effort_to_work(check->suite, terms->effort[op_suite_index(check->suite)]);
    } else if (offers->count > 0) {
        report->price = op_effort_to_work(offers->offer[0].suite, offers->offer[0].effort);
    }
}

void session_end(struct session *session, const struct check_means *means,
                 struct session_answer *answer_r)
{
    struct check_result *check = &session->check;
    struct op_offers offers = {.count = 0};

    memset(answer_r, 0, sizeof *answer_r);
    if (session->msg == NULL) {
        check->outcome = OUTCOME_INTERNAL;
    } else {
        check_message(session->msg, means, check);
        price_offers(&session->msg->terms, &offers);
    }
    if (session_enforces(session)) {
        session->closing = check->outcome == OUTCOME_UNPAID && check->verdict == OP_VERDICT_PROOF;
        answer_r->refuse = check->outcome != OUTCOME_PASS && check->outcome != OUTCOME_EXEMPT;
    }
    if (answer_r->refuse)
        demand(session, &offers, &answer_r->reply);
    answer_r->tell = true;
    fill_report(session, check->outcome, &answer_r->report);
    if (session->msg != NULL)
        fill_price(check, &session->msg->terms, &offers, &answer_r->report);
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
        return NULL;
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

    if (check->outcome == OUTCOME_EXEMPT)
        return false;
    authres_format(session->authserv_id, &result, text_r);
    return true;
}

const struct authres_marks *session_forged(const struct session *session)
{
    return session->msg == NULL ? NULL : &session->msg->forged;
}
