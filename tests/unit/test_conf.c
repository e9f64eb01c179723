/* test_conf.c - the configuration as it is read: values, defaults, files, references. */
#include "conf_fixture.h"

#include "milter/pricemap.h"
#include "pow/effort.h"
#include <unistd.h>

static const struct conf_suite *row_of(const struct conf *conf, const char *name)
{
    return &conf->suite[op_suite_index(op_suite_find(name, strlen(name)))];
}

static void check_market_values(const struct conf *conf)
{
    const struct conf_suite *row = row_of(conf, "argon2id-64m");
    const struct op_suite *suite = op_suite_find("argon2id-64m", 12);
    assert_int_equal(conf->price.mode, CONF_ADAPTIVE);
    assert_true(conf->price.target == 0.5 && conf->price.ceiling == 100);
    assert_int_equal(conf->price.window_s, 7200);
    assert_int_equal(conf->price.grace_s, 5400);
    assert_int_equal(conf->price.quote_s, 2 * 86400);
    assert_int_equal(conf->circuit.free, 3);
    assert_true(conf->circuit.growth == 1.5 && conf->circuit.surcharge == 4);
    assert_int_equal(conf->circuit.forget_s, 90);
    assert_int_equal(conf->circuit.clients, 16);
    assert_false(conf->replies.accept);
    assert_int_equal(conf->replies.validity_s, 7 * 86400);
    assert_int_equal(conf->replies.uses, 2);
    assert_string_equal(conf->metrics.listen, "inet:9464@::1");
    assert_true(conf->metrics.public);
    assert_string_equal(conf->metrics.textfile, "/t.prom");
    assert_int_equal(row->work % suite->puzzles, 0);
    assert_in_range(row->work, (uint64_t)(10 * suite->reference_rate),
                    (uint64_t)(10 * suite->reference_rate) + suite->puzzles);
    assert_int_equal(row->deprecated_since, 20261101);
    assert_int_equal(row->doubling_s, 30 * 86400);
    assert_int_equal(row->refuse_after, 20270203);
    assert_true(row->load_exponent == 1.5);
}

static void check_mint_values(const struct conf *conf)
{
    assert_int_equal(conf->mint.messages, 2);
    assert_int_equal(conf->mint.max_cpu_threads, 3);
    assert_int_equal(conf->mint.max_memory, 64 << 20);
    assert_int_equal(conf->mint.queue, 5);
    assert_int_equal(conf->mint.time_s, 120);
    assert_int_equal(conf->mint.recipients, 7);
    assert_int_equal(conf->mint.late, CONF_LATE_TEMPFAIL);
    assert_string_equal(conf->mint.offers, "/o");
}

static void check_exempt_values(const struct conf_exempt *exempt)
{
    assert_false(exempt->authenticated);
    assert_int_equal(exempt->client_count, 2);
    assert_int_equal(exempt->client[0].prefix, 104);
    assert_int_equal(exempt->sender_count, 2);
    assert_string_equal(exempt->sender[0], "bob@example.org");
    assert_string_equal(exempt->sender[1], "@friends.example");
    assert_string_equal(exempt->recipient_map, "");
    assert_null(exempt->map);
    assert_true(exempt->role_factor == 0 && exempt->null_sender_factor == 0.5);
    assert_int_equal(exempt->null_sender_cap, 7);
}

static void test_values(void **state)
{
    const struct conf *conf = must_load(
        "socket = \"inet:8894@127.0.0.1\" socket-mode = 0600 user = \"\" authserv-id = mx.example\n"
        "validity = 36h clock-skew = 0 log-privacy = debug log = syslog\n"
        "help-url = \"https://example.org/\" key-file = \"/k\"\n"
        "suite \"sha256\" { enabled = yes work = 65 }\n"
        "ledger { backend = memory path = /l max-size = 64MiB }\n"
        "verify { max-cpu-threads = 3 max-memory = 1GiB queue = 7 wait = 2m }\n"
        "price { mode = adaptive target = 0.5 ceiling = 100 window = 2h grace = 90m quote = 2d }\n"
        "circuit { free = 3 growth = 1.5 surcharge = 4 forget = 90s clients = 16 }\n"
        "replies { accept = no validity = 7d uses = 2 }\n"
        "metrics { listen = \"inet:9464@::1\" public = yes textfile = \"/t.prom\" }\n"
        "mint { messages = 2 max-cpu-threads = 3 max-memory = 64MiB queue = 5 time = 2m\n"
        "recipients = 7 late = tempfail offers = /o }\n"
        "suite \"argon2id-64m\" { seconds = 10 deprecated-since = \"2026-11-01\" doubling = 30d\n"
        "refuse-after = \"2027-02-03\" load-exponent = 1.5 }\n"
        "listener \"on-1.x\" { match-daemon = { \"ONION\", B } match-client = {192.0.2.0/24}\n"
        "match-client += {::1}\n mode = monitor relay-guard = no local-mailers = {local}\n"
        "price-factor = 1.25 exempt { authenticated = no client = {10.0.0.0/8, ::1}\n"
        "sender = {\"Bob@EXAMPLE.org\", \"@Friends.Example\"} role-factor = 0 null-sender-cap = 7\n"
        "null-sender-factor = 0.5 } }\n"
        "listener \"rest\" { mode = mint mint-domains = {\".a.example\", b.example} }\n");
    const struct conf_suite *sha256 = row_of(conf, "sha256");
    const struct conf_listener *first = &conf->listener[0], *second = &conf->listener[1];
    (void)state;

    assert_string_equal(conf->socket, "inet:8894@127.0.0.1");
    assert_null(conf_socket_path(conf));
    assert_int_equal(conf->socket_mode, 0600);
    assert_string_equal(conf->user, "");
    assert_string_equal(conf->authserv_id, "mx.example");
    assert_int_equal(conf->validity_s, 36 * 3600);
    assert_int_equal(conf->clock_skew_s, 0);
    assert_int_equal(conf->log_privacy, CONF_DEBUG);
    assert_int_equal(conf->log, CONF_LOG_SYSLOG);
    assert_string_equal(conf->help_url, "https://example.org/");
    assert_string_equal(conf->key_file, "/k");
    assert_true(sha256->enabled);
    assert_int_equal(sha256->work, 80); /* the next multiple of its 16 puzzles */
    assert_string_equal(conf->ledger.backend, "memory");
    assert_string_equal(conf->ledger.path, "/l");
    assert_int_equal(conf->ledger.max_size, 64 << 20);
    assert_int_equal(conf->verify.max_cpu_threads, 3);
    assert_int_equal(conf->verify.max_memory, 1 << 30);
    assert_int_equal(conf->verify.queue, 7);
    assert_int_equal(conf->verify.wait_s, 120);
    check_market_values(conf);
    check_mint_values(conf);

    assert_int_equal(conf->listener_count, 2);
    assert_string_equal(first->name, "on-1.x");
    assert_int_equal(first->match_daemon_count, 2);
    assert_string_equal(first->match_daemon[1], "B");
    assert_int_equal(first->match_client_count, 2);
    assert_int_equal(first->match_client[0].prefix, 120);
    assert_int_equal(first->match_client[1].addr[15], 1);
    assert_int_equal(first->mode, CONF_MONITOR);
    assert_false(first->relay_guard);
    assert_int_equal(first->local_mailers_count, 1);
    assert_true(first->price_factor == 1.25);
    assert_false(first->gateway);
    assert_int_equal(second->mode, CONF_MINT);
    assert_int_equal(second->mint_domains_count, 2);
    assert_string_equal(second->mint_domains[0], ".a.example");
    assert_string_equal(second->mint_domains[1], "b.example");
    assert_int_equal(first->mint_domains_count, 1);
    assert_string_equal(first->mint_domains[0], ".onion");
    check_exempt_values(&first->exempt);
    assert_true(second->relay_guard);
    assert_int_equal(second->local_mailers_count, 6);
    conf_unref(conf);
}

static void test_defaults(void **state)
{
    char why[CONF_WHY_MAX];
    const struct conf *conf = conf_load(NULL, NULL, 0, why);
    (void)state;
    assert_non_null(conf);
    assert_string_equal(conf_socket_path(conf), "/run/onionpow/milter.sock");
    assert_int_equal(conf->validity_s, 7 * 86400);
    assert_int_equal(conf->clock_skew_s, 12 * 3600);
    assert_int_equal(conf->listener_count, 0);
    assert_string_equal(conf->fallback.name, "default");
    assert_int_equal(conf->fallback.mode, CONF_ENFORCE);
    assert_true(conf->fallback.relay_guard);
    assert_true(conf->fallback.price_factor == 1.0);
    for (size_t i = 0; i < op_suite_count(); i++) {
        const struct op_suite *suite = op_suite_at(i);
        assert_int_equal(conf->suite[i].enabled, suite->status != OP_SUITE_DEPRECATED);
        assert_int_equal(conf->suite[i].work, op_effort_to_work(suite, suite->effort_default));
        assert_true(conf->suite[i].seconds == 0);
        assert_int_equal(conf->suite[i].doubling_s, 90 * 86400);
        assert_int_equal(conf->suite[i].refuse_after, 0);
    }
    assert_int_equal(row_of(conf, "argon2id-16m")->deprecated_since, 0);
    assert_true(row_of(conf, "argon2id-16m")->load_exponent == 1);
    assert_int_equal(row_of(conf, "sha256")->deprecated_since, 20260101);
    assert_true(row_of(conf, "sha256")->load_exponent == 2);
    assert_int_equal(conf->price.mode, CONF_FIXED);
    assert_true(conf->price.target == 60 && conf->price.ceiling == 16);
    assert_int_equal(conf->price.quote_s, 86400);
    assert_int_equal(conf->circuit.free, 20);
    assert_true(conf->replies.accept);
    assert_int_equal(conf->replies.validity_s, 30 * 86400);
    assert_string_equal(conf->metrics.listen, "");
    assert_false(conf->fallback.gateway);
    assert_true(conf->fallback.exempt.authenticated);
    assert_true(conf->fallback.exempt.role_factor == 0.25);
    assert_int_equal(conf->fallback.exempt.null_sender_cap, 5);
    conf_unref(conf);
}

static void test_files(void **state)
{
    char why[CONF_WHY_MAX];
    (void)state;
    assert_null(conf_load("/nonexistent/onionpow.conf", NULL, 0, why));
    assert_non_null(strstr(why, "/nonexistent/onionpow.conf: cannot be read: No such file"));
    assert_non_null(strstr(why, "-c"));
    assert_null(conf_load("/", NULL, 0, why));
    assert_non_null(strstr(why, "directory"));
    assert_null(conf_load("/dev/zero", NULL, 0, why));
    assert_non_null(strstr(why, "1 MiB"));
}

/* A map is loaded with the snapshot, and a wrong line in it refuses the whole. */
static void test_map(void **state)
{
    char path[] = "/tmp/test_conf.XXXXXX", text[256], why[CONF_WHY_MAX];
    struct op_recipient bob;
    double factor;
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "bob@example.org 0.5\n", 20), 20);
    snprintf(text, sizeof text, "listener \"a\" {\nexempt {\nrecipient-map = \"%s\" } }", path);
    assert_true(op_recipient_parse("Bob@Example.ORG", 15, &bob, NULL));

    const struct conf *conf = must_load(text);
    assert_true(pricemap_find(conf->listener[0].exempt.map, &bob, &factor) && factor == 0.5);
    conf_unref(conf);

    assert_int_equal(write(fd, "eve@example.org dear\n", 21), 21);
    assert_null(load(text, why));
    assert_non_null(strstr(why, "t.conf:3: key \"listener.a.exempt.recipient-map\": /tmp/"));
    assert_non_null(strstr(why, ":2: got another factor, allowed: a number from 0 to 1000"));
    close(fd);
    unlink(path);
}

static void test_references(void **state)
{
    const struct conf *conf = must_load("validity = 2d");
    (void)state;
    assert_ptr_equal(conf_ref(conf), conf);
    conf_unref(conf);
    assert_int_equal(conf->validity_s, 2 * 86400); /* a sanitizer would see that it is gone */
    conf_unref(conf);
    conf_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),     cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_map),        cmocka_unit_test(test_files),
        cmocka_unit_test(test_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
