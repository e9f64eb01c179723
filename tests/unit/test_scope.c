/* test_scope.c - which listener guards which connection. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "fixture.h"
#include "milter/scope.h"

static struct scope_client client_of(const char *text)
{
    struct scope_client client;
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    struct sockaddr_un un = {.sun_family = AF_UNIX};

    if (text == NULL)
        scope_client_read(NULL, &client);
    else if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        scope_client_read((struct sockaddr *)&in, &client);
    else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
        scope_client_read((struct sockaddr *)&in6, &client);
    else
        scope_client_read((struct sockaddr *)&un, &client);
    return client;
}

static void test_client(void **state)
{
    static const uint8_t v4[16] = {
        [10] = 0xff, [11] = 0xff, [12] = 192, [13] = 0, [14] = 2, [15] = 7};
    struct scope_client client = client_of("192.0.2.7");

    (void)state;
    assert_true(client.known);
    assert_memory_equal(client.addr, v4, 16);
    client = client_of("::ffff:192.0.2.7");
    assert_true(client.known);
    assert_memory_equal(client.addr, v4, 16);
    assert_false(client_of("a unix socket").known);
    assert_false(client_of(NULL).known);
}

static void test_find(void **state)
{
    static const struct {
        const char *label, *daemon, *client, *want; /* NULL: not guarded */
    } rows[] = {
        {"by name", "ONION", "127.0.0.1", "onion"},
        {"the name's case matters", "onion", "127.0.0.1", NULL},
        {"a longer name is another", "ONION2", "127.0.0.1", NULL},
        {"no name", NULL, "127.0.0.1", NULL},
        {"by client", "smtpd", "fc00:dead:beef:4dad::7:1", "circuits"},
        {"by client, no name", NULL, "fc00:dead:beef:4dad::7:1", "circuits"},
        {"one bit outside", "smtpd", "fc00:dead:beef:4dac::7:1", NULL},
        {"first match wins", "ONION", "fc00:dead:beef:4dad::7:1", "onion"},
        {"name and client", "BOTH", "10.9.0.1", "both"},
        {"odd prefix, last address inside", "BOTH", "10.15.255.255", "both"},
        {"odd prefix, first address outside", "BOTH", "10.16.0.0", NULL},
        {"name without the client", "BOTH", "192.0.2.1", NULL},
        {"client without the name", "smtpd", "10.9.0.1", NULL},
        {"unknown client", "BOTH", NULL, NULL},
        {"unix client", "BOTH", "local", NULL},
        {"unknown client where none is asked for", "ONION", NULL, "onion"},
    };
    static char onion[] = "onion", circuits[] = "circuits", both[] = "both";
    static char onion_daemon[] = "ONION", both_daemon[] = "BOTH";
    char *onion_names[] = {onion_daemon}, *both_names[] = {both_daemon};
    struct conf_net tor = {.addr = {0xfc, 0, 0xde, 0xad, 0xbe, 0xef, 0x4d, 0xad}, .prefix = 64};
    struct conf_net ten = {.addr = {[10] = 0xff, [11] = 0xff, [12] = 10, [13] = 8}, .prefix = 109};
    struct conf_listener listeners[] = {
        {.name = onion, .match_daemon = onion_names, .match_daemon_count = 1},
        {.name = circuits, .match_client = &tor, .match_client_count = 1},
        {.name = both,
         .match_daemon = both_names,
         .match_daemon_count = 1,
         .match_client = &ten,
         .match_client_count = 1},
    };
    struct conf conf = fixture_conf();

    (void)state;
    conf.listener = listeners;
    conf.listener_count = 3;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scope_client client = client_of(rows[i].client);
        const struct conf_listener *found = scope_find(&conf, rows[i].daemon, &client);
        print_message("%s\n", rows[i].label);
        if (rows[i].want == NULL)
            assert_null(found);
        else
            assert_string_equal(found->name, rows[i].want);
    }
}

static void test_fallback(void **state)
{
    struct conf conf = fixture_conf();
    struct scope_client client = client_of("127.0.0.1");
    struct conf_listener all = {.name = fixture_empty};

    (void)state;
    assert_ptr_equal(scope_find(&conf, NULL, &client), &conf.fallback);
    conf.listener = &all;
    conf.listener_count = 1;
    assert_ptr_equal(scope_find(&conf, NULL, &client), &all);
}

static void test_shared(void **state)
{
    static const struct {
        const char *text;
        bool want;
    } rows[] = {{"127.0.0.1", true},   {"127.8.0.9", true}, {"::1", true},
                {"128.0.0.1", false},  {"::2", false},      {"fc00:dead:beef:4dad::1", false},
                {"192.0.2.127", false}};
    struct scope_client client = {.known = false};

    (void)state;
    assert_true(scope_client_shared(&client));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].text);
        client = client_of(rows[i].text);
        assert_int_equal(scope_client_shared(&client), rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shared),
        cmocka_unit_test(test_client),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_fallback),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
