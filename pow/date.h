/*
 * date.h - UTC days of the proleptic Gregorian calendar, as stamps and configuration write them.
 */
#ifndef OP_DATE_H
#define OP_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OP_DAY_S 86400

/* A date is the number YYYYMMDD, 19700101 to 99991231. */
bool op_date_valid(uint32_t date);
bool op_date_parse(const char *text, size_t len, uint32_t *date_r); /* exactly "YYYYMMDD" */

#define OP_DATE_DASHED_MAX 11 /* octets of "YYYY-MM-DD" with NUL: as people write a date */
bool op_date_parse_dashed(const char *text, uint32_t *date_r);
void op_date_format_dashed(uint32_t date, char text_r[OP_DATE_DASHED_MAX]); /* date is valid */

uint32_t op_date_from_time(int64_t unix_s); /* clamped to the range above */
int64_t op_date_to_time(uint32_t date); /* unix seconds of the day's first second; date is valid */

#endif
