/* test_progress.c - the line never lies and never wraps; spans of time in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/progress.h"
#include "tools/span.h"

static struct op_mint_progress halfway(void)
{
    return (struct op_mint_progress){
        .suite = op_suite_find("argon2id-16m", strlen("argon2id-16m")),
        .effort = 512,
        .solved = 16,
        .puzzles = 32,
        .threads = 2,
        .evals = 8192,
        .elapsed_s = 12.3,
        .rate = 666,
        .left_p50_s = 12.2,
        .left_p90_s = 16.1,
    };
}

static void test_line(void **state)
{
    struct progress progress = {.count = 1, .index = 1};
    struct op_mint_progress mint = halfway();
    char line[PROGRESS_LINE_MAX];

    (void)state;
    progress_line(&progress, &mint, 79, line);
    assert_string_equal(
        line, "argon2id-16m 16/32 [###########------------] 12 s, left 12 s (90%: 16 s), 666/s");
    progress.count = 5;
    progress.index = 2;
    progress_line(&progress, &mint, 79, line);
    assert_string_equal(
        line, "(2 of 5) argon2id-16m 16/32 [#######-------] 12 s, left 12 s (90%: 16 s), 666/s");
    progress.count = 1;
    mint.rate = 0;
    mint.left_p50_s = mint.left_p90_s = -1;
    progress_line(&progress, &mint, 60, line);
    assert_null(strstr(line, "left"));
    mint = halfway();
    mint.solved = 32;
    mint.sealing = true;
    progress_line(&progress, &mint, 79, line);
    assert_non_null(strstr(line, "sealing"));
    mint.sealing = false;
    mint.done = true;
    progress_line(&progress, &mint, 79, line);
    assert_non_null(strstr(line, "done in 12 s"));
    assert_null(strstr(line, "left"));
}

/* At every width, and for every number of solved puzzles: in the line's bounds, and the bar's
 * filled part is what is solved. */
static void test_widths(void **state)
{
    struct progress progress = {.count = 12345, .index = 12344};
    struct op_mint_progress mint = halfway();
    char line[PROGRESS_LINE_MAX];

    (void)state;
    for (unsigned columns = 1; columns < 300; columns++) {
        for (mint.solved = 0; mint.solved <= mint.puzzles; mint.solved++) {
            size_t len = progress_line(&progress, &mint, columns, line);
            assert_true(len <= columns && len == strlen(line));
            const char *open = strchr(line, '['), *close = strchr(line, ']');
            if (open == NULL || close == NULL)
                continue;
            size_t cells = (size_t)(close - open) - 1, full = strspn(open + 1, "#");
            assert_true(cells >= 8);
            assert_int_equal(full, cells * mint.solved / mint.puzzles);
        }
    }
}

static void test_span(void **state)
{
    static const struct {
        double seconds;
        const char *want;
    } rows[] = {
        {-1, "?"},
        {0, "0.0 s"},
        {0.34, "0.3 s"},
        {9.94, "9.9 s"},
        {9.96, "10 s"},
        {119.4, "119 s"},
        {119.6, "2 min 0 s"},
        {200, "3 min 20 s"},
        {7199, "119 min 59 s"},
        {7500, "2 h 5 min"},
        {950400, "11 d"},
        {1e300, "9999999 d"},
    };
    char text[SPAN_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        span_format(rows[i].seconds, text);
        assert_string_equal(text, rows[i].want);
    }
}

/* A test's stderr may be a terminal or not: only what does not depend on it. */
static void test_modes(void **state)
{
    struct progress progress;

    (void)state;
    progress_init(&progress, OPTIONS_PROGRESS_ALWAYS, false);
    assert_int_equal(progress.mode, OPTIONS_PROGRESS_ALWAYS);
    progress_init(&progress, OPTIONS_PROGRESS_JSON, true);
    assert_int_equal(progress.mode, OPTIONS_PROGRESS_NEVER);
    progress_init(&progress, OPTIONS_PROGRESS_AUTO, true);
    assert_int_equal(progress.mode, OPTIONS_PROGRESS_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_span),
        cmocka_unit_test(test_modes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
