/* test_exempt.c - who pays less: each rule, its forgeries, and that the first one counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "milter/exempt.h"

/* A listener "all" with every rule, one "bare" of defaults, one "none" that exempts nobody. */
static const struct conf *conf;

static int load(void **state)
{
    char map[] = "/tmp/test_exempt.XXXXXX", text[1024], why[CONF_WHY_MAX];
    static const char entries[] = "dear@example.org 4\nfree@example.org 0\nabuse@mapped.example 1\n"
                                  "@mapped.example 0.5\n";
    int fd = mkstemp(map);
    (void)state;
    if (fd < 0 || write(fd, entries, sizeof entries - 1) != sizeof entries - 1)
        return -1;
    close(fd);
    snprintf(text, sizeof text,
             "listener \"all\" { match-daemon = {A} exempt { client = {10.0.0.0/8, ::1}\n"
             "sender = {\"friend@example.com\", \"@Allies.Example\"} recipient-map = \"%s\"\n"
             "null-sender-factor = 0.5 null-sender-cap = 3 } }\n"
             "listener \"bare\" { match-daemon = {B} }\n"
             "listener \"none\" { exempt { authenticated = no role-factor = 1\n"
             "null-sender-factor = 1 null-sender-cap = 0 } }",
             map);
    conf = conf_load_text("t.conf", text, strlen(text), NULL, 0, why);
    unlink(map);
    if (!conf)
        print_message("%s\n", why);
    return conf ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    conf_unref(conf);
    return 0;
}

static struct scope_client client_of(const char *text)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    struct scope_client client;
    if (text && inet_pton(AF_INET, text, &in.sin_addr) == 1) {
        scope_client_read((struct sockaddr *)&in, &client);
    } else if (text) {
        assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
        scope_client_read((struct sockaddr *)&in6, &client);
    } else {
        scope_client_read(NULL, &client);
    }
    return client;
}

static void test_rules(void **state)
{
    enum { ALL, BARE, NOBODY };
    static const struct {
        const char *label, *client, *sender, *recipient;
        int listener;
        bool authenticated;
        double bounces;
        enum exempt_rule rule;
        double factor;
    } rows[] = {
        {"nothing", "192.0.2.1", "a@b", "bob@example.org", ALL, 0, 0, EXEMPT_NONE, 1},
        {"authenticated", "192.0.2.1", "a@b", "bob@example.org", BARE, 1, 0, EXEMPT_AUTHENTICATED,
         0},
        {"no weight of it", NULL, "a@b", "bob@example.org", NOBODY, 1, 0, EXEMPT_NONE, 1},
        {"client", "10.1.2.3", "a@b", "bob@example.org", ALL, 0, 0, EXEMPT_CLIENT, 0},
        {"last of the network", "10.255.255.255", "a@b", "bob@example.org", ALL, 0, 0,
         EXEMPT_CLIENT, 0},
        {"one beyond", "11.0.0.0", "a@b", "bob@example.org", ALL, 0, 0, EXEMPT_NONE, 1},
        {"client IPv6", "::1", "a@b", "bob@example.org", ALL, 0, 0, EXEMPT_CLIENT, 0},
        {"another IPv6", "::2", "a@b", "bob@example.org", ALL, 0, 0, EXEMPT_NONE, 1},
        {"unknown client", NULL, "a@b", "bob@example.org", ALL, 0, 0, EXEMPT_NONE, 1},
        {"no list of clients", "10.1.2.3", "a@b", "bob@example.org", BARE, 0, 0, EXEMPT_NONE, 1},
        {"sender", NULL, "<Friend@Example.COM>", "bob@example.org", ALL, 0, 0, EXEMPT_SENDER, 0},
        {"sender without brackets", NULL, "friend@example.com", "bob@example.org", ALL, 0, 0,
         EXEMPT_SENDER, 0},
        {"another of that domain", NULL, "foe@example.com", "bob@example.org", ALL, 0, 0,
         EXEMPT_NONE, 1},
        {"sender's domain", NULL, "<x@allies.example>", "bob@example.org", ALL, 0, 0, EXEMPT_SENDER,
         0},
        {"below that domain", NULL, "<x@sub.allies.example>", "bob@example.org", ALL, 0, 0,
         EXEMPT_NONE, 1},
        {"not an address", NULL, "@allies.example", "bob@example.org", ALL, 0, 0, EXEMPT_NONE, 1},
        {"no sender is told", NULL, NULL, "bob@example.org", ALL, 0, 0, EXEMPT_NONE, 1},
        {"map", NULL, "a@b", "dear@example.org", ALL, 0, 0, EXEMPT_MAP, 4},
        {"map, nothing to pay", NULL, "a@b", "free@example.org", ALL, 0, 0, EXEMPT_MAP, 0},
        {"map, domain", NULL, "a@b", "x@mapped.example", ALL, 0, 0, EXEMPT_MAP, 0.5},
        {"map before role", NULL, "a@b", "abuse@mapped.example", ALL, 0, 0, EXEMPT_MAP, 1},
        {"map before null sender", NULL, "<>", "dear@example.org", ALL, 0, 9, EXEMPT_MAP, 4},
        {"no map", NULL, "a@b", "dear@example.org", BARE, 0, 0, EXEMPT_NONE, 1},
        {"postmaster", NULL, "a@b", "<Postmaster@example.org>", BARE, 0, 0, EXEMPT_ROLE, 0.25},
        {"bare postmaster", NULL, "a@b", "<postmaster>", BARE, 0, 0, EXEMPT_ROLE, 0.25},
        {"abuse", NULL, "a@b", "ABUSE@any.example", BARE, 0, 0, EXEMPT_ROLE, 0.25},
        {"quoted abuse", NULL, "a@b", "\"abuse\"@any.example", BARE, 0, 0, EXEMPT_ROLE, 0.25},
        {"longer", NULL, "a@b", "abuses@any.example", BARE, 0, 0, EXEMPT_NONE, 1},
        {"shorter", NULL, "a@b", "abus@any.example", BARE, 0, 0, EXEMPT_NONE, 1},
        {"a domain of that name", NULL, "a@b", "bob@abuse", BARE, 0, 0, EXEMPT_NONE, 1},
        {"role before null sender", NULL, "<>", "abuse@any.example", BARE, 0, 9, EXEMPT_ROLE, 0.25},
        {"null sender", NULL, "<>", "bob@example.org", BARE, 0, 0, EXEMPT_NULL_SENDER, 0.25},
        {"empty null sender", NULL, "", "bob@example.org", BARE, 0, 0, EXEMPT_NULL_SENDER, 0.25},
        {"the last below the cap", NULL, "<>", "bob@example.org", ALL, 0, 2, EXEMPT_NULL_SENDER,
         0.5},
        {"little forgotten", NULL, "<>", "bob@example.org", ALL, 0, 2.01, EXEMPT_BOUNCE_CAP, 1},
        {"at the cap", NULL, "<>", "bob@example.org", ALL, 0, 3, EXEMPT_BOUNCE_CAP, 1},
        {"cap 0", NULL, "<>", "bob@example.org", NOBODY, 0, 0, EXEMPT_BOUNCE_CAP, 1},
        {"blank is no null sender", NULL, "< >", "bob@example.org", BARE, 0, 0, EXEMPT_NONE, 1},
        {"login before all", "10.1.1.1", "<>", "dear@example.org", ALL, 1, 9, EXEMPT_AUTHENTICATED,
         0},
        {"client before sender", "10.1.1.1", "friend@example.com", "dear@example.org", ALL, 0, 0,
         EXEMPT_CLIENT, 0},
        {"sender before map", NULL, "friend@example.com", "dear@example.org", ALL, 0, 0,
         EXEMPT_SENDER, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scope_client client = client_of(rows[i].client);
        const struct exempt_facts facts = {.authenticated = rows[i].authenticated,
                                           .client = &client,
                                           .sender = rows[i].sender,
                                           .bounces = rows[i].bounces};
        struct op_recipient recipient;
        struct exempt_result result = {.factor = -1};
        assert_true(
            op_recipient_parse(rows[i].recipient, strlen(rows[i].recipient), &recipient, NULL));
        exempt_find(&conf->listener[rows[i].listener], &facts, &recipient, &result);
        if (result.rule != rows[i].rule || result.factor != rows[i].factor)
            fail_msg("%s: %s %g", rows[i].label, exempt_rule_str(result.rule), result.factor);
    }
}

static void test_names(void **state)
{
    (void)state;
    for (int i = EXEMPT_NONE; i <= EXEMPT_REPLY; i++) {
        const char *name = exempt_rule_str((enum exempt_rule)i);
        assert_string_not_equal(name, "invalid");
        for (int j = EXEMPT_NONE; j < i; j++)
            assert_string_not_equal(name, exempt_rule_str((enum exempt_rule)j));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rules), cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, load, unload);
}
