/* test_kernel.c - the choice of kernels: the best by itself, any by force, never one that can't
 * run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pow/kernel.h"
#include "pow/selftest.h"

static struct op_kernel kernels[OP_KERNELS_MAX];
static size_t count;

static int list(void **state)
{
    (void)state;
    count = op_kernel_list(kernels);
    assert_in_range(count, 3, OP_KERNELS_MAX);
    return 0;
}

static int back_to_the_best(void **state)
{
    (void)state;
    assert_true(op_kernel_force(NULL));
    return 0;
}

static const char *const tasks[] = {"argon2id", "sha256-search", "sha256"};

#define EACH_TASK(task) for (size_t task = 0; task < sizeof tasks / sizeof *tasks; task++)
#define EACH_KERNEL(i, t)                                                                          \
    for (size_t i = 0; i < count; i++)                                                             \
        if (strcmp(kernels[i].task, t) == 0)

static const struct op_kernel *active_of(const char *task)
{
    const struct op_kernel *active = NULL;
    EACH_KERNEL(i, task)
    {
        if (kernels[i].active) {
            assert_null(active);
            active = &kernels[i];
        }
    }
    assert_non_null(active);
    return active;
}

static const struct op_kernel *last_of(const char *task)
{
    const struct op_kernel *last = NULL;
    EACH_KERNEL(i, task) last = &kernels[i];
    assert_non_null(last);
    return last;
}

static bool can_run(const char *task, const char *name)
{
    EACH_KERNEL(i, task)
    {
        if (strcmp(kernels[i].name, name) == 0)
            return kernels[i].usable;
    }
    return false;
}

static void the_best_by_itself(void **state)
{
    (void)state;
    EACH_TASK(t)
    {
        const struct op_kernel *best = NULL;
        EACH_KERNEL(i, tasks[t])
        {
            if (!best && kernels[i].usable)
                best = &kernels[i];
        }
        assert_ptr_equal(active_of(tasks[t]), best);
        assert_true(last_of(tasks[t])->usable);
    }
}

static void any_by_force(void **state)
{
    (void)state;
    const size_t known = count;
    for (size_t n = 0; n < known; n++) {
        const char *name = kernels[n].name;
        bool possible = false;
        EACH_TASK(t) possible |= can_run(tasks[t], name);
        assert_int_equal(op_kernel_force(name), possible);
        if (!possible)
            continue;
        list(NULL);
        assert_int_equal(count, known);
        EACH_TASK(t)
        {
            const struct op_kernel *active = active_of(tasks[t]);
            if (can_run(tasks[t], name))
                assert_string_equal(active->name, name);
            else
                assert_ptr_equal(active, last_of(tasks[t]));
        }
        const char *what = "";
        assert_int_equal(op_selftest(&what), OP_OK);
    }
}

static void unknown_names_change_nothing(void **state)
{
    (void)state;
    static const char *unknown[] = {"", "avx", "AVX2", "portable ", "argon2id", "no-such-kernel"};
    struct op_kernel before[OP_KERNELS_MAX];
    assert_true(op_kernel_force("portable"));
    list(NULL);
    memcpy(before, kernels, sizeof before);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        assert_false(op_kernel_force(unknown[i]));
        list(NULL);
        EACH_TASK(t) assert_string_equal(active_of(tasks[t])->name, last_of(tasks[t])->name);
        for (size_t k = 0; k < count; k++)
            assert_int_equal(before[k].active, kernels[k].active);
    }
}

static void what_was_forced_is_undone(void **state)
{
    (void)state;
    assert_true(op_kernel_force("portable"));
    assert_true(op_kernel_force(NULL));
    list(NULL);
    the_best_by_itself(NULL);
}

static void slow_is_the_last_resort(void **state)
{
    (void)state;
    for (size_t n = 0; n < count; n++) {
        if (!op_kernel_force(kernels[n].name))
            continue;
        list(NULL);
        if (active_of("argon2id") == last_of("argon2id"))
            assert_string_equal(op_kernel_slow(), "argon2id");
        else
            assert_null(op_kernel_slow());
    }
}

/* Usable ones, each once. */
static void names(void **state)
{
    (void)state;
    char text[OP_KERNEL_NAMES_MAX], *rest = text, *name;
    size_t told = 0;
    op_kernel_names(text);
    while ((name = strsep(&rest, ",")) != NULL) {
        name += strspn(name, " ");
        assert_true(op_kernel_force(name));
        for (size_t i = 0; i < count; i++)
            told += strcmp(kernels[i].name, name) == 0 && kernels[i].usable;
    }
    for (size_t i = 0; i < count; i++)
        told -= kernels[i].usable;
    assert_int_equal(told, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_best_by_itself, list, back_to_the_best),
        cmocka_unit_test_setup_teardown(any_by_force, list, back_to_the_best),
        cmocka_unit_test_setup_teardown(unknown_names_change_nothing, list, back_to_the_best),
        cmocka_unit_test_setup_teardown(what_was_forced_is_undone, list, back_to_the_best),
        cmocka_unit_test_setup_teardown(slow_is_the_last_resort, list, back_to_the_best),
        cmocka_unit_test_setup_teardown(names, list, back_to_the_best),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
