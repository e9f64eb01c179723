/* test_conf_warn.c - what the operator is told, when, and that sound configurations get no word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "milter/conf_warn.h"
#include "pow/date.h"

#define ALL_MAX 4096

static void hear(void *arg, const char *sentence)
{
    char *all = arg;
    size_t used = strlen(all);
    snprintf(all + used, ALL_MAX - used, "%s\n", sentence);
}

static const struct conf *must_load(const char *text)
{
    char why[CONF_WHY_MAX];
    const struct conf *conf = conf_load_text("t.conf", text, strlen(text), NULL, 0, why);
    if (!conf)
        fail_msg("%s\n  refused: %s", text, why);
    return conf;
}

static int64_t noon(uint32_t date)
{
    return op_date_to_time(date) + 12 * 3600;
}

#define CLOSING "suite \"sha256\" { enabled = yes refuse-after = \"2027-01-01\" }"
#define LAST                                                                                       \
    "suite \"argon2id-16m\" { refuse-after = \"2027-01-01\" }\n"                                   \
    "suite \"argon2id-64m\" { enabled = no }\nsuite \"argon2id-256m\" { enabled = no }"

static void test_calendar(void **state)
{
    static const struct {
        const char *text;
        uint32_t day;
        const char *want; /* "": no word */
    } rows[] = {
        {CLOSING, 20261202, ""},
        {CLOSING, 20261203,
         "suite sha256: will be refused in 30 days: its refuse-after is 2027-01-01\n"},
        {CLOSING, 20261231,
         "suite sha256: will be refused in 2 days: its refuse-after is 2027-01-01\n"},
        {CLOSING, 20270101,
         "suite sha256: will be refused in 1 day: its refuse-after is 2027-01-01\n"},
        {CLOSING, 20270102,
         "suite sha256: is enabled, but refused: its refuse-after was 2027-01-01\n"},
        {"suite \"sha256\" { refuse-after = \"2027-01-01\" }", 20270102, ""}, /* not enabled */
        {"suite \"argon2id-64m\" { refuse-after = \"2027-01-01\" }", 20261130, ""},
        {LAST, 20270101,
         "suite argon2id-16m: will be refused in 1 day: its refuse-after is 2027-01-01\n"},
        {LAST, 20270102,
         "suite argon2id-16m: is enabled, but refused: its refuse-after was 2027-01-01\n"
         "no suite is accepted any more: no mail can pass until one is\n"},
        {"", 20400101, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct conf *conf = must_load(rows[i].text);
        char calendar[ALL_MAX] = "", all[ALL_MAX] = "";
        conf_warn_calendar(conf, noon(rows[i].day), hear, calendar);
        conf_warn_all(conf, noon(rows[i].day), hear, all);
        assert_string_equal(calendar, rows[i].want);
        assert_string_equal(all, rows[i].want);
        conf_unref(conf);
    }
}

static void test_listeners(void **state)
{
    static const struct {
        const char *text, *want; /* a part of the only sentence; "": no word */
    } rows[] = {
        {"listener \"onion\" { match-daemon = {ONION} }", ""},
        {"listener \"onion\" { match-client = {\"fc00:dead:beef:4dad::/64\"} }", ""},
        {"listener \"a\" { match-client = {\"fc00::/7\"} }", ""},
        {"listener \"a\" { match-client = {\"127.0.0.1\"} }", ""},
        {"listener \"a\" { match-client = {\"::/0\"} mode = monitor }", ""},
        {"listener \"a\" { match-daemon = {X} gateway = yes }", ""},
        {"listener \"a\" { match-daemon = {S} mode = sign }\nlistener \"b\" {}", ""},
        {"listener \"net\" { match-daemon = {MX} relay-guard = no }", ""},
        {"listener \"a\" { match-client = {\"192.0.2.0/24\"} }",
         "no listener asks onion circuits for work"},
        {"listener \"a\" { match-client = {\"fc00:dead:beef:4dae::/64\"} }",
         "connections that match no listener are let through"},
        {"listener \"a\" { mode = off }", "no listener asks onion circuits for work"},
        {"listener \"a\" { gateway = yes }", "listener a: gateway = yes without a match"},
        {"listener \"a\" { exempt { sender = {\"@x.example\"} } }",
         "listener a: exempt.sender: anybody can write"},
        {"listener \"a\" { exempt { client = {\"fc00::/7\"} } }",
         "listener a: exempt.client: all onion circuits are in it"},
        {"listener \"a\" { exempt { client = {\"10.0.0.0/8\", \"::1\"} } }", ""},
        {"listener \"b\" { match-daemon = {X} }\nlistener \"a\" { mode = sign }",
         "listener a: mode = sign without a match"},
        {"listener \"s\" { match-daemon = {S} mode = sign }\nlistener \"b\" {}\n"
         "replies { accept = no }",
         "listener s: mode = sign, but replies.accept = no"},
        {"listener \"s\" { match-daemon = {S} mode = mint }\nlistener \"b\" {}", ""},
        {"listener \"b\" { match-daemon = {X} }\nlistener \"a\" { mode = mint }",
         "listener a: mode = mint without a match"},
        {"listener \"s\" { match-daemon = {S} mode = mint }\nlistener \"b\" {}\n"
         "replies { accept = no }",
         ""},
        {"listener \"a\" { match-client = {\"fc00:dead:beef:4dad::/64\"} relay-guard = no }",
         "listener a: relay-guard = no where onion circuits arrive"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct conf *conf = must_load(rows[i].text);
        char all[ALL_MAX] = "", calendar[ALL_MAX] = "";
        conf_warn_all(conf, noon(20261122), hear, all);
        conf_warn_calendar(conf, noon(20261122), hear, calendar);
        if (rows[i].want[0] == '\0')
            assert_string_equal(all, "");
        else if (!strstr(all, rows[i].want) || strchr(all, '\n') != all + strlen(all) - 1)
            fail_msg("%s\n  says: %s", rows[i].text, all);
        assert_string_equal(calendar, "");
        conf_unref(conf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_calendar),
                                       cmocka_unit_test(test_listeners)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
