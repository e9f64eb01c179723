/*
 * simulate_record.h - recorded arrivals: a file of one unix time a line, each with a count if it
 * stands for more than one mail, in order of time.
 */
#ifndef SIMULATE_RECORD_H
#define SIMULATE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct simulate_record {
    uint32_t *mails; /* of each minute since the first arrival; heap */
    size_t minutes;
};

/* Reads what falls into `minutes` minutes from the first arrival; the rest of the file is not
 * looked at. False with a sentence in why_r (why_size octets); *missing_r: the file could not be
 * opened. */
bool simulate_record_read(const char *path, size_t minutes, struct simulate_record *record_r,
                          bool *missing_r, char *why_r, size_t why_size);
void simulate_record_clear(struct simulate_record *record);

#endif
