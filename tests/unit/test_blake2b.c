/* test_blake2b.c - BLAKE2b, with OpenSSL (64 octets) and Python's hashlib (hashes.txt) as oracles.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <string.h>

#include "pow/blake2b.h"
#include "tests/unit/hashes.h"
#include "tests/unit/random.h"

#define LEN_MAX 5000

static void ours(const void *data, size_t len, uint8_t *digest_r, size_t digest_len)
{
    struct op_blake2b hash;
    op_blake2b_init(&hash, digest_len);
    op_blake2b_add(&hash, data, len);
    op_blake2b_final(&hash, digest_r);
}

static void oracle(const void *data, size_t len, uint8_t digest_r[OP_BLAKE2B_MAX])
{
    unsigned written;
    assert_int_equal(EVP_Digest(data, len, digest_r, &written, EVP_blake2b512(), NULL), 1);
    assert_int_equal(written, OP_BLAKE2B_MAX);
}

/* RFC 7693 appendix A. */
static void the_rfc_s_example(void **state)
{
    (void)state;
    uint8_t want[OP_BLAKE2B_MAX], got[OP_BLAKE2B_MAX];
    vectors_hex("ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
                want, sizeof want);
    ours("abc", 3, got, sizeof got);
    assert_memory_equal(got, want, sizeof want);
    ours("abd", 3, got, sizeof got);
    assert_memory_not_equal(got, want, sizeof want);
}

static void stored_answers_of_all_lengths(void **state)
{
    (void)state;
    FILE *file = vectors_open("hashes.txt");
    char line[VECTORS_LINE_MAX];
    unsigned rows = 0;
    while (vectors_line(file, line)) {
        struct hashes_blake2b row;
        uint8_t message[HASHES_MESSAGE_MAX], got[OP_BLAKE2B_MAX];
        if (!hashes_blake2b(line, &row))
            continue;
        hashes_message(message, row.len);
        ours(message, row.len, got, row.digest_len);
        assert_memory_equal(got, row.digest, row.digest_len);
        rows++;
    }
    fclose(file);
    assert_true(rows >= 100);
}

/* Every length around the block borders, cut at random places, a changed bit never overlooked. */
static void any_length_in_any_pieces(void **state)
{
    (void)state;
    uint64_t seed = 1;
    static uint8_t data[LEN_MAX];
    for (size_t len = 0; len <= LEN_MAX; len += len < 400 ? 1 : 1 + random_below(&seed, 90)) {
        uint8_t want[OP_BLAKE2B_MAX], got[OP_BLAKE2B_MAX];
        struct op_blake2b hash;
        random_fill(&seed, data, len);
        oracle(data, len, want);
        op_blake2b_init(&hash, sizeof got);
        for (size_t at = 0; at < len;) {
            size_t piece = (size_t)random_below(&seed, 300);
            if (piece > len - at)
                piece = len - at;
            op_blake2b_add(&hash, data + at, piece);
            at += piece;
        }
        op_blake2b_final(&hash, got);
        assert_memory_equal(got, want, sizeof want);
        if (len > 0) {
            data[random_below(&seed, len)] ^= (uint8_t)(1u << random_below(&seed, 8));
            ours(data, len, got, sizeof got);
            assert_memory_not_equal(got, want, sizeof want);
        }
    }
}

/* The digest's length goes into the hash: a short digest is not the head of a long one. */
static void lengths_are_functions_of_their_own(void **state)
{
    (void)state;
    uint8_t whole[OP_BLAKE2B_MAX], part[OP_BLAKE2B_MAX + 1];
    ours("", 0, whole, sizeof whole);
    for (size_t len = 4; len < OP_BLAKE2B_MAX; len++) {
        memset(part, 0x55, sizeof part);
        ours("", 0, part, len);
        assert_memory_not_equal(part, whole, len);
        assert_int_equal(part[len], 0x55);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rfc_s_example),
        cmocka_unit_test(stored_answers_of_all_lengths),
        cmocka_unit_test(any_length_in_any_pieces),
        cmocka_unit_test(lengths_are_functions_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
