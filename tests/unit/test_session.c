/*
 * test_session.c - transactions as the MTA tells them: prices, quotes, circuits, exemptions, reply
 * tokens, gateways; with a real ledger (in memory), gate and market.
 */
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

static double no_clock(void)
{
    return 0;
}

static void tick(void *arg)
{
    (void)arg;
}

/* A configuration that conf_ref and conf_unref may count: a loaded one, with fixture values. */
static struct conf *make_conf(void)
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

static void site_open(struct site *site)
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

static void site_close(struct site *site)
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
static struct session *connect_from(struct site *site, uint8_t circuit)
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

static struct session_answer rcpt(struct session *session, const char *address, const char *mailer)
{
    struct session_answer answer;

    session_rcpt(session, address, mailer, &answer);
    return answer;
}

static void add_stamp(struct session *session, const struct op_stamp *stamp)
{
    char text[OP_STAMP_TEXT_MAX];

    op_stamp_format(stamp, text);
    session_field(session, OP_STAMP_FIELD, text);
}

static struct session_answer end(struct site *site, struct session *session)
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
static struct session_answer send_to(struct site *site, struct session *session, const char *sender,
                                     const char *address, const struct op_stamp *stamp)
{
    static unsigned number;
    char subject[32];

    session_mail(session, sender, false, site->now);
    assert_false(rcpt(session, address, "local").refuse);
    snprintf(subject, sizeof subject, "number %u", number++);
    session_field(session, "Subject", subject);
    if (stamp != NULL)
        add_stamp(session, stamp);
    return end(site, session);
}

static struct session_answer send_bare(struct site *site, struct session *session)
{
    return send_to(site, session, "<ann@client.example>", "<bob@example.org>", NULL);
}

static struct op_offers demanded(const struct session_answer *answer)
{
    struct op_offers offers;
    const char *line = reply_first(&answer->reply);

    assert_true(answer->refuse);
    assert_non_null(line);
    assert_true(op_offers_find(line, strlen(line), &offers));
    return offers;
}

/* What is minted to meet an offer. */
static struct op_stamp mint(const struct op_offer *offer, const char *address, int number)
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

static void set_work(struct site *site, uint64_t effort)
{
    const struct op_suite *suite = fixture_suite("sha256");

    site->conf->suite[op_suite_index(suite)].work = suite->puzzles * effort;
    assert_true(market_tick(site->shared.market, site->conf, site->now));
}

/* As the keeper does: a leap would be taken for a clock that was set. */
static void pass_time(struct site *site, unsigned hours)
{
    for (unsigned i = 0; i <= 60 * hours; i++, site->now += 60)
        assert_true(market_tick(site->shared.market, site->conf, site->now));
}

/* --- quotes ------------------------------------------------------------------------------- */

static void test_quote_is_honoured(void **state)
{
    struct site site;
    struct session_answer answer;

    (void)state;
    site_open(&site);
    struct session *session = connect_from(&site, 1);
    answer = send_bare(&site, session);
    struct op_offers offers = demanded(&answer);
    assert_int_equal(offers.count, 1);
    assert_int_equal(offers.offer[0].effort, FIXTURE_EFFORT);
    assert_int_equal(offers.offer[0].quote_len, OP_QUOTE_LEN);
    struct op_stamp quoted = mint(&offers.offer[0], "bob@example.org", 1);
    struct op_stamp late = mint(&offers.offer[0], "bob@example.org", 2);
    struct op_stamp plain = fixture_stamp("bob@example.org", 3);

    set_work(&site, PRICE);
    pass_time(&site, 7); /* the grace period is over, the quote is not */
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &plain);
    assert_int_equal(answer.report.verdict, OP_VERDICT_WEAK);
    assert_int_equal(demanded(&answer).offer[0].effort, PRICE);
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &quoted);
    assert_false(answer.refuse);
    assert_int_equal(answer.report.outcome, OUTCOME_PASS);

    pass_time(&site, 18); /* and now it is */
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &late);
    assert_int_equal(answer.report.verdict, OP_VERDICT_WEAK);
    assert_int_equal(answer.report.quote, OP_QUOTE_EXPIRED);
    session_free(session);
    site_close(&site);
}

/* Also for a suite that is not accepted any more. */
static void test_quote_outlives_a_suite(void **state)
{
    struct site site;

    (void)state;
    site_open(&site);
    struct session *session = connect_from(&site, 1);
    struct session_answer answer = send_bare(&site, session);
    struct op_offers offers = demanded(&answer);
    struct op_stamp stamp = mint(&offers.offer[0], "bob@example.org", 1);
    struct op_stamp other = stamp;

    site.conf->suite[op_suite_index(fixture_suite("sha256"))].enabled = false;
    site.conf->suite[op_suite_index(fixture_suite("argon2id-16m"))].enabled = true;
    pass_time(&site, 7);
    other.quote[20] ^= 1;
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &other);
    assert_int_equal(answer.report.verdict, OP_VERDICT_SUITE);
    assert_int_equal(answer.report.quote, OP_QUOTE_FOREIGN);
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &stamp);
    assert_int_equal(answer.report.outcome, OUTCOME_PASS);
    session_free(session);
    site_close(&site);
}

/* Without a quote, what was cheaper within the grace period is still enough. */
static void test_grace(void **state)
{
    struct site site;
    struct op_stamp stamp = fixture_stamp("bob@example.org", 1);

    (void)state;
    site_open(&site);
    struct session *session = connect_from(&site, 1);
    set_work(&site, PRICE);
    pass_time(&site, 5);
    struct session_answer answer = send_bare(&site, session);
    assert_int_equal(demanded(&answer).offer[0].effort, PRICE);
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &stamp);
    assert_int_equal(answer.report.outcome, OUTCOME_PASS);
    session_free(session);
    site_close(&site);
}

/* The final reply was lost, the price has risen, the mail comes again: it has paid. */
static void test_retry_after_a_rise(void **state)
{
    struct site site;
    struct op_stamp stamp = fixture_stamp("bob@example.org", 1);

    (void)state;
    site_open(&site);
    for (int i = 0; i < 3; i++) {
        struct session *session = connect_from(&site, 1);
        session_mail(session, "<ann@client.example>", false, site.now);
        assert_false(rcpt(session, "<bob@example.org>", "local").refuse);
        session_field(session, "Subject", i < 2 ? "one" : "another");
        add_stamp(session, &stamp);
        struct session_answer answer = end(&site, session);
        assert_int_equal(answer.report.outcome, i < 2 ? OUTCOME_PASS : OUTCOME_UNPAID);
        assert_int_equal(answer.report.verdict, i < 2 ? OP_VERDICT_PASS : OP_VERDICT_WEAK);
        session_free(session);
        set_work(&site, PRICE);
        pass_time(&site, 7);
    }
    site_close(&site);
}

/* A weak stamp that is new is neither spent nor kept from its owner. */
static void test_weak_stamp_stays_usable(void **state)
{
    struct site site;
    struct op_stamp stamp = fixture_stamp("bob@example.org", 1);

    (void)state;
    site_open(&site);
    set_work(&site, PRICE);
    pass_time(&site, 7);
    struct session *session = connect_from(&site, 1);
    struct session_answer answer =
        send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &stamp);
    assert_int_equal(answer.report.verdict, OP_VERDICT_WEAK);
    set_work(&site, FIXTURE_EFFORT);
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &stamp);
    assert_int_equal(answer.report.outcome, OUTCOME_PASS);
    session_free(session);
    site_close(&site);
}

static void test_several_recipients_get_no_quote(void **state)
{
    struct site site;

    (void)state;
    site_open(&site);
    struct session *session = connect_from(&site, 1);
    session_mail(session, "<ann@client.example>", false, site.now);
    assert_false(rcpt(session, "<bob@example.org>", "local").refuse);
    assert_false(rcpt(session, "<eve@example.org>", "local").refuse);
    struct session_answer answer = end(&site, session);
    assert_int_equal(demanded(&answer).offer[0].quote_len, 0);
    session_free(session);
    site_close(&site);
}

/* --- circuits ----------------------------------------------------------------------------- */

static void test_circuit_grows_dear(void **state)
{
    struct site site;

    (void)state;
    site_open(&site);
    site.conf->circuit.free = 2;
    site.conf->circuit.growth = 3;
    struct session *session = connect_from(&site, 1), *other = connect_from(&site, 2);
    for (int i = 0; i < 3; i++) {
        struct op_stamp stamp = fixture_stamp_of("sha256", "bob@example.org", 16, FIXTURE_DATE, i);
        struct session_answer answer =
            send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &stamp);
        assert_int_equal(answer.report.outcome, OUTCOME_PASS);
    }
    struct session_answer answer = send_bare(&site, session);
    assert_in_range(demanded(&answer).offer[0].effort, 3 * FIXTURE_EFFORT,
                    3 * FIXTURE_EFFORT + 1); /* 3 to the power of (3 - 2), rounded up */
    answer = send_bare(&site, other);
    assert_int_equal(demanded(&answer).offer[0].effort, FIXTURE_EFFORT);
    session_free(session);
    session_free(other);
    site_close(&site);
}

static void test_failed_proof_costs(void **state)
{
    struct site site;
    struct op_stamp stamp = fixture_stamp("bob@example.org", 1);

    (void)state;
    site_open(&site);
    struct session *session = connect_from(&site, 1);
    for (unsigned i = 0; i < stamp.suite->puzzles; i++)
        op_stamp_set_nonce(&stamp, i, op_stamp_nonce(&stamp, i) + 1);
    struct session_answer answer =
        send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &stamp);
    assert_int_equal(answer.report.verdict, OP_VERDICT_PROOF);
    session_mail(session, "<ann@client.example>", false, site.now);
    answer = rcpt(session, "<bob@example.org>", "local");
    assert_true(answer.refuse);
    assert_string_equal(answer.reply.code, "421");
    session_free(session);

    session = connect_from(&site, 1);
    answer = send_bare(&site, session);
    assert_int_equal(demanded(&answer).offer[0].effort,
                     (uint64_t)(site.conf->circuit.surcharge * FIXTURE_EFFORT));
    session_free(session);

    session = connect_from(&site, 2); /* once more, where it cost nobody anything */
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", &stamp);
    assert_int_equal(answer.report.verdict, OP_VERDICT_PROOF);
    session_free(session);
    session = connect_from(&site, 2);
    answer = send_bare(&site, session);
    assert_int_equal(demanded(&answer).offer[0].effort, FIXTURE_EFFORT);
    session_free(session);
    site_close(&site);
}

/* --- exemptions --------------------------------------------------------------------------- */

static void test_exemptions(void **state)
{
    struct site site;
    struct session_answer answer;

    (void)state;
    site_open(&site);
    struct session *session = connect_from(&site, 1);
    session_mail(session, "<ann@client.example>", true, site.now);
    assert_false(rcpt(session, "<bob@example.org>", "local").refuse);
    answer = end(&site, session);
    assert_int_equal(answer.report.outcome, OUTCOME_EXEMPT);
    assert_int_equal(answer.report.rule, EXEMPT_AUTHENTICATED);

    session_mail(session, "<ann@client.example>", true, site.now); /* and yet no relay */
    answer = rcpt(session, "<bob@example.net>", "smtp");
    assert_true(answer.refuse);
    assert_int_equal(answer.report.outcome, OUTCOME_RELAY);

    answer = send_to(&site, session, "<ann@client.example>", "<postmaster@example.org>", NULL);
    assert_int_equal(answer.report.rule, EXEMPT_ROLE);
    assert_int_equal(demanded(&answer).offer[0].effort, 1);
    session_free(session);
    site_close(&site);
}

/* Bounces are cheap, up to the cap of their circuit. */
static void test_bounces(void **state)
{
    struct site site;
    struct session_answer answer;

    (void)state;
    site_open(&site);
    site.conf->fallback.exempt.null_sender_cap = 2;
    struct session *session = connect_from(&site, 1);
    for (int i = 0; i < 2; i++) {
        struct op_stamp cheap =
            fixture_stamp_of("sha256", "bob@example.org", 1, FIXTURE_DATE, 10 + i);
        answer = send_to(&site, session, "<>", "<bob@example.org>", &cheap);
        assert_int_equal(answer.report.outcome, OUTCOME_PASS);
        assert_int_equal(answer.report.rule, EXEMPT_NULL_SENDER);
    }
    answer = send_to(&site, session, "<>", "<bob@example.org>", NULL);
    assert_int_equal(answer.report.rule, EXEMPT_BOUNCE_CAP);
    assert_int_equal(demanded(&answer).offer[0].effort, FIXTURE_EFFORT);
    session_free(session);
    site_close(&site);
}

/* Each recipient of a bounce counts, and none is hidden by one whom another rule makes cheap. */
static void test_bounces_to_several(void **state)
{
    static const char *const rcpts[] = {"<postmaster@example.org>", "<ann@example.org>",
                                        "<bob@example.org>", "<carl@example.org>"};
    struct site site;
    struct session_answer answer;

    (void)state;
    site_open(&site);
    site.conf->fallback.exempt.null_sender_factor = 0;
    site.conf->fallback.exempt.role_factor = 0;
    site.conf->fallback.exempt.null_sender_cap = 2;
    struct session *session = connect_from(&site, 1);
    session_mail(session, "<>", false, site.now);
    for (size_t i = 0; i < 4; i++)
        assert_false(rcpt(session, rcpts[i], "local").refuse);
    answer = end(&site, session);
    assert_true(answer.refuse); /* carl is one too many */
    assert_int_equal(answer.report.recipients, 1);

    session_mail(session, "<>", false, site.now);
    for (size_t i = 0; i < 3; i++)
        assert_false(rcpt(session, rcpts[i], "local").refuse);
    assert_int_equal(end(&site, session).report.outcome, OUTCOME_EXEMPT);
    answer = send_to(&site, session, "<>", "<bob@example.org>", NULL);
    assert_int_equal(answer.report.rule, EXEMPT_BOUNCE_CAP);
    session_free(session);
    site_close(&site);
}

/* Or whoever asked as a bounce would pay less for everything else. */
static void test_no_quote_for_a_bounce(void **state)
{
    struct site site;

    (void)state;
    site_open(&site);
    struct session *session = connect_from(&site, 1);
    struct session_answer answer = send_to(&site, session, "<>", "<bob@example.org>", NULL);
    assert_int_equal(demanded(&answer).offer[0].effort, 1);
    assert_int_equal(demanded(&answer).offer[0].quote_len, 0);
    answer = send_to(&site, session, "<ann@client.example>", "<bob@example.org>", NULL);
    assert_int_equal(demanded(&answer).offer[0].quote_len, OP_QUOTE_LEN);
    session_free(session);
    site_close(&site);
}

static void test_gateway(void **state)
{
    struct site site;
    struct session_answer answer;
    struct op_stamp stamp = fixture_stamp("eve@example.net", 1);

    (void)state;
    site_open(&site);
    site.conf->fallback.gateway = true;
    struct session *session = connect_from(&site, 1);
    session_mail(session, "<ann@client.example>", true, site.now);
    assert_false(rcpt(session, "<eve@example.net>", "smtp").refuse);
    answer = end(&site, session); /* being authenticated helps here only */
    assert_int_equal(demanded(&answer).offer[0].effort, FIXTURE_EFFORT);
    assert_int_equal(answer.report.outcome, OUTCOME_UNPAID);

    session_mail(session, "<ann@client.example>", false, site.now);
    assert_false(rcpt(session, "<eve@example.net>", "smtp").refuse);
    assert_false(rcpt(session, "<dan@example.net>", "smtp").refuse);
    add_stamp(session, &stamp);
    assert_true(end(&site, session).refuse); /* one stamp, two recipients */

    session_mail(session, "<ann@client.example>", false, site.now);
    assert_false(rcpt(session, "<eve@example.net>", "smtp").refuse);
    add_stamp(session, &stamp);
    answer = end(&site, session);
    assert_int_equal(answer.report.outcome, OUTCOME_PASS);
    session_free(session);
    site_close(&site);
}

/* --- replies ------------------------------------------------------------------------------ */

/* Our user writes to ann; returns what her reply will have in References. */
static void write_to_ann(struct site *site, char references_r[SIGN_TEXT_MAX])
{
    struct session *session;
    struct session_answer answer;
    bool present = true;

    site->conf->fallback.mode = CONF_SIGN;
    session = connect_from(site, 9);
    session_mail(session, "<bob@example.org>", true, site->now);
    answer = rcpt(session, "<Ann@Client.Example>", "smtp");
    assert_false(answer.refuse);
    session_field(session, "Message-ID", "<first@example.org>");
    answer = end(site, session);
    assert_false(answer.refuse);
    assert_int_equal(answer.report.outcome, OUTCOME_SIGNED);
    assert_true(session_references(session, (const uint8_t *)"saltsalt", references_r, &present));
    assert_false(present);
    session_free(session);
    site->conf->fallback.mode = CONF_ENFORCE;
}

/* --- minting ------------------------------------------------------------------------------ */

static struct session *submit(struct site *site, const char *address)
{
    struct session *session;

    site->conf->fallback.mode = CONF_MINT;
    session = connect_from(site, 9);
    session_mail(session, "<ann@client.example>", true, site->now);
    assert_false(rcpt(session, address, "smtp").refuse);
    session_field(session, "Subject", "hello");
    return session;
}

/* A stamp that our own guard takes; and tokens as with mode = sign, if they are honoured here. */
static void test_minted_stamp_is_good(void **state)
{
    struct site site;
    struct session_answer answer;
    char text[OP_STAMP_TEXT_MAX], references[SIGN_TEXT_MAX];
    bool present;

    (void)state;
    site_open(&site);
    struct session *session = submit(&site, "<bob@abc.onion>");
    answer = end(&site, session);
    assert_false(answer.refuse);
    assert_int_equal(answer.report.outcome, OUTCOME_MINTED);
    assert_int_equal(answer.report.mode, CONF_MINT);
    assert_int_equal(answer.report.recipients, 1);
    assert_string_equal(answer.report.suite, "sha256");
    assert_int_equal(answer.report.work, 64);
    assert_true(session_stamp(session, 0, text));
    assert_false(session_stamp(session, 1, references));
    assert_false(session_authres(session, references));
    assert_null(session_forged(session));
    assert_true(session_references(session, (const uint8_t *)"saltsalt", references, &present));
    session_reset(session);
    assert_false(session_stamp(session, 0, references));
    session_free(session);

    site.conf->fallback.mode = CONF_ENFORCE;
    session = connect_from(&site, 1);
    session_mail(session, "<ann@client.example>", false, site.now);
    assert_false(rcpt(session, "<bob@abc.onion>", "local").refuse);
    session_field(session, OP_STAMP_FIELD, text);
    answer = end(&site, session);
    assert_int_equal(answer.report.outcome, OUTCOME_PASS);
    assert_false(session_stamp(session, 0, text));
    session_free(session);

    site.conf->replies.accept = false;
    session = submit(&site, "<bob@abc.onion>");
    answer = end(&site, session);
    assert_int_equal(answer.report.outcome, OUTCOME_MINTED);
    assert_false(session_references(session, (const uint8_t *)"saltsalt", references, &present));
    session_free(session);
    site_close(&site);
}

static void test_not_minted(void **state)
{
    static const struct {
        const char *address, *field;
        enum conf_late late;
        enum outcome outcome, lack;
    } rows[] = {
        {"<bob@elsewhere.example>", "To", CONF_LATE_TEMPFAIL, OUTCOME_EXEMPT, OUTCOME_PASS},
        {"<bob@abc.onion>", OP_STAMP_FIELD, CONF_LATE_TEMPFAIL, OUTCOME_STAMPED, OUTCOME_PASS},
        {"<bob@abc.onion>", "To", CONF_LATE_SEND, OUTCOME_UNSTAMPED, OUTCOME_NO_MINTER},
        {"<bob@abc.onion>", "To", CONF_LATE_TEMPFAIL, OUTCOME_NO_MINTER, OUTCOME_PASS},
    };
    struct site site;
    char text[OP_STAMP_TEXT_MAX];

    (void)state;
    site_open(&site);
    site.conf->suite[op_suite_index(fixture_suite("sha256"))].enabled = false; /* nothing is left */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        site.conf->mint.late = rows[i].late;
        struct session *session = submit(&site, rows[i].address);
        session_field(session, rows[i].field, "whatever");
        struct session_answer answer = end(&site, session);
        assert_int_equal(answer.report.outcome, rows[i].outcome);
        assert_int_equal(answer.report.lack, rows[i].lack);
        assert_int_equal(answer.refuse, rows[i].outcome == OUTCOME_NO_MINTER);
        assert_false(session_stamp(session, 0, text));
        session_free(session);
    }
    site_close(&site);
}

static struct session_answer reply_with(struct site *site, struct session *session,
                                        const char *sender, const char *subject,
                                        const char *references)
{
    session_mail(session, sender, false, site->now);
    assert_false(rcpt(session, "<bob@example.org>", "local").refuse);
    session_field(session, "Subject", subject);
    session_field(session, "References", references);
    return end(site, session);
}

static void test_replies_are_free(void **state)
{
    struct site site;
    char references[SIGN_TEXT_MAX], text[AUTHRES_MAX];
    struct session_answer answer;
    const char *ann = "<ann@client.example>";

    (void)state;
    site_open(&site);
    site.conf->replies.uses = 2;
    write_to_ann(&site, references);
    struct session *session = connect_from(&site, 1);
    answer = reply_with(&site, session, "<eve@client.example>", "Re: 0", references);
    assert_int_equal(answer.report.outcome, OUTCOME_UNPAID); /* not hers */
    for (int i = 0; i < 3; i++) {
        answer = reply_with(&site, session, ann, "Re: 1", references); /* retries are no use */
        assert_int_equal(answer.report.outcome, OUTCOME_PASS);
        assert_int_equal(answer.report.replies, 1);
        assert_true(session_authres(session, text));
        assert_non_null(strstr(text, "x-onion-pow=pass reason=reply"));
    }
    answer = reply_with(&site, session, ann, "Re: 2", references);
    assert_int_equal(answer.report.outcome, OUTCOME_PASS);
    answer = reply_with(&site, session, ann, "Re: 3", references);
    assert_int_equal(answer.report.outcome, OUTCOME_UNPAID); /* used up */
    assert_int_equal(demanded(&answer).offer[0].effort, FIXTURE_EFFORT);
    session_free(session);
    site_close(&site);
}

/* Each recipient of a reply takes a use of its own, and a stamp goes first. */
static void test_reply_to_several(void **state)
{
    struct site site;
    char references[SIGN_TEXT_MAX];
    struct op_stamp stamp = fixture_stamp("carol@example.org", 1);
    struct session_answer answer;

    (void)state;
    site_open(&site);
    site.conf->replies.uses = 2;
    write_to_ann(&site, references);
    struct session *session = connect_from(&site, 1);
    for (int recipients = 3; recipients >= 2; recipients--) {
        static const char *const names[] = {"<bob@example.org>", "<dan@example.org>",
                                            "<eve@example.org>"};
        session_mail(session, "<ann@client.example>", false, site.now);
        for (int i = 0; i < recipients; i++)
            assert_false(rcpt(session, names[i], "local").refuse);
        assert_false(rcpt(session, "<carol@example.org>", "local").refuse);
        session_field(session, "In-Reply-To", references);
        add_stamp(session, &stamp);
        answer = end(&site, session);
        assert_int_equal(answer.report.outcome, recipients == 2 ? OUTCOME_PASS : OUTCOME_UNPAID);
    }
    assert_int_equal(answer.report.replies, 2);
    assert_int_equal(answer.report.work, 64);
    session_free(session);
    site_close(&site);
}

/* A token opens our users' mailboxes, not the world's. */
static void test_no_reply_through_a_gateway(void **state)
{
    struct site site;
    char references[SIGN_TEXT_MAX];

    (void)state;
    site_open(&site);
    write_to_ann(&site, references);
    site.conf->fallback.gateway = true;
    struct session *session = connect_from(&site, 1);
    for (int i = 0; i < 2; i++) {
        session_mail(session, "<ann@client.example>", false, site.now);
        assert_false(rcpt(session, "<bob@example.org>", i == 0 ? "smtp" : "local").refuse);
        session_field(session, "References", references);
        struct session_answer answer = end(&site, session);
        assert_int_equal(answer.report.outcome, i == 0 ? OUTCOME_UNPAID : OUTCOME_PASS);
    }
    session_free(session);
    site_close(&site);
}

static void test_replies_can_be_off(void **state)
{
    struct site site;
    char references[SIGN_TEXT_MAX];

    (void)state;
    site_open(&site);
    write_to_ann(&site, references);
    site.conf->replies.accept = false;
    struct session *session = connect_from(&site, 1);
    assert_int_equal(
        reply_with(&site, session, "<ann@client.example>", "Re: 1", references).report.outcome,
        OUTCOME_UNPAID);
    session_free(session);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quote_is_honoured),
        cmocka_unit_test(test_quote_outlives_a_suite),
        cmocka_unit_test(test_grace),
        cmocka_unit_test(test_retry_after_a_rise),
        cmocka_unit_test(test_weak_stamp_stays_usable),
        cmocka_unit_test(test_several_recipients_get_no_quote),
        cmocka_unit_test(test_circuit_grows_dear),
        cmocka_unit_test(test_failed_proof_costs),
        cmocka_unit_test(test_exemptions),
        cmocka_unit_test(test_bounces),
        cmocka_unit_test(test_bounces_to_several),
        cmocka_unit_test(test_no_quote_for_a_bounce),
        cmocka_unit_test(test_gateway),
        cmocka_unit_test(test_minted_stamp_is_good),
        cmocka_unit_test(test_not_minted),
        cmocka_unit_test(test_replies_are_free),
        cmocka_unit_test(test_reply_to_several),
        cmocka_unit_test(test_no_reply_through_a_gateway),
        cmocka_unit_test(test_replies_can_be_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
