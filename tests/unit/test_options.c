/* test_options.c - the table of options: parsing, and that --help and the man page know every row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/nearest.h"
#include "tools/options.h"

#define WORDS_MAX 8

static int count_words(const char *const *words)
{
    int count = 0;

    while (words[count] != NULL)
        count++;
    return count;
}

static bool parse(enum options_verb verb, const char *const *words, struct options *options,
                  struct options_error *error)
{
    return options_parse(verb, count_words(words), (char **)(uintptr_t)words, options, error);
}

static void test_good(void **state)
{
    static const struct {
        const char *label;
        const char *words[WORDS_MAX];
        uint64_t work, max_mem;
        double seconds, max_time;
        unsigned threads;
        size_t rcpts, args;
        bool from_headers, json;
        uint32_t date, validity;
    } rows[] = {
        {"nothing", {NULL}, 0, 0, 0, 600, 0, 0, 0, false, false, 0, 604800},
        {"separate", {"--work", "16k"}, 16000, 0, 0, 600, 0, 0, 0, false, false, 0, 604800},
        {"joined", {"--work=2M"}, 2000000, 0, 0, 600, 0, 0, 0, false, false, 0, 604800},
        {"mixed", {"a", "--json", "b"}, 0, 0, 0, 600, 0, 0, 2, false, true, 0, 604800},
        {"end of options", {"--", "--json", "-t"}, 0, 0, 0, 600, 0, 0, 2, false, false, 0, 604800},
        {"a dash", {"-"}, 0, 0, 0, 600, 0, 0, 1, false, false, 0, 604800},
        {"an argument that looks like an option",
         {"--rcpt", "--json"},
         0,
         0,
         0,
         600,
         0,
         1,
         0,
         false,
         false,
         0,
         604800},
        {"short", {"-t"}, 0, 0, 0, 600, 0, 0, 0, true, false, 0, 604800},
        {"repeated", {"--rcpt", "a", "--rcpt=b"}, 0, 0, 0, 600, 0, 2, 0, false, false, 0, 604800},
        {"fraction", {"--seconds", "2.5"}, 0, 0, 2.5, 600, 0, 0, 0, false, false, 0, 604800},
        {"duration", {"--max-time", "2h"}, 0, 0, 0, 7200, 0, 0, 0, false, false, 0, 604800},
        {"size", {"--max-mem", "64MiB"}, 0, 64 << 20, 0, 600, 0, 0, 0, false, false, 0, 604800},
        {"threads", {"--threads", "3"}, 0, 0, 0, 600, 3, 0, 0, false, false, 0, 604800},
        {"date", {"--date", "20260228"}, 0, 0, 0, 600, 0, 0, 0, false, false, 20260228, 604800},
        {"the last one counts",
         {"--work", "1", "--work", "2"},
         2,
         0,
         0,
         600,
         0,
         0,
         0,
         false,
         false,
         0,
         604800},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct options options;
        struct options_error error;
        print_message("%s\n", rows[i].label);
        assert_true(parse(OPTIONS_MINT, rows[i].words, &options, &error));
        assert_int_equal(options.work, rows[i].work);
        assert_int_equal(options.max_mem, rows[i].max_mem);
        assert_true(options.seconds == rows[i].seconds);
        assert_true(options.max_time_s == rows[i].max_time);
        assert_int_equal(options.threads, rows[i].threads);
        assert_int_equal(options.rcpt_count, rows[i].rcpts);
        assert_int_equal(options.arg_count, rows[i].args);
        assert_int_equal(options.from_headers, rows[i].from_headers);
        assert_int_equal(options.json, rows[i].json);
        assert_int_equal(options.date, rows[i].date);
        assert_int_equal(options.validity_s, rows[i].validity);
        options_clear(&options);
    }
}

static void test_bad(void **state)
{
    static const struct {
        const char *label;
        enum options_verb verb;
        const char *words[WORDS_MAX];
        const char *message, *hint; /* parts of them */
    } rows[] = {
        {"unknown", OPTIONS_MINT, {"--frobnicate"}, "no such option", "--help"},
        {"mistyped", OPTIONS_MINT, {"--wrk=1"}, "no such option", "--work"},
        {"of another verb", OPTIONS_SUITES, {"--work", "1"}, "no such option", ""},
        {"abbreviated", OPTIONS_MINT, {"--wor", "1"}, "no such option", "--work"},
        {"unknown letter", OPTIONS_MINT, {"-x"}, "no such option", ""},
        {"letters together", OPTIONS_MINT, {"-tt"}, "no such option", ""},
        {"missing argument", OPTIONS_MINT, {"--work"}, "missing", ""},
        {"argument of a flag", OPTIONS_MINT, {"--json=yes"}, "no argument", ""},
        {"no number", OPTIONS_MINT, {"--work", "many"}, "want a number", ""},
        {"zero work", OPTIONS_MINT, {"--work", "0"}, "--work", ""},
        {"empty", OPTIONS_MINT, {"--work="}, "--work", ""},
        {"no suite", OPTIONS_MINT, {"--suite", "md5"}, "onionpow suites", ""},
        {"no threads", OPTIONS_MINT, {"--threads", "0"}, "--threads", ""},
        {"too many threads", OPTIONS_MINT, {"--threads", "1025"}, "--threads", ""},
        {"negative seconds", OPTIONS_MINT, {"--seconds", "-1"}, "--seconds", ""},
        {"no seconds", OPTIONS_MINT, {"--seconds", "0"}, "--seconds", ""},
        {"odd seconds", OPTIONS_MINT, {"--seconds", "1.2.3"}, "--seconds", ""},
        {"infinite seconds", OPTIONS_MINT, {"--seconds", "inf"}, "--seconds", ""},
        {"hexadecimal seconds", OPTIONS_MINT, {"--seconds", "0x10"}, "--seconds", ""},
        {"no day", OPTIONS_MINT, {"--date", "20260230"}, "YYYYMMDD", ""},
        {"no time of day", OPTIONS_VERIFY, {"--validity", "soon"}, "duration", ""},
        {"no priority", OPTIONS_MINT, {"--nice", "20"}, "0 to 19", ""},
        {"no progress", OPTIONS_MINT, {"--progress", "maybe"}, "auto", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct options options;
        struct options_error error;
        print_message("%s\n", rows[i].label);
        assert_false(parse(rows[i].verb, rows[i].words, &options, &error));
        assert_non_null(strstr(error.message, rows[i].message));
        assert_non_null(strstr(error.hint, rows[i].hint));
    }
}

static void test_want_json(void **state)
{
    const char *const yes[] = {"mint", "--json", NULL}, *const no[] = {"mint", "--", "--json",
                                                                       NULL};

    (void)state;
    assert_true(options_want_json(2, (char **)(uintptr_t)yes));
    assert_false(options_want_json(3, (char **)(uintptr_t)no));
}

static char *read_manual(void)
{
    const char *source = getenv("ONIONPOW_SOURCE");
    char path[4096], *text = NULL;
    size_t len = 0;

    assert_non_null(source);
    snprintf(path, sizeof path, "%s/tools/onionpow.1", source);
    FILE *stream = fopen(path, "r");
    assert_non_null(stream);
    assert_true(getdelim(&text, &len, '\0', stream) > 0);
    fclose(stream);
    return text;
}

/* Every option of the table stands in the manual as an item, every item there is in the table. */
static void test_manual(void **state)
{
    char *manual = read_manual();
    size_t items = 0;

    (void)state;
    for (size_t i = 0; i < options_count(); i++) {
        const struct options_row *row = options_at(i);
        char item[128];
        if (row->letter != 0)
            snprintf(item, sizeof item, "\n.It Fl %c , Fl -%s\n", row->letter, row->name);
        else
            snprintf(item, sizeof item, "\n.It Fl -%s%s", row->name,
                     row->value != NULL ? " Ar " : "\n");
        print_message("--%s\n", row->name);
        assert_non_null(strstr(manual, item));
    }
    for (const char *at = manual; (at = strstr(at, "\n.It Fl ")) != NULL; at++)
        items++;
    assert_int_equal(items, options_count());
    free(manual);
}

static char *capture_help(enum options_verb verb)
{
    char *text;
    size_t len;
    FILE *stream = open_memstream(&text, &len);

    assert_non_null(stream);
    options_help(stream, verb);
    fclose(stream);
    return text;
}

static void test_help(void **state)
{
    (void)state;
    for (unsigned verb = 1; verb < OPTIONS_ALL; verb <<= 1) {
        char *text = capture_help((enum options_verb)verb);
        for (size_t i = 0; i < options_count(); i++) {
            const struct options_row *row = options_at(i);
            char name[64];
            snprintf(name, sizeof name, "--%s ", row->name);
            assert_int_equal(strstr(text, name) != NULL, (row->verbs & verb) != 0);
        }
        for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1)
            assert_true(strcspn(line, "\n") <= 80);
        free(text);
    }
}

static void test_nearest(void **state)
{
    static const struct {
        const char *a, *b;
        size_t want;
    } rows[] = {
        {"mint", "mint", 0}, {"mint", "mnt", 1}, {"mint", "mind", 1},      {"verify", "verfiy", 1},
        {"", "abc", 3},      {"abc", "", 3},     {"kitten", "sitting", 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(nearest_distance(rows[i].a, rows[i].b), rows[i].want);
    assert_true(nearest_distance("a", "0123456789012345678901234567890123456789") > 31);
    assert_true(nearest_plausible("mint", 1));
    assert_false(nearest_plausible("mint", 2));
    assert_true(nearest_plausible("m", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),      cmocka_unit_test(test_bad),
        cmocka_unit_test(test_want_json), cmocka_unit_test(test_manual),
        cmocka_unit_test(test_help),      cmocka_unit_test(test_nearest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
