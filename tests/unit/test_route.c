/* test_route.c - the way to an address without DNS: next hops, the map, what is ours; and what a
 * mail server is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/directory.h"
#include "tests/unit/onions.h"
#include "tools/map.h"
#include "tools/transport.h"

#define PIN_2 "aaaaaaaaaaaaaaaaaaaa"

static struct sender *conf;
static struct map *map;

/* "HOST:PORT TLS PIN" of each way, semicolons between; or the reason. */
static const char *describe(const struct route_answer *answer)
{
    static char text[2048];
    size_t used = 0;
    if (answer->result != ROUTE_FOUND) {
        assert_int_equal(answer->count, 0);
        return answer->why;
    }
    for (size_t i = 0; i < answer->count; i++) {
        char pin[ADDRESS_PIN_TEXT];
        const struct route *route = &answer->routes[i];
        address_pin_format(&route->pin, pin);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s:%u %s%s%s", i ? "; " : "",
                                 route->host, route->port, sender_tls_str(route->tls),
                                 route->pin.len ? " " : "", pin);
    }
    return text;
}

static void test_known(void **state)
{
    static const struct {
        const char *address, *nexthop;
        enum route_result result;
        const char *want; /* all of the ways, or a part of the reason */
    } rows[] = {
        {"bob@" A, NULL, ROUTE_FOUND, A ":25 offered"},
        {"bob@" PIN "." A, NULL, ROUTE_FOUND, A ":25 required " PIN},
        {"bob@one.example", NULL, ROUTE_FOUND, A ":25 offered"},
        {"bob@two.example", NULL, ROUTE_FOUND, B ":2525 never; " A ":25 required " PIN},
        {"bob@One.Example", NULL, ROUTE_FOUND, A ":25 offered"},
        /* next hops */
        {"bob@" A, B, ROUTE_FOUND, B ":25 offered"},
        {"bob@else.example", A, ROUTE_FOUND, A ":25 offered"},
        {"bob@else.example", A ":26", ROUTE_FOUND, A ":26 offered"},
        {"bob@else.example", "[" A "]", ROUTE_FOUND, A ":25 offered"},
        {"bob@else.example", "[" A "]:26", ROUTE_FOUND, A ":26 offered"},
        {"bob@else.example", PIN "." A, ROUTE_FOUND, A ":25 required " PIN},
        {"bob@else.example", "one.example", ROUTE_FOUND, A ":25 offered"},
        {"bob@else.example", "two.example:7", ROUTE_FOUND, B ":7 never; " A ":7 required " PIN},
        /* a pin in the address stays, whatever the next hop and the map say */
        {"bob@" PIN_2 "." A, "[" B "]:26", ROUTE_FOUND, B ":26 required " PIN_2},
        {"bob@" PIN_2 "." A, PIN "." B, ROUTE_FOUND, B ":25 required " PIN_2},
        {"bob@" PIN_2 "." A, "two.example", ROUTE_FOUND,
         B ":2525 required " PIN_2 "; " A ":25 required " PIN_2},
        /* an onion that the map has for the domain is spoken to as the map says */
        {"bob@two.example", "[" B "]:2525", ROUTE_FOUND, B ":2525 never"},
        {"bob@two.example", B, ROUTE_FOUND, B ":2525 never"},
        {"bob@two.example", "[" B "]:25", ROUTE_FOUND, B ":25 offered"},
        {"bob@two.example", "[" A "]:25", ROUTE_FOUND, A ":25 required " PIN},
        {"bob@one.example", "[" B "]:2525", ROUTE_FOUND, B ":2525 offered"},
        /* ours */
        {"bob@own.example", NULL, ROUTE_REFUSED, "own.example is ours"},
        {"bob@" C, NULL, ROUTE_REFUSED, "is ours"},
        {"bob@" PIN "." C, NULL, ROUTE_REFUSED, "is ours"},
        {"bob@else.example", C, ROUTE_REFUSED, "is ours"},
        {"bob@else.example", "[own.example]:25", ROUTE_REFUSED, "is ours"},
        {"bob@own.example", A, ROUTE_REFUSED, "own.example is ours"},
        {"bob@own.example", "one.example", ROUTE_REFUSED, "own.example is ours"},
        {"bob@one.example", "own.example", ROUTE_REFUSED, "own.example is ours"},
        {"bob@else.example", "[" C "]:26", ROUTE_REFUSED, C " is ours"},
        {"bob@ours.example", NULL, ROUTE_REFUSED, "ours.example: its onion service is ours"},
        {"bob@else.example", "ours.example:26", ROUTE_REFUSED, "ours.example: its onion"},
        {"bob@both.example", NULL, ROUTE_FOUND, B ":25 offered"},
        /* no way */
        {"bob@[192.0.2.1]", NULL, ROUTE_NONE, "no onion service"},
        {"bob@else.example", OLD, ROUTE_REFUSED, "version 2"},
        {"bob@else.example", FORGED, ROUTE_REFUSED, "checksum"},
        {"bob@else.example", A ":0", ROUTE_REFUSED, "a port from 1"},
        {"bob@else.example", A ":x", ROUTE_REFUSED, "a port from 1"},
        {"bob@else.example", "[" A, ROUTE_REFUSED, "bracket"},
        {"bob@else.example", "[" A "]25", ROUTE_REFUSED, "HOST:PORT"},
        {"bob@else.example", "", ROUTE_REFUSED, "domain is missing"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address address;
        struct route_question question;
        struct route_answer answer;
        const char *why = "", *got;
        assert_true(address_parse(rows[i].address, &address, &why));
        assert_true(route_known(conf, map, &address, rows[i].nexthop, &question, &answer));
        got = describe(&answer);
        if (answer.result != rows[i].result ||
            (answer.result == ROUTE_FOUND ? strcmp(got, rows[i].want) != 0
                                          : strstr(got, rows[i].want) == NULL))
            fail_msg("%s by %s: %s", rows[i].address, rows[i].nexthop ? rows[i].nexthop : "-", got);
    }
}

/* What is not known is left to DNS, and what is kept is applied to its answer. */
static void test_question(void **state)
{
    struct address address;
    struct route_question question;
    struct route_answer answer;
    const char *why = "";
    (void)state;
    assert_true(address_parse("bob@else.example", &address, &why));
    assert_false(route_known(conf, map, &address, NULL, &question, &answer));
    assert_string_equal(question.domain, "else.example");
    assert_false(route_known(conf, NULL, &address, "[Other.Example]:26", &question, &answer));
    assert_string_equal(question.domain, "other.example");
    assert_int_equal(question.port, 26);

    answer = (struct route_answer){.result = ROUTE_FOUND,
                                   .routes = {{.host = A, .port = 25, .tls = SENDER_TLS_OFFERED}},
                                   .count = 1};
    route_accept(conf, &question, &answer);
    assert_string_equal(describe(&answer), A ":26 offered");

    assert_true(address_parse("bob@" PIN "." A, &address, &why));
    assert_false(route_known(conf, NULL, &address, "other.example", &question, &answer));
    answer = (struct route_answer){.result = ROUTE_FOUND,
                                   .routes = {{.host = B, .port = 25, .tls = SENDER_TLS_OFFERED}},
                                   .count = 1};
    route_accept(conf, &question, &answer);
    assert_string_equal(describe(&answer), B ":25 required " PIN);

    answer = (struct route_answer){.result = ROUTE_FOUND, .routes = {{.host = C}}, .count = 1};
    route_accept(conf, &question, &answer);
    assert_int_equal(answer.result, ROUTE_REFUSED);
    assert_string_equal(describe(&answer), "other.example: its onion service is ours: "
                                           "mail to it does not go through Tor");
    route_refuse(&answer, ROUTE_NONE, "no record");
    route_accept(conf, &question, &answer);
    assert_string_equal(describe(&answer), "no record"); /* the reason stays */

    /* without DNS, nothing is left */
    conf->srv = false;
    assert_true(address_parse("bob@else.example", &address, &why));
    assert_true(route_known(conf, map, &address, NULL, &question, &answer));
    assert_int_equal(answer.result, ROUTE_NONE);
    assert_non_null(strstr(answer.why, "srv = no"));
    conf->srv = true;
}

/* A name that leaves no room for the label of the service cannot be asked for. */
static void test_long_name(void **state)
{
    static const char label[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.";
    char text[300] = "bob@";
    struct address address;
    struct route_question question;
    struct route_answer answer;
    const char *why = "";
    (void)state;
    for (int i = 0; i < 4; i++)
        strcat(text, label);
    strcat(text, "aa");
    assert_true(address_parse(text, &address, &why));
    assert_int_equal(strlen(address.host), 238);
    assert_false(route_known(conf, map, &address, NULL, &question, &answer));
    strcat(text, "a");
    assert_true(address_parse(text, &address, &why));
    assert_true(route_known(conf, map, &address, NULL, &question, &answer));
    assert_int_equal(answer.result, ROUTE_NONE);
    assert_non_null(strstr(answer.why, "too long"));
}

static void test_find(void **state)
{
    struct address address;
    struct route routes[ROUTE_MAX];
    const char *fault = "";
    char why[ROUTE_WHY_MAX] = "";
    size_t count = 9;
    char *old = conf->map, missing[] = "/nonexistent/map", none[] = "";
    (void)state;
    assert_true(address_parse("bob@two.example", &address, &fault));
    assert_int_equal(route_find(conf, &address, NULL, routes, &count, why), ROUTE_FOUND);
    assert_int_equal(count, 2);
    assert_string_equal(routes[0].host, B);
    conf->map = missing;
    assert_int_equal(route_find(conf, &address, NULL, routes, &count, why), ROUTE_LATER);
    assert_int_equal(count, 0);
    assert_non_null(strstr(why, "/nonexistent/map"));
    conf->map = none;
    conf->srv = false;
    assert_int_equal(route_find(conf, &address, NULL, routes, &count, why), ROUTE_NONE);
    conf->srv = true;
    conf->map = old;
}

/* --- what a mail server is told ------------------------------------------------------------ */

static void test_transport(void **state)
{
    static const struct {
        const char *key;
        enum lookup_result result;
        const char *value; /* the beginning */
    } rows[] = {
        {"one.example", LOOKUP_FOUND, "onionpow:[" A "]:25"},
        {"bob@one.example", LOOKUP_FOUND, "onionpow:[" A "]:25"},
        {"Bob@ONE.example", LOOKUP_FOUND, "onionpow:[" A "]:25"},
        {"two.example", LOOKUP_FOUND, "onionpow:[" B "]:2525"},
        {A, LOOKUP_FOUND, "onionpow:[" A "]:25"},
        {"bob@" PIN "." A, LOOKUP_FOUND, "onionpow:[" A "]:25"},
        {"own.example", LOOKUP_NONE, ""},
        {"ours.example", LOOKUP_NONE, ""},
        {"bob@own.example", LOOKUP_NONE, ""},
        {"bob@" C, LOOKUP_NONE, ""},
        {"*", LOOKUP_NONE, ""},
        {"", LOOKUP_NONE, ""},
        {".example", LOOKUP_NONE, ""},
        {"bob@", LOOKUP_NONE, ""},
        {"bob@[192.0.2.1]", LOOKUP_NONE, ""},
        /* never to DNS */
        {"bob@" OLD, LOOKUP_FOUND, "error:5.1.2 a version 2 onion address"},
        {OLD, LOOKUP_FOUND, "error:5.1.2 a version 2"},
        {"bob@" FORGED, LOOKUP_FOUND, "error:5.1.2 the onion address has a wrong checksum"},
        {"bob@x.ONION", LOOKUP_FOUND, "error:5.1.2 an onion address has 56"},
        {"bob@x.onion.", LOOKUP_FOUND, "error:5.1.2 the domain is not"},
        {"x.onion..", LOOKUP_FOUND, "error:5.1.2 "},
        {"bob@" A ".", LOOKUP_FOUND, "error:5.1.2 "},
        {"bob@x\343\200\202onion", LOOKUP_FOUND, "error:5.1.2 "},
        {"x\357\274\216onion\343\200\202", LOOKUP_FOUND, "error:5.1.2 "},
        {"x\357\275\241ONION", LOOKUP_FOUND, "error:5.1.2 "},
        {"-.\357\275\217nion", LOOKUP_FOUND, "error:5.1.2 "}, /* a wide "o" */
        {"a b@@x.onion", LOOKUP_FOUND, "error:5.1.2 "},
        {"x.onions.", LOOKUP_NONE, ""},
        {"onion.example.", LOOKUP_NONE, ""},
        {"onion@x.example.", LOOKUP_NONE, ""},
        {"...", LOOKUP_NONE, ""},
        {"bob@mail." A, LOOKUP_FOUND, "error:5.1.2 the label before"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct route_question question;
        struct lookup_reply reply;
        assert_true(transport_known(conf, map, "onionpow", rows[i].key, &question, &reply));
        if (reply.result != rows[i].result ||
            strncmp(reply.value, rows[i].value, strlen(rows[i].value)) != 0 ||
            (rows[i].value[0] == '\0' && reply.value[0] != '\0'))
            fail_msg("%s: %d \"%s\"", rows[i].key, reply.result, reply.value);
    }
}

static void test_transport_reply(void **state)
{
    struct route_answer found = {.result = ROUTE_FOUND,
                                 .routes = {{.host = A, .port = 25}, {.host = B, .port = 25}},
                                 .count = 2},
                        later = {.result = ROUTE_LATER, .why = "no answer"},
                        none = {.result = ROUTE_NONE, .why = "no record"},
                        refused = {.result = ROUTE_REFUSED, .why = "not signed"};
    struct lookup_reply reply;
    (void)state;
    transport_reply("smtptor", &found, &reply);
    assert_string_equal(reply.value, "smtptor:[" A "]:25");
    transport_reply("onionpow:", &found, &reply);
    assert_string_equal(reply.value, "onionpow:");
    transport_reply("onionpow", &later, &reply);
    assert_int_equal(reply.result, LOOKUP_LATER);
    assert_string_equal(reply.value, "no answer");
    transport_reply("onionpow", &none, &reply);
    assert_int_equal(reply.result, LOOKUP_NONE);
    transport_reply("onionpow", &refused, &reply);
    assert_int_equal(reply.result, LOOKUP_NONE);
}

static void test_transport_name(void **state)
{
    static const char *const good[] = {"onionpow", "onionpow:", "a", "smtp-tor_2"},
                             *const bad[] = {
                                 "",
                                 ":",
                                 "a::",
                                 "a:b",
                                 "a b",
                                 "a[",
                                 "a:[b]",
                                 ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                  "aaaaaaaaaaaaaaa")};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(transport_name_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(transport_name_valid(bad[i]));
}

static int setup(void **state)
{
    char why[SENDER_WHY_MAX], text[512];
    (void)state;
    if (directory_setup("map") != 0)
        return -1;
    directory_write("one.example " A "\ntwo.example " B ":2525 tls=never\n"
                    "two.example " A " pin=" PIN "\nown.example " A "\n"
                    "ours.example " C "\nboth.example " C "\nboth.example " B "\n");
    snprintf(text, sizeof text, "map = \"%s\"\nown = { \"own.example\", \"" C "\" }\n", path);
    conf = sender_load_text("test", text, strlen(text), why);
    map = map_load(path, why, sizeof why);
    return conf && map ? 0 : -1;
}

static int teardown(void **state)
{
    sender_free(conf);
    map_free(map);
    unlink(path);
    rmdir(directory);
    (void)state;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),          cmocka_unit_test(test_question),
        cmocka_unit_test(test_long_name),      cmocka_unit_test(test_find),
        cmocka_unit_test(test_transport),      cmocka_unit_test(test_transport_reply),
        cmocka_unit_test(test_transport_name),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
