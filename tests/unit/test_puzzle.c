/* test_puzzle.c - the seal holds for what was sealed and for nothing else; puzzles differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pow/puzzle.h"
#include "tests/unit/make_stamp.h"
#include "tests/unit/random.h"

static void inputs_differ(void **state)
{
    (void)state;
    uint8_t id[OP_ID_LEN] = {1}, input[64][OP_PUZZLE_LEN];
    for (unsigned i = 0; i < 32; i++) {
        id[0] = 1;
        op_puzzle_input(id, i, input[i]);
        id[0] = 2;
        op_puzzle_input(id, i, input[32 + i]);
        for (unsigned j = 0; j < 64; j++)
            if (j < i || (j >= 32 && j < 32 + i))
                assert_true(memcmp(input[i], input[j], OP_PUZZLE_LEN) != 0 &&
                            memcmp(input[32 + i], input[j], OP_PUZZLE_LEN) != 0);
    }
}

static void a_seal_for_one_thing(void **state)
{
    (void)state;
    struct op_stamp stamp = {.suite = op_suite_default(), .effort = 4, .date = 20261122};
    uint8_t id[OP_ID_LEN];
    uint64_t seed = 1;
    random_fill(&seed, stamp.nonces, sizeof stamp.nonces);
    make_seal(&stamp);
    op_stamp_id(&stamp, id);
    assert_true(op_seal_valid(&stamp, id));
    for (int n = 0; n < 100; n++) { /* chance of a false alarm: 100 in 2^20 for a new seed */
        struct op_stamp other = stamp;
        uint8_t other_id[OP_ID_LEN], bit = (uint8_t)(1u << random_below(&seed, 8));
        memcpy(other_id, id, sizeof id);
        if (n % 3 == 0)
            other.nonces[random_below(&seed, OP_NONCES_MAX)] ^= bit;
        else if (n % 3 == 1)
            other.seal[random_below(&seed, OP_SEAL_LEN)] ^= bit;
        else
            other_id[random_below(&seed, OP_ID_LEN)] ^= bit;
        assert_false(op_seal_valid(&other, other_id));
    }
}

/* Only the suite's nonces are sealed; what lies behind them in the struct is nobody's. */
static void octets_behind_the_nonces(void **state)
{
    (void)state;
    struct op_stamp stamp = {.suite = op_suite_find("argon2id-64m", 12)};
    uint8_t id[OP_ID_LEN] = {0}, one[OP_PUZZLE_LEN], other[OP_PUZZLE_LEN];
    op_seal_input(&stamp, id, one);
    stamp.nonces[64] ^= 1;
    op_seal_input(&stamp, id, other);
    assert_memory_equal(one, other, sizeof one);
    stamp.nonces[63] ^= 1;
    op_seal_input(&stamp, id, other);
    assert_memory_not_equal(one, other, sizeof one);
}

static void no_bits_asked_for(void **state)
{
    (void)state;
    struct op_stamp stamp = {.suite = op_suite_find("sha256", 6)};
    uint8_t id[OP_ID_LEN] = {0};
    uint64_t seed = 1;
    for (int n = 0; n < 100; n++) {
        random_fill(&seed, stamp.seal, sizeof stamp.seal);
        assert_true(op_seal_valid(&stamp, id));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_differ),
        cmocka_unit_test(a_seal_for_one_thing),
        cmocka_unit_test(octets_behind_the_nonces),
        cmocka_unit_test(no_bits_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
