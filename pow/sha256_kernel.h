/* sha256_kernel.h - what the compression functions share. Internal to pow/. */
#ifndef OP_SHA256_KERNEL_H
#define OP_SHA256_KERNEL_H

#include <stddef.h>
#include <stdint.h>

extern const uint32_t op_sha256_round[64]; /* the constants K of FIPS 180-4 section 4.2.2 */

#if defined(__x86_64__)
#define OP_SHA256_HAVE_NI 1
int op_sha256_ni_usable(void);
void op_sha256_compress_ni(uint32_t state[8], const uint8_t *data, size_t blocks);
#endif

#endif
