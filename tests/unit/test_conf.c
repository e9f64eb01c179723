/*
 * test_conf.c - the configuration: what is refused and in which words, what is read, and that
 * parser, shipped file and manual know the same keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "milter/conf.h"
#include "milter/conf_key.h"
#include "pow/effort.h"

#define PARTS 4

static const struct conf *load(const char *text, char why_r[CONF_WHY_MAX])
{
    return conf_load_text("t.conf", text, strlen(text), NULL, 0, why_r);
}

static void must_refuse(const char *text, const char *const *overrides, size_t count,
                        const char *const parts[PARTS])
{
    char why[CONF_WHY_MAX];
    const struct conf *conf = conf_load_text("t.conf", text, strlen(text), overrides, count, why);
    if (conf) {
        conf_unref(conf);
        fail_msg("accepted: %s", text);
    }
    for (size_t i = 0; i < PARTS && parts[i]; i++) {
        if (!strstr(why, parts[i]))
            fail_msg("%s\n  says: %s\n  lacks: %s", text, why, parts[i]);
    }
}

static const struct conf *must_load(const char *text)
{
    char why[CONF_WHY_MAX];
    const struct conf *conf = load(text, why);
    if (!conf)
        fail_msg("%s\n  refused: %s", text, why);
    return conf;
}

static char *dump(const struct conf *conf)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    conf_dump(conf, out);
    fclose(out);
    return text;
}

/* --- values ------------------------------------------------------------------------------- */

#define LONG_100                                                                                   \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaa"

static void test_bad_values(void **state)
{
    static const struct {
        const char *text;
        const char *parts[PARTS];
    } rows[] = {
        {"validity = 7x", {"t.conf:1: key \"validity\": got \"7x\", allowed: a duration", "7d"}},
        {"\n\nvalidity = 7", {"t.conf:3: key \"validity\": got \"7\""}},
        {"validity = 0", {"got \"0\"", "from 1h"}},
        {"validity = 366d", {"to 365d"}},
        {"validity = \"\"", {"got \"\""}},
        {"validity = -1d", {"got \"-1d\""}},
        {"clock-skew = 8d", {"key \"clock-skew\"", "7d"}},
        {"socket = \"/run/x\"", {"key \"socket\"", "local:/PATH", "inet:PORT@HOST"}},
        {"socket = \"local:run/x\"", {"key \"socket\"", "local:run/x"}},
        {"socket = \"local:/" LONG_100 "1234567\"", {"at most 107 octets"}},
        {"socket = \"inet:8894\"", {"key \"socket\""}},
        {"socket = \"inet:8894@\"", {"key \"socket\""}},
        {"socket = \"inet:0@127.0.0.1\"", {"key \"socket\""}},
        {"socket = \"inet:65536@127.0.0.1\"", {"key \"socket\""}},
        {"socket = \"inet:smtp@127.0.0.1\"", {"key \"socket\""}},
        {"socket = \"inet:25@a b\"", {"key \"socket\""}},
        {"socket = \"local:/a\nb\"", {"t.conf:2: key \"socket\""}},
        {"socket-mode = 0888", {"key \"socket-mode\": got \"0888\"", "0660"}},
        {"socket-mode = 7777", {"key \"socket-mode\""}},
        {"socket-mode = 660x", {"key \"socket-mode\""}},
        {"user = \"a b\"", {"key \"user\": got \"a b\""}},
        {"authserv-id = \"mx example\"", {"key \"authserv-id\""}},
        {"authserv-id = \"mx;x\"", {"key \"authserv-id\""}},
        {"log-privacy = Strict", {"got \"Strict\"", "strict, normal or debug"}},
        {"log = journal", {"auto, syslog or stderr"}},
        {"help-url = \"ftp://x\"", {"key \"help-url\"", "https://"}},
        {"help-url = \"https://a b\"", {"without blanks"}},
        {"help-url = \"https://\303\244.example\"", {"ASCII"}},
        {"help-url = \"https://" LONG_100 LONG_100 "\"", {"200"}},
        {"key-file = site.key", {"key \"key-file\"", "absolute path"}},
        {"suite \"argon2id-16m\" { enabled = maybe }",
         {"t.conf:1: key \"suite.argon2id-16m.enabled\": got \"maybe\"", "yes or no"}},
        {"suite \"argon2id-16m\" {\n work = 0\n}",
         {"t.conf:2: key \"suite.argon2id-16m.work\": got \"0\"", "at least 1"}},
        {"suite \"argon2id-16m\" { work = 1.5k }", {"got \"1.5k\""}},
        {"suite \"argon2id-16m\" { work = 0x10 }", {"got \"0x10\""}},
        {"suite \"argon2\" { work = 5 }",
         {"t.conf:1: key \"suite\": got \"argon2\"", "argon2id-16m", "argon2id-256m", "sha256"}},
        {"ledger { backend = redis }", {"key \"ledger.backend\": got \"redis\"", "lmdb or memory"}},
        {"ledger { path = here }", {"key \"ledger.path\"", "absolute"}},
        {"ledger { max-size = 1023KiB }", {"key \"ledger.max-size\"", "1MiB"}},
        {"ledger { max-size = 1XiB }", {"got \"1XiB\""}},
        {"ledger { max-size = 17TiB }", {"16TiB"}},
        {"verify { max-cpu-threads = -1 }", {"key \"verify.max-cpu-threads\": got \"-1\""}},
        {"verify { max-cpu-threads = 1025 }", {"1024"}},
        {"verify { max-memory = 1 }", {"key \"verify.max-memory\": got \"1\""}},
        {"verify { queue = 65537 }", {"key \"verify.queue\"", "65536"}},
        {"verify { wait = 241s }", {"key \"verify.wait\": got \"241s\"", "five minutes"}},
        {"price { mode = adaptive }", {"key \"price.mode\": got \"adaptive\"", "fixed", "only"}},
        {"listener \"on ion\" {}", {"t.conf:1: key \"listener\": got \"on ion\""}},
        {"listener \"\" {}", {"key \"listener\": got \"\""}},
        {"listener \"a\" { mode = on }", {"key \"listener.a.mode\": got \"on\"", "enforce"}},
        {"listener \"a\" { match-client = {\n\"::1/64\"} }",
         {"t.conf:2: key \"listener.a.match-client\": got \"::1/64\"", "host bits"}},
        {"listener \"a\" { match-client = {\"192.0.2.0/24\", \"mx.example\"} }",
         {"got \"mx.example\""}},
        {"listener \"a\" { match-daemon = {\"two words\"} }", {"got \"two words\""}},
        {"listener \"a\" { match-daemon = {\"\"} }", {"got \"\""}},
        {"listener \"a\" { relay-guard = 2 }", {"yes or no"}},
        {"listener \"a\" { price-factor = 0 }", {"key \"listener.a.price-factor\"", "0.01"}},
        {"listener \"a\" { price-factor = 1001 }", {"1000"}},
        {"listener \"a\" { price-factor = nan }", {"got \"nan\""}},
        {"listener \"a\" { price-factor = 0x1 }", {"got \"0x1\""}},
        {"listener \"a\" { price-factor = 1.0.0 }", {"got \"1.0.0\""}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        must_refuse(rows[i].text, NULL, 0, rows[i].parts);
}

static void test_bad_syntax(void **state)
{
    static const struct {
        const char *text;
        const char *parts[PARTS];
    } rows[] = {
        {"\nfoo = 1",
         {"t.conf:2: key \"foo\": got an unknown key, allowed:", "socket-mode", "listener"}},
        {"exempt { }", {"key \"exempt\": got an unknown key"}},
        {"ledger { size = 1 }", {"key \"size\"", "allowed in ledger: backend, path, max-size"}},
        {"suite \"sha256\" { deprecated-since = \"2026-01-01\" }",
         {"allowed in suite: enabled, work"}},
        {"listener \"a\" { wait = 1s }", {"key \"wait\"", "allowed in listener: match-daemon"}},
        {"wait = 1s", {"key \"wait\": got an unknown key"}},
        {"include(\"/etc/passwd\")", {"key \"include\""}},
        {"validity 7d", {"t.conf:1", "equal sign", "validity"}},
        {"validity = ", {"t.conf"}},
        {"validity = {7d}", {"t.conf:1", "'{'"}},
        {"validity = \"7d", {"t.conf"}},
        {"ledger { path = /x", {"t.conf:2", "end of the file inside a block", "\"}\""}},
        {"listener \"a\" {\n", {"end of the file inside a block"}},
        {"validity = 7d /* no end", {"end of the file inside a comment"}},
        {"}", {"t.conf:1", "closing brace"}},
        {"listener { }", {"t.conf:1", "title"}},
        {"listener \"a\" {} }", {"closing brace"}},
        {"listener \"a\" { match-daemon = { A B } }", {"t.conf:1", "'B'"}},
        {"validity = 7d\nvalidity = 6d",
         {"t.conf:2: key \"validity\": got it a second time", "line 1"}},
        {"ledger { path = /a path = /b }", {"key \"path\": got it a second time"}},
        {"ledger { }\nledger { }", {"t.conf:2: key \"ledger\": got it a second time"}},
        {"suite \"sha256\" { }\nsuite \"sha256\" { }", {"t.conf:2", "second block 'sha256'"}},
        {"listener \"a\" { match-daemon = {A} }\nlistener \"a\" { match-daemon = {B} }",
         {"t.conf:2", "second block 'a'"}},
        {"\001", {"t.conf:1"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        must_refuse(rows[i].text, NULL, 0, rows[i].parts);

    char why[CONF_WHY_MAX];
    assert_null(conf_load_text("t.conf", "log = auto\0", 11, NULL, 0, why));
    assert_non_null(strstr(why, "octet 0"));
}

static void test_contradictions(void **state)
{
    static const struct {
        const char *text;
        const char *parts[PARTS];
    } rows[] = {
        {"suite \"argon2id-16m\" { enabled = no }\nsuite \"argon2id-64m\" { enabled = no }\n"
         "suite \"argon2id-256m\" { enabled = no }",
         {"t.conf:1: key \"suite.argon2id-16m.enabled\": got \"no\"", "at least one suite"}},
        {"verify {\nmax-memory = 200MiB }",
         {"t.conf:2: key \"verify.max-memory\": got \"200MiB\"", "at least 256MiB",
          "argon2id-256m"}},
        {"suite \"argon2id-16m\" { work = 1000000000000 }",
         {"t.conf:1: key \"suite.argon2id-16m.work\"", "for this suite"}},
        {"suite \"argon2id-16m\" { work = 9223372036854775807 }", {"for this suite"}},
        {"suite \"argon2id-16m\" { work = 1G }\nlistener \"a\" {\nprice-factor = 1000 }",
         {"t.conf:3: key \"listener.a.price-factor\": got \"1000\"", "argon2id-16m"}},
        {"listener \"a\" { local-mailers = {} }",
         {"t.conf: key \"listener.a.local-mailers\": got \"none\"", "relay-guard"}},
        {"listener \"a\" {}\nlistener \"b\" {}",
         {"listener.b.match-daemon", "\"a\"", "first match"}},
        {"listener \"a\" {}\nlistener \"b\" { match-client = {\"::1\"} }",
         {"t.conf:2: key \"listener.b.match-client\"", "\"a\""}},
        {"listener \"a\" { match-daemon = {X} }\nlistener \"b\" { match-daemon = {X} }",
         {"t.conf:2: key \"listener.b.match-daemon\""}},
        {"listener \"a\" { match-daemon = {X,Y} }\n"
         "listener \"b\" { match-daemon = {Y} match-client = {\"::1\"} }",
         {"key \"listener.b.match-daemon\""}},
        {"listener \"a\" { match-client = {\"fc00::/7\"} }\n"
         "listener \"b\" { match-client = {\"fc00:dead:beef:4dad::/64\"} }",
         {"key \"listener.b.match-client\"", "\"a\""}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        must_refuse(rows[i].text, NULL, 0, rows[i].parts);
}

/* What looks like the rows above and is in order. */
static void test_no_contradiction(void **state)
{
    static const char *const rows[] = {
        "",
        "# only a comment",
        "// one\n/* two\n */ validity = 7d # three\n",
        "validity = \"7d\"",
        "suite \"argon2id-16m\" { enabled = no }",
        "suite \"sha256\" { enabled = yes }",
        "verify { max-memory = 200MiB }\nsuite \"argon2id-256m\" { enabled = no }",
        "suite \"argon2id-256m\" { enabled = no work = 1 }\nverify { max-memory = 64MiB }",
        "suite \"argon2id-16m\" { work = 1 }",
        "listener \"a\" { local-mailers = {} relay-guard = no }",
        "listener \"a\" { match-daemon = {X} }\nlistener \"b\" {}",
        "listener \"a\" { match-daemon = {X} }\nlistener \"b\" { match-daemon = {X,Y} }",
        "listener \"a\" { match-daemon = {X} }\nlistener \"b\" { match-daemon = {x} }",
        "listener \"a\" { match-daemon = {X} match-client = {\"::1\"} }\n"
        "listener \"b\" { match-daemon = {X} }",
        "listener \"a\" { match-client = {\"fc00:dead:beef:4dad::/64\"} }\n"
        "listener \"b\" { match-client = {\"fc00::/6\"} }",
        "socket = \"local:/" LONG_100 "123456\"",
        "socket = \"inet6:8894@::1\"",
        "listener \"a\" { match-daemon = { A, } }",
        "verify { wait = 240s queue = 0 }",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        conf_unref(must_load(rows[i]));
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
        "price { mode = fixed }\n"
        "listener \"on-1.x\" { match-daemon = { \"ONION\", B } match-client = {192.0.2.0/24}\n"
        "match-client += {::1}\n mode = monitor relay-guard = no local-mailers = {local}\n"
        "price-factor = 1.25 }\n"
        "listener \"rest\" { mode = off }");
    const struct conf_suite *sha256 = &conf->suite[op_suite_index(op_suite_find("sha256", 6))];
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
    assert_int_equal(conf->price_mode, CONF_FIXED);

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
    assert_int_equal(second->mode, CONF_OFF);
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
    }
    conf_unref(conf);
}

/* --- overrides ---------------------------------------------------------------------------- */

static void test_overrides(void **state)
{
    static const char text[] = "validity = 3d\nlistener \"on.ion\" { match-daemon = {A} }";
    static const char *const overrides[] = {
        "validity=36h",
        "ledger.path=/x=y",
        "suite.sha256.work=64",
        "suite.sha256.enabled=yes",
        "listener.on.ion.mode=monitor",
        "listener.on.ion.match-daemon=B,C",
        "listener.on.ion.match-client=::1,192.0.2.0/24",
        "help-url=https://example.org/?a,b",
        "validity=37h",
    };
    char why[CONF_WHY_MAX];
    const struct conf *conf = conf_load_text("t.conf", text, strlen(text), overrides,
                                             sizeof overrides / sizeof *overrides, why);
    (void)state;
    if (!conf)
        fail_msg("%s", why);
    assert_int_equal(conf->validity_s, 37 * 3600);
    assert_string_equal(conf->ledger.path, "/x=y");
    assert_true(conf->suite[op_suite_index(op_suite_find("sha256", 6))].enabled);
    assert_int_equal(conf->listener[0].mode, CONF_MONITOR);
    assert_int_equal(conf->listener[0].match_daemon_count, 2);
    assert_string_equal(conf->listener[0].match_daemon[0], "B");
    assert_int_equal(conf->listener[0].match_client_count, 2);
    assert_string_equal(conf->help_url, "https://example.org/?a,b");
    conf_unref(conf);
}

static void test_bad_overrides(void **state)
{
    static const struct {
        const char *override;
        const char *parts[PARTS];
    } rows[] = {
        {"validity=7x", {"option -o: key \"validity\": got \"7x\"", "a duration"}},
        {"validity", {"option -o: got \"validity\"", "KEY=VALUE"}},
        {"=7d", {"KEY=VALUE"}},
        {"valdity=7d", {"key \"valdity\": got an unknown key", "validity"}},
        {"ledger.size=7", {"key \"size\"", "allowed in ledger"}},
        {"leger.path=/x", {"key \"leger.path\"", "BLOCK.KEY"}},
        {"ledger.x.path=/x", {"key \"ledger.x.path\"", "BLOCK.KEY"}},
        {"suite.work=5", {"key \"suite.work\"", "suite.NAME.KEY"}},
        {"suite.md5.work=5", {"key \"suite\": got \"md5\"", "argon2id-16m"}},
        {"listener.b.mode=off", {"key \"listener\": got \"b\", allowed: a"}},
        {"listener.a.match-client=::1,x", {"key \"listener.a.match-client\"", "host bits"}},
        {"listener.a.match-daemon=A,", {"key \"listener.a.match-daemon\""}},
        {"verify.max-memory=1MiB", {"option -o: key \"verify.max-memory\"", "argon2id-"}},
        {"suite.sha256.work=9000000000000000000", {"option -o: key \"suite.sha256.work\""}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        must_refuse("listener \"a\" { match-daemon = {A} }", &rows[i].override, 1, rows[i].parts);
    static const char *const none[] = {"listener.b.mode=off"};
    static const char *const parts[PARTS] = {"no such block"};
    must_refuse("", none, 1, parts);
}

/* --- dump --------------------------------------------------------------------------------- */

static void test_dump(void **state)
{
    static const char *const rows[] = {
        "",
        "socket = \"local:/a\\\"b\\\\c\\${HOME}\" socket-mode = 7 user = \"\" validity = 90m\n"
        "clock-skew = 0 log = stderr log-privacy = normal help-url = \"http://x/#?'\"\n",
        "suite \"sha256\" { enabled = yes work = 2M } ledger { max-size = 1048577 }\n"
        "verify { wait = 0 max-memory = 700000000 }\n",
        "listener \"a\" { match-daemon = {A, \"b;c\"} match-client = {::1, 10.0.0.0/8} mode = off\n"
        "price-factor = 0.3333333333333333 relay-guard = no local-mailers = {} }\n"
        "listener \"b\" { price-factor = 1000 }",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct conf *first = must_load(rows[i]);
        char *text = dump(first);
        const struct conf *second = must_load(text);
        char *again = dump(second);
        assert_string_equal(text, again);
        if (first->listener_count)
            assert_true(first->listener[0].price_factor == second->listener[0].price_factor);
        assert_string_equal(first->socket, second->socket);
        assert_int_equal(first->verify.max_memory, second->verify.max_memory);
        free(text);
        free(again);
        conf_unref(first);
        conf_unref(second);
    }
}

static void test_fixed_changes(void **state)
{
    static const struct {
        const char *a, *b, *want;
    } rows[] = {
        {"", "", ""},
        {"validity = 1d", "validity = 2d", ""},
        {"verify { queue = 1 }", "price { mode = fixed }", ""},
        {"", "user = \"\"", "user"},
        {"socket-mode = 0600", "key-file = /x", "socket-mode, key-file"},
        {"ledger { path = /x }", "ledger { backend = memory max-size = 1MiB }",
         "ledger.backend, ledger.path, ledger.max-size"},
        {"socket = \"local:/a\"", "socket = \"local:/b\"", "socket"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct conf *a = must_load(rows[i].a), *b = must_load(rows[i].b);
        char names[CONF_FIXED_MAX];
        conf_fixed_changes(a, b, names);
        assert_string_equal(names, rows[i].want);
        conf_unref(a);
        conf_unref(b);
    }
}

/* --- documentation ------------------------------------------------------------------------ */

static char *read_source(const char *name)
{
    char path[4096], *text = calloc(1, 1 << 20);
    const char *source = getenv("ONIONPOW_SOURCE");
    if (!source)
        fail_msg("ONIONPOW_SOURCE has to name the source tree");
    snprintf(path, sizeof path, "%s/%s", source, name);
    FILE *file = fopen(path, "r");
    if (!file || !text)
        fail_msg("%s cannot be read", path);
    assert_in_range(fread(text, 1, (1 << 20) - 1, file), 1, (1 << 20) - 2);
    fclose(file);
    return text;
}

/* Takes the # off the lines of the example: there no blank stands between it and the text, or four.
 */
static void uncomment(char *text)
{
    for (char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (strncmp(line, "#listener", 9) == 0 || strncmp(line, "#    ", 5) == 0 ||
            strncmp(line, "#}", 2) == 0)
            line[0] = ' ';
    }
}

static void test_shipped_file(void **state)
{
    char *text = read_source("etc/onionpow.conf"), why[CONF_WHY_MAX];
    const struct conf *shipped = must_load(text), *built_in = conf_load(NULL, NULL, 0, why);
    char *a = dump(shipped), *b = dump(built_in);
    (void)state;
    assert_string_equal(a, b);
    conf_unref(shipped);

    uncomment(text);
    const struct conf *example = must_load(text);
    assert_int_equal(example->listener_count, 1);
    assert_string_equal(example->listener[0].name, "onion");
    assert_string_equal(example->listener[0].match_daemon[0], "ONION");
    assert_int_equal(example->listener[0].match_client[0].prefix, 64);
    assert_int_equal(example->listener[0].mode, built_in->fallback.mode);
    assert_int_equal(example->listener[0].relay_guard, built_in->fallback.relay_guard);
    assert_int_equal(example->listener[0].local_mailers_count,
                     built_in->fallback.local_mailers_count);
    assert_true(example->listener[0].price_factor == built_in->fallback.price_factor);
    conf_unref(example);
    conf_unref(built_in);
    free(a);
    free(b);
    free(text);
}

/* How often `head`, then the key's name, then `tail` stand at the start of a line, blanks aside. */
static int count_lines(const char *text, const char *head, const char *key, const char *tail)
{
    char want[128];
    int count = 0;
    snprintf(want, sizeof want, "%s%s%s", head, key, tail);
    for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        line += strspn(line, " ");
        count += strncmp(line, want, strlen(want)) == 0;
    }
    return count;
}

static void test_documentation(void **state)
{
    char *file = read_source("etc/onionpow.conf"), *manual = read_source("milter/onionpow.conf.5");
    (void)state;
    uncomment(file);
    for (size_t i = 0; i < conf_key_count(); i++) {
        const struct conf_key *key = conf_key_at(i);
        /* "mode" is a key of two blocks */
        int blocks = 0;
        for (size_t j = 0; j < conf_key_count(); j++)
            blocks += strcmp(conf_key_at(j)->name, key->name) == 0;
        int want = key->block == CONF_KEY_SUITE ? (int)op_suite_count() : blocks;
        int in_file = count_lines(file, "", key->name, " ");
        int in_manual = count_lines(manual, ".It Cm ", key->name, " Li =");
        if (in_file != want)
            fail_msg("etc/onionpow.conf has \"%s\" %d times, not %d", key->name, in_file, want);
        if (in_manual != blocks)
            fail_msg("onionpow.conf(5) has \"%s\" %d times, not %d", key->name, in_manual, blocks);
    }
    assert_int_equal(count_lines(manual, ".It Cm ", "", ""), (int)conf_key_count());
    free(file);
    free(manual);
}

/* --- files and references ----------------------------------------------------------------- */

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
        cmocka_unit_test(test_bad_values),     cmocka_unit_test(test_bad_syntax),
        cmocka_unit_test(test_contradictions), cmocka_unit_test(test_no_contradiction),
        cmocka_unit_test(test_values),         cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_overrides),      cmocka_unit_test(test_bad_overrides),
        cmocka_unit_test(test_dump),           cmocka_unit_test(test_fixed_changes),
        cmocka_unit_test(test_shipped_file),   cmocka_unit_test(test_documentation),
        cmocka_unit_test(test_files),          cmocka_unit_test(test_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
