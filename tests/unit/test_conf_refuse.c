/* test_conf_refuse.c - configurations that are refused, and in which words; and those that only
 * look alike. */
#include "conf_fixture.h"

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
        {"listener \"a\" { match-daemon = {X} }\nlistener \"b\" { match-daemon = {Y} }\n"
         "listener \"c\" { match-daemon = {X,Y} }",
         {"t.conf:3: key \"listener.c.match-daemon\"", "\"a\" or another above"}},
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
        "listener \"a\" { match-daemon = {X} }\nlistener \"b\" { match-client = {\"::1\"} }\n"
        "listener \"c\" { match-daemon = {X,Y} match-client = {\"::1\", \"::2\"} }",
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_bad_syntax),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_no_contradiction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
