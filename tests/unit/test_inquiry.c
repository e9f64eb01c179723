/* test_inquiry.c - --explain: every line of its answer, and what it does not take for a question.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "milter/inquiry.h"
#include "milter/keyfile.h"
#include "pow/base64url.h"
#include "pow/quote.h"

#define NOW   INT64_C(1795305600) /* 2026-11-22 00:00 UTC */
#define PARTS 12

static const char text[] =
    "price { mode = adaptive }\n"
    "suite \"argon2id-256m\" { enabled = no }\n"
    "suite \"argon2id-64m\" { enabled = no }\n"
    "suite \"sha256\" { enabled = yes work = 1600 deprecated-since = \"2026-08-24\" }\n"
    "listener \"out\" { match-daemon = {OUT} gateway = yes }\n"
    "listener \"sub\" { match-daemon = {SUB} mode = sign }\n"
    "listener \"off\" { match-daemon = {OFF} mode = off }\n"
    "listener \"watch\" { match-daemon = {WATCH} mode = monitor relay-guard = no }\n"
    "listener \"onion\" { match-client = {\"fc00:dead:beef:4dad::/64\"} price-factor = 2\n"
    "exempt { client = {\"fc00:dead:beef:4dad::7\"} sender = {\"@friends.example\"} } }\n";

static const struct conf *load(const char *key_file)
{
    char why[CONF_WHY_MAX], override[256];
    const char *const overrides[] = {override};
    snprintf(override, sizeof override, "key-file=%s", key_file);
    const struct conf *conf = conf_load_text("t.conf", text, strlen(text), overrides, 1, why);
    if (!conf)
        fail_msg("%s", why);
    return conf;
}

/* The answer, to be freed; the status must be `want`. */
static char *ask(const struct conf *conf, const char *query, double load_now, int want, char *why_r,
                 size_t why_size)
{
    char *said = NULL;
    size_t size;
    FILE *out = open_memstream(&said, &size);
    int status = inquiry_run(conf, query, NOW, load_now, out, why_r, why_size);
    fclose(out);
    if (status != want)
        fail_msg("%s: status %d, %s%s", query, status, said, want == EX_OK ? why_r : "");
    return said;
}

static bool has_line(const char *said, const char *line)
{
    size_t len = strlen(line);
    for (const char *at = said; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
        if (strncmp(at, line, len) == 0 && at[len] == '\n')
            return true;
    }
    return false;
}

static void test_answers(void **state)
{
    static const struct {
        const char *query;
        double load;
        const char *lines[PARTS];
        const char *not_said;
    } rows[] = {
        {"client=fc00:dead:beef:4dad::1 from=<a@b.example> rcpt=Bob@Example.org mailer=local",
         1,
         {"listener: onion", "client: fc00:dead:beef:4dad::1", "mode: enforce", "mailer: local",
          "relay-guard: passed", "recipient: bob@example.org", "exemption: none",
          "factor-listener: 2", "price-argon2id-16m: work=32768 d=1024 seconds=34.5",
          "price-argon2id-64m: not accepted", "price-sha256: work=6400 d=400 seconds=0.0",
          "answer: work"},
         "quote:"},
        {"listener=onion rcpt=bob@example.org circuit=1.5",
         2,
         {"client: unknown", "mailer: local (supposed)", "factor-circuit: 1.5", "factor: 3",
          "load: 2", "price-argon2id-16m: work=98304 d=3072 seconds=103.5",
          "price-sha256: work=38400 d=2400 seconds=0.0", "answer: work"},
         NULL},
        {"listener=onion rcpt=postmaster",
         1,
         {"recipient: postmaster", "exemption: role", "factor-exemption: 0.25", "factor: 0.5",
          "price-argon2id-16m: work=8192 d=256 seconds=8.6", "answer: work"},
         NULL},
        {"listener=onion from=<> rcpt=bob@example.org",
         1,
         {"exemption: null-sender", "factor: 0.5", "answer: work"},
         NULL},
        {"listener=onion from=<> bounces=5 rcpt=bob@example.org",
         1,
         {"exemption: bounce-cap", "factor: 2", "answer: work"},
         NULL},
        {"listener=onion auth=alice rcpt=bob@example.org",
         1,
         {"exemption: authenticated", "factor: 0", "answer: exempt"},
         "price-"},
        {"listener=onion auth=no rcpt=bob@example.org", 1, {"exemption: none"}, NULL},
        {"listener=onion auth= rcpt=bob@example.org", 1, {"exemption: none"}, NULL},
        {"client=fc00:dead:beef:4dad::7 rcpt=bob@example.org",
         1,
         {"exemption: client", "answer: exempt"},
         NULL},
        {"listener=onion from=x@friends.example rcpt=bob@example.org",
         1,
         {"exemption: sender", "answer: exempt"},
         NULL},
        /* an exemption never disables the relay guard */
        {"client=fc00:dead:beef:4dad::7 auth=alice rcpt=bob@example.org mailer=smtp",
         1,
         {"relay-guard: refused", "answer: relay"},
         "exemption:"},
        {"daemon=OUT auth=alice rcpt=bob@example.org mailer=smtp",
         1,
         {"listener: out", "relay-guard: gateway", "exemption: none", "factor: 1", "answer: work"},
         NULL},
        {"daemon=OUT auth=alice rcpt=bob@example.org mailer=local",
         1,
         {"relay-guard: passed", "exemption: authenticated", "answer: exempt"},
         NULL},
        {"daemon=WATCH rcpt=bob@example.org mailer=smtp",
         1,
         {"mode: monitor", "relay-guard: off", "answer: work"},
         NULL},
        {"daemon=SUB rcpt=bob@example.org", 1, {"mode: sign", "answer: sign"}, "relay-guard"},
        {"daemon=OFF rcpt=bob@example.org", 1, {"mode: off", "answer: off"}, "relay-guard"},
        {"client=192.0.2.1 rcpt=bob@example.org",
         1,
         {"listener: none", "answer: unguarded"},
         "mode:"},
        {"rcpt=bob@example.org", 1, {"listener: none", "answer: unguarded"}, NULL},
        {"listener=onion rcpt=bob mailer=local",
         1,
         {"recipient: not an address (the domain is missing)", "answer: bad-recipient"},
         NULL},
        {"listener=onion rcpt=bob@example.org mailer=error", 1, {"answer: work"}, NULL},
    };
    const struct conf *conf = load("/nonexistent/site.key");
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[512] = "";
        char *said = ask(conf, rows[i].query, rows[i].load, EX_OK, why, sizeof why);
        for (size_t j = 0; j < PARTS && rows[i].lines[j]; j++) {
            if (!has_line(said, rows[i].lines[j]))
                fail_msg("%s\n%s  lacks: %s", rows[i].query, said, rows[i].lines[j]);
        }
        if (rows[i].not_said && strstr(said, rows[i].not_said))
            fail_msg("%s\n%s", rows[i].query, said);
        free(said);
    }
    conf_unref(conf);
}

static void test_misuse(void **state)
{
    static const struct {
        const char *query, *part;
    } rows[] = {
        {"", "lacks rcpt=ADDRESS"},
        {"listener=onion", "lacks rcpt=ADDRESS"},
        {"rcpt=a@b colour=blue", "\"colour\", allowed: KEY=VALUE with the keys listener, daemon"},
        {"rcpt=a@b blue", "\"blue\""},
        {"rcpt=a@b rcpt=c@d", "rcpt a second time"},
        {"rcpt=a@b client=mx.example", "client: got \"mx.example\", allowed: an IP address"},
        {"rcpt=a@b listener=outer", "listener: got \"outer\""},
        {"rcpt=a@b listener=default", "listener: got \"default\""},
        {"rcpt=a@b circuit=0.5", "circuit: got \"0.5\""},
        {"rcpt=a@b bounces=many", "bounces: got \"many\""},
        {"rcpt=a@b bounces=", "bounces: got \"\""},
        {"rcpt=a@b circuit=nan", "circuit: got \"nan\""},
        {"rcpt=a@b quote=AAAA", "quote, suite and d go together"},
        {"rcpt=a@b suite=sha256 d=5", "go together"},
        {"rcpt=a@b quote=AAAA suite=sha256 d=5", "quote: got \"AAAA\", allowed: 28 characters"},
        {"rcpt=a@b quote=AAAAAAAAAAAAAAAAAAAAAAAAAAAA suite=md5 d=5", "suite: got \"md5\""},
        {"rcpt=a@b quote=AAAAAAAAAAAAAAAAAAAAAAAAAAAA suite=sha256 d=5x", "d: got \"5x\""},
    };
    const struct conf *conf = load("/nonexistent/site.key");
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[512] = "";
        char *said = ask(conf, rows[i].query, 1, EX_USAGE, why, sizeof why);
        assert_string_equal(said, "");
        if (!strstr(why, rows[i].part))
            fail_msg("%s: %s", rows[i].query, why);
        free(said);
    }
    conf_unref(conf);
}

static void ask_quote(const struct conf *conf, const char *quote, const char *suite, unsigned d,
                      const char *rcpt, const char *want)
{
    char query[256], why[512] = "";
    snprintf(query, sizeof query, "listener=onion rcpt=%s quote=%s suite=%s d=%u", rcpt, quote,
             suite, d);
    char *said = ask(conf, query, 1, EX_OK, why, sizeof why);
    if (!strstr(said, want))
        fail_msg("%s\n%s  lacks: %s", query, said, want);
    free(said);
}

static void test_quotes(void **state)
{
    char dir[] = "/tmp/test_inquiry.XXXXXX", path[64], why[512], live[32], old[32];
    uint8_t quote[OP_QUOTE_LEN];
    const struct op_suite *suite = op_suite_find("argon2id-16m", 12);
    struct op_recipient bob;
    bool made;
    (void)state;

    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/site.key", dir);
    const struct conf *conf = load(path);
    ask_quote(conf, "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "sha256", 5, "bob@example.org",
              "quote: unknown (/tmp/");
    assert_int_equal(access(path, F_OK), -1); /* a question makes no key */

    struct op_key *key = keyfile_open(path, &made, why, sizeof why);
    assert_non_null(key);
    assert_true(op_recipient_parse("bob@example.org", 15, &bob, NULL));
    op_quote_make(key, suite, 512, &bob, NOW + 3600, quote);
    op_base64url_format(quote, sizeof quote, live);
    op_quote_make(key, suite, 512, &bob, NOW - 3600, quote);
    op_base64url_format(quote, sizeof quote, old);
    op_key_free(key);

    ask_quote(conf, live, "argon2id-16m", 512, "Bob@example.org",
              "quote: valid (until 2026-11-22T01:00Z)\n");
    ask_quote(conf, old, "argon2id-16m", 512, "bob@example.org",
              "quote: expired (until 2026-11-21T23:00Z)\n");
    ask_quote(conf, live, "argon2id-16m", 511, "bob@example.org", "quote: foreign\n");
    ask_quote(conf, live, "argon2id-64m", 512, "bob@example.org", "quote: foreign\n");
    ask_quote(conf, live, "argon2id-16m", 512, "eve@example.org", "quote: foreign\n");
    conf_unref(conf);
    unlink(path);
    rmdir(dir);
}

/* A load counts as it does for mail, and the answer says so. */
static void test_load(void **state)
{
    static const struct {
        bool adaptive;
        double load;
        const char *line, *price;
    } rows[] = {
        {false, 1, "load: 1", "work=16384 d=512 "},
        {false, 2, "load: 1 (not 2: prices are fixed)", "work=16384 d=512 "},
        {true, 2, "load: 2", "work=32768 d=1024 "},
        {true, 17, "load: 16 (not 17: that is above the ceiling)", "work=262144 d=8192 "},
    };
    const char *const overrides[] = {"price.mode=adaptive"};
    char why[CONF_WHY_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct conf *conf = conf_load(NULL, overrides, rows[i].adaptive ? 1 : 0, why);
        char *said = ask(conf, "rcpt=bob@example.org", rows[i].load, EX_OK, why, sizeof why);
        if (!has_line(said, rows[i].line) || !strstr(said, rows[i].price))
            fail_msg("%s\n%s  lacks: %s", said, rows[i].line, rows[i].price);
        free(said);
        conf_unref(conf);
    }
}

static void test_fallback(void **state)
{
    char why[CONF_WHY_MAX];
    const struct conf *conf = conf_load(NULL, NULL, 0, why);
    (void)state;
    char *said = ask(conf, "listener=default rcpt=bob@example.org", 1, EX_OK, why, sizeof why);
    assert_true(has_line(said, "listener: default"));
    free(said);
    said = ask(conf, "rcpt=bob@example.org", 1, EX_OK, why, sizeof why);
    assert_true(has_line(said, "listener: default"));
    assert_true(has_line(said, "price-argon2id-16m: work=16384 d=512 seconds=17.2"));
    free(said);
    conf_unref(conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),  cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_quotes),   cmocka_unit_test(test_load),
        cmocka_unit_test(test_fallback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
