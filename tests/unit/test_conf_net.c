/* test_conf_net.c - networks: what is read, what is refused, what covers what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "milter/conf_net.h"

static void test_parse(void **state)
{
    static const struct {
        const char *text, *want; /* want NULL: refused */
        unsigned prefix;
    } rows[] = {
        {"192.0.2.1", "192.0.2.1/32", 128},
        {"192.0.2.0/24", "192.0.2.0/24", 120},
        {"0.0.0.0/0", "0.0.0.0/0", 96},
        {"10.128.0.0/9", "10.128.0.0/9", 105},
        {"255.255.255.255/32", "255.255.255.255/32", 128},
        {"::/0", "::/0", 0},
        {"::1", "::1/128", 128},
        {"::1/128", "::1/128", 128},
        {"fc00:dead:beef:4dad::/64", "fc00:dead:beef:4dad::/64", 64},
        {"FC00::/7", "fc00::/7", 7},
        {"2001:db8:8000::/33", "2001:db8:8000::/33", 33},
        {"::ffff:192.0.2.0/120", "192.0.2.0/24", 120},
        {"::ffff:0:0/95", NULL, 0}, /* the last bit of 0xffff is behind the prefix */
        {"192.0.2.1/24", NULL, 0},
        {"10.64.0.0/9", NULL, 0},
        {"fc00:dead:beef:4dad::1/64", NULL, 0},
        {"192.0.2.0/33", NULL, 0},
        {"::/129", NULL, 0},
        {"::1/", NULL, 0},
        {"::1/064", NULL, 0},
        {"::1/-1", NULL, 0},
        {"::1/ 64", NULL, 0},
        {"::1/64/64", NULL, 0},
        {"192.0.2", NULL, 0},
        {"192.0.2.256", NULL, 0},
        {"192.0.2.0/24 ", NULL, 0},
        {" ::1", NULL, 0},
        {"[::1]", NULL, 0},
        {"fe80::1%lo", NULL, 0},
        {"localhost", NULL, 0},
        {"/8", NULL, 0},
        {"", NULL, 0},
        {"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd/64", NULL, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf_net net, untouched;
        char text[CONF_NET_TEXT_MAX];
        memset(&net, 0x5a, sizeof net);
        untouched = net;
        bool ok = conf_net_parse(rows[i].text, &net);
        if (ok != (rows[i].want != NULL))
            fail_msg("\"%s\": parsed = %d", rows[i].text, ok);
        if (!ok) {
            assert_memory_equal(&net, &untouched, sizeof net);
            continue;
        }
        conf_net_format(&net, text);
        assert_string_equal(text, rows[i].want);
        assert_int_equal(net.prefix, rows[i].prefix);
    }
}

static void test_covers(void **state)
{
    static const struct {
        const char *outer, *inner;
        bool want;
    } rows[] = {
        {"192.0.2.0/24", "192.0.2.77", true},
        {"192.0.2.0/24", "192.0.3.77", false},
        {"192.0.2.0/24", "192.0.2.0/24", true},
        {"192.0.2.0/25", "192.0.2.0/24", false},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "203.0.113.9", true},
        {"::/0", "::/0", true},
        {"::1", "::1", true},
        {"::1", "::2", false},
        {"fc00::/7", "fdff::1", true},
        {"fc00::/7", "fe00::1", false},
        {"fc00:dead:beef:4dad::/64", "fc00:dead:beef:4dad::ffff:1", true},
        {"fc00:dead:beef:4dad::/64", "fc00:dead:beef:4dae::1", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf_net outer, inner;
        assert_true(conf_net_parse(rows[i].outer, &outer));
        assert_true(conf_net_parse(rows[i].inner, &inner));
        if (conf_net_covers(&outer, &inner) != rows[i].want)
            fail_msg("%s covers %s: want %d", rows[i].outer, rows[i].inner, rows[i].want);
    }
}

static void test_lists(void **state)
{
    static const char *const texts[] = {"192.0.2.0/24", "fc00::/7"};
    struct conf_net nets[2], net;

    (void)state;
    for (size_t i = 0; i < 2; i++)
        assert_true(conf_net_parse(texts[i], &nets[i]));
    assert_true(conf_net_parse("192.0.2.7", &net) && conf_net_lists(nets, 2, &net));
    assert_true(conf_net_parse("fc00::7", &net) && conf_net_lists(nets, 2, &net));
    assert_false(conf_net_lists(nets, 1, &net));
    assert_false(conf_net_lists(nets, 0, &net));
    assert_true(conf_net_parse("fc00::/6", &net) && !conf_net_lists(nets, 2, &net));
}

static void test_loopback(void **state)
{
    static const struct {
        const char *text;
        bool want;
    } rows[] = {
        {"127.0.0.1", true},   {"127.255.255.255", true},
        {"127.0.0.0/8", true}, {"::ffff:127.1.2.3", true},
        {"::1", true},         {"126.255.255.255", false},
        {"128.0.0.0", false},  {"126.0.0.0/7", false},
        {"::", false},         {"::2", false},
        {"::/127", false},     {"::127.0.0.1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conf_net net;
        print_message("%s\n", rows[i].text);
        assert_true(conf_net_parse(rows[i].text, &net));
        assert_int_equal(conf_net_is_loopback(&net), rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse), cmocka_unit_test(test_covers),
                                       cmocka_unit_test(test_lists),
                                       cmocka_unit_test(test_loopback)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
