/*
 * units.h - durations, sizes and counts as people write them.
 */
#ifndef OP_UNITS_H
#define OP_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OP_UNITS_MAX 32 /* octets that any _format here writes, NUL included */

/* "90s", "15m", "36h", "7d", or "0"; whole numbers, up to 3650d. */
bool op_duration_parse(const char *text, uint32_t *seconds_r);
/* The largest unit that divides it: 604800 -> "7d". */
void op_duration_format(uint32_t seconds, char text_r[OP_UNITS_MAX]);

/* "512" (bytes), "64KiB", "64MiB", "1GiB", "2TiB"; the B and the i may be left out, case is free.
 */
bool op_size_parse(const char *text, uint64_t *bytes_r);
void op_size_format(uint64_t bytes, char text_r[OP_UNITS_MAX]);

/* "16384", "16k", "2M", "1G" with powers of 1000; at least 1, below 2^63. */
bool op_count_parse(const char *text, uint64_t *count_r);

/* A canonical decimal: digits only, no leading zero unless the number is 0, fits in 64 bits. */
bool op_decimal_parse(const char *text, size_t len, uint64_t *number_r);

#endif
