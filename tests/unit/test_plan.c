/* test_plan.c - which offer is taken: the first that is known, not refused, and within the limits
 * of time and memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tools/plan.h"

#define MIB   (UINT64_C(1) << 20)
#define QUOTE "AAAAAAAAAAAAAAAAAAAAAAAAAAAB"

static const struct op_suite *suite(const char *name)
{
    return name != NULL ? op_suite_find(name, strlen(name)) : NULL;
}

/* Times are so long or so short that no machine's speed matters. */
static void test_choose(void **state)
{
    static const struct {
        const char *label, *offers, *refused, *only;
        uint64_t max_mem;
        double max_time_s;
        enum plan_choice want;
        const char *name; /* of the plan's suite; NULL: there is no plan */
        uint64_t effort;
        const char *why; /* part of the reason, of PLAN_BEYOND */
    } rows[] = {
        {"the first", "sha256/7,argon2id-16m/2", NULL, NULL, 64 * MIB, 1e9, PLAN_CHOSEN, "sha256",
         7, NULL},
        {"the server's order", "argon2id-16m/2,sha256/7", NULL, NULL, 64 * MIB, 1e9, PLAN_CHOSEN,
         "argon2id-16m", 2, NULL},
        {"not what is unknown", "md5/1,sha256/7", NULL, NULL, 64 * MIB, 1e9, PLAN_CHOSEN, "sha256",
         7, NULL},
        {"not what is refused", "sha256/7,argon2id-16m/2", "sha256", NULL, 64 * MIB, 1e9,
         PLAN_CHOSEN, "argon2id-16m", 2, NULL},
        {"the one that was asked for", "sha256/7,argon2id-16m/2", NULL, "argon2id-16m", 64 * MIB,
         1e9, PLAN_CHOSEN, "argon2id-16m", 2, NULL},
        {"not what needs more memory", "argon2id-64m/2,argon2id-16m/2", NULL, NULL, 63 * MIB, 1e9,
         PLAN_CHOSEN, "argon2id-16m", 2, NULL},
        {"just enough memory", "argon2id-64m/2,argon2id-16m/2", NULL, NULL, 64 * MIB, 1e9,
         PLAN_CHOSEN, "argon2id-64m", 2, NULL},
        {"not what takes too long", "sha256/1000000000000,sha256/7", NULL, NULL, 64 * MIB, 10,
         PLAN_CHOSEN, "sha256", 7, NULL},
        {"all need more memory: the first", "argon2id-64m/2,argon2id-16m/2", NULL, NULL, 8 * MIB,
         1e9, PLAN_BEYOND, "argon2id-64m", 2, "it needs 64MiB of memory and the limit is 8MiB"},
        {"takes too long", "sha256/1000000000000", NULL, NULL, 64 * MIB, 10, PLAN_BEYOND, "sha256",
         1000000000000, " with 1 thread and the limit is 10 s"},
        {"no time at all", "sha256/7", NULL, NULL, 64 * MIB, 0, PLAN_BEYOND, "sha256", 7,
         "the limit is 0.0 s"},
        {"too long, and too large", "sha256/1000000000000,argon2id-64m/2", NULL, NULL, 8 * MIB, 10,
         PLAN_BEYOND, "sha256", 1000000000000, "the limit is 10 s"},
        {"all unknown", "md5/1,crc32/2", NULL, NULL, 64 * MIB, 1e9, PLAN_UNKNOWN, NULL, 0, NULL},
        {"all refused", "sha256/7", "sha256", NULL, 64 * MIB, 1e9, PLAN_UNKNOWN, NULL, 0, NULL},
        {"what was asked for is not offered", "sha256/7", NULL, "argon2id-16m", 64 * MIB, 1e9,
         PLAN_UNKNOWN, NULL, 0, NULL},
        {"what was asked for is refused", "sha256/7,argon2id-16m/2", "sha256", "sha256", 64 * MIB,
         1e9, PLAN_UNKNOWN, NULL, 0, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[OP_OFFER_TEXT_MAX], why[PLAN_TEXT_MAX] = "";
        bool refuse[OP_SUITES_MAX] = {false};
        const struct plan_limits limits = {.threads = 1,
                                           .max_mem = rows[i].max_mem,
                                           .max_time_s = rows[i].max_time_s,
                                           .suite = suite(rows[i].only),
                                           .refuse = refuse};
        struct op_offers offers;
        struct plan plan;
        enum op_err err;
        print_message("%s\n", rows[i].label);
        int len = snprintf(text, sizeof text, "onionpow:1:%s", rows[i].offers);
        assert_true(op_offers_parse(text, (size_t)len, &offers));
        if (rows[i].refused != NULL)
            refuse[op_suite_index(suite(rows[i].refused))] = true;
        assert_int_equal(plan_choose(&limits, &offers, &plan, why, &err), rows[i].want);
        assert_int_equal(err, OP_OK);
        assert_ptr_equal(plan.suite, suite(rows[i].name));
        assert_int_equal(plan.effort, rows[i].effort);
        if (rows[i].why != NULL && strstr(why, rows[i].why) == NULL)
            fail_msg("%s", why);
    }
}

/* The quote goes with its offer, and with no other. */
static void test_quote(void **state)
{
    static const char text[] = "onionpow:1:sha256/9/" QUOTE ",argon2id-16m/2";
    struct plan_limits limits = {.threads = 1, .max_mem = 64 * MIB, .max_time_s = 1e9};
    struct op_offers offers;
    char why[PLAN_TEXT_MAX];
    struct plan plan;
    enum op_err err;

    (void)state;
    assert_true(op_offers_parse(text, strlen(text), &offers));
    assert_int_equal(plan_choose(&limits, &offers, &plan, why, &err), PLAN_CHOSEN);
    assert_int_equal(plan.quote_len, OP_QUOTE_LEN);
    assert_memory_equal(plan.quote, offers.offer[0].quote, OP_QUOTE_LEN);
    limits.suite = suite("argon2id-16m");
    assert_int_equal(plan_choose(&limits, &offers, &plan, why, &err), PLAN_CHOSEN);
    assert_int_equal(plan.quote_len, 0);
}

static void test_threads(void **state)
{
    static const struct {
        const char *suite;
        unsigned threads, want;
        uint64_t max_mem;
        bool fits;
    } rows[] = {
        {"sha256", 3, 3, MIB, true},
        {"argon2id-16m", 3, 3, 48 * MIB, true},
        {"argon2id-16m", 3, 2, 48 * MIB - 1, true},
        {"argon2id-16m", 1, 1, 16 * MIB, true},
        {"argon2id-16m", 3, 1, 16 * MIB - 1, false},
        {"argon2id-16m", 1, 1, 1, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct plan_limits limits = {.threads = rows[i].threads, .max_mem = rows[i].max_mem};
        uint64_t max_mem;
        assert_int_equal(plan_threads(&limits, suite(rows[i].suite), &max_mem), rows[i].want);
        assert_int_equal(max_mem, rows[i].max_mem);
        assert_int_equal(plan_has_memory(suite(rows[i].suite), max_mem), rows[i].fits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choose),
        cmocka_unit_test(test_quote),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
