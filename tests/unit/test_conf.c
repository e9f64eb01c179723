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
#include <unistd.h>

#include "milter/conf.h"
#include "milter/conf_key.h"
#include "milter/pricemap.h"
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
        {"suite \"sha256\" {\n seconds = -1 }",
         {"t.conf:2: key \"suite.sha256.seconds\": got \"-1\""}},
        {"suite \"sha256\" { seconds = 1000001 }", {"seconds of the reference laptop"}},
        {"suite \"sha256\" { seconds = 0.00001 }", {"got \"0.00001\""}},
        {"suite \"sha256\" { seconds = 1e3 }", {"got \"1e3\""}},
        {"suite \"sha256\" {\ndeprecated-since = \"2026-02-30\" }",
         {"t.conf:2: key \"suite.sha256.deprecated-since\": got \"2026-02-30\"", "2026-01-01"}},
        {"suite \"sha256\" { deprecated-since = 20260101 }", {"got \"20260101\""}},
        {"suite \"sha256\" { doubling = 0 }", {"key \"suite.sha256.doubling\"", "1d to 3650d"}},
        {"suite \"sha256\" { doubling = 23h }", {"got \"23h\""}},
        {"suite \"sha256\" { refuse-after = never }",
         {"key \"suite.sha256.refuse-after\": got \"never\"", "2027-01-01"}},
        {"suite \"sha256\" { load-exponent = 8.1 }", {"from 0 to 8"}},
        {"suite \"sha256\" { load-exponent = -1 }", {"from 0 to 8"}},
        {"price { mode = auction }", {"key \"price.mode\": got \"auction\"", "fixed or adaptive"}},
        {"price { target = 0 }", {"t.conf:1: key \"price.target\": got \"0\"", "0.01"}},
        {"price { ceiling = 0.5 }", {"key \"price.ceiling\"", "from 1 to 1000000"}},
        {"price { ceiling = 1000001 }", {"key \"price.ceiling\""}},
        {"price { window = 9m }", {"key \"price.window\": got \"9m\"", "10m to 24h"}},
        {"price { window = 25h }", {"got \"25h\""}},
        {"price { grace = soon }", {"key \"price.grace\": got \"soon\""}},
        {"price { quote = 9m }", {"key \"price.quote\"", "10m to 7d"}},
        {"price { quote = 8d }", {"got \"8d\""}},
        {"circuit { free = -1 }", {"key \"circuit.free\": got \"-1\""}},
        {"circuit { growth = 0.9 }", {"key \"circuit.growth\"", "from 1 to 10"}},
        {"circuit { growth = 11 }", {"got \"11\""}},
        {"circuit { surcharge = 101 }", {"key \"circuit.surcharge\"", "from 1 to 100"}},
        {"circuit { forget = 0 }", {"key \"circuit.forget\"", "1s to 24h"}},
        {"circuit { clients = 15 }", {"key \"circuit.clients\"", "16 to 16777216"}},
        {"replies { accept = perhaps }", {"key \"replies.accept\"", "yes or no"}},
        {"replies { validity = 23h }", {"key \"replies.validity\"", "1d to 365d"}},
        {"replies { uses = 0 }", {"key \"replies.uses\"", "1 to 100"}},
        {"mint { messages = 0 }", {"key \"mint.messages\"", "1 to 64"}},
        {"mint { max-cpu-threads = 1025 }", {"key \"mint.max-cpu-threads\"", "1024"}},
        {"mint { max-memory = 1KiB }", {"key \"mint.max-memory\"", "64KiB"}},
        {"mint { queue = 65537 }", {"key \"mint.queue\"", "65536"}},
        {"mint { time = 0 }", {"key \"mint.time\": got \"0\"", "1s to 240s"}},
        {"mint { time = 241s }", {"key \"mint.time\": got \"241s\"", "five minutes"}},
        {"mint { recipients = 0 }", {"key \"mint.recipients\"", "1 to 200"}},
        {"mint { recipients = 201 }", {"key \"mint.recipients\"", "1 to 200"}},
        {"mint { late = drop }", {"key \"mint.late\": got \"drop\"", "send or tempfail"}},
        {"mint { offers = state }", {"key \"mint.offers\"", "absolute path"}},
        {"metrics { listen = \"inet:9464\" }", {"key \"metrics.listen\"", "inet:PORT@ADDRESS"}},
        {"metrics { listen = \"inet:9464@mx.example\" }", {"a number or localhost"}},
        {"metrics { listen = \"inet:9464@127.0.0.0/8\" }", {"key \"metrics.listen\""}},
        {"metrics { listen = \"unix:/run/x\" }", {"key \"metrics.listen\""}},
        {"metrics { public = 1 }", {"key \"metrics.public\""}},
        {"metrics { textfile = x.prom }", {"key \"metrics.textfile\"", "absolute path"}},
        {"listener \"on ion\" {}", {"t.conf:1: key \"listener\": got \"on ion\""}},
        {"listener \"\" {}", {"key \"listener\": got \"\""}},
        {"listener \"a\" { mode = on }",
         {"key \"listener.a.mode\": got \"on\"", "enforce, monitor, off, sign or mint"}},
        {"listener \"a\" { mint-domains = {onion} }",
         {"key \"listener.a.mint-domains\": got \"onion\"", ".example.org for all below"}},
        {"listener \"a\" { mint-domains = {\".\"} }", {"got \".\""}},
        {"listener \"a\" { mint-domains = {\"a..b\"} }", {"got \"a..b\""}},
        {"listener \"a\" { mint-domains = {\"a.b.\"} }", {"got \"a.b.\""}},
        {"listener \"a\" { mint-domains = {\"m\xc3\xbc.example\"} }", {"ASCII form"}},
        {"listener \"a\" { mint-domains = {\"@x.example\"} }", {"got \"@x.example\""}},
        {"listener \"a\" { gateway = 1 }", {"key \"listener.a.gateway\"", "yes or no"}},
        {"listener \"a\" { exempt {\nauthenticated = 1 } }",
         {"t.conf:2: key \"listener.a.exempt.authenticated\": got \"1\"", "yes or no"}},
        {"listener \"a\" { exempt { client = { \"10.0.0.1/8\" } } }",
         {"key \"listener.a.exempt.client\": got \"10.0.0.1/8\"", "host bits"}},
        {"listener \"a\" { exempt { sender = { \"bob\" } } }",
         {"key \"listener.a.exempt.sender\": got \"bob\"", "@example.org"}},
        {"listener \"a\" { exempt { sender = { \"@\" } } }", {"got \"@\""}},
        {"listener \"a\" { exempt { sender = { \"<>\" } } }", {"got \"<>\""}},
        {"listener \"a\" { exempt { recipient-map = map } }", {"absolute path"}},
        {"listener \"a\" { exempt { role-factor = 1.1 } }",
         {"key \"listener.a.exempt.role-factor\"", "from 0 to 1"}},
        {"listener \"a\" { exempt { null-sender-factor = 2 } }",
         {"key \"listener.a.exempt.null-sender-factor\""}},
        {"listener \"a\" { exempt { null-sender-cap = 0.5 } }",
         {"key \"listener.a.exempt.null-sender-cap\""}},
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
        {"exempt { }", {"key \"exempt\": got an unknown key", "metrics, listener"}},
        {"ledger { size = 1 }", {"key \"size\"", "allowed in ledger: backend, path, max-size"}},
        {"exempt.client = 1", {"key \"exempt.client\""}},
        {"listener \"a\" {\nexempt { mode = off } }",
         {"t.conf:2: key \"mode\"", "allowed in exempt: authenticated, client"}},
        {"listener \"a\" { exempt { } exempt { } }", {"key \"exempt\": got it a second time"}},
        {"listener \"a\" { exempt { role-factor = 1 role-factor = 1 } }",
         {"key \"role-factor\": got it a second time"}},
        {"listener \"a\" { exempt { }", {"end of the file inside a block"}},
        {"listener \"a\" { exempt = 1 }", {"t.conf:1"}},
        {"suite \"sha256\" { deprecated = \"2026-01-01\" }",
         {"allowed in suite: enabled, work, seconds"}},
        {"listener \"a\" { wait = 1s }",
         {"key \"wait\"", "allowed in listener: match-daemon", "mint-domains, exempt"}},
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
        {"suite \"argon2id-16m\" {\nwork = 5000\nseconds = 20 }",
         {"t.conf:2: key \"suite.argon2id-16m.work\": got \"5024 beside seconds = 20\"",
          "one of the two"}},
        {"suite \"argon2id-16m\" {\nseconds = 20\nwork = 16384 }", {"t.conf:3", "one of the two"}},
        {"suite \"argon2id-256m\" {\nseconds = 1000000 }\nlistener \"a\" { price-factor = 1000 }",
         {"t.conf:3: key \"listener.a.price-factor\"", "argon2id-256m"}},
        {"suite \"argon2id-16m\" {\n\ndoubling = 30d }",
         {"t.conf:3: key \"suite.argon2id-16m.doubling\": got \"30d\"", "deprecated-since"}},
        {"suite \"sha256\" { deprecated-since = \"\"\ndoubling = 30d }",
         {"t.conf:2: key \"suite.sha256.doubling\""}},
        {"suite \"sha256\" {\nrefuse-after = \"2025-12-31\" }",
         {"t.conf:2: key \"suite.sha256.refuse-after\": got \"2025-12-31\"", "2026-01-01"}},
        {"suite \"argon2id-64m\" {\nrefuse-after = \"2027-01-01\"\n"
         "deprecated-since = \"2027-01-02\" }",
         {"t.conf:2: key \"suite.argon2id-64m.refuse-after\"", "2027-01-02"}},
        {"suite \"sha256\" { enabled = yes\nload-exponent = 0.5 }",
         {"t.conf:2: key \"suite.sha256.load-exponent\": got \"0.5\"", "at least 1",
          "argon2id-16m"}},
        {"suite \"argon2id-64m\" { deprecated-since = \"2026-01-01\" }\n"
         "suite \"argon2id-16m\" { load-exponent = 1.5 }",
         {"t.conf: key \"suite.argon2id-64m.load-exponent\": got \"1\"", "at least 1.5"}},
        {"price {\ngrace = 7h }", {"t.conf:2: key \"price.grace\": got \"7h\"", "window", "6h"}},
        {"price { window = 1h }", {"t.conf: key \"price.grace\": got \"6h\"", "1h"}},
        {"metrics {\nlisten = \"inet:9464@0.0.0.0\" }",
         {"t.conf:2: key \"metrics.listen\": got \"inet:9464@0.0.0.0\"", "metrics.public = yes"}},
        {"metrics { listen = \"inet:9464@::\" }", {"this host alone"}},
        {"metrics { listen = \"inet:9464@192.0.2.1\" public = no }", {"this host alone"}},
        {"listener \"a\" {\ngateway = yes\nmode = monitor }",
         {"t.conf:2: key \"listener.a.gateway\"", "mode = enforce and relay-guard = yes"}},
        {"listener \"a\" { gateway = yes relay-guard = no }", {"key \"listener.a.gateway\""}},
        {"listener \"a\" { gateway = yes mode = sign }", {"key \"listener.a.gateway\""}},
        {"listener \"a\" { gateway = yes mode = mint }", {"key \"listener.a.gateway\""}},
        {"listener \"a\" { mode = mint mint-domains = {} }",
         {"t.conf: key \"listener.a.mint-domains\": got \"none\"", "no stamp is ever minted"}},
        {"mint {\nmax-memory = 15MiB }\nlistener \"a\" { mode = mint }",
         {"t.conf:2: key \"mint.max-memory\": got \"15MiB for 1 message\"", "enabled suite"}},
        {"mint { max-memory = 30MiB messages = 2 }\nlistener \"a\" { mode = mint }",
         {"key \"mint.max-memory\": got \"30MiB for 2 messages\""}},
        {"listener \"a\" {\nexempt {\nrecipient-map = \"/nonexistent/map\" } }",
         {"t.conf:3: key \"listener.a.exempt.recipient-map\": /nonexistent/map: cannot be read",
          "No such file"}},
        {"listener \"a\" { exempt { recipient-map = \"/dev/zero\" } }", {"not a regular file"}},
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
        "suite \"argon2id-16m\" { seconds = 20 work = 19008 }", /* they agree */
        "suite \"argon2id-16m\" { seconds = 0 work = 16384 }",
        "suite \"sha256\" { doubling = 30d refuse-after = \"2026-01-01\" }",
        "suite \"argon2id-64m\" { refuse-after = \"2027-01-01\" }",
        "suite \"argon2id-64m\" { doubling = 90d deprecated-since = \"\" }",
        "suite \"sha256\" { enabled = no load-exponent = 0 }",
        "suite \"sha256\" { enabled = yes load-exponent = 1 }",
        "suite \"argon2id-16m\" { enabled = no load-exponent = 8 }\n"
        "suite \"sha256\" { enabled = yes }",
        "price { window = 1h grace = 1h }",
        "metrics { listen = \"inet:9464@127.0.0.1\" }",
        "metrics { listen = \"inet:9464@127.1.2.3\" }",
        "metrics { listen = \"inet:9464@::1\" }",
        "metrics { listen = \"inet:9464@localhost\" }",
        "metrics { listen = \"local:/run/onionpow/metrics.sock\" }",
        "metrics { listen = \"inet:9464@0.0.0.0\" public = yes }",
        "listener \"a\" { gateway = yes }",
        "listener \"a\" { mode = sign relay-guard = no }",
        "listener \"a\" { mode = sign mint-domains = {} }",
        "listener \"a\" { mode = mint mint-domains = {\".onion\", x.example, \".Y.example\"} }",
        "mint { max-memory = 15MiB }",
        "mint { max-memory = 16MiB }\nlistener \"a\" { mode = mint }",
        "mint { max-memory = 32MiB messages = 2 }\nlistener \"a\" { mode = mint }",
        "mint { time = 240s queue = 0 recipients = 200 }",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        conf_unref(must_load(rows[i]));
}

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

/* "x.exempt" is a listener here, and exempt a block in each listener. */
static void test_nested_overrides(void **state)
{
    static const char text[] = "listener \"x\" { match-daemon = {A} }\n"
                               "listener \"x.exempt\" { exempt { role-factor = 1 } }";
    static const char *const overrides[] = {
        "listener.x.exempt.mode=off",
        "listener.x.exempt.role-factor=0.5",
        "listener.x.exempt.client=::1,10.0.0.0/8",
        "listener.x.exempt.sender=a@example.org,@b.example",
        "listener.x.exempt.exempt.null-sender-cap=3",
        "suite.argon2id-64m.seconds=20",
    };
    char why[CONF_WHY_MAX];
    const struct conf *conf = conf_load_text("t.conf", text, strlen(text), overrides,
                                             sizeof overrides / sizeof *overrides, why);
    (void)state;
    if (!conf)
        fail_msg("%s", why);
    assert_int_equal(conf->listener[0].mode, CONF_ENFORCE);
    assert_true(conf->listener[0].exempt.role_factor == 0.5);
    assert_int_equal(conf->listener[0].exempt.client_count, 2);
    assert_int_equal(conf->listener[0].exempt.sender_count, 2);
    assert_int_equal(conf->listener[1].mode, CONF_OFF);
    assert_true(conf->listener[1].exempt.role_factor == 1);
    assert_int_equal(conf->listener[1].exempt.null_sender_cap, 3);
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
        {"listener.a.exempt.mood=1", {"key \"mood\"", "allowed in exempt: authenticated"}},
        {"listener.b.exempt.client=::1", {"key \"listener\": got \"b\", allowed: a"}},
        {"listener.a.exempt.client=::1/0", {"option -o: key \"listener.a.exempt.client\""}},
        {"listener.a.exempt.recipient-map=/nonexistent",
         {"option -o: key \"listener.a.exempt.recipient-map\": /nonexistent: cannot be read"}},
        {"exempt.client=::1", {"key \"exempt.client\"", "listener.NAME.exempt.KEY"}},
        {"listener.a.gateway=maybe", {"yes or no"}},
        {"price.grace=1d", {"option -o: key \"price.grace\""}},
        {"metrics.listen=inet:1@0.0.0.0", {"option -o: key \"metrics.listen\""}},
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
        "suite \"argon2id-16m\" { seconds = 0.1 deprecated-since = \"2026-01-01\" doubling = 1d }\n"
        "suite \"argon2id-64m\" { seconds = 33.3 refuse-after = \"9999-12-31\" load-exponent = 0 "
        "}\n"
        "suite \"argon2id-256m\" { load-exponent = 0.0001 }\n"
        "price { mode = adaptive ceiling = 1000000 target = 999999.999 grace = 0 }\n"
        "circuit { growth = 1 clients = 16777216 } replies { accept = no }\n"
        "metrics { listen = \"local:/m\" textfile = \"/a b\" }\n"
        "listener \"x.exempt\" { mode = sign exempt { sender = {\"\\\"a,b\\\"@x.example\", "
        "\"@y\"}\n"
        "client = {::1} role-factor = 0 null-sender-factor = 1 null-sender-cap = 0 } }",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct conf *first = must_load(rows[i]);
        char *text = dump(first);
        const struct conf *second = must_load(text);
        char *again = dump(second);
        assert_string_equal(text, again);
        assert_non_null(strstr(text, " s of the reference laptop\nsuite \"argon2id-16m\" {\n"));
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
        {"circuit { clients = 16 }", "metrics { listen = \"local:/m\" }",
         "circuit.clients, metrics.listen"},
        {"circuit { free = 1 }", "metrics { textfile = \"/m\" }", ""},
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

static void check_exempt_defaults(const struct conf_exempt *a, const struct conf_exempt *b)
{
    assert_int_equal(a->authenticated, b->authenticated);
    assert_int_equal(a->client_count, b->client_count);
    assert_int_equal(a->sender_count, b->sender_count);
    assert_string_equal(a->recipient_map, b->recipient_map);
    assert_true(a->role_factor == b->role_factor);
    assert_true(a->null_sender_factor == b->null_sender_factor);
    assert_int_equal(a->null_sender_cap, b->null_sender_cap);
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
    assert_false(example->listener[0].gateway);
    assert_int_equal(example->listener[0].mint_domains_count, 1);
    assert_string_equal(example->listener[0].mint_domains[0], built_in->fallback.mint_domains[0]);
    check_exempt_defaults(&example->listener[0].exempt, &built_in->fallback.exempt);
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
    assert_non_null(strstr(why, ":2: got the factor \"dear\", allowed: a number from 0 to 1000"));
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
        cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_bad_syntax),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_no_contradiction),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_bad_overrides),
        cmocka_unit_test(test_nested_overrides),
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_dump),
        cmocka_unit_test(test_fixed_changes),
        cmocka_unit_test(test_shipped_file),
        cmocka_unit_test(test_documentation),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
