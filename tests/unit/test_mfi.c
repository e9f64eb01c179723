/*
 * test_mfi.c - whole connections through the callbacks that were registered: what is asked of the
 * MTA, what is answered, and what is done to the message.
 */
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"

#include "fake_libmilter.h"
#include "milter/mfi.h"
#include "milter/reply.h"

static const char conf_text[] =
    "socket = \"inet:1@127.0.0.1\"\n"
    "suite \"argon2id-16m\" { enabled = no }\n"
    "suite \"argon2id-64m\" { enabled = no }\n"
    "suite \"argon2id-256m\" { enabled = no }\n"
    "suite \"sha256\" { enabled = yes  work = 64  deprecated-since = \"\" }\n"
    "listener \"onion\" { match-daemon = { \"ONION\" }  mode = enforce }\n"
    "listener \"watch\" { match-daemon = { \"WATCH\" }  mode = monitor }\n"
    "listener \"off\" { match-daemon = { \"OFF\" }  mode = off }\n"
    "listener \"out\" { match-daemon = { \"OUT\" }  mode = mint }\n"
    "mint { late = tempfail  recipients = 2 }\n";

static struct service *service;
static struct ledger *ledger;
static struct gate *gate;
static struct op_key *key;
static struct market *market;
static struct circuits *circuits;
static struct metrics *metrics;
static struct minter *minter;

static const struct conf *load(void)
{
    char path[] = "/tmp/test_mfi.XXXXXX", why[CONF_WHY_MAX];
    int fd = mkstemp(path);
    const struct conf *conf;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, conf_text, sizeof conf_text - 1), sizeof conf_text - 1);
    close(fd);
    conf = conf_load(path, NULL, 0, why);
    unlink(path);
    if (conf == NULL)
        print_error("%s\n", why);
    return conf;
}

static int set_up(void **state)
{
    static const uint8_t material[OP_KEY_LEN] = "a site key for tests";
    struct ledger_spec spec = {.backend = "memory", .path = "", .max_size = 1 << 20};
    struct gate_limits limits = {.threads = 1, .memory = 1 << 20, .queue = 4, .wait_s = 5};
    const struct minter_limits minting = {.messages = 1, .threads = 1, .memory = 1 << 20};
    const struct conf *conf = load();
    char why[CONF_WHY_MAX];

    (void)state;
    assert_non_null(conf);
    ledger = ledger_open(&spec, why, sizeof why);
    gate = gate_new(&limits);
    assert_int_equal(op_key_new(material, &key), OP_OK);
    market = market_new(ledger, conf, (int64_t)time(NULL));
    circuits = circuits_new(64);
    metrics = metrics_new();
    minter = minter_new(&minting);
    assert_true(market && circuits && metrics && minter);
    metrics_listeners(metrics, conf);
    const struct service_parts parts = {.site = {.key = key,
                                                 .market = market,
                                                 .circuits = circuits,
                                                 .metrics = metrics,
                                                 .minter = minter},
                                        .ledger = ledger,
                                        .gate = gate};
    service = service_new(conf, &parts);
    assert_non_null(service);
    fake_reset();
    assert_true(mfi_open(service, conf, why));
    assert_string_equal(fake_calls, "smfi_setconn inet:1@127.0.0.1\nsmfi_register onionpow\n"
                                    "smfi_setbacklog 128\nsmfi_opensocket 1\n");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(service_drain(service, 0), 0); /* each message that was entered was left */
    service_free(service);
    minter_free(minter);
    metrics_free(metrics);
    circuits_free(circuits);
    market_free(market);
    gate_free(gate);
    ledger_close(ledger);
    op_key_free(key);
    return 0;
}

#define ALL_ACTIONS 0x1ffUL
#define ALL_STEPS   0x1fffffUL

static sfsistat negotiate(struct smfi_str *ctx, unsigned long actions, unsigned long steps,
                          unsigned long *actions_r, unsigned long *steps_r)
{
    unsigned long f2, f3;

    return fake_filter.xxfi_negotiate(ctx, actions, steps, 0, 0, actions_r, steps_r, &f2, &f3);
}

/* A connection of the MTA's listener `daemon`; what connect has answered. */
static sfsistat open_connection(struct smfi_str *ctx, const char *daemon)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    char host[] = "client.example";
    unsigned long actions, steps;

    memset(ctx, 0, sizeof *ctx);
    assert_int_equal(negotiate(ctx, ALL_ACTIONS, ALL_STEPS, &actions, &steps), SMFIS_CONTINUE);
    fake_macro(ctx, "j", "mx.example");
    fake_macro(ctx, "{daemon_name}", daemon);
    fake_reset();
    return fake_filter.xxfi_connect(ctx, host, (struct sockaddr *)&addr);
}

static void mail(struct smfi_str *ctx)
{
    char sender[] = "<sender@client.example>";
    char *argv[] = {sender, NULL};

    fake_macro(ctx, "i", NULL);
    assert_int_equal(fake_filter.xxfi_envfrom(ctx, argv), SMFIS_NOREPLY);
}

static sfsistat rcpt(struct smfi_str *ctx, const char *address, const char *mailer)
{
    char text[256];
    char *argv[] = {text, NULL};

    snprintf(text, sizeof text, "%s", address);
    fake_macro(ctx, "{rcpt_mailer}", mailer);
    return fake_filter.xxfi_envrcpt(ctx, argv);
}

static void header(struct smfi_str *ctx, const char *name, const char *value)
{
    char field[64], text[OP_STAMP_TEXT_MAX];

    snprintf(field, sizeof field, "%s", name);
    snprintf(text, sizeof text, "%s", value);
    assert_int_equal(fake_filter.xxfi_header(ctx, field, text), SMFIS_NOREPLY);
}

/* A stamp of today: libmilter's callbacks have the real clock. */
static void stamp(struct smfi_str *ctx, const char *address, int number)
{
    struct op_stamp made = fixture_stamp_of("sha256", address, FIXTURE_EFFORT,
                                            op_date_from_time((int64_t)time(NULL)), number);
    char text[OP_STAMP_TEXT_MAX];

    op_stamp_format(&made, text);
    header(ctx, OP_STAMP_FIELD, text);
}

static sfsistat end(struct smfi_str *ctx)
{
    unsigned char body[] = "body\r\n";

    fake_macro(ctx, "i", "4XyZ");
    /* What Postfix says at this stage: not the listener. */
    fake_macro(ctx, "{daemon_name}", "mail.example");
    assert_int_equal(fake_filter.xxfi_body(ctx, body, sizeof body - 1), SMFIS_CONTINUE);
    return fake_filter.xxfi_eom(ctx);
}

static void close_connection(struct smfi_str *ctx)
{
    assert_int_equal(fake_filter.xxfi_close(ctx), SMFIS_CONTINUE);
    assert_null(ctx->priv);
}

static void test_negotiate(void **state)
{
    static const unsigned long needed = SMFIF_ADDHDRS | SMFIF_CHGHDRS;
    static const unsigned long no_reply = SMFIP_NR_HDR | SMFIP_NR_MAIL;
    static const struct {
        const char *label;
        unsigned long actions, steps;
        sfsistat want;
        unsigned long want_actions, want_steps;
    } rows[] = {
        {"all", ALL_ACTIONS, ALL_STEPS, SMFIS_CONTINUE, needed | SMFIF_SETSYMLIST,
         no_reply | SMFIP_NOHELO | SMFIP_NODATA | SMFIP_NOEOH | SMFIP_NOUNKNOWN | SMFIP_SKIP},
        {"the least", needed, no_reply, SMFIS_CONTINUE, needed, no_reply},
        {"no adding", SMFIF_CHGHDRS, ALL_STEPS, SMFIS_REJECT, 0, 0},
        {"no changing", SMFIF_ADDHDRS, ALL_STEPS, SMFIS_REJECT, 0, 0},
        {"an answer to each field", ALL_ACTIONS, ALL_STEPS & ~(unsigned long)SMFIP_NR_HDR,
         SMFIS_REJECT, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct smfi_str ctx = {.priv = NULL};
        unsigned long actions = 0, steps = 0;
        print_message("%s\n", rows[i].label);
        fake_reset();
        assert_int_equal(negotiate(&ctx, rows[i].actions, rows[i].steps, &actions, &steps),
                         rows[i].want);
        assert_int_equal(actions, rows[i].want_actions);
        assert_int_equal(steps, rows[i].want_steps);
        assert_int_equal(strstr(fake_calls, "smfi_setsymlist 3 i {rcpt_mailer}") != NULL,
                         (rows[i].want_actions & SMFIF_SETSYMLIST) != 0);
        assert_int_equal(ctx.priv != NULL, rows[i].want == SMFIS_CONTINUE);
        close_connection(&ctx);
    }
}

static void test_scopes(void **state)
{
    static const struct {
        const char *daemon;
        sfsistat want;
    } rows[] = {
        {"ONION", SMFIS_CONTINUE}, {"WATCH", SMFIS_CONTINUE}, {"OFF", SMFIS_ACCEPT},
        {"smtpd", SMFIS_ACCEPT},   {NULL, SMFIS_ACCEPT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct smfi_str ctx;
        assert_int_equal(open_connection(&ctx, rows[i].daemon), rows[i].want);
        close_connection(&ctx);
    }
}

static void test_demand_and_pass(void **state)
{
    struct smfi_str ctx;

    (void)state;
    assert_int_equal(open_connection(&ctx, "ONION"), SMFIS_CONTINUE);
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@example.org>", "local"), SMFIS_CONTINUE);
    assert_int_equal(end(&ctx), SMFIS_REJECT);
    assert_non_null(strstr(fake_calls, "smfi_setmlreply 554 5.7.1 |onionpow:1:sha256/4/"));
    assert_non_null(strstr(fake_calls, " proof of work required|for <bob@example.org>: "));
    assert_null(strstr(fake_calls, "header"));

    fake_reset(); /* the next message of the same connection */
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@example.org>", "local"), SMFIS_CONTINUE);
    stamp(&ctx, "bob@example.org", 1);
    header(&ctx, "Authentication-Results", "other.example; spf=pass");
    header(&ctx, "Authentication-Results", "mx.example; x-onion-pow=pass (forged)");
    assert_int_equal(end(&ctx), SMFIS_CONTINUE);
    assert_string_equal(fake_calls,
                        "smfi_chgheader Authentication-Results 2 -\n"
                        "smfi_insheader 0 Authentication-Results: mx.example; x-onion-pow=pass "
                        "policy.suite=sha256 policy.work=64\n");

    fake_reset(); /* a replay on another message */
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "bob@example.org", "local"), SMFIS_CONTINUE);
    stamp(&ctx, "bob@example.org", 1);
    header(&ctx, "Subject", "another message");
    assert_int_equal(end(&ctx), SMFIS_REJECT);
    assert_non_null(strstr(fake_calls, "already used for another message"));
    close_connection(&ctx);
}

static void test_relay_guard(void **state)
{
    static const char *const daemons[] = {"ONION", "WATCH"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct smfi_str ctx;
        assert_int_equal(open_connection(&ctx, daemons[i]), SMFIS_CONTINUE);
        mail(&ctx);
        assert_int_equal(rcpt(&ctx, "<bob@outside.example>", "smtp"), SMFIS_REJECT);
        assert_non_null(strstr(fake_calls, "554 5.7.1 |relaying is not offered here"));
        assert_int_equal(rcpt(&ctx, "<bob@outside.example>", NULL), SMFIS_REJECT);
        close_connection(&ctx);
    }
}

static void test_bad_recipient(void **state)
{
    struct smfi_str ctx;

    (void)state;
    assert_int_equal(open_connection(&ctx, "ONION"), SMFIS_CONTINUE);
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@>", "local"), SMFIS_REJECT);
    assert_non_null(strstr(fake_calls, "554 5.1.3 |"));
    for (int i = 0; i < MSG_RECIPIENTS_MAX; i++) {
        char address[64];
        snprintf(address, sizeof address, "<user%d@example.org>", i);
        assert_int_equal(rcpt(&ctx, address, "local"), SMFIS_CONTINUE);
    }
    assert_int_equal(rcpt(&ctx, "<one.more@example.org>", "local"), SMFIS_TEMPFAIL);
    assert_non_null(strstr(fake_calls, "452 4.5.3 |"));
    close_connection(&ctx);
}

/* Monitoring accepts everything but relays, and says in the message what would have been. */
static void test_monitor(void **state)
{
    struct smfi_str ctx;

    (void)state;
    assert_int_equal(open_connection(&ctx, "WATCH"), SMFIS_CONTINUE);
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@example.org>", "local"), SMFIS_CONTINUE);
    header(&ctx, "Authentication-Results", "MX.example; X-Onion-PoW=pass");
    assert_int_equal(end(&ctx), SMFIS_CONTINUE);
    assert_string_equal(fake_calls,
                        "smfi_chgheader Authentication-Results 1 -\n"
                        "smfi_insheader 0 Authentication-Results: mx.example; x-onion-pow=none\n");

    fake_reset();
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@>", "local"), SMFIS_CONTINUE);
    assert_int_equal(end(&ctx), SMFIS_CONTINUE);
    assert_non_null(strstr(fake_calls, "x-onion-pow=fail reason=bad-recipient\n"));

    fake_reset();
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@example.org>", "local"), SMFIS_CONTINUE);
    stamp(&ctx, "bob@example.org", 3);
    assert_int_equal(end(&ctx), SMFIS_CONTINUE);
    assert_non_null(strstr(fake_calls, "x-onion-pow=pass policy.suite=sha256 policy.work=64\n"));

    fake_reset(); /* trouble of our own does not stop mail either */
    gate_close(gate);
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@example.org>", "local"), SMFIS_CONTINUE);
    stamp(&ctx, "bob@example.org", 4);
    assert_int_equal(end(&ctx), SMFIS_CONTINUE);
    assert_non_null(strstr(fake_calls, "x-onion-pow=temperror reason=saturated\n"));

    fake_reset();
    fake_failing = "smfi_insheader";
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@example.org>", "local"), SMFIS_CONTINUE);
    assert_int_equal(end(&ctx), SMFIS_CONTINUE);
    close_connection(&ctx);
}

static void test_trouble(void **state)
{
    struct smfi_str ctx;

    (void)state;
    assert_int_equal(open_connection(&ctx, "ONION"), SMFIS_CONTINUE);
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@example.org>", "local"), SMFIS_CONTINUE);
    stamp(&ctx, "bob@example.org", 5);
    fake_failing = "smfi_insheader"; /* a message that could not be marked is not taken */
    assert_int_equal(end(&ctx), SMFIS_TEMPFAIL);
    fake_reset();
    gate_close(gate);
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@example.org>", "local"), SMFIS_CONTINUE);
    stamp(&ctx, "bob@example.org", 6);
    assert_int_equal(end(&ctx), SMFIS_TEMPFAIL);
    assert_non_null(strstr(fake_calls, "smfi_setmlreply 451 4.3.2 |"));
    close_connection(&ctx);
}

/* A failed proof costs the connection. */
static void test_closing(void **state)
{
    struct op_stamp bad;
    struct smfi_str ctx;
    char text[OP_STAMP_TEXT_MAX];

    (void)state;
    bad = fixture_stamp_of("sha256", "bob@example.org", FIXTURE_EFFORT,
                           op_date_from_time((int64_t)time(NULL)), 7);
    for (unsigned i = 0; i < bad.suite->puzzles; i++)
        op_stamp_set_nonce(&bad, i, op_stamp_nonce(&bad, i) + 1);
    op_stamp_format(&bad, text);
    assert_int_equal(open_connection(&ctx, "ONION"), SMFIS_CONTINUE);
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@example.org>", "local"), SMFIS_CONTINUE);
    header(&ctx, OP_STAMP_FIELD, text);
    assert_int_equal(end(&ctx), SMFIS_REJECT);
    assert_non_null(strstr(fake_calls, "proof of work does not hold"));
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@example.org>", "local"), SMFIS_TEMPFAIL);
    assert_non_null(strstr(fake_calls, "smfi_setmlreply 421 4.7.0 |"));
    close_connection(&ctx);
    assert_int_equal(open_connection(&ctx, "ONION"), SMFIS_CONTINUE);
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@example.org>", "local"), SMFIS_CONTINUE);
    close_connection(&ctx);
}

/* What an aborted transaction has gathered is not the next one's. */
static void test_abort(void **state)
{
    struct smfi_str ctx;

    (void)state;
    assert_int_equal(open_connection(&ctx, "ONION"), SMFIS_CONTINUE);
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@example.org>", "local"), SMFIS_CONTINUE);
    stamp(&ctx, "bob@example.org", 8);
    assert_int_equal(fake_filter.xxfi_abort(&ctx), SMFIS_CONTINUE);
    assert_int_equal(fake_filter.xxfi_abort(&ctx), SMFIS_CONTINUE);
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@example.org>", "local"), SMFIS_CONTINUE);
    assert_int_equal(end(&ctx), SMFIS_REJECT);
    assert_non_null(strstr(fake_calls, "proof of work required"));
    mail(&ctx); /* no abort in between */
    assert_int_equal(rcpt(&ctx, "<ann@example.org>", "local"), SMFIS_CONTINUE);
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@example.org>", "local"), SMFIS_CONTINUE);
    fake_reset();
    assert_int_equal(end(&ctx), SMFIS_REJECT);
    assert_non_null(strstr(fake_calls, "for <bob@example.org>"));
    close_connection(&ctx);
}

/* How many stamps were put into the header of the message. */
static unsigned stamps_added(void)
{
    unsigned count = 0;

    for (const char *at = fake_calls; (at = strstr(at, "smfi_insheader 0 X-Onion-PoW: v=1;")); at++)
        count++;
    return count;
}

/* Of our own mail no body is asked for. */
static sfsistat end_submission(struct smfi_str *ctx)
{
    unsigned char body[] = "body\r\n";

    fake_macro(ctx, "i", "4XyZ");
    assert_int_equal(fake_filter.xxfi_body(ctx, body, sizeof body - 1), SMFIS_SKIP);
    return fake_filter.xxfi_eom(ctx);
}

static void submit(struct smfi_str *ctx)
{
    assert_int_equal(open_connection(ctx, "OUT"), SMFIS_CONTINUE);
    mail(ctx);
    assert_int_equal(rcpt(ctx, "<bob@abc.onion>", "smtp"), SMFIS_CONTINUE);
    assert_int_equal(rcpt(ctx, "<eve@elsewhere.example>", "smtp"), SMFIS_CONTINUE);
    assert_int_equal(rcpt(ctx, "<ann@abc.onion>", "smtp"), SMFIS_CONTINUE);
    fake_reset();
}

static void test_mint(void **state)
{
    struct smfi_str ctx;

    (void)state;
    submit(&ctx);
    assert_int_equal(rcpt(&ctx, "<three@abc.onion>", "smtp"), SMFIS_TEMPFAIL);
    assert_non_null(strstr(fake_calls, "smfi_setmlreply 452 4.5.3 |too many recipients"));
    fake_reset();
    assert_int_equal(end_submission(&ctx), SMFIS_CONTINUE);
    assert_int_equal(stamps_added(), 2);
    assert_non_null(strstr(fake_calls, ";\n\t")); /* folded as MTAs want it */
    assert_null(strchr(fake_calls, '\r'));
    assert_non_null(strstr(fake_calls, "smfi_addheader References: "));
    assert_null(strstr(fake_calls, "Authentication-Results"));
    fake_reset();
    mail(&ctx); /* nothing is left of the first */
    assert_int_equal(rcpt(&ctx, "<eve@elsewhere.example>", "smtp"), SMFIS_CONTINUE);
    assert_int_equal(end_submission(&ctx), SMFIS_CONTINUE);
    assert_int_equal(stamps_added(), 0);
    close_connection(&ctx);
}

static void test_mint_not(void **state)
{
    struct smfi_str ctx;

    (void)state;
    submit(&ctx);
    header(&ctx, OP_STAMP_FIELD, "whatever");
    assert_int_equal(end_submission(&ctx), SMFIS_CONTINUE);
    assert_int_equal(stamps_added(), 0);
    close_connection(&ctx);

    submit(&ctx);
    fake_failing = "smfi_insheader"; /* one stamp of two would be as bad as none */
    assert_int_equal(end_submission(&ctx), SMFIS_TEMPFAIL);
    assert_int_equal(stamps_added(), 1);
    close_connection(&ctx);

    submit(&ctx);
    minter_close(minter);
    assert_int_equal(end_submission(&ctx), SMFIS_TEMPFAIL);
    assert_int_equal(stamps_added(), 0);
    assert_null(strstr(fake_calls, "smfi_addheader"));
    assert_non_null(strstr(fake_calls, "smfi_setmlreply 451 4.3.2 |the proof of work that this"));
    close_connection(&ctx);
}

static void test_body_skip(void **state)
{
    static unsigned char body[65535];
    struct smfi_str ctx;

    (void)state;
    assert_int_equal(open_connection(&ctx, "ONION"), SMFIS_CONTINUE);
    mail(&ctx);
    assert_int_equal(fake_filter.xxfi_body(&ctx, body, sizeof body - 1), SMFIS_CONTINUE);
    assert_int_equal(fake_filter.xxfi_body(&ctx, body, 1), SMFIS_SKIP);
    close_connection(&ctx);
}

/* Callbacks without anything before them: an answer that loses no mail and lets none through. */
static void test_nothing_before(void **state)
{
    struct smfi_str ctx = {.priv = NULL};
    struct sockaddr_in addr = {.sin_family = AF_INET};
    unsigned char body[65535] = "x";
    char text[] = "text";

    (void)state;
    fake_reset();
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@example.org>", "local"), SMFIS_TEMPFAIL);
    header(&ctx, "Subject", "x");
    assert_int_equal(fake_filter.xxfi_body(&ctx, body, 1), SMFIS_TEMPFAIL);
    assert_int_equal(fake_filter.xxfi_eom(&ctx), SMFIS_TEMPFAIL);
    assert_int_equal(fake_filter.xxfi_abort(&ctx), SMFIS_CONTINUE);
    close_connection(&ctx);

    /* "quit, new connection": no second negotiation, and without one no skipping */
    fake_macro(&ctx, "{daemon_name}", "ONION");
    assert_int_equal(fake_filter.xxfi_connect(&ctx, text, (struct sockaddr *)&addr),
                     SMFIS_CONTINUE);
    mail(&ctx);
    assert_int_equal(rcpt(&ctx, "<bob@example.org>", "local"), SMFIS_CONTINUE);
    assert_int_equal(fake_filter.xxfi_body(&ctx, body, sizeof body), SMFIS_CONTINUE);
    assert_int_equal(fake_filter.xxfi_eom(&ctx), SMFIS_REJECT);
    close_connection(&ctx);
}

static void test_no_mail(void **state)
{
    struct smfi_str ctx;

    (void)state;
    assert_int_equal(open_connection(&ctx, "ONION"), SMFIS_CONTINUE);
    assert_int_equal(rcpt(&ctx, "<bob@example.org>", "local"), SMFIS_TEMPFAIL);
    assert_int_equal(fake_filter.xxfi_eom(&ctx), SMFIS_TEMPFAIL);
    assert_non_null(strstr(fake_calls, "smfi_setmlreply 451 4.3.0 |"));
    close_connection(&ctx);
}

static void test_open_fails(void **state)
{
    static const char *const failing[] = {"smfi_setconn", "smfi_register", "smfi_opensocket"};
    const struct conf *conf = service_conf(service);

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char why[CONF_WHY_MAX] = "";
        fake_reset();
        fake_failing = failing[i];
        assert_false(mfi_open(service, conf, why));
        assert_true(strlen(why) > 0);
    }
    fake_reset();
    fake_failing = "smfi_main";
    assert_false(mfi_run());
    fake_reset();
    assert_true(mfi_run());
    assert_string_equal(fake_calls, "smfi_main -\n");
    conf_unref(conf);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_negotiate),      TEST(test_scopes),        TEST(test_demand_and_pass),
        TEST(test_relay_guard),    TEST(test_bad_recipient), TEST(test_monitor),
        TEST(test_trouble),        TEST(test_closing),       TEST(test_abort),
        TEST(test_mint),           TEST(test_mint_not),      TEST(test_body_skip),
        TEST(test_nothing_before), TEST(test_no_mail),       TEST(test_open_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
