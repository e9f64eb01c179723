/*
 * session_fixture.h - a site with a real ledger (in memory), gate and market, and the MTA's side of
 * transactions there.
 */
#ifndef SESSION_FIXTURE_H
#define SESSION_FIXTURE_H

#include <netinet/in.h>
#include <strings.h>

#include "fixture.h"
#include "milter/session.h"

#define PRICE 1000 /* work of 64 * 1000 is far from what the fixture's stamps bring */

struct site {
    struct conf *conf;
    struct session_site shared;
    struct ledger *ledger;
    struct gate *gate;
    uint64_t token;
    int64_t now;
};

static FIXTURE_UNUSED double no_clock(void)
{
    return 0;
}

static FIXTURE_UNUSED bool tick(void *arg)
{
    (void)arg;
    return true;
}

/* A configuration that conf_ref and conf_unref may count: a loaded one, with fixture values. */
static FIXTURE_UNUSED struct conf *make_conf(void)
{
    char why[CONF_WHY_MAX];
    static const char text[] =
        "suite \"argon2id-16m\" { enabled = no }\n"
        "suite \"argon2id-64m\" { enabled = no }\n"
        "suite \"argon2id-256m\" { enabled = no }\n"
        "suite \"sha256\" { enabled = yes  work = 64  deprecated-since = \"\" }\n";
    const struct conf *conf = conf_load_text("t.conf", text, sizeof text - 1, NULL, 0, why);

    if (conf == NULL)
        print_error("%s\n", why);
    assert_non_null(conf);
    return (struct conf *)(uintptr_t)conf; /* this test alone has it, and changes keys */
}

static FIXTURE_UNUSED void site_open(struct site *site)
{
    struct ledger_spec spec = {.backend = "memory", .path = "", .max_size = 1 << 20};
    struct gate_limits limits = {.threads = 2, .memory = 1 << 20, .queue = 4, .wait_s = 5};
    struct minter_limits minting = {.messages = 1, .threads = 1, .memory = 1 << 20};
    char why[CONF_WHY_MAX];

    memset(site, 0, sizeof *site);
    site->now = FIXTURE_NOW;
    site->conf = make_conf();
    site->ledger = ledger_open(&spec, why, sizeof why);
    site->gate = gate_new(&limits);
    site->shared = (struct session_site){.key = fixture_key(),
                                         .market = market_new(site->ledger, site->conf, site->now),
                                         .circuits = circuits_new(64),
                                         .metrics = metrics_new(),
                                         .minter = minter_new(&minting)};
    assert_true(site->ledger && site->gate && site->shared.market && site->shared.circuits &&
                site->shared.metrics && site->shared.minter);
}

static FIXTURE_UNUSED void site_close(struct site *site)
{
    minter_free(site->shared.minter);
    metrics_free(site->shared.metrics);
    circuits_free(site->shared.circuits);
    market_free(site->shared.market);
    gate_free(site->gate);
    ledger_close(site->ledger);
    conf_unref(site->conf);
}

/* A client on a circuit of this number. */
static FIXTURE_UNUSED struct session *connect_from(struct site *site, uint8_t circuit)
{
    struct sockaddr_in6 addr = {
        .sin6_family = AF_INET6,
        .sin6_addr.s6_addr = {0xfc, 0, 0xde, 0xad, 0xbe, 0xef, 0x4d, 0xad, [15] = circuit}};
    struct session *session = session_new(conf_ref(site->conf), &site->shared);

    assert_non_null(session);
    assert_true(
        session_connect(session, "ONION", "mx.example", (struct sockaddr *)&addr, site->now));
    return session;
}

static FIXTURE_UNUSED struct session_answer rcpt(struct session *session, const char *address,
                                                 const char *mailer)
{
    struct session_answer answer;

    session_rcpt(session, address, mailer, &answer);
    return answer;
}

static FIXTURE_UNUSED void add_stamp(struct session *session, const struct op_stamp *stamp)
{
    char text[OP_STAMP_TEXT_MAX];

    op_stamp_format(stamp, text);
    session_field(session, OP_STAMP_FIELD, text);
}

static FIXTURE_UNUSED struct session_answer end(struct site *site, struct session *session)
{
    struct check_means means = {.key = site->shared.key,
                                .ledger = site->ledger,
                                .gate = site->gate,
                                .now = site->now,
                                .token = ++site->token,
                                .clock = no_clock,
                                .metrics = site->shared.metrics,
                                .tick = tick};
    struct session_answer answer;

    session_end(session, &means, &answer);
    return answer;
}

/* A whole message from a sender to bob, without a stamp or with one. */
static FIXTURE_UNUSED struct session_answer send_to(struct site *site, struct session *session,
                                                    const char *sender, const char *address,
                                                    const struct op_stamp *stamp)
{
    static unsigned number;
    char subject[32];

    session_mail(session, sender, NULL, site->now);
    assert_false(rcpt(session, address, "local").refuse);
    snprintf(subject, sizeof subject, "number %u", number++);
    session_field(session, "Subject", subject);
    if (stamp != NULL)
        add_stamp(session, stamp);
    return end(site, session);
}

static FIXTURE_UNUSED struct session_answer send_bare(struct site *site, struct session *session)
{
    return send_to(site, session, "<ann@client.example>", "<bob@example.org>", NULL);
}

static FIXTURE_UNUSED struct op_offers demanded(const struct session_answer *answer)
{
    struct op_offers offers;
    const char *line = reply_first(&answer->reply);

    assert_true(answer->refuse);
    assert_non_null(line);
    assert_true(op_offers_find(line, strlen(line), &offers));
    return offers;
}

/* What is minted to meet an offer. */
static FIXTURE_UNUSED struct op_stamp mint(const struct op_offer *offer, const char *address,
                                           int number)
{
    struct op_recipient recipient = fixture_recipient(address);
    struct op_mint_spec spec = {.suite = offer->suite,
                                .effort = offer->effort,
                                .date = FIXTURE_DATE,
                                .recipient = &recipient,
                                .quote_len = offer->quote_len,
                                .threads = 1};
    struct op_mint_result result;

    memcpy(spec.quote, offer->quote, sizeof spec.quote);
    memcpy(spec.salt, &number, sizeof number);
    assert_int_equal(op_mint(&spec, &result), OP_OK);
    return result.stamp;
}

static FIXTURE_UNUSED void set_work(struct site *site, uint64_t effort)
{
    const struct op_suite *suite = fixture_suite("sha256");

    site->conf->suite[op_suite_index(suite)].work = suite->puzzles * effort;
    assert_true(market_tick(site->shared.market, site->conf, site->now));
}

/* As the keeper does: a leap would be taken for a clock that was set. */
static FIXTURE_UNUSED void pass_time(struct site *site, unsigned hours)
{
    for (unsigned i = 0; i <= 60 * hours; i++, site->now += 60)
        assert_true(market_tick(site->shared.market, site->conf, site->now));
}

#endif
