/*
 * key.c - HMAC-SHA-256 (RFC 2104) with a key that is scheduled once.
 *
 * The two half-finished hashes are copied for each computation: no look-up, no allocation, and any
 * number of threads.
 */
#include "pow/key.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "pow/sha256.h"

struct op_key {
    struct op_sha256 inner, outer; /* after the padded key */
};

static void schedule(struct op_sha256 *hash, const uint8_t material[OP_KEY_LEN], uint8_t pad)
{
    uint8_t block[OP_SHA256_BLOCK];
    memset(block, pad, sizeof block);
    for (size_t i = 0; i < OP_KEY_LEN; i++)
        block[i] ^= material[i];
    op_sha256_init(hash);
    op_sha256_add(hash, block, sizeof block);
    OPENSSL_cleanse(block, sizeof block);
}

static void init(struct op_key *key, const uint8_t material[OP_KEY_LEN])
{
    schedule(&key->inner, material, 0x36);
    schedule(&key->outer, material, 0x5c);
}

enum op_err op_key_new(const uint8_t material[OP_KEY_LEN], struct op_key **key_r)
{
    struct op_key *key = malloc(sizeof *key);
    if (!key)
        return OP_ERR_NOMEM;
    init(key, material);
    *key_r = key;
    return OP_OK;
}

void op_key_free(struct op_key *key)
{
    if (!key)
        return;
    OPENSSL_cleanse(key, sizeof *key);
    free(key);
}

void op_key_mac(const struct op_key *key, const char *label, const void *data, size_t len,
                uint8_t mac_r[OP_MAC_LEN])
{
    struct op_sha256 hash = key->inner;
    uint8_t digest[OP_SHA256_LEN];
    op_sha256_add(&hash, label, strlen(label));
    op_sha256_add(&hash, data, len);
    op_sha256_final(&hash, digest);
    hash = key->outer;
    op_sha256_add(&hash, digest, sizeof digest);
    op_sha256_final(&hash, mac_r);
    OPENSSL_cleanse(&hash, sizeof hash);
}

void op_key_mac_with(const uint8_t material[OP_KEY_LEN], const char *label, const void *data,
                     size_t len, uint8_t mac_r[OP_MAC_LEN])
{
    struct op_key key;
    init(&key, material);
    op_key_mac(&key, label, data, len, mac_r);
    OPENSSL_cleanse(&key, sizeof key);
}

bool op_key_mac_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}
