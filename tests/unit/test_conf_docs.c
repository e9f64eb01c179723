/* test_conf_docs.c - parser, shipped file and manual know the same keys and the same defaults. */
#include "conf_fixture.h"
#include "milter/conf_key.h"
#include "slurp.h"

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
    size_t len;
    char *text = slurp("etc/onionpow.conf", &len), why[CONF_WHY_MAX];
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
    size_t len;
    char *file = slurp("etc/onionpow.conf", &len), *manual = slurp("milter/onionpow.conf.5", &len);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped_file),
        cmocka_unit_test(test_documentation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
