/* bench_libargon2.c - see bench_libargon2.h. */
#include "tools/bench_libargon2.h"

#include <argon2.h>
#include <malloc.h>

#include "pow/puzzle.h"
#include "tools/stopwatch.h"

double bench_libargon2_rate(const struct op_suite *suite, double seconds)
{
    const uint8_t salt[OP_PUZZLE_LEN] = {0};
    uint8_t tag[32];
    uint32_t count = 0;
    double spent, start = stopwatch_read(CLOCK_MONOTONIC);

    do {
        if (argon2id_hash_raw(suite->passes, suite->mem_kib, 1, &count, sizeof count, salt,
                              sizeof salt, tag, sizeof tag) != ARGON2_OK)
            return 0;
        count++;
        spent = stopwatch_read(CLOCK_MONOTONIC) - start;
    } while (spent < seconds);
    malloc_trim(0); /* what was freed is not to be counted as somebody else's */
    return count / spent;
}
