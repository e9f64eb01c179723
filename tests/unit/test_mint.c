/* test_mint.c - minting: every suite, many threads, limits, cancel, progress. No clock is relied
 * upon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pow/mint.h"
#include "pow/verify.h"
#include "tests/unit/make_stamp.h"

static struct op_recipient bob;

static int know_bob(void **state)
{
    (void)state;
    bob = make_recipient("bob@example.com");
    return 0;
}

static struct op_mint_spec spec_of(const char *suite, uint64_t effort)
{
    struct op_mint_spec spec = {.suite = op_suite_find(suite, strlen(suite)),
                                .effort = effort,
                                .date = 20261122,
                                .recipient = &bob,
                                .salt = {1, 2, 3},
                                .threads = 2};
    OP_BUG_IF(!spec.suite);
    return spec;
}

static void assert_minted(const struct op_mint_spec *spec, const struct op_mint_result *result)
{
    const struct op_stamp *stamp = &result->stamp;
    uint8_t blind[OP_BLIND_LEN];
    struct op_worker *worker;
    enum op_verdict verdict;
    assert_ptr_equal(stamp->suite, spec->suite);
    assert_true(stamp->effort == spec->effort);
    assert_int_equal(stamp->date, spec->date);
    assert_memory_equal(stamp->salt, spec->salt, OP_SALT_LEN);
    assert_int_equal(stamp->quote_len, spec->quote_len);
    assert_memory_equal(stamp->quote, spec->quote, spec->quote_len);
    op_stamp_blind(spec->salt, spec->recipient, blind);
    assert_memory_equal(stamp->blind, blind, sizeof blind);
    assert_true(result->evals >= spec->suite->puzzles);
    assert_true(result->elapsed_s >= 0);
    assert_int_equal(op_worker_new(stamp->suite, &worker), OP_OK);
    assert_int_equal(op_verify_all(stamp, worker, &verdict), OP_OK);
    assert_int_equal(verdict, OP_VERDICT_PASS);
    op_worker_free(worker);
}

static void every_suite(void **state)
{
    (void)state;
    for (size_t i = 0; i < op_suite_count(); i++) {
        struct op_mint_spec spec = spec_of(op_suite_at(i)->name, 1);
        struct op_mint_result result;
        assert_int_equal(op_mint(&spec, &result), OP_OK);
        assert_int_equal(result.threads, 2);
        assert_minted(&spec, &result);
    }
}

static void any_number_of_threads(void **state)
{
    (void)state;
    static const unsigned threads[] = {1, 2, 3, 7, 32};
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        struct op_mint_spec spec = spec_of("sha256", 5000);
        struct op_mint_result result;
        spec.threads = threads[i];
        assert_int_equal(op_mint(&spec, &result), OP_OK);
        assert_int_equal(result.threads, threads[i]);
        assert_minted(&spec, &result);
    }
}

/* One thread goes through the nonces in order: it finds the first solution of each puzzle, and its
 * evaluations can be counted from the stamp. */
static void one_thread_finds_the_first(void **state)
{
    (void)state;
    struct op_mint_spec spec = spec_of("argon2id-16m", 2);
    struct op_mint_result result;
    uint64_t evals = 0;
    spec.threads = 1;
    assert_int_equal(op_mint(&spec, &result), OP_OK);
    struct op_stamp want = make_blank("argon2id-16m", 2, 20261122, "bob@example.com");
    memcpy(want.salt, spec.salt, OP_SALT_LEN);
    op_stamp_blind(want.salt, &bob, want.blind);
    make_proof(&want);
    assert_memory_equal(result.stamp.nonces, want.nonces, sizeof want.nonces);
    assert_memory_equal(result.stamp.seal, want.seal, sizeof want.seal);
    for (unsigned i = 0; i < spec.suite->puzzles; i++)
        evals += op_stamp_nonce(&result.stamp, i) + 1;
    assert_true(result.evals == evals);
}

static void quote_is_carried(void **state)
{
    (void)state;
    struct op_mint_spec spec = spec_of("sha256", 10);
    struct op_mint_result with, without;
    assert_int_equal(op_mint(&spec, &without), OP_OK);
    assert_minted(&spec, &without);
    spec.quote_len = OP_QUOTE_LEN;
    memset(spec.quote, 0xab, OP_QUOTE_LEN);
    assert_int_equal(op_mint(&spec, &with), OP_OK);
    assert_minted(&spec, &with);
    uint8_t id[OP_ID_LEN], other[OP_ID_LEN];
    op_stamp_id(&with.stamp, id);
    op_stamp_id(&without.stamp, other);
    assert_memory_not_equal(id, other, sizeof id);
}

static void invalid_specs(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint64_t effort;
        uint32_t date;
        uint8_t quote_len;
        unsigned threads;
        enum op_err want;
    } rows[] = {
        {"nothing wrong", 1, 20261122, 0, 1, OP_OK},
        {"no effort", 0, 20261122, 0, 1, OP_ERR_INPUT},
        {"too much effort", (UINT64_C(1) << 56) + 1, 20261122, 0, 1, OP_ERR_INPUT},
        {"no day", 1, 20260230, 0, 1, OP_ERR_INPUT},
        {"day zero", 1, 0, 0, 1, OP_ERR_INPUT},
        {"half a quote", 1, 20261122, OP_QUOTE_LEN - 1, 1, OP_ERR_INPUT},
        {"more than a quote", 1, 20261122, OP_QUOTE_LEN + 1, 1, OP_ERR_INPUT},
        {"no thread", 1, 20261122, 0, 0, OP_ERR_INPUT},
        {"too many threads", 1, 20261122, 0, OP_MINT_THREADS_MAX + 1, OP_ERR_INPUT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct op_mint_spec spec = spec_of("sha256", rows[i].effort);
        struct op_mint_result result, before;
        memset(&result, 0x5a, sizeof result);
        before = result;
        spec.date = rows[i].date;
        spec.quote_len = rows[i].quote_len;
        spec.threads = rows[i].threads;
        if (op_mint(&spec, &result) != rows[i].want)
            fail_msg("%s", rows[i].label);
        if (rows[i].want != OP_OK)
            assert_memory_equal(&result, &before, sizeof result);
    }
}

static void memory_limit(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        uint64_t workers, octets; /* the limit: so many workers and so many octets */
        unsigned want;            /* threads; 0: refused */
    } rows[] = {
        {"no limit", 0, 0, 4},
        {"not one thread", 1, -UINT64_C(1), 0},
        {"one octet", 0, 1, 0},
        {"one thread exactly", 1, 0, 1},
        {"two and a half", 2, 1 << 23, 2},
        {"four exactly", 4, 0, 4},
        {"more than enough", 100, 0, 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct op_mint_spec spec = spec_of("argon2id-16m", 1);
        struct op_mint_result result;
        spec.threads = 4;
        spec.max_mem = rows[i].workers * op_worker_mem(spec.suite) + rows[i].octets;
        enum op_err err = op_mint(&spec, &result);
        if (err != (rows[i].want > 0 ? OP_OK : OP_ERR_LIMIT))
            fail_msg("%s: %s", rows[i].label, op_err_str(err));
        if (err == OP_OK)
            assert_int_equal(result.threads, rows[i].want);
    }
}

struct watch {
    unsigned calls, cancel_at, done;
    struct op_mint_progress last;
};

static bool watch(void *arg, const struct op_mint_progress *p)
{
    struct watch *w = arg;
    assert_int_equal(w->done, 0); /* nothing comes after the last call */
    assert_true(p->solved >= w->last.solved && p->solved <= p->puzzles);
    assert_true(p->evals >= w->last.evals);
    assert_true(p->elapsed_s >= w->last.elapsed_s);
    assert_true(p->threads >= 1 && p->effort > 0 && p->puzzles == p->suite->puzzles);
    if (p->rate > 0)
        assert_true(p->left_p50_s >= 0 && p->left_p90_s >= p->left_p50_s);
    else
        assert_true(p->left_p50_s < 0 && p->left_p90_s < 0);
    if (p->sealing || p->done)
        assert_int_equal(p->solved, p->puzzles);
    assert_false(p->sealing && p->done);
    w->done += p->done;
    w->last = *p;
    return ++w->calls != w->cancel_at;
}

static void progress_never_goes_back(void **state)
{
    (void)state;
    struct watch seen = {0};
    struct op_mint_spec spec = spec_of("argon2id-16m", 2);
    struct op_mint_result result;
    spec.progress = watch;
    spec.arg = &seen;
    assert_int_equal(op_mint(&spec, &result), OP_OK);
    assert_int_equal(seen.done, 1);
    assert_int_equal(seen.last.solved, spec.suite->puzzles);
    assert_true(seen.last.evals == result.evals);
    assert_true(seen.last.left_p50_s == 0);
}

/* Work for ages: it ends only because it is told to. */
static void cancel(void **state)
{
    (void)state;
    static const char *suite[] = {"sha256", "argon2id-16m", "argon2id-256m"};
    for (size_t i = 0; i < 3; i++) {
        struct watch seen = {.cancel_at = 2};
        struct op_mint_spec spec = spec_of(suite[i], UINT64_C(1) << (i == 0 ? 56 : 26));
        struct op_mint_result result, before;
        memset(&result, 0x5a, sizeof result);
        before = result;
        spec.progress = watch;
        spec.arg = &seen;
        assert_int_equal(op_mint(&spec, &result), OP_ERR_CANCELLED);
        assert_int_equal(seen.calls, 2); /* not asked again */
        assert_int_equal(seen.done, 0);
        assert_memory_equal(&result, &before, sizeof result);
    }
}

static void timeout(void **state)
{
    (void)state;
    struct op_mint_spec spec = spec_of("sha256", UINT64_C(1) << 56);
    struct op_mint_result result;
    spec.max_s = 0.05;
    assert_int_equal(op_mint(&spec, &result), OP_ERR_TIMEOUT);
    spec.effort = 1;
    spec.max_s = 3600;
    assert_int_equal(op_mint(&spec, &result), OP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_suite),
        cmocka_unit_test(any_number_of_threads),
        cmocka_unit_test(one_thread_finds_the_first),
        cmocka_unit_test(quote_is_carried),
        cmocka_unit_test(invalid_specs),
        cmocka_unit_test(memory_limit),
        cmocka_unit_test(progress_never_goes_back),
        cmocka_unit_test(cancel),
        cmocka_unit_test(timeout),
    };
    return cmocka_run_group_tests(tests, know_bob, NULL);
}
