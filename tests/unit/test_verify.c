/* test_verify.c - the sample is sticky, fair and secret; an unsolved puzzle is caught if it is
 * looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pow/effort.h"
#include "pow/verify.h"
#include "tests/unit/make_stamp.h"
#include "tests/unit/random.h"

static struct op_key *key_of(uint8_t first)
{
    uint8_t material[OP_KEY_LEN] = {first};
    struct op_key *key;
    OP_BUG_IF(op_key_new(material, &key) != OP_OK);
    return key;
}

/* The set as bits; fails unless all are in range and distinct. */
static uint32_t sample(const struct op_suite *suite, const struct op_key *key, const uint8_t *id)
{
    uint8_t index[OP_PUZZLES_MAX];
    uint32_t set = 0;
    memset(index, 0xee, sizeof index);
    op_verify_sample(suite, key, id, index);
    for (unsigned i = 0; i < suite->sample; i++) {
        assert_in_range(index[i], 0, suite->puzzles - 1);
        assert_int_equal(set >> index[i] & 1, 0);
        set |= UINT32_C(1) << index[i];
    }
    for (unsigned i = suite->sample; i < OP_PUZZLES_MAX; i++)
        assert_int_equal(index[i], 0xee); /* no more than promised */
    return set;
}

static void sticky(void **state)
{
    (void)state;
    struct op_key *key = key_of(1), *same = key_of(1);
    uint64_t seed = 1;
    for (size_t i = 0; i < op_suite_count(); i++)
        for (int n = 0; n < 200; n++) {
            uint8_t id[OP_ID_LEN];
            random_fill(&seed, id, sizeof id);
            uint32_t set = sample(op_suite_at(i), key, id);
            assert_int_equal(sample(op_suite_at(i), key, id), set);
            assert_int_equal(sample(op_suite_at(i), same, id), set);
        }
    op_key_free(key);
    op_key_free(same);
}

/* With 4 of 32 two draws are the same one time in 35960: of 500 pairs hardly one. */
static void another_key_or_id_another_sample(void **state)
{
    (void)state;
    const struct op_suite *suite = op_suite_default();
    struct op_key *one = key_of(1), *two = key_of(2);
    uint64_t seed = 2;
    int same_by_key = 0, same_by_id = 0;
    for (int n = 0; n < 500; n++) {
        uint8_t id[OP_ID_LEN];
        random_fill(&seed, id, sizeof id);
        uint32_t set = sample(suite, one, id);
        same_by_key += sample(suite, two, id) == set;
        id[random_below(&seed, OP_ID_LEN)] ^= 1;
        same_by_id += sample(suite, one, id) == set;
    }
    assert_in_range(same_by_key, 0, 2);
    assert_in_range(same_by_id, 0, 2);
    op_key_free(one);
    op_key_free(two);
}

/* Every puzzle is drawn equally often: 8000 draws of 4 of 32, 1000 each, standard deviation 30. */
static void fair(void **state)
{
    (void)state;
    const struct op_suite *suite = op_suite_default();
    struct op_key *key = key_of(3);
    uint64_t seed = 3;
    unsigned drawn[OP_PUZZLES_MAX] = {0};
    for (int n = 0; n < 8000; n++) {
        uint8_t id[OP_ID_LEN];
        random_fill(&seed, id, sizeof id);
        uint32_t set = sample(suite, key, id);
        for (unsigned i = 0; i < suite->puzzles; i++)
            drawn[i] += set >> i & 1;
    }
    for (unsigned i = 0; i < suite->puzzles; i++)
        assert_in_range(drawn[i], 850, 1150);
    op_key_free(key);
}

static void all_where_all_are_checked(void **state)
{
    (void)state;
    struct op_key *key = key_of(4);
    uint8_t id[OP_ID_LEN] = {0};
    assert_int_equal(sample(op_suite_find("sha256", 6), key, id), 0xffff);
    op_key_free(key);
}

/* Puts a nonce in that does not solve puzzle i, and seals the stamp again. */
static struct op_stamp spoiled(const struct op_stamp *good, unsigned i, struct op_worker *worker)
{
    struct op_stamp bad = *good;
    uint8_t id[OP_ID_LEN], puzzle[OP_PUZZLE_LEN];
    uint64_t x, nonce = 0;
    op_stamp_id(&bad, id);
    op_puzzle_input(id, i, puzzle);
    do
        OP_BUG_IF(op_worker_eval(worker, puzzle, nonce++, &x) != OP_OK);
    while (op_effort_met(x, bad.effort));
    op_stamp_set_nonce(&bad, i, nonce - 1);
    make_seal(&bad);
    return bad;
}

static enum op_verdict verdict_of(const struct op_stamp *stamp, const struct op_key *key,
                                  struct op_worker *worker)
{
    enum op_verdict verdict = OP_VERDICT_MISSING;
    enum op_err err =
        key ? op_verify(stamp, key, worker, &verdict) : op_verify_all(stamp, worker, &verdict);
    assert_int_equal(err, OP_OK);
    return verdict;
}

static void one_unsolved_puzzle(const char *name)
{
    struct op_stamp good = make_stamp(name, 2, 20261122, "bob@example.com");
    struct op_key *key = key_of(5);
    struct op_worker *worker;
    uint8_t id[OP_ID_LEN];
    OP_BUG_IF(op_worker_new(good.suite, &worker) != OP_OK);
    op_stamp_id(&good, id);
    uint32_t set = sample(good.suite, key, id);
    assert_int_equal(verdict_of(&good, key, worker), OP_VERDICT_PASS);
    assert_int_equal(verdict_of(&good, NULL, worker), OP_VERDICT_PASS);
    for (unsigned i = 0; i < good.suite->puzzles; i++) {
        bool sampled = set >> i & 1;
        if (!sampled && i % 4 != 0) /* some of those that are not looked at will do */
            continue;
        struct op_stamp bad = spoiled(&good, i, worker);
        assert_int_equal(verdict_of(&bad, key, worker),
                         sampled ? OP_VERDICT_PROOF : OP_VERDICT_PASS);
        assert_int_equal(verdict_of(&bad, NULL, worker), OP_VERDICT_PROOF);
    }
    op_worker_free(worker);
    op_key_free(key);
}

static void unsolved_16m(void **state)
{
    (void)state;
    one_unsolved_puzzle("argon2id-16m");
}

static void unsolved_sha256(void **state)
{
    (void)state;
    one_unsolved_puzzle("sha256");
}

static void broken_seal(void **state)
{
    (void)state;
    struct op_stamp stamp = make_stamp("argon2id-16m", 1, 20261122, "bob@example.com");
    struct op_worker *worker;
    OP_BUG_IF(op_worker_new(stamp.suite, &worker) != OP_OK);
    assert_int_equal(verdict_of(&stamp, NULL, worker), OP_VERDICT_PASS);
    stamp.seal[0] ^= 1;
    assert_int_equal(verdict_of(&stamp, NULL, worker), OP_VERDICT_SEAL);
    op_worker_free(worker);
}

/* At effort 1 every nonce is a solution, at the greatest hardly any. */
static void effort_decides(void **state)
{
    (void)state;
    struct op_stamp stamp = {.suite = op_suite_find("sha256", 6), .effort = 1};
    struct op_worker *worker;
    uint64_t seed = 9;
    random_fill(&seed, stamp.nonces, sizeof stamp.nonces);
    OP_BUG_IF(op_worker_new(stamp.suite, &worker) != OP_OK);
    assert_int_equal(verdict_of(&stamp, NULL, worker), OP_VERDICT_PASS);
    stamp.effort = UINT64_C(1) << 40;
    assert_int_equal(verdict_of(&stamp, NULL, worker), OP_VERDICT_PROOF);
    op_worker_free(worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sticky),       cmocka_unit_test(another_key_or_id_another_sample),
        cmocka_unit_test(fair),         cmocka_unit_test(all_where_all_are_checked),
        cmocka_unit_test(unsolved_16m), cmocka_unit_test(unsolved_sha256),
        cmocka_unit_test(broken_seal),  cmocka_unit_test(effort_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
