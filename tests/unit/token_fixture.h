/*
 * token_fixture.h - what the tests of reply tokens share: keys, people, and tokens made for them.
 */
#ifndef TOKEN_FIXTURE_H
#define TOKEN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "milter/token.h"
#include "pow/base64url.h"
#include "pow/date.h"

#define EXPIRES  20261218
#define HOST     "mx.example.org"
#define BLOB_MAX 60

static const uint8_t salt[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static inline struct op_key *key_of(uint8_t octet)
{
    uint8_t material[OP_KEY_LEN];
    struct op_key *key;

    memset(material, octet, sizeof material);
    assert_int_equal(op_key_new(material, &key), OP_OK);
    return key;
}

static inline struct op_recipient recipient_of(const char *address)
{
    struct op_recipient recipient;

    assert_true(op_recipient_parse(address, strlen(address), &recipient, NULL));
    return recipient;
}

/* "user0@there.example" and so on. */
static inline struct op_recipient user(size_t number)
{
    char address[64];

    snprintf(address, sizeof address, "user%zu@there.example", number);
    return recipient_of(address);
}

static inline void make(const struct op_key *key, size_t count, const char *host,
                        char text[TOKEN_TEXT_MAX])
{
    struct op_recipient users[TOKEN_RECIPIENTS_MAX];

    for (size_t i = 0; i < count; i++)
        users[i] = user(i);
    assert_true(token_make(key, users, count, EXPIRES, salt, host, text));
}

static inline size_t find(const char *value, struct token tokens[TOKENS_MAX])
{
    size_t count = 0;

    token_find(value, tokens, &count);
    assert_true(count <= TOKENS_MAX);
    return count;
}

static inline int64_t noon(uint32_t date)
{
    return op_date_to_time(date) + OP_DAY_S / 2;
}

static inline bool believed(const struct op_key *key, const char *value,
                            const struct op_recipient *correspondent, int64_t now)
{
    struct token tokens[TOKENS_MAX];
    bool any = false;

    for (size_t i = 0, count = find(value, tokens); i < count; i++)
        any |= token_check(key, &tokens[i], correspondent, now);
    return any;
}

/* The octets of a token's text, and their number. */
static inline size_t open_blob(const char *text, uint8_t blob[BLOB_MAX])
{
    const char *start = strchr(text, '.') + 1;
    size_t len = strcspn(start, "@");

    assert_true(op_base64url_parse(start, len, blob, len / 4 * 3));
    return len / 4 * 3;
}

static inline void close_blob(const uint8_t *blob, size_t len, char text[TOKEN_TEXT_MAX])
{
    char encoded[OP_BASE64URL_LEN(2 * BLOB_MAX) + 1];

    op_base64url_format(blob, len, encoded);
    snprintf(text, TOKEN_TEXT_MAX, "<opr1.%s@" HOST ">", encoded);
}

#endif
