/*
 * tariff_record.h - a tariff as octets for a store, and back.
 */
#ifndef TARIFF_RECORD_H
#define TARIFF_RECORD_H

#include "milter/tariff.h"

#define TARIFF_RECORD_MAX 4096 /* octets that a format writes */

/* Returns the length. Suites are kept by name, so that another registry can read the record. */
size_t tariff_record_format(const struct tariff *tariff, char record_r[TARIFF_RECORD_MAX]);

/* False if it is not a tariff of this version in each octet; then *tariff_r is untouched. What it
 * says of unknown suites is left out. */
bool tariff_record_parse(const char *record, size_t len, struct tariff *tariff_r);

#endif
