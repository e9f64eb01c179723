/*
 * selftest.c - known answers for every function that a stamp goes through.
 *
 * The Argon2id and HMAC values were computed by other implementations; SHA-256 is from FIPS 180-4.
 */
#include "pow/selftest.h"

#include <string.h>

#include "pow/key.h"
#include "pow/puzzle.h"
#include "pow/sha256.h"
#include "pow/stamp.h"
#include "pow/verify.h"
#include "pow/worker.h"

static const uint8_t counting[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                     11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                     22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

static enum op_err test_sha256(void)
{
    static const uint8_t want[OP_SHA256_LEN] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                                0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
                                                0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
                                                0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    struct op_sha256 hash;
    uint8_t digest[OP_SHA256_LEN];
    op_sha256_init(&hash);
    op_sha256_add(&hash, "abc", 3);
    op_sha256_final(&hash, digest);
    return memcmp(digest, want, sizeof want) == 0 ? OP_OK : OP_ERR_SELFTEST;
}

/* F(00 01 .. 1f, nonce 1) of a suite. */
static enum op_err test_suite(const char *name, uint64_t want)
{
    struct op_worker *worker;
    uint64_t x = 0;
    enum op_err err = op_worker_new(op_suite_find(name, strlen(name)), &worker);
    if (err != OP_OK)
        return err;
    err = op_worker_eval(worker, counting, 1, &x);
    op_worker_free(worker);
    if (err != OP_OK)
        return err;
    return x == want ? OP_OK : OP_ERR_SELFTEST;
}

static enum op_err test_hmac(void)
{
    static const uint8_t want[OP_MAC_LEN] = {0xa1, 0x58, 0x57, 0x73, 0xc6, 0xf8, 0x38, 0xf4,
                                             0x3a, 0x8a, 0x52, 0x6b, 0x75, 0x5e, 0xca, 0x7e,
                                             0x58, 0xf8, 0x7a, 0x33, 0x13, 0x85, 0x24, 0x11,
                                             0x7e, 0x7b, 0x04, 0xbf, 0x87, 0xde, 0xa9, 0x4f};
    struct op_key *key;
    uint8_t data[36] = {0}, mac[OP_MAC_LEN];
    memcpy(data, counting, sizeof counting);
    enum op_err err = op_key_new(counting, &key);
    if (err != OP_OK)
        return err;
    op_key_mac(key, "onionpow-v1 sample", data, sizeof data, mac);
    op_key_free(key);
    return memcmp(mac, want, sizeof want) == 0 ? OP_OK : OP_ERR_SELFTEST;
}

/* The worked example of FORMAT.md in suite sha256: parses, has its identity, all puzzles hold; with
 * a bit changed none does. */
static enum op_err test_stamp(void)
{
    static const char text[] =
        "v=1; a=sha256; d=2; t=20261122; r=2uUaqZH-l_oNFztWi8IA9A;"
        "\n\ts=AAECAwQFBgcICQoLDA0ODw;"
        "\n\tn=AAAAAAAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAABA"
        "\n\tAAAAAAAAAAAAAAAAAAAAQAAAAAAAAABAAAAAAAAAAIAAAAAAAAAAAAAAAAAAAAAAAAA"
        "\n\tAAAAAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE; g=AAAAAAAAAAA";
    static const uint8_t want[OP_ID_LEN] = {0x44, 0x0e, 0xd7, 0x85, 0x89, 0x31, 0xf6, 0x65,
                                            0x2c, 0xf1, 0x5f, 0xfa, 0xe2, 0xe5, 0xcd, 0x5d,
                                            0x41, 0x71, 0x5c, 0xf7, 0x6b, 0xcd, 0x24, 0xe1,
                                            0x04, 0xcd, 0xbd, 0x17, 0x9b, 0x5b, 0x54, 0xa6};
    struct op_stamp stamp;
    uint8_t id[OP_ID_LEN];
    struct op_worker *worker;
    enum op_verdict good = OP_VERDICT_PROOF, bad = OP_VERDICT_PASS;
    if (op_stamp_parse(text, sizeof text - 1, &stamp, NULL) != OP_VERDICT_PASS)
        return OP_ERR_SELFTEST;
    op_stamp_id(&stamp, id);
    if (memcmp(id, want, sizeof want) != 0)
        return OP_ERR_SELFTEST;
    enum op_err err = op_worker_new(stamp.suite, &worker);
    if (err != OP_OK)
        return err;
    err = op_verify_all(&stamp, worker, &good);
    stamp.salt[0] ^= 1;
    if (err == OP_OK)
        err = op_verify_all(&stamp, worker, &bad);
    op_worker_free(worker);
    if (err != OP_OK)
        return err;
    return good == OP_VERDICT_PASS && bad != OP_VERDICT_PASS ? OP_OK : OP_ERR_SELFTEST;
}

enum op_err op_selftest(const char **what_r)
{
    const char *what = "SHA-256";
    enum op_err err = test_sha256();
    if (err == OP_OK) {
        what = "HMAC-SHA-256";
        err = test_hmac();
    }
    if (err == OP_OK) {
        what = "Argon2id";
        err = test_suite("argon2id-16m", UINT64_C(0xe86aa088ccc90283));
    }
    if (err == OP_OK) {
        what = "sha256 suite";
        err = test_suite("sha256", UINT64_C(0x6061c4386d7a1788));
    }
    if (err == OP_OK) {
        what = "example stamp";
        err = test_stamp();
    }
    if (err != OP_OK && what_r)
        *what_r = what;
    return err;
}
