/*
 * argon2id.c - Argon2id but for the filling of its memory: what goes in, what comes out, and the
 * plan.
 *
 * RFC 9106 section 3; one lane, no secret, no associated data, version 0x13.
 */
#include "pow/argon2id.h"

#include <stdlib.h>
#include <string.h>

#include "pow/argon2id_fill.h"
#include "pow/blake2b.h"

#define TYPE_ID 2
#define VERSION 0x13

static void store_le32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

static void add_le32(struct op_blake2b *hash, uint32_t v)
{
    uint8_t octets[4];
    store_le32(octets, v);
    op_blake2b_add(hash, octets, 4);
}

static void add_text(struct op_blake2b *hash, const uint8_t *data, uint32_t len)
{
    add_le32(hash, len);
    op_blake2b_add(hash, data, len);
}

/* H' of section 3.3 for 1024 octets: a chain of digests, each giving its first half, the last one
 * whole. */
static void expand(const uint8_t *in, size_t len, uint8_t out[1024])
{
    struct op_blake2b hash;
    uint8_t digest[OP_BLAKE2B_MAX];
    op_blake2b_init(&hash, sizeof digest);
    add_le32(&hash, 1024);
    op_blake2b_add(&hash, in, len);
    op_blake2b_final(&hash, digest);
    memcpy(out, digest, 32);
    for (unsigned i = 1; i < 31; i++) {
        op_blake2b_init(&hash, sizeof digest);
        op_blake2b_add(&hash, digest, sizeof digest);
        op_blake2b_final(&hash, digest);
        memcpy(out + 32 * i, digest, i < 30 ? 32 : 64);
    }
}

static void first_block(const uint8_t h0[64], uint32_t column, const uint8_t *order,
                        struct op_argon2id_block *block)
{
    uint8_t seed[72], octets[1024];
    memcpy(seed, h0, 64);
    store_le32(seed + 64, column);
    store_le32(seed + 68, 0); /* lane */
    expand(seed, sizeof seed, octets);
    for (unsigned w = 0; w < OP_ARGON2ID_WORDS; w++) {
        uint64_t word = 0;
        for (int i = 7; i >= 0; i--)
            word = word << 8 | octets[8 * w + (unsigned)i];
        block->word[order[w]] = word;
    }
}

static void start(const struct op_argon2id_plan *plan, const struct op_argon2id_input *input,
                  uint32_t tag_len, const uint8_t *order, struct op_argon2id_block *memory)
{
    struct op_blake2b hash;
    uint8_t h0[64];
    op_blake2b_init(&hash, sizeof h0);
    add_le32(&hash, 1); /* lanes */
    add_le32(&hash, tag_len);
    add_le32(&hash, plan->mem_kib);
    add_le32(&hash, plan->passes);
    add_le32(&hash, VERSION);
    add_le32(&hash, TYPE_ID);
    add_text(&hash, input->password, input->password_len);
    add_text(&hash, input->salt, input->salt_len);
    add_le32(&hash, 0); /* no secret */
    add_le32(&hash, 0); /* no associated data */
    op_blake2b_final(&hash, h0);
    first_block(h0, 0, order, &memory[0]);
    first_block(h0, 1, order, &memory[1]);
}

static void finish(const struct op_argon2id_block *last, const uint8_t *order, uint8_t *tag,
                   uint32_t tag_len)
{
    struct op_blake2b hash;
    op_blake2b_init(&hash, tag_len);
    add_le32(&hash, tag_len);
    for (unsigned w = 0; w < OP_ARGON2ID_WORDS; w++) {
        uint8_t octets[8];
        store_le32(octets, (uint32_t)last->word[order[w]]);
        store_le32(octets + 4, (uint32_t)(last->word[order[w]] >> 32));
        op_blake2b_add(&hash, octets, 8);
    }
    op_blake2b_final(&hash, tag);
}

void op_argon2id_hash(const struct op_argon2id_plan *plan, const struct op_argon2id_kernel *kernel,
                      struct op_argon2id_block *const *memory,
                      const struct op_argon2id_input *input, unsigned count, uint8_t *const *tag_r,
                      uint32_t tag_len)
{
    OP_BUG_IF(count < 1 || count > OP_ARGON2ID_PAIR);
    for (unsigned i = 0; i < count; i++)
        start(plan, &input[i], tag_len, kernel->order, memory[i]);
    kernel->fill(plan, memory, count);
    for (unsigned i = 0; i < count; i++)
        finish(&memory[i][plan->blocks - 1], kernel->order, tag_r[i], tag_len);
}

/* Section 3.4.1.2: the pseudo-random words of the first half of the first pass, and what they point
 * at. */
static void make_references(struct op_argon2id_plan *plan)
{
    static const struct op_argon2id_block zero;
    struct op_argon2id_block input = zero, address = zero;
    uint32_t segment = plan->blocks / 4;
    for (uint32_t slice = 0; slice < 2; slice++) {
        memset(&input, 0, sizeof input);
        input.word[2] = slice;
        input.word[3] = plan->blocks;
        input.word[4] = plan->passes;
        input.word[5] = TYPE_ID;
        for (uint32_t i = 0; i < segment; i++) {
            if (i % OP_ARGON2ID_WORDS == 0) {
                input.word[6]++;
                op_argon2id_compress_portable(&zero, &input, &address, false);
                op_argon2id_compress_portable(&zero, &address, &address, false);
            }
            uint32_t at = slice * segment + i;
            if (at >= 2)
                plan->reference[at] =
                    op_argon2id_reference(plan, 0, at, address.word[i % OP_ARGON2ID_WORDS]);
        }
    }
}

enum op_err op_argon2id_plan_new(uint32_t mem_kib, uint32_t passes,
                                 struct op_argon2id_plan **plan_r)
{
    if (mem_kib < 8 || passes < 1)
        return OP_ERR_INPUT;
    struct op_argon2id_plan *plan = malloc(sizeof *plan);
    if (!plan)
        return OP_ERR_NOMEM;
    *plan = (struct op_argon2id_plan){mem_kib / 4 * 4, mem_kib, passes, NULL};
    plan->reference = calloc(plan->blocks / 2, sizeof *plan->reference);
    if (!plan->reference) {
        free(plan);
        return OP_ERR_NOMEM;
    }
    make_references(plan);
    *plan_r = plan;
    return OP_OK;
}

void op_argon2id_plan_free(struct op_argon2id_plan *plan)
{
    if (!plan)
        return;
    free(plan->reference);
    free(plan);
}

const struct op_kernel_code *const op_argon2id_kernels[] = {
#if defined(__x86_64__)
    &op_argon2id_avx512.code,   &op_argon2id_avx2.code,
#endif
#if defined(__AARCH64EL__)
    &op_argon2id_neon.code,
#endif
    &op_argon2id_portable.code, NULL,
};
