/* test_worker.c - every suite's function against libargon2 and OpenSSL called the plain way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <argon2.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#include "pow/bytes.h"
#include "pow/effort.h"
#include "pow/worker.h"
#include "tests/unit/random.h"

static uint64_t oracle(const struct op_suite *suite, const uint8_t *puzzle, uint64_t nonce)
{
    uint8_t input[OP_PUZZLE_LEN + 8], number[8], out[32];
    op_store_be64(number, nonce);
    if (suite->mem_kib > 0) {
        int rc = argon2id_hash_raw(1, suite->mem_kib, 1, number + 4, 4, puzzle, OP_PUZZLE_LEN, out,
                                   sizeof out);
        assert_int_equal(rc, ARGON2_OK);
    } else {
        memcpy(input, puzzle, OP_PUZZLE_LEN);
        memcpy(input + OP_PUZZLE_LEN, number, 8);
        assert_int_equal(EVP_Digest(input, sizeof input, out, NULL, EVP_sha256(), NULL), 1);
    }
    return op_load_be64(out);
}

static struct op_worker *worker_of(const struct op_suite *suite)
{
    struct op_worker *worker;
    assert_int_equal(op_worker_new(suite, &worker), OP_OK);
    assert_ptr_equal(op_worker_suite(worker), suite);
    return worker;
}

static void same_as_the_oracle(const char *name, int rounds)
{
    const struct op_suite *suite = op_suite_find(name, strlen(name));
    struct op_worker *worker = worker_of(suite);
    uint64_t seed = 1, mask = suite->nonce_len == 8 ? UINT64_MAX : UINT32_MAX;
    for (int n = 0; n < rounds; n++) {
        uint8_t puzzle[OP_PUZZLE_LEN];
        uint64_t x, nonce = n == 0 ? mask : random_next(&seed) & mask;
        random_fill(&seed, puzzle, sizeof puzzle);
        uint64_t want = oracle(suite, puzzle, nonce);
        assert_int_equal(op_worker_eval(worker, puzzle, nonce, &x), OP_OK);
        assert_true(x == want);
        assert_int_equal(op_worker_eval(worker, puzzle, nonce ^ 1, &x), OP_OK);
        assert_true(x != want); /* nothing is left from the evaluation before */
        puzzle[random_below(&seed, OP_PUZZLE_LEN)] ^= 1;
        assert_int_equal(op_worker_eval(worker, puzzle, nonce, &x), OP_OK);
        assert_true(x != want);
    }
    op_worker_free(worker);
}

static void argon2id_16m(void **state)
{
    (void)state;
    same_as_the_oracle("argon2id-16m", 12);
}

static void argon2id_64m(void **state)
{
    (void)state;
    same_as_the_oracle("argon2id-64m", 3);
}

static void argon2id_256m(void **state)
{
    (void)state;
    same_as_the_oracle("argon2id-256m", 2);
}

static void sha256(void **state)
{
    (void)state;
    same_as_the_oracle("sha256", 500);
}

static void two_workers_in_turn(void **state)
{
    (void)state;
    const struct op_suite *suite = op_suite_default();
    struct op_worker *one = worker_of(suite), *other = worker_of(suite);
    static const uint8_t puzzle[OP_PUZZLE_LEN] = {1};
    uint64_t want = oracle(suite, puzzle, 5), x;
    for (int n = 0; n < 3; n++) {
        assert_int_equal(op_worker_eval(one, puzzle, 5, &x), OP_OK);
        assert_true(x == want);
        assert_int_equal(op_worker_eval(other, puzzle, 6, &x), OP_OK);
        assert_true(x != want);
    }
    op_worker_free(one);
    assert_int_equal(op_worker_eval(other, puzzle, 5, &x), OP_OK);
    assert_true(x == want);
    op_worker_free(other);
    op_worker_free(NULL);
}

struct seen {
    uint8_t first;
    uint64_t x[4];
    enum op_err err;
};

static void *evaluate(void *arg)
{
    struct seen *seen = arg;
    struct op_worker *worker;
    uint8_t puzzle[OP_PUZZLE_LEN] = {seen->first};
    seen->err = op_worker_new(op_suite_default(), &worker);
    for (unsigned i = 0; i < 4 && seen->err == OP_OK; i++)
        seen->err = op_worker_eval(worker, puzzle, i, &seen->x[i]);
    if (seen->err == OP_OK)
        op_worker_free(worker);
    return NULL;
}

static void threads_do_not_meet(void **state)
{
    (void)state;
    pthread_t thread[4];
    struct seen seen[4];
    for (uint8_t i = 0; i < 4; i++) {
        seen[i].first = i;
        assert_int_equal(pthread_create(&thread[i], NULL, evaluate, &seen[i]), 0);
    }
    for (uint8_t i = 0; i < 4; i++) {
        uint8_t puzzle[OP_PUZZLE_LEN] = {i};
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_int_equal(seen[i].err, OP_OK);
        for (unsigned j = 0; j < 4; j++)
            assert_true(seen[i].x[j] == oracle(op_suite_default(), puzzle, j));
    }
}

static void search_as_by_hand(const char *name, uint64_t effort)
{
    const struct op_suite *suite = op_suite_find(name, strlen(name));
    struct op_worker *worker = worker_of(suite);
    static const uint8_t puzzle[OP_PUZZLE_LEN] = {9};
    atomic_bool stop = false;
    uint64_t first = 3, want = first, nonce = 99, evals = 99;
    bool found = false;
    while (!op_effort_met(oracle(suite, puzzle, want), effort))
        want++;
    assert_int_equal(op_worker_search(worker, puzzle, first, want - first + 1, effort, &stop,
                                      &found, &nonce, &evals),
                     OP_OK);
    assert_true(found && nonce == want && evals == want - first + 1);
    nonce = 99;
    assert_int_equal(op_worker_search(worker, puzzle, first, want - first, effort, &stop, &found,
                                      &nonce, &evals),
                     OP_OK);
    assert_true(!found && nonce == 99 && evals == want - first);
    stop = true;
    assert_int_equal(
        op_worker_search(worker, puzzle, first, 1000, 1, &stop, &found, &nonce, &evals), OP_OK);
    assert_true(!found && nonce == 99 && evals == 0);
    op_worker_free(worker);
}

static void search(void **state)
{
    (void)state;
    search_as_by_hand("sha256", 1000);
    search_as_by_hand("argon2id-16m", 5);
}

static void memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < op_suite_count(); i++)
        assert_int_equal(op_worker_mem(op_suite_at(i)), (uint64_t)op_suite_at(i)->mem_kib * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256),
        cmocka_unit_test(argon2id_16m),
        cmocka_unit_test(argon2id_64m),
        cmocka_unit_test(argon2id_256m),
        cmocka_unit_test(two_workers_in_turn),
        cmocka_unit_test(threads_do_not_meet),
        cmocka_unit_test(search),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
