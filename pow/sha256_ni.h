/*
 * sha256_ni.h - the message schedule of SHA-256 with the SHA extensions of x86. Internal to pow/.
 */
#ifndef OP_SHA256_NI_H
#define OP_SHA256_NI_H

#if defined(__x86_64__)

#include <immintrin.h>

/* w holds the last 16 words as four vectors; what is returned is the next four, for the place of
 * the oldest. */
__attribute__((target("sha,sse4.1,ssse3"), always_inline)) static inline __m128i
op_sha256_ni_schedule(__m128i w0, __m128i w1, __m128i w2, __m128i w3)
{
    __m128i t = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
    return _mm_sha256msg2_epu32(t, w3);
}

#endif
#endif
