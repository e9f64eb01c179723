/* sha256_search_avx512.c - sixteen tries at once with AVX-512. */
#if defined(__x86_64__)

#include <immintrin.h>

#include "pow/sha256_kernel.h"
#include "pow/sha256_search.h"

#define LANES  16
#define TARGET __attribute__((target("avx512f"), always_inline)) static inline

typedef __m512i vec;

#define SET(x)     _mm512_set1_epi32((int)(x))
#define COUNT      _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#define ADD(a, b)  _mm512_add_epi32(a, b)
#define ROTR(x, n) _mm512_ror_epi32(x, n)
#define SHR(x, n)  _mm512_srli_epi32(x, n)
/* Truth tables: bit 4a + 2b + c of the last argument. */
#define XOR3(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0x96)
#define CH(a, b, c)   _mm512_ternarylogic_epi32(a, b, c, 0xca)
#define MAJ(a, b, c)  _mm512_ternarylogic_epi32(a, b, c, 0xe8)
#define AT_MOST(a, b) _mm512_cmple_epu32_mask(a, b)

#include "pow/sha256_lanes.inc"

static bool usable(void)
{
    return __builtin_cpu_supports("avx512f");
}

__attribute__((target("avx512f"))) static uint32_t scan(const struct op_sha256_run *run,
                                                        uint32_t low, uint32_t count)
{
    return scan_lanes(run, low, count);
}

const struct op_sha256_scanner op_sha256_scan_avx512 = {{"avx512", usable}, LANES, scan};

#else
typedef int op_sha256_search_avx512_is_for_x86_64; /* a translation unit is never empty */
#endif
