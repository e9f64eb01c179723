/* test_exposition.c - the text form, octet for octet: escaping, numbers, histograms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "milter/exposition.h"

static FILE *out;
static char *text;
static size_t text_len;

static int setup(void **state)
{
    (void)state;
    out = open_memstream(&text, &text_len);
    return out ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(text);
    return 0;
}

static void must_be(const char *want)
{
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, want);
}

static void test_family(void **state)
{
    (void)state;
    exposition_family(out, "a_total", EXPOSITION_COUNTER, "Back\\slash, \"quotes\", line\nbreak.");
    exposition_family(out, "b", EXPOSITION_GAUGE, "B.");
    exposition_family(out, "c_seconds", EXPOSITION_HISTOGRAM, "C.");
    must_be("# HELP a_total Back\\\\slash, \"quotes\", line\\nbreak.\n# TYPE a_total counter\n"
            "# HELP b B.\n# TYPE b gauge\n# HELP c_seconds C.\n# TYPE c_seconds histogram\n");
}

static void test_labels(void **state)
{
    (void)state;
    exposition_sample(out, "a", NULL, 1);
    exposition_sample(out, "a", EXPOSITION_LABELS(0, {0}), 2);
    exposition_sample(out, "a", EXPOSITION_LABELS(1, {"x", "y"}), 3);
    exposition_sample(out, "a", EXPOSITION_LABELS(2, {"x", ""}, {"z", "\xc3\xa9"}), 4);
    exposition_sample(out, "a", EXPOSITION_LABELS(1, {"x", "} 9\n\"b\\\\"}), 5);
    must_be("a 1\na 2\na{x=\"y\"} 3\na{x=\"\",z=\"\xc3\xa9\"} 4\n"
            "a{x=\"} 9\\n\\\"b\\\\\\\\\"} 5\n");
}

static void test_numbers(void **state)
{
    static const struct {
        double value;
        const char *want;
    } rows[] = {
        {0, "0"},
        {1, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {0.0001, "0.0001"},
        {1.0 / 3, "0.33333333333333331"},
        {16384, "16384"},
        {1099511627776, "1099511627776"},
        {9007199254740991, "9007199254740991"},
        {INFINITY, "+Inf"},
        {-INFINITY, "-Inf"},
        {NAN, "NaN"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        exposition_sample(out, "a", NULL, rows[i].value);
    assert_int_equal(fclose(out), 0);
    char *line = strtok(text, "\n");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++, line = strtok(NULL, "\n")) {
        assert_non_null(line);
        assert_string_equal(line + 2, rows[i].want);
    }
}

static void test_single(void **state)
{
    (void)state;
    exposition_single(out, "a", EXPOSITION_GAUGE, "A.", 7);
    must_be("# HELP a A.\n# TYPE a gauge\na 7\n");
}

static void test_histogram(void **state)
{
    static const struct histogram_scale scale = {.first = 100, .bounds = 3, .divisor = 1000};
    struct histogram histogram = {0};
    (void)state;
    histogram_observe(&histogram, &scale, 100);
    histogram_observe(&histogram, &scale, 101);
    histogram_observe(&histogram, &scale, 5000);
    exposition_histogram(out, "a", EXPOSITION_LABELS(1, {"x", "y"}), &histogram, &scale);
    must_be("a_bucket{x=\"y\",le=\"0.1\"} 1\na_bucket{x=\"y\",le=\"0.2\"} 2\n"
            "a_bucket{x=\"y\",le=\"0.4\"} 2\na_bucket{x=\"y\",le=\"+Inf\"} 3\n"
            "a_sum{x=\"y\"} 5.201\na_count{x=\"y\"} 3\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_family, setup, teardown),
        cmocka_unit_test_setup_teardown(test_labels, setup, teardown),
        cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_single, setup, teardown),
        cmocka_unit_test_setup_teardown(test_histogram, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
