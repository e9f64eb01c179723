/*
 * sha256_kernel.h - the compression functions of SHA-256 and what they share. Internal to pow/.
 */
#ifndef OP_SHA256_KERNEL_H
#define OP_SHA256_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pow/kernel_choice.h"

extern const uint32_t op_sha256_initial[8]; /* H(0) of FIPS 180-4 section 5.3.3 */
extern const uint32_t op_sha256_round[64];  /* K of section 4.2.2 */

struct op_sha256_kernel {
    struct op_kernel_code code; /* "sha-ni", "portable" */
    void (*compress)(uint32_t state[8], const uint8_t *data, size_t blocks); /* whole blocks */
};

extern const struct op_sha256_kernel op_sha256_ni, op_sha256_portable;

#endif
