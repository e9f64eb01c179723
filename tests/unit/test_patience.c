/* test_patience.c - the budget of all waiting, by a clock that the test turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/patience.h"

static void test_deadline(void **state)
{
    struct patience patience = {.left_s = 10};

    (void)state;
    assert_true(patience_begin(&patience, 100, 3) == 103);
    assert_true(patience_begin(&patience, 100, 10) == 110);
    assert_true(patience_begin(&patience, 100, 11) == 110);
    assert_true(patience_begin(&patience, 100, -1) == 99); /* what it was to last is over */
}

static void test_spent(void **state)
{
    static const struct {
        const char *label;
        double waited, free_s, left;
    } rows[] = {
        {"nothing", 0, 0, 10},
        {"some", 4, 0, 6},
        {"all", 10, 0, 0},
        {"more than there was", 11, 0, 0},
        {"part of it was none", 4, 3, 9},
        {"none of it was", 4, 4, 10},
        {"what was not needed is no gain", 4, 100, 10},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct patience patience = {.left_s = 10};
        print_message("%s\n", rows[i].label);
        (void)patience_begin(&patience, 100, 60);
        patience_end(&patience, 100 + rows[i].waited, rows[i].free_s);
        assert_true(patience.left_s == rows[i].left);
        assert_int_equal(patience_is_over(&patience), rows[i].left == 0);
    }
}

/* Many short waits are one long one. */
static void test_drip(void **state)
{
    struct patience patience = {.left_s = 10};
    double now = 0;
    int waits = 0;

    (void)state;
    while (!patience_is_over(&patience)) {
        double deadline = patience_begin(&patience, now, 5);
        now = now + 3 < deadline ? now + 3 : deadline;
        patience_end(&patience, now, 0);
        now += 1000; /* our own time */
        waits++;
    }
    assert_int_equal(waits, 4);
    assert_true(now == 4010);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_spent),
        cmocka_unit_test(test_drip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
