/* test_conf_override.c - keys given on the command line. */
#include "conf_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_nested_overrides),
        cmocka_unit_test(test_bad_overrides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
