/*
 * sha256_search_ni.c - four tries at once with the SHA extensions of x86: while one waits for its
 * rounds, the others have their own done.
 */
#if defined(__x86_64__)

#include "pow/sha256_kernel.h"
#include "pow/sha256_ni.h"
#include "pow/sha256_search.h"

#define LANES 4

static bool usable(void)
{
    return op_sha256_ni.code.usable();
}

/* The instructions do two rounds at a time: of the nine that all tries share, eight are done
 * (run->abef, run->cdgh). */
__attribute__((target("sha,sse4.1,ssse3"))) static uint32_t scan(const struct op_sha256_run *run,
                                                                 uint32_t low, uint32_t count)
{
    const __m128i abef0 = _mm_loadu_si128((const __m128i *)(const void *)run->abef);
    const __m128i cdgh0 = _mm_loadu_si128((const __m128i *)(const void *)run->cdgh);
    const __m128i *word = (const __m128i *)(const void *)run->word;
    for (uint32_t done = 0; done < count; done += LANES) {
        __m128i abef[LANES], cdgh[LANES], w[LANES][4];
        for (unsigned n = 0; n < LANES; n++) {
            abef[n] = abef0;
            cdgh[n] = cdgh0;
            for (unsigned i = 0; i < 4; i++)
                w[n][i] = _mm_loadu_si128(word + i);
            w[n][2] = _mm_insert_epi32(w[n][2], (int)(low + done + n), 1);
        }
#pragma GCC unroll 16
        for (unsigned i = 0; i < 16; i++) {
#pragma GCC unroll 4
            for (unsigned n = 0; n < LANES; n++) {
                if (i >= 2) {
                    __m128i k =
                        _mm_loadu_si128((const __m128i *)(const void *)(op_sha256_round + 4 * i));
                    __m128i wk = _mm_add_epi32(w[n][i % 4], k);
                    cdgh[n] = _mm_sha256rnds2_epu32(cdgh[n], abef[n], wk);
                    abef[n] = _mm_sha256rnds2_epu32(abef[n], cdgh[n], _mm_shuffle_epi32(wk, 0x0e));
                }
                if (i < 12)
                    w[n][i % 4] = op_sha256_ni_schedule(w[n][i % 4], w[n][(i + 1) % 4],
                                                        w[n][(i + 2) % 4], w[n][(i + 3) % 4]);
            }
        }
        for (unsigned n = 0; n < LANES; n++)
            if ((uint32_t)_mm_extract_epi32(abef[n], 3) + op_sha256_initial[0] <= run->limit)
                return done + n;
    }
    return count;
}

const struct op_sha256_scanner op_sha256_scan_ni = {{"sha-ni", usable}, LANES, scan};

#else
typedef int op_sha256_search_ni_is_for_x86_64; /* a translation unit is never empty */
#endif
