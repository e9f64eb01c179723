/*
 * test_argon2id.c - every kernel that this processor can run, one and two evaluations at a time,
 * with libargon2 as the oracle.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <argon2.h>
#include <string.h>

#include "pow/argon2id.h"
#include "pow/suite.h"
#include "tests/unit/hashes.h"
#include "tests/unit/random.h"

#define TAG_LEN 32

struct input {
    uint8_t password[HASHES_INPUT_MAX], salt[HASHES_INPUT_MAX];
    struct op_argon2id_input as;
};

static void random_input(uint64_t *seed, struct input *input_r)
{
    random_fill(seed, input_r->password, sizeof input_r->password);
    random_fill(seed, input_r->salt, sizeof input_r->salt);
    input_r->as = (struct op_argon2id_input){
        .password = input_r->password,
        .password_len = (uint32_t)random_below(seed, HASHES_INPUT_MAX + 1),
        .salt = input_r->salt,
        .salt_len = 8 + (uint32_t)random_below(seed, HASHES_INPUT_MAX - 8 + 1),
    };
}

static void oracle(uint32_t mem_kib, uint32_t passes, const struct op_argon2id_input *input,
                   uint8_t *tag_r, uint32_t tag_len)
{
    assert_int_equal(argon2id_hash_raw(passes, mem_kib, 1, input->password, input->password_len,
                                       input->salt, input->salt_len, tag_r, tag_len),
                     ARGON2_OK);
}

/* The usable kernels, best first; *index starts at 0. NULL: no more. */
static const struct op_argon2id_kernel *next_usable(size_t *index)
{
    while (op_argon2id_kernels[*index]) {
        const struct op_kernel_code *code = op_argon2id_kernels[(*index)++];
        if (code->usable())
            return (const struct op_argon2id_kernel *)code;
        print_message("kernel %s: not on this processor\n", code->name);
    }
    return NULL;
}

/* All kernels compute for two inputs what libargon2 does, one by one and side by side. */
static void compare(uint32_t mem_kib, uint32_t passes, const struct input input[OP_ARGON2ID_PAIR],
                    uint32_t tag_len)
{
    uint8_t want[OP_ARGON2ID_PAIR][HASHES_TAG_MAX], got[OP_ARGON2ID_PAIR][HASHES_TAG_MAX];
    const struct op_argon2id_input both[OP_ARGON2ID_PAIR] = {input[0].as, input[1].as};
    const struct op_argon2id_kernel *kernel;
    for (unsigned i = 0; i < OP_ARGON2ID_PAIR; i++)
        oracle(mem_kib, passes, &both[i], want[i], tag_len);
    assert_memory_not_equal(want[0], want[1], tag_len);
    for (size_t at = 0; (kernel = next_usable(&at)) != NULL;) {
        memset(got, 0, sizeof got);
        hashes_ours(kernel, mem_kib, passes, both, 2, got, tag_len);
        assert_memory_equal(got[0], want[0], tag_len);
        assert_memory_equal(got[1], want[1], tag_len);
        memset(got, 0, sizeof got);
        hashes_ours(kernel, mem_kib, passes, &both[1], 1, got, tag_len);
        assert_memory_equal(got[0], want[1], tag_len);
    }
}

/* RFC 9106 section 5.3. It has four lanes, a secret and associated data, which our code with its
 * one lane does not do: this shows that what the other tests compare with is Argon2id. */
static void the_oracle_computes_the_rfc_s_example(void **state)
{
    (void)state;
    uint8_t password[32], salt[16], secret[8], data[12], want[TAG_LEN], got[TAG_LEN];
    memset(password, 1, sizeof password);
    memset(salt, 2, sizeof salt);
    memset(secret, 3, sizeof secret);
    memset(data, 4, sizeof data);
    vectors_hex("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659", want,
                sizeof want);
    argon2_context context = {
        .out = got,
        .outlen = sizeof got,
        .pwd = password,
        .pwdlen = sizeof password,
        .salt = salt,
        .saltlen = sizeof salt,
        .secret = secret,
        .secretlen = sizeof secret,
        .ad = data,
        .adlen = sizeof data,
        .t_cost = 3,
        .m_cost = 32,
        .lanes = 4,
        .threads = 4,
        .version = ARGON2_VERSION_13,
        .flags = ARGON2_DEFAULT_FLAGS,
    };
    assert_int_equal(argon2id_ctx(&context), ARGON2_OK);
    assert_memory_equal(got, want, sizeof want);
}

static void stored_answers(void **state)
{
    (void)state;
    FILE *file = vectors_open("hashes.txt");
    char line[VECTORS_LINE_MAX];
    unsigned rows = 0;
    while (vectors_line(file, line)) {
        struct hashes_argon2id row;
        const struct op_argon2id_kernel *kernel;
        uint8_t got[OP_ARGON2ID_PAIR][HASHES_TAG_MAX];
        if (!hashes_argon2id(line, &row))
            continue;
        const struct op_argon2id_input input = {row.password, row.salt, row.password_len,
                                                row.salt_len};
        for (size_t at = 0; (kernel = next_usable(&at)) != NULL;) {
            hashes_ours(kernel, row.mem_kib, row.passes, &input, 1, got, row.tag_len);
            assert_memory_equal(got[0], row.tag, row.tag_len);
        }
        rows++;
    }
    fclose(file);
    assert_true(rows >= 30);
}

static void sizes_of_the_suites(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (size_t i = 0; i < op_suite_count(); i++) {
        const struct op_suite *suite = op_suite_at(i);
        struct input input[OP_ARGON2ID_PAIR];
        if (suite->passes == 0)
            continue;
        random_input(&seed, &input[0]);
        random_input(&seed, &input[1]);
        compare(suite->mem_kib, suite->passes, input, TAG_LEN);
    }
}

/* Memory that is no multiple of four, of a segment, of a block of addresses; any passes; any
 * lengths. */
static void odd_sizes(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (unsigned n = 0; n < 150; n++) {
        struct input input[OP_ARGON2ID_PAIR];
        uint32_t mem_kib = 8 + (uint32_t)random_below(&seed, n % 10 == 0 ? 3000 : 300);
        uint32_t passes = 1 + (uint32_t)random_below(&seed, 4);
        random_input(&seed, &input[0]);
        random_input(&seed, &input[1]);
        compare(mem_kib, passes, input, 4 + (uint32_t)random_below(&seed, HASHES_TAG_MAX - 4 + 1));
    }
}

/* Each parameter makes a function of its own. */
static void everything_counts(void **state)
{
    (void)state;
    const struct op_argon2id_kernel *kernel;
    struct input input;
    uint64_t seed = 3;
    random_input(&seed, &input);
    input.as.password_len = input.as.salt_len = 20;
    for (size_t at = 0; (kernel = next_usable(&at)) != NULL;) {
        uint8_t tag[OP_ARGON2ID_PAIR][HASHES_TAG_MAX], other[OP_ARGON2ID_PAIR][HASHES_TAG_MAX];
        hashes_ours(kernel, 16, 1, &input.as, 1, tag, TAG_LEN);
        hashes_ours(kernel, 17, 1, &input.as, 1, other, TAG_LEN); /* as many blocks */
        assert_memory_not_equal(tag[0], other[0], TAG_LEN);
        hashes_ours(kernel, 16, 2, &input.as, 1, other, TAG_LEN);
        assert_memory_not_equal(tag[0], other[0], TAG_LEN);
        hashes_ours(kernel, 16, 1, &input.as, 1, other, TAG_LEN + 1);
        assert_memory_not_equal(tag[0], other[0], TAG_LEN);
        input.password[19] ^= 1;
        hashes_ours(kernel, 16, 1, &input.as, 1, other, TAG_LEN);
        assert_memory_not_equal(tag[0], other[0], TAG_LEN);
        input.password[19] ^= 1;
        input.salt[19] ^= 0x80;
        hashes_ours(kernel, 16, 1, &input.as, 1, other, TAG_LEN);
        assert_memory_not_equal(tag[0], other[0], TAG_LEN);
        input.salt[19] ^= 0x80;
        hashes_ours(kernel, 16, 1, &input.as, 1, other, TAG_LEN);
        assert_memory_equal(tag[0], other[0], TAG_LEN);
    }
}

static void plans(void **state)
{
    (void)state;
    struct op_argon2id_plan *plan = NULL;
    assert_int_equal(op_argon2id_plan_new(7, 1, &plan), OP_ERR_INPUT);
    assert_int_equal(op_argon2id_plan_new(8, 0, &plan), OP_ERR_INPUT);
    assert_null(plan);
    assert_int_equal(op_argon2id_plan_new(1027, 3, &plan), OP_OK);
    assert_int_equal(plan->blocks, 1024);
    assert_int_equal(plan->mem_kib, 1027);
    assert_int_equal(plan->passes, 3);
    for (uint32_t at = 2; at < plan->blocks / 2; at++)
        assert_true(plan->reference[at] < at - 1 || (at == 2 && plan->reference[at] == 0));
    op_argon2id_plan_free(plan);
    op_argon2id_plan_free(NULL);
}

static void words_have_a_place_each(void **state)
{
    (void)state;
    for (size_t i = 0; op_argon2id_kernels[i]; i++) {
        const uint8_t *order = ((const struct op_argon2id_kernel *)op_argon2id_kernels[i])->order;
        bool taken[OP_ARGON2ID_WORDS] = {false};
        assert_int_equal(order[0], 0);
        for (unsigned w = 0; w < OP_ARGON2ID_WORDS; w++) {
            assert_in_range(order[w], 0, OP_ARGON2ID_WORDS - 1);
            assert_false(taken[order[w]]);
            taken[order[w]] = true;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oracle_computes_the_rfc_s_example),
        cmocka_unit_test(stored_answers),
        cmocka_unit_test(sizes_of_the_suites),
        cmocka_unit_test(odd_sizes),
        cmocka_unit_test(everything_counts),
        cmocka_unit_test(plans),
        cmocka_unit_test(words_have_a_place_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
