/*
 * kernels.c - the kernels of another processor, run under an emulator: each against the stored
 * answers of libargon2 and hashlib (hashes.txt) and, on random inputs, against portable code.
 *
 * Built by emulated.py from pow/ alone, with no library. Exits 0 if all is equal; ends with a
 * line that says how many comparisons there were.
 */
#include <stdio.h>
#include <string.h>

#include "pow/argon2id_fill.h"
#include "pow/blake2b.h"
#include "pow/kernel.h"
#include "pow/sha256.h"
#include "pow/sha256_kernel.h"
#include "pow/sha256_search.h"
#include "tests/unit/hashes.h"
#include "tests/unit/random.h"

static unsigned compared, differ;

static void compare(const void *got, const void *want, size_t len, const char *kernel,
                    const char *what)
{
    compared++;
    if (memcmp(got, want, len) == 0)
        return;
    differ++;
    printf("%s differs: %s\n", kernel, what);
}

static void try_blake2b(const struct hashes_blake2b *row, const char *line)
{
    struct op_blake2b hash;
    uint8_t message[HASHES_MESSAGE_MAX], got[OP_BLAKE2B_MAX];
    hashes_message(message, row->len);
    op_blake2b_init(&hash, row->digest_len);
    op_blake2b_add(&hash, message, row->len);
    op_blake2b_final(&hash, got);
    compare(got, row->digest, row->digest_len, "blake2b", line);
}

static void try_argon2id(const struct hashes_argon2id *row, const char *line)
{
    const struct op_argon2id_input input = {row->password, row->salt, row->password_len,
                                            row->salt_len};
    for (size_t i = 0; op_argon2id_kernels[i]; i++) {
        const struct op_argon2id_kernel *kernel =
            (const struct op_argon2id_kernel *)op_argon2id_kernels[i];
        uint8_t got[OP_ARGON2ID_PAIR][HASHES_TAG_MAX];
        if (!kernel->code.usable())
            continue;
        hashes_ours(kernel, row->mem_kib, row->passes, &input, 1, got, row->tag_len);
        compare(got[0], row->tag, row->tag_len, kernel->code.name, line);
    }
}

static void stored_answers(void)
{
    FILE *file = vectors_open("hashes.txt");
    char line[VECTORS_LINE_MAX];
    while (vectors_line(file, line)) {
        struct hashes_blake2b blake2b;
        struct hashes_argon2id argon2id;
        if (hashes_blake2b(line, &blake2b))
            try_blake2b(&blake2b, line);
        else if (hashes_argon2id(line, &argon2id))
            try_argon2id(&argon2id, line);
        else
            compare(line, "", 1, "hashes.txt", line);
    }
    fclose(file);
}

/* Two evaluations side by side, and one by itself. */
static void random_argon2id(const struct op_argon2id_kernel *kernel, uint64_t *seed)
{
    uint8_t octets[4][64], want[OP_ARGON2ID_PAIR][HASHES_TAG_MAX];
    uint8_t got[OP_ARGON2ID_PAIR][HASHES_TAG_MAX];
    uint32_t mem_kib = 8 + (uint32_t)random_below(seed, 300);
    uint32_t passes = 1 + (uint32_t)random_below(seed, 4);
    const struct op_argon2id_input input[OP_ARGON2ID_PAIR] = {{octets[0], octets[1], 4, 32},
                                                              {octets[2], octets[3], 63, 17}};
    char what[64];
    snprintf(what, sizeof what, "m=%u t=%u", mem_kib, passes);
    random_fill(seed, octets, sizeof octets);
    hashes_ours(&op_argon2id_portable, mem_kib, passes, input, 2, want, 32);
    hashes_ours(kernel, mem_kib, passes, input, 2, got, 32);
    compare(got[0], want[0], 32, kernel->code.name, what);
    compare(got[1], want[1], 32, kernel->code.name, what);
    hashes_ours(kernel, mem_kib, passes, &input[1], 1, got, 32);
    compare(got[0], want[1], 32, kernel->code.name, what);
}

static void random_inputs(void)
{
    uint64_t seed = 1;
    for (size_t i = 0; op_argon2id_kernels[i]; i++) {
        const struct op_argon2id_kernel *kernel =
            (const struct op_argon2id_kernel *)op_argon2id_kernels[i];
        for (unsigned n = 0; n < 60 && kernel->code.usable(); n++)
            random_argon2id(kernel, &seed);
    }
}

static void sha256(void)
{
    uint8_t want[OP_SHA256_LEN], got[OP_SHA256_LEN];
    struct op_sha256 hash;
    vectors_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", want,
                sizeof want);
    op_sha256_init(&hash);
    op_sha256_add(&hash, "abc", 3);
    op_sha256_final(&hash, got);
    compare(got, want, sizeof want, op_kernel_sha256()->code.name, "abc");
}

/* The first nonces below 1/1000 of the range, as hashlib finds them for the input 0, 1, 2 .. 31. */
static void sha256_search(void)
{
    static const uint64_t want[] = {SEARCH_ANSWERS};
    atomic_bool stop = false;
    uint8_t input[OP_PUZZLE_LEN];
    uint64_t from = UINT64_C(0xfffffff0), nonce = 0, tried;
    hashes_message(input, sizeof input);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++, from = nonce + 1) {
        op_sha256_search(input, from, UINT64_MAX, 1000, &stop, &nonce, &tried);
        compare(&nonce, &want[i], sizeof nonce, op_kernel_sha256_search()->code.name, "search");
    }
}

int main(void)
{
    struct op_kernel kernels[OP_KERNELS_MAX];
    size_t count = op_kernel_list(kernels);
    for (size_t i = 0; i < count; i++)
        printf("%s %s%s\n", kernels[i].task, kernels[i].name, kernels[i].active ? " active" : "");
    stored_answers();
    random_inputs();
    sha256();
    sha256_search();
    printf("%u comparisons, %u differ\n", compared, differ);
    return differ > 0;
}
