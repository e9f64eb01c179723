/* test_sha256.c - SHA-256 and its search loop, with OpenSSL as the oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <string.h>

#include "pow/bytes.h"
#include "pow/effort.h"
#include "pow/err.h"
#include "pow/sha256.h"
#include "pow/sha256_kernel.h"
#include "pow/sha256_search.h"
#include "tests/unit/random.h"
#include "tests/unit/vectors.h"

#define LEN_MAX 1000

static void oracle(const void *data, size_t len, uint8_t digest_r[OP_SHA256_LEN])
{
    unsigned written;
    assert_int_equal(EVP_Digest(data, len, digest_r, &written, EVP_sha256(), NULL), 1);
    assert_int_equal(written, OP_SHA256_LEN);
}

static void ours(const void *data, size_t len, uint8_t digest_r[OP_SHA256_LEN])
{
    struct op_sha256 hash;
    op_sha256_init(&hash);
    op_sha256_add(&hash, data, len);
    op_sha256_final(&hash, digest_r);
}

static void known_answers(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrl"
         "m"
         "nopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t want[OP_SHA256_LEN], got[OP_SHA256_LEN];
        vectors_hex(rows[i].want, want, sizeof want);
        ours(rows[i].text, strlen(rows[i].text), got);
        assert_memory_equal(got, want, sizeof want);
    }
}

static void a_million_octets(void **state)
{
    (void)state;
    struct op_sha256 hash;
    uint8_t want[OP_SHA256_LEN], got[OP_SHA256_LEN], block[1000];
    vectors_hex("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", want,
                sizeof want);
    memset(block, 'a', sizeof block);
    op_sha256_init(&hash);
    for (int i = 0; i < 1000; i++)
        op_sha256_add(&hash, block, sizeof block);
    op_sha256_final(&hash, got);
    assert_memory_equal(got, want, sizeof want);
}

/* Every length around the block borders, cut at random places, a changed bit never overlooked. */
static void any_length_in_any_pieces(void **state)
{
    (void)state;
    uint64_t seed = 1;
    uint8_t data[LEN_MAX] = {0}, want[OP_SHA256_LEN], got[OP_SHA256_LEN];
    for (size_t len = 0; len <= LEN_MAX; len += len < 200 ? 1 : 37) {
        random_fill(&seed, data, len);
        oracle(data, len, want);
        struct op_sha256 hash;
        op_sha256_init(&hash);
        for (size_t at = 0; at < len;) {
            size_t piece = (size_t)random_below(&seed, 80);
            if (piece > len - at)
                piece = len - at;
            op_sha256_add(&hash, data + at, piece);
            at += piece;
        }
        op_sha256_final(&hash, got);
        assert_memory_equal(got, want, sizeof want);
        if (len > 0) {
            data[random_below(&seed, len)] ^= (uint8_t)(1u << random_below(&seed, 8));
            ours(data, len, got);
            assert_memory_not_equal(got, want, sizeof want);
        }
    }
}

static void a_copy_goes_its_own_way(void **state)
{
    (void)state;
    struct op_sha256 one, other;
    uint8_t want[OP_SHA256_LEN], got[OP_SHA256_LEN];
    op_sha256_init(&one);
    op_sha256_add(&one, "ab", 2);
    other = one;
    op_sha256_add(&one, "c", 1);
    op_sha256_add(&other, "d", 1);
    op_sha256_final(&one, got);
    oracle("abc", 3, want);
    assert_memory_equal(got, want, sizeof want);
    op_sha256_final(&other, got);
    oracle("abd", 3, want);
    assert_memory_equal(got, want, sizeof want);
}

static void kernel_digest(const struct op_sha256_kernel *kernel, const uint8_t *data, size_t len,
                          uint8_t digest_r[OP_SHA256_LEN])
{
    struct op_sha256 start;
    uint8_t padded[LEN_MAX + 2 * OP_SHA256_BLOCK] = {0};
    size_t size = (len + 9 + OP_SHA256_BLOCK - 1) / OP_SHA256_BLOCK * OP_SHA256_BLOCK;
    memcpy(padded, data, len);
    padded[len] = 0x80;
    op_store_be64(padded + size - 8, (uint64_t)len * 8);
    op_sha256_init(&start);
    kernel->compress(start.state, padded, size / OP_SHA256_BLOCK);
    for (size_t i = 0; i < 8; i++)
        op_store_be32(digest_r + 4 * i, start.state[i]);
}

static void every_usable_kernel(void **state)
{
    (void)state;
    for (size_t i = 0; op_sha256_kernels[i]; i++) {
        const struct op_sha256_kernel *kernel =
            (const struct op_sha256_kernel *)op_sha256_kernels[i];
        if (!kernel->code.usable()) {
            print_message("kernel %s: not on this processor\n", kernel->code.name);
            continue;
        }
        uint64_t seed = 2;
        for (int n = 0; n < 500; n++) {
            uint8_t data[LEN_MAX], want[OP_SHA256_LEN], got[OP_SHA256_LEN];
            size_t len = (size_t)random_below(&seed, LEN_MAX + 1);
            random_fill(&seed, data, len);
            oracle(data, len, want);
            kernel_digest(kernel, data, len, got);
            assert_memory_equal(got, want, sizeof want);
        }
    }
}

static void tail_is_the_digest_s_head(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int n = 0; n < 200; n++) {
        uint8_t data[OP_PUZZLE_LEN + 8], digest[OP_SHA256_LEN];
        uint64_t nonce = random_next(&seed);
        random_fill(&seed, data, OP_PUZZLE_LEN);
        op_store_be64(data + OP_PUZZLE_LEN, nonce);
        oracle(data, sizeof data, digest);
        assert_true(op_sha256_tail(data, nonce) == op_load_be64(digest));
        assert_true(op_sha256_tail(data, nonce ^ 1) != op_load_be64(digest));
    }
}

static void search_finds_the_first(void **state)
{
    (void)state;
    atomic_bool stop = false;
    for (uint8_t n = 0; n < 50; n++) {
        uint8_t input[OP_PUZZLE_LEN] = {n};
        uint64_t want = 0, nonce = 99, tried = 99;
        while (!op_effort_met(op_sha256_tail(input, want), 100))
            want++;
        assert_true(op_sha256_search(input, 0, want + 1, 100, &stop, &nonce, &tried));
        assert_true(nonce == want && tried == want + 1);
        nonce = 99;
        assert_false(op_sha256_search(input, 0, want, 100, &stop, &nonce, &tried));
        assert_true(nonce == 99 && tried == want);
    }
}

static void search_stops(void **state)
{
    (void)state;
    atomic_bool stop = true;
    uint8_t input[OP_PUZZLE_LEN] = {0};
    uint64_t nonce = 99, tried = 99;
    assert_false(op_sha256_search(input, 0, 1000, 1, &stop, &nonce, &tried));
    assert_true(nonce == 99 && tried == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(a_million_octets),
        cmocka_unit_test(any_length_in_any_pieces),
        cmocka_unit_test(a_copy_goes_its_own_way),
        cmocka_unit_test(every_usable_kernel),
        cmocka_unit_test(tail_is_the_digest_s_head),
        cmocka_unit_test(search_finds_the_first),
        cmocka_unit_test(search_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
