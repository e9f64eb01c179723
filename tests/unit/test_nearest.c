/* test_nearest.c - how far mistyped words are from what was meant, and what is too far to suggest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/nearest.h"

#define WORD_31 "abcdefghijklmnopqrstuvwxyzabcde"

static void test_distance(void **state)
{
    static const struct {
        const char *a, *b;
        size_t want;
    } rows[] = {
        {"", "", 0},
        {"mint", "mint", 0},
        {"", "mint", 4},
        {"mint", "mnt", 1},
        {"mint", "miint", 1},
        {"mint", "mist", 1},
        {"mint", "imnt", 1},
        {"mint", "mitn", 1},
        {"mint", "intm", 2},
        {"mint", "Mint", 1},
        {"verify", "verfiy", 1},
        {"verify", "vreyfi", 3},
        {"deliver", "demand", 5},
        {"ab", "ba", 1},
        {"ca", "abc", 3}, /* no edit inside of a swapped pair */
        {"abc", "xyz", 3},
        {WORD_31, WORD_31, 0},
        {WORD_31, "", 31},
        {WORD_31 "f", WORD_31 "f", 32},
        {WORD_31 "f", "a", 32},
        {WORD_31 WORD_31 WORD_31, "a", 32},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t there = nearest_distance(rows[i].a, rows[i].b);
        if (there != rows[i].want)
            fail_msg("%s, %s: %zu and not %zu", rows[i].a, rows[i].b, there, rows[i].want);
        assert_int_equal(nearest_distance(rows[i].b, rows[i].a), there);
    }
}

static void test_plausible(void **state)
{
    static const struct {
        const char *word;
        size_t most; /* edits */
    } rows[] = {
        {"", 1}, {"a", 1}, {"mint", 1}, {"probe", 1}, {"verify", 2}, {"sendmail", 2}, {WORD_31, 10},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(nearest_plausible(rows[i].word, 0));
        assert_true(nearest_plausible(rows[i].word, rows[i].most));
        assert_false(nearest_plausible(rows[i].word, rows[i].most + 1));
    }
    assert_false(nearest_plausible(WORD_31 "f", nearest_distance(WORD_31 "f", WORD_31 "f")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_distance),
                                       cmocka_unit_test(test_plausible)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
