/*
 * key.c - the site key as an HMAC that is ready to be copied.
 *
 * The template context holds the scheduled key; each computation works on a copy, so that many
 * threads can share the key and none of them looks anything up.
 */
#include "pow/key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

struct op_key {
    EVP_MAC_CTX *scheduled;
};

enum op_err op_key_new(const uint8_t material[OP_KEY_LEN], struct op_key **key_r)
{
    struct op_key *key = calloc(1, sizeof *key);
    if (!key)
        return OP_ERR_NOMEM;
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    key->scheduled = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac); /* the context holds its own reference */
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    if (!key->scheduled || EVP_MAC_init(key->scheduled, material, OP_KEY_LEN, params) != 1) {
        op_key_free(key);
        return OP_ERR_CRYPTO;
    }
    *key_r = key;
    return OP_OK;
}

void op_key_free(struct op_key *key)
{
    if (!key)
        return;
    EVP_MAC_CTX_free(key->scheduled); /* OpenSSL wipes what it frees of a key */
    free(key);
}

enum op_err op_key_mac(const struct op_key *key, const char *label, const void *data, size_t len,
                       uint8_t mac_r[OP_MAC_LEN])
{
    EVP_MAC_CTX *mac = EVP_MAC_CTX_dup(key->scheduled);
    if (!mac)
        return OP_ERR_CRYPTO;
    size_t written = 0;
    int ok = EVP_MAC_update(mac, (const unsigned char *)label, strlen(label)) == 1 &&
             EVP_MAC_update(mac, data, len) == 1 &&
             EVP_MAC_final(mac, mac_r, &written, OP_MAC_LEN) == 1 && written == OP_MAC_LEN;
    EVP_MAC_CTX_free(mac);
    return ok ? OP_OK : OP_ERR_CRYPTO;
}
