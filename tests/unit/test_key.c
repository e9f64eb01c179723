/* test_key.c - HMAC-SHA-256 with a label, against OpenSSL's one-call HMAC; from many threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/hmac.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "pow/key.h"
#include "tests/unit/random.h"

static void oracle(const uint8_t *material, const char *label, const uint8_t *data, size_t len,
                   uint8_t mac_r[OP_MAC_LEN])
{
    uint8_t input[512];
    size_t label_len = strlen(label);
    memcpy(input, label, label_len);
    memcpy(input + label_len, data, len);
    assert_non_null(HMAC(EVP_sha256(), material, OP_KEY_LEN, input, label_len + len, mac_r, NULL));
}

static void same_as_the_oracle(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int n = 0; n < 100; n++) {
        uint8_t material[OP_KEY_LEN], data[300], want[OP_MAC_LEN], got[OP_MAC_LEN];
        struct op_key *key;
        size_t len = (size_t)random_below(&seed, sizeof data);
        random_fill(&seed, material, sizeof material);
        random_fill(&seed, data, sizeof data);
        assert_int_equal(op_key_new(material, &key), OP_OK);
        oracle(material, "a label", data, len, want);
        for (int again = 0; again < 2; again++) { /* the second time is no other */
            op_key_mac(key, "a label", data, len, got);
            assert_memory_equal(got, want, sizeof want);
        }
        op_key_mac_with(material, "a label", data, len, got);
        assert_memory_equal(got, want, sizeof want);
        op_key_mac(key, "another", data, len, got);
        assert_memory_not_equal(got, want, sizeof want);
        data[len] ^= 1;
        op_key_mac(key, "a label", data, len + 1, got);
        assert_memory_not_equal(got, want, sizeof want);
        op_key_free(key);
        material[random_below(&seed, OP_KEY_LEN)] ^= 1;
        assert_int_equal(op_key_new(material, &key), OP_OK);
        op_key_mac(key, "a label", data, len, got);
        assert_memory_not_equal(got, want, sizeof want);
        op_key_free(key);
    }
}

static void equal_macs(void **state)
{
    (void)state;
    uint64_t seed = 2;
    uint8_t a[OP_MAC_LEN], b[OP_MAC_LEN];
    random_fill(&seed, a, sizeof a);
    memcpy(b, a, sizeof b);
    for (size_t len = 0; len <= sizeof a; len++)
        assert_true(op_key_mac_equal(a, b, len));
    for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(op_key_mac_equal(a, b, sizeof a));
        assert_true(op_key_mac_equal(a, b, bit / 8));
        b[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void nothing_to_authenticate(void **state)
{
    (void)state;
    static const uint8_t material[OP_KEY_LEN] = {1};
    struct op_key *key;
    uint8_t want[OP_MAC_LEN], got[OP_MAC_LEN];
    assert_int_equal(op_key_new(material, &key), OP_OK);
    oracle(material, "", (const uint8_t *)"", 0, want);
    op_key_mac(key, "", "", 0, got);
    assert_memory_equal(got, want, sizeof want);
    op_key_free(key);
    op_key_free(NULL);
}

static const uint8_t shared_material[OP_KEY_LEN] = {42};

struct caller {
    const struct op_key *key;
    uint64_t seed;
    bool good;
};

static void *call(void *arg)
{
    struct caller *caller = arg;
    caller->good = true;
    for (int n = 0; n < 500; n++) {
        uint8_t data[36], want[OP_MAC_LEN], got[OP_MAC_LEN];
        random_fill(&caller->seed, data, sizeof data);
        oracle(shared_material, "x", data, sizeof data, want);
        op_key_mac(caller->key, "x", data, sizeof data, got);
        caller->good = caller->good && memcmp(got, want, sizeof want) == 0;
    }
    return NULL;
}

static void one_key_for_many_threads(void **state)
{
    (void)state;
    pthread_t thread[4];
    struct caller caller[4];
    struct op_key *key;
    assert_int_equal(op_key_new(shared_material, &key), OP_OK);
    for (unsigned i = 0; i < 4; i++) {
        caller[i] = (struct caller){key, i, false};
        assert_int_equal(pthread_create(&thread[i], NULL, call, &caller[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_true(caller[i].good);
    }
    op_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_the_oracle),
        cmocka_unit_test(equal_macs),
        cmocka_unit_test(nothing_to_authenticate),
        cmocka_unit_test(one_key_for_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
