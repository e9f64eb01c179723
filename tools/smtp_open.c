/*
 * smtp_open.c - how a session begins: the connection, the greeting, EHLO, and TLS as far as it is
 * wanted.
 *
 * TLS that is required and cannot be had means "later", never a bounce: somebody on the way, or a
 * server that is being mended, could cause it.
 */
#include <stdlib.h>

#include "tools/fail.h"
#include "tools/patience.h"
#include "tools/smtp_session.h"
#include "tools/socks.h"

static bool smtp_hello(struct smtp *smtp, struct smtp_outcome *outcome)
{
    const char *helo = smtp->peer->helo;

    smtp->pipelining = smtp->starttls = smtp->eight_bit = smtp->utf8 = smtp->has_size = false;
    smtp->size = 0;
    if (!smtp_say(smtp, SMTP_STAGE_HELLO, outcome, "EHLO %s\r\n", helo) ||
        !smtp_read(smtp, SMTP_STAGE_HELLO, outcome))
        return false;
    if (smtp->reply.code / 10 == 50) /* EHLO is unknown there: RFC 5321 section 3.2 */
        return smtp_say(smtp, SMTP_STAGE_HELLO, outcome, "HELO %s\r\n", helo) &&
               smtp_expect(smtp, 2, SMTP_STAGE_HELLO, outcome);
    return smtp_reply_class(smtp) == 2 || smtp_end_reply(smtp, SMTP_STAGE_HELLO, outcome);
}

static bool smtp_tls_is_required(const struct smtp *smtp)
{
    switch (smtp->peer->tls) {
    case SENDER_TLS_REQUIRED:
    case SENDER_TLS_IMPLICIT:
        return true;
    case SENDER_TLS_NEVER:
    case SENDER_TLS_OFFERED:
        break;
    }
    return false;
}

static bool smtp_handshake(struct smtp *smtp, struct smtp_outcome *outcome)
{
    const struct smtp_peer *peer = smtp->peer;
    double deadline = smtp_begin_wait(smtp, peer->reply_s);
    enum wire_result result = wire_start_tls(smtp->wire, peer->host, peer->pin, deadline);

    smtp_end_wait(smtp, 0);
    if (result == WIRE_OK)
        return true;
    if (result == WIRE_ANSWERED)
        return smtp_end_babble(smtp, SMTP_STAGE_TLS, "more than was asked for", outcome);
    if (wire_pin_failed(smtp->wire))
        return smtp_end(outcome, SMTP_INSECURE, SMTP_STAGE_TLS, "4.7.5",
                        "%s; if the server has a new one, its new fingerprint is needed",
                        wire_why(smtp->wire));
    if (result == WIRE_CLOSED && smtp_tls_is_required(smtp))
        return smtp_end(outcome, SMTP_INSECURE, SMTP_STAGE_TLS, "4.7.5",
                        "TLS is required, and cannot be started: %s", wire_why(smtp->wire));
    return smtp_end_wire(smtp, result, SMTP_STAGE_TLS, outcome);
}

/* STARTTLS is not accepted. Goes on in clear if that may be. */
static bool smtp_go_without_tls(struct smtp *smtp, struct smtp_outcome *outcome)
{
    if (smtp_reply_class(smtp) < 4)
        return smtp_end_reply(smtp, SMTP_STAGE_TLS, outcome);
    if (smtp_tls_is_required(smtp))
        return smtp_end(outcome, SMTP_INSECURE, SMTP_STAGE_TLS, "4.7.4",
                        "TLS is required, and the server refuses it: %s", smtp->reply.text);
    return smtp->reply.code != 421 || smtp_end_reply(smtp, SMTP_STAGE_TLS, outcome);
}

/* In clear after EHLO: goes on under TLS if it is wanted and can be had. */
static bool smtp_start_tls(struct smtp *smtp, struct smtp_outcome *outcome)
{
    bool required = smtp_tls_is_required(smtp);

    if (smtp->peer->tls == SENDER_TLS_NEVER || (!smtp->starttls && !required))
        return true;
    if (!smtp->starttls)
        return smtp_end(outcome, SMTP_INSECURE, SMTP_STAGE_TLS, "4.7.4",
                        "TLS is required by the configuration, the map or a fingerprint in the "
                        "address, and the server does not offer it");
    if (!smtp_say(smtp, SMTP_STAGE_TLS, outcome, "STARTTLS\r\n") ||
        !smtp_read(smtp, SMTP_STAGE_TLS, outcome))
        return false;
    if (smtp_reply_class(smtp) != 2)
        return smtp_go_without_tls(smtp, outcome);
    return smtp_handshake(smtp, outcome) && smtp_hello(smtp, outcome);
}

static bool smtp_connect(struct smtp *smtp, struct smtp_outcome *outcome)
{
    const struct smtp_peer *peer = smtp->peer;
    const struct socks_target target = {.proxy = peer->proxy,
                                        .user = peer->user,
                                        .password = peer->password,
                                        .host = peer->host,
                                        .port = peer->port};
    char why[SOCKS_WHY_MAX];

    smtp->wire = socks_open(&target, smtp_begin_wait(smtp, peer->connect_s), why);
    smtp_end_wait(smtp, 0);
    if (smtp->wire != NULL)
        return true;
    if (patience_is_over(peer->patience))
        return smtp_end_wire(smtp, WIRE_TIMEOUT, SMTP_STAGE_CONNECT, outcome);
    return smtp_end(outcome, SMTP_LOST, SMTP_STAGE_CONNECT, "4.4.1", "%s", why);
}

static bool smtp_greet(struct smtp *smtp, struct smtp_outcome *outcome)
{
    bool implicit = smtp->peer->tls == SENDER_TLS_IMPLICIT;

    return (!implicit || smtp_handshake(smtp, outcome)) &&
           smtp_expect(smtp, 2, SMTP_STAGE_GREETING, outcome) && smtp_hello(smtp, outcome) &&
           (implicit || smtp_start_tls(smtp, outcome));
}

static struct smtp *smtp_try(const struct smtp_peer *peer, struct smtp_outcome *outcome_r)
{
    struct smtp *smtp = xmalloc(sizeof *smtp);

    *smtp = (struct smtp){.peer = peer};
    if (smtp_connect(smtp, outcome_r) && smtp_greet(smtp, outcome_r)) {
        smtp->usable = true;
        return smtp;
    }
    smtp_close(smtp);
    return NULL;
}

struct smtp *smtp_open(const struct smtp_peer *peer, struct smtp_outcome *outcome_r)
{
    struct smtp *smtp = smtp_try(peer, outcome_r);

    /* What is used where it is offered must not be in the way where it does not work. */
    if (smtp == NULL && outcome_r->stage == SMTP_STAGE_TLS && peer->tls == SENDER_TLS_OFFERED &&
        !patience_is_over(peer->patience)) {
        struct smtp_peer plain = *peer;
        plain.tls = SENDER_TLS_NEVER;
        smtp = smtp_try(&plain, outcome_r);
        if (smtp != NULL)
            smtp->peer = peer;
    }
    return smtp;
}
