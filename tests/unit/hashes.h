/* hashes.h - reads the lines of tests/vectors/hashes.txt, and hashes as they ask. */
#ifndef TEST_HASHES_H
#define TEST_HASHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pow/argon2id.h"
#include "tests/unit/vectors.h"

#define HASHES_MESSAGE_MAX 4096
#define HASHES_INPUT_MAX   256
#define HASHES_TAG_MAX     64

struct hashes_blake2b {
    size_t len, digest_len;
    uint8_t digest[HASHES_TAG_MAX];
};

struct hashes_argon2id {
    uint32_t mem_kib, passes, password_len, salt_len, tag_len;
    uint8_t password[HASHES_INPUT_MAX], salt[HASHES_INPUT_MAX], tag[HASHES_TAG_MAX];
};

/* A column of hexadecimal, or "-" for nothing; returns the number of octets. */
static inline size_t hashes_octets(const char *text, uint8_t *data_r, size_t max)
{
    size_t len = text[0] == '-' ? 0 : strlen(text) / 2;
    OP_BUG_IF(len > max);
    if (len > 0)
        vectors_hex(text, data_r, len);
    return len;
}

/* False if the line is of another kind. */
static inline bool hashes_blake2b(const char *line, struct hashes_blake2b *row_r)
{
    char digest[VECTORS_LINE_MAX];
    if (sscanf(line, "blake2b %zu %4095s", &row_r->len, digest) != 2)
        return false;
    OP_BUG_IF(row_r->len > HASHES_MESSAGE_MAX);
    row_r->digest_len = hashes_octets(digest, row_r->digest, sizeof row_r->digest);
    return true;
}

static inline void hashes_message(uint8_t *message_r, size_t len)
{
    for (size_t i = 0; i < len; i++)
        message_r[i] = (uint8_t)(i % 251);
}

static inline bool hashes_argon2id(const char *line, struct hashes_argon2id *row_r)
{
    char password[VECTORS_LINE_MAX], salt[VECTORS_LINE_MAX], tag[VECTORS_LINE_MAX];
    if (sscanf(line, "argon2id %u %u %4095s %4095s %4095s", &row_r->mem_kib, &row_r->passes,
               password, salt, tag) != 5)
        return false;
    row_r->password_len = (uint32_t)hashes_octets(password, row_r->password, HASHES_INPUT_MAX);
    row_r->salt_len = (uint32_t)hashes_octets(salt, row_r->salt, HASHES_INPUT_MAX);
    row_r->tag_len = (uint32_t)hashes_octets(tag, row_r->tag, HASHES_TAG_MAX);
    return true;
}

/* Hashes with the kernel, in memory of its own that is full of rubbish. */
static inline void hashes_ours(const struct op_argon2id_kernel *kernel, uint32_t mem_kib,
                               uint32_t passes, const struct op_argon2id_input *input,
                               unsigned count, uint8_t tag_r[OP_ARGON2ID_PAIR][HASHES_TAG_MAX],
                               uint32_t tag_len)
{
    struct op_argon2id_plan *plan;
    struct op_argon2id_block *memory[OP_ARGON2ID_PAIR] = {NULL, NULL};
    uint8_t *const tags[OP_ARGON2ID_PAIR] = {tag_r[0], tag_r[1]};
    OP_BUG_IF(op_argon2id_plan_new(mem_kib, passes, &plan) != OP_OK);
    for (unsigned i = 0; i < count; i++) {
        size_t size = plan->blocks * sizeof *memory[i]; /* to the octet, for sanitizers */
        memory[i] = aligned_alloc(64, size);
        OP_BUG_IF(!memory[i]);
        memset(memory[i], 0xa5, size);
    }
    op_argon2id_hash(plan, kernel, memory, input, count, tags, tag_len);
    for (unsigned i = 0; i < count; i++)
        free(memory[i]);
    op_argon2id_plan_free(plan);
}

#endif
