/*
 * sha256_search.c - the search over nonces: prepares what all tries share and leaves the tries to a
 * scanner.
 */
#include "pow/sha256_search.h"

#include <string.h>

#include "pow/bytes.h"
#include "pow/effort.h"
#include "pow/sha256.h"
#include "pow/sha256_kernel.h"

#define STRETCH 4096 /* tries between two looks at *stop: a fraction of a millisecond */

uint64_t op_sha256_tail(const uint8_t input[OP_PUZZLE_LEN], uint64_t nonce)
{
    struct op_sha256 hash;
    uint8_t digest[OP_SHA256_LEN], number[8];
    op_store_be64(number, nonce);
    op_sha256_init(&hash);
    op_sha256_add(&hash, input, OP_PUZZLE_LEN);
    op_sha256_add(&hash, number, sizeof number);
    op_sha256_final(&hash, digest);
    return op_load_be64(digest);
}

static uint32_t rotr(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static uint32_t small0(uint32_t x)
{
    return rotr(x, 7) ^ rotr(x, 18) ^ x >> 3;
}

static uint32_t small1(uint32_t x)
{
    return rotr(x, 17) ^ rotr(x, 19) ^ x >> 10;
}

static void round_one(uint32_t v[8], uint32_t kw)
{
    uint32_t a = v[0], b = v[1], c = v[2], e = v[4], f = v[5], g = v[6];
    uint32_t t1 = v[7] + kw + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (g ^ (e & (f ^ g)));
    uint32_t t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) | (c & (a | b)));
    v[7] = g, v[6] = f, v[5] = e, v[4] = v[3] + t1;
    v[3] = c, v[2] = b, v[1] = a, v[0] = t1 + t2;
}

static void prepare(const uint8_t input[OP_PUZZLE_LEN], uint32_t high, uint64_t effort,
                    struct op_sha256_run *run)
{
    uint32_t *w = run->word, *fixed = run->fixed;
    memset(run, 0, sizeof *run);
    for (unsigned i = 0; i < 8; i++)
        w[i] = op_load_be32(input + 4 * i);
    w[8] = high;
    w[10] = 0x80000000; /* padding, and the length in bits */
    w[15] = 8 * (OP_PUZZLE_LEN + 8);
    for (unsigned t = 16; t < 24; t++) /* w[9] is 0 here, and w[16] and on are taken as variable */
        fixed[t] = w[t - 16] + small0(w[t - 15]) + (t - 7 < 16 ? w[t - 7] : 0) +
                   (t - 2 < 16 ? small1(w[t - 2]) : 0);
    fixed[19] += small1(fixed[17]);
    fixed[21] += small1(fixed[19]);
    fixed[23] += small1(fixed[21]);
    memcpy(run->state, op_sha256_initial, sizeof run->state);
    for (unsigned t = 0; t < 8; t++)
        round_one(run->state, op_sha256_round[t] + w[t]);
    const uint32_t *s = run->state;
    memcpy(run->abef, (uint32_t[]){s[5], s[4], s[1], s[0]}, sizeof run->abef);
    memcpy(run->cdgh, (uint32_t[]){s[7], s[6], s[3], s[2]}, sizeof run->cdgh);
    round_one(run->state, op_sha256_round[8] + w[8]);
    run->limit = (uint32_t)(UINT64_MAX / effort >> 32);
}

static uint32_t scan_portable(const struct op_sha256_run *run, uint32_t low, uint32_t count)
{
    uint32_t w[64];
    memcpy(w, run->word, sizeof run->word);
    for (uint32_t done = 0; done < count; done++) {
        uint32_t v[8];
        w[9] = low + done;
        for (unsigned t = 16; t < 64; t++)
            w[t] = w[t - 16] + small0(w[t - 15]) + w[t - 7] + small1(w[t - 2]);
        memcpy(v, run->state, sizeof v);
        for (unsigned t = 9; t < 64; t++)
            round_one(v, op_sha256_round[t] + w[t]);
        if (v[0] + op_sha256_initial[0] <= run->limit)
            return done;
    }
    return count;
}

const struct op_sha256_scanner op_sha256_scan_portable = {
    {"portable", op_kernel_always}, 1, scan_portable};

const struct op_kernel_code *const op_sha256_scanners[] = {
#if defined(__x86_64__)
    &op_sha256_scan_avx512.code,   &op_sha256_scan_ni.code,
    &op_sha256_scan_avx2.code,
#endif
    &op_sha256_scan_portable.code, NULL,
};

/* Tries that share the upper half of the nonce and are a multiple of the scanner's lanes. */
static bool search_run(const struct op_sha256_scanner *scanner, const uint8_t input[OP_PUZZLE_LEN],
                       uint64_t first, uint32_t count, uint64_t effort,
                       const struct op_sha256_run *run, uint64_t *nonce_r, uint64_t *tried_r)
{
    for (uint32_t done = 0; done < count;) {
        uint32_t left = (count - done) / scanner->lanes * scanner->lanes;
        done += scanner->scan(run, (uint32_t)first + done, left);
        if (done == count)
            break;
        /* A candidate. Where it fails, go on behind it, one by one up to the next multiple. */
        for (unsigned i = 0; i < scanner->lanes && done < count; i++, done++)
            if (op_effort_met(op_sha256_tail(input, first + done), effort)) {
                *nonce_r = first + done;
                *tried_r += done + 1;
                return true;
            }
    }
    *tried_r += count;
    return false;
}

bool op_sha256_search_with(const struct op_sha256_scanner *scanner,
                           const uint8_t input[OP_PUZZLE_LEN], uint64_t first, uint64_t count,
                           uint64_t effort, const atomic_bool *stop, uint64_t *nonce_r,
                           uint64_t *tried_r)
{
    struct op_sha256_run run;
    prepare(input, (uint32_t)(first >> 32), effort, &run);
    *tried_r = 0;
    while (*tried_r < count && !atomic_load_explicit(stop, memory_order_relaxed)) {
        uint64_t at = first + *tried_r, left = count - *tried_r;
        uint64_t to_carry = (UINT64_C(1) << 32) - (uint32_t)at;
        if ((uint32_t)at == 0)
            prepare(input, (uint32_t)(at >> 32), effort, &run);
        uint32_t stretch = (uint32_t)(left < STRETCH ? left : STRETCH);
        if (stretch > to_carry)
            stretch = (uint32_t)to_carry;
        if (search_run(scanner, input, at, stretch, effort, &run, nonce_r, tried_r))
            return true;
    }
    return false;
}

bool op_sha256_search(const uint8_t input[OP_PUZZLE_LEN], uint64_t first, uint64_t count,
                      uint64_t effort, const atomic_bool *stop, uint64_t *nonce_r,
                      uint64_t *tried_r)
{
    return op_sha256_search_with(op_kernel_sha256_search(), input, first, count, effort, stop,
                                 nonce_r, tried_r);
}
