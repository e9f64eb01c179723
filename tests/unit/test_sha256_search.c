/*
 * test_sha256_search.c - every scanner that this processor can run finds what a plain loop over
 * op_sha256_tail finds (test_sha256.c compares that with OpenSSL), and counts as it does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "pow/effort.h"
#include "pow/sha256_search.h"
#include "tests/unit/random.h"

#define UNTOUCHED 99
#define BORDER    (UINT64_C(1) << 32)

static const struct op_sha256_scanner *scanner; /* under test */
static atomic_bool never;

struct found {
    bool found;
    uint64_t nonce, tried;
};

static struct found plain(const uint8_t input[OP_PUZZLE_LEN], uint64_t first, uint64_t count,
                          uint64_t effort)
{
    for (uint64_t i = 0; i < count; i++)
        if (op_effort_met(op_sha256_tail(input, first + i), effort))
            return (struct found){true, first + i, i + 1};
    return (struct found){false, UNTOUCHED, count};
}

static struct found ours(const uint8_t input[OP_PUZZLE_LEN], uint64_t first, uint64_t count,
                         uint64_t effort, const atomic_bool *stop)
{
    struct found got = {.nonce = UNTOUCHED, .tried = UNTOUCHED};
    got.found =
        op_sha256_search_with(scanner, input, first, count, effort, stop, &got.nonce, &got.tried);
    return got;
}

static void same(const uint8_t input[OP_PUZZLE_LEN], uint64_t first, uint64_t count,
                 uint64_t effort)
{
    struct found want = plain(input, first, count, effort);
    struct found got = ours(input, first, count, effort, &never);
    assert_int_equal(got.found, want.found);
    assert_true(got.nonce == want.nonce);
    assert_true(got.tried == want.tried);
}

static void random_runs(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (unsigned n = 0; n < 400; n++) {
        uint8_t input[OP_PUZZLE_LEN];
        random_fill(&seed, input, sizeof input);
        uint64_t first = random_next(&seed) >> random_below(&seed, 64);
        uint64_t count = random_below(&seed, UINT64_C(2) << random_below(&seed, 13));
        uint64_t effort = 1 + random_below(&seed, UINT64_C(1) << random_below(&seed, 15));
        same(input, first, count, effort);
    }
}

/* The upper half of the nonce changes within the run, at any place of it. */
static void over_the_border(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (unsigned n = 0; n < 200; n++) {
        uint8_t input[OP_PUZZLE_LEN];
        random_fill(&seed, input, sizeof input);
        uint64_t border = BORDER * (1 + (random_next(&seed) >> random_below(&seed, 32)) % BORDER);
        same(input, border - random_below(&seed, 3000), 4000, 3000);
        same(input, border - n, 2 * n, 1 + n * 2);
    }
}

static void up_to_the_last_nonce(void **state)
{
    (void)state;
    for (uint8_t n = 1; n < 100; n++) {
        uint8_t input[OP_PUZZLE_LEN] = {n};
        same(input, UINT64_MAX - n + 1, n, 50);
        same(input, 0, n, 50);
    }
}

static void effort_one_takes_the_first(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (unsigned n = 0; n < 100; n++) {
        uint8_t input[OP_PUZZLE_LEN];
        random_fill(&seed, input, sizeof input);
        uint64_t first = random_next(&seed);
        struct found got = ours(input, first, 1 + random_below(&seed, 100), 1, &never);
        assert_true(got.found && got.nonce == first && got.tried == 1);
    }
}

static void nothing_to_try(void **state)
{
    (void)state;
    uint8_t input[OP_PUZZLE_LEN] = {0};
    struct found got = ours(input, 7, 0, 1, &never);
    assert_true(!got.found && got.nonce == UNTOUCHED && got.tried == 0);
}

static void huge_efforts(void **state)
{
    (void)state;
    static const uint64_t efforts[] = {UINT64_C(1) << 31, BORDER - 1,        BORDER,
                                       BORDER + 1,        UINT64_C(1) << 56, UINT64_C(1) << 63,
                                       UINT64_MAX - 1,    UINT64_MAX};
    uint8_t input[OP_PUZZLE_LEN] = {1};
    for (size_t i = 0; i < sizeof efforts / sizeof *efforts; i++)
        same(input, BORDER - 5000, 10000, efforts[i]);
}

/* The least of a run's evaluations meets its own limit and no more, wherever in a vector it is. */
static void the_limit_is_exact(void **state)
{
    (void)state;
    for (uint8_t n = 0; n < 20; n++) {
        uint8_t input[OP_PUZZLE_LEN] = {n, 1};
        const uint64_t first = BORDER * n, count = 3000;
        uint64_t least = UINT64_MAX, at = 0;
        for (uint64_t i = 0; i < count; i++)
            if (op_sha256_tail(input, first + i) < least)
                least = op_sha256_tail(input, at = first + i);
        assert_true(least > 1);
        uint64_t effort = UINT64_MAX / least; /* the greatest whose limit is above it */
        struct found got = ours(input, first, count, effort, &never);
        assert_true(got.found && got.nonce == at && got.tried == at - first + 1);
        got = ours(input, first, count, effort + 1, &never);
        assert_true(!got.found && got.nonce == UNTOUCHED && got.tried == count);
        for (uint64_t ahead = 0; ahead < 40 && ahead <= at - first; ahead++) {
            got = ours(input, at - ahead, ahead + 1, effort, &never);
            assert_true(got.found && got.nonce == at && got.tried == ahead + 1);
            assert_false(ours(input, at - ahead, ahead, effort, &never).found);
        }
    }
}

static void stopped_before(void **state)
{
    (void)state;
    atomic_bool stop = true;
    uint8_t input[OP_PUZZLE_LEN] = {0};
    struct found got = ours(input, 0, 1000, 1, &stop);
    assert_true(!got.found && got.nonce == UNTOUCHED && got.tried == 0);
}

static void *raise_it(void *stop)
{
    atomic_store((atomic_bool *)stop, true);
    return NULL;
}

/* A search that would never end does. */
static void stopped_within(void **state)
{
    (void)state;
    atomic_bool stop = false;
    pthread_t other;
    uint8_t input[OP_PUZZLE_LEN] = {0};
    assert_int_equal(pthread_create(&other, NULL, raise_it, &stop), 0);
    struct found got = ours(input, 0, UINT64_MAX, UINT64_MAX, &stop);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_true(!got.found && got.nonce == UNTOUCHED && got.tried < UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_runs),          cmocka_unit_test(over_the_border),
        cmocka_unit_test(up_to_the_last_nonce), cmocka_unit_test(effort_one_takes_the_first),
        cmocka_unit_test(nothing_to_try),       cmocka_unit_test(huge_efforts),
        cmocka_unit_test(the_limit_is_exact),   cmocka_unit_test(stopped_before),
        cmocka_unit_test(stopped_within),
    };
    int failed = 0;
    for (size_t i = 0; op_sha256_scanners[i]; i++) {
        scanner = (const struct op_sha256_scanner *)op_sha256_scanners[i];
        if (scanner->code.usable())
            failed += cmocka_run_group_tests_name(scanner->code.name, tests, NULL, NULL);
        else
            print_message("scanner %s: not on this processor\n", scanner->code.name);
    }
    return failed;
}
