/* sha256_search_avx2.c - eight tries at once with AVX2, for processors without SHA instructions. */
#if defined(__x86_64__)

#include <immintrin.h>

#include "pow/sha256_kernel.h"
#include "pow/sha256_search.h"

#define LANES  8
#define TARGET __attribute__((target("avx2"), always_inline)) static inline

typedef __m256i vec;

#define SET(x)        _mm256_set1_epi32((int)(x))
#define COUNT         _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)
#define ADD(a, b)     _mm256_add_epi32(a, b)
#define SHR(x, n)     _mm256_srli_epi32(x, n)
#define ROTR(x, n)    _mm256_or_si256(_mm256_srli_epi32(x, n), _mm256_slli_epi32(x, 32 - (n)))
#define XOR3(a, b, c) _mm256_xor_si256(_mm256_xor_si256(a, b), c)
#define CH(a, b, c)   _mm256_xor_si256(c, _mm256_and_si256(a, _mm256_xor_si256(b, c)))
#define MAJ(a, b, c)                                                                               \
    _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(c, _mm256_or_si256(a, b)))
#define AT_MOST(a, b)                                                                              \
    (uint32_t)                                                                                     \
        _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_min_epu32(a, b), a)))

#include "pow/sha256_lanes.inc"

static bool usable(void)
{
    return __builtin_cpu_supports("avx2");
}

__attribute__((target("avx2"))) static uint32_t scan(const struct op_sha256_run *run, uint32_t low,
                                                     uint32_t count)
{
    return scan_lanes(run, low, count);
}

const struct op_sha256_scanner op_sha256_scan_avx2 = {{"avx2", usable}, LANES, scan};

#else
typedef int op_sha256_search_avx2_is_for_x86_64; /* a translation unit is never empty */
#endif
