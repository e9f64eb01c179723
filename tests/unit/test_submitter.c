/* test_submitter.c - who is one and the same for the minter, and who is not. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "fixture.h"
#include "milter/submitter.h"

static void name_of(const char *login, const char *address, uint8_t name_r[SUBMITTER_LEN])
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    struct scope_client client;

    if (inet_pton(AF_INET, address, &in.sin_addr) == 1)
        scope_client_read((struct sockaddr *)&in, &client);
    else if (inet_pton(AF_INET6, address, &in6.sin6_addr) == 1)
        scope_client_read((struct sockaddr *)&in6, &client);
    else
        scope_client_read(NULL, &client);
    submitter_name(login, &client, fixture_key(), name_r);
}

static void test_same(void **state)
{
    static const struct {
        const char *label;
        const char *login[2], *address[2];
        bool same;
    } rows[] = {
        {"a login, wherever it comes from", {"ann", "ann"}, {"192.0.2.1", "2001:db8::1"}, true},
        {"however it is spelled", {"ann@x.test", "Ann@X.Test"}, {"192.0.2.1", "192.0.2.1"}, true},
        {"another login, behind one address", {"ann", "bob"}, {"127.0.0.1", "127.0.0.1"}, false},
        {"a longer login", {"ann", "anna"}, {"127.0.0.1", "127.0.0.1"}, false},
        {"with a login and without", {"ann", ""}, {"192.0.2.1", "192.0.2.1"}, false},
        {"an address", {"", ""}, {"192.0.2.1", "192.0.2.1"}, true},
        {"another address", {"", ""}, {"192.0.2.1", "192.0.2.2"}, false},
        {"a network of IPv6", {"", ""}, {"2001:db8::1", "2001:db8::2"}, true},
        {"another network", {"", ""}, {"2001:db8::1", "2001:db8:0:1::1"}, false},
        {"two circuits", {"", ""}, {"fc00:dead:beef:4dad::1", "fc00:dead:beef:4dad::2"}, false},
        {"this host, without a login", {"", ""}, {"127.0.0.1", "127.0.0.1"}, true},
        {"no address at all", {"", ""}, {"-", "-"}, true},
        {"a login that looks like an address", {"192.0.2.1", ""}, {"-", "192.0.2.1"}, false},
    };
    uint8_t name[2][SUBMITTER_LEN];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t j = 0; j < 2; j++)
            name_of(rows[i].login[j], rows[i].address[j], name[j]);
        if ((memcmp(name[0], name[1], SUBMITTER_LEN) == 0) != rows[i].same)
            fail_msg("%s", rows[i].label);
    }
}

/* However long it is, and no matter what follows its first octets. */
static void test_long_login(void **state)
{
    char login[4096];
    uint8_t name[2][SUBMITTER_LEN];

    (void)state;
    memset(login, 'x', sizeof login);
    login[sizeof login - 1] = '\0';
    name_of(login, "192.0.2.1", name[0]);
    login[0] = 'y';
    name_of(login, "192.0.2.1", name[1]);
    assert_memory_not_equal(name[0], name[1], SUBMITTER_LEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_long_login),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
