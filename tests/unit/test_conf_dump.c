/* test_conf_dump.c - a configuration written down reads as the same, and which differences need a
 * new start. */
#include "conf_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dump),
        cmocka_unit_test(test_fixed_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
