/*
 * exposition.h - the Prometheus text form, version 0.0.4: families, samples, escaping.
 *
 * Writes to a stream and leaves its errors to the caller. The program never sets a locale, so that
 * numbers have a point.
 */
#ifndef EXPOSITION_H
#define EXPOSITION_H

#include <stddef.h>
#include <stdio.h>

#include "milter/histogram.h"

enum exposition_type { EXPOSITION_COUNTER, EXPOSITION_GAUGE, EXPOSITION_HISTOGRAM };

struct exposition_label {
    const char *name;
    const char *value; /* any UTF-8 */
};

#define EXPOSITION_LABELS_MAX 4

struct exposition_labels { /* a value */
    size_t count;
    struct exposition_label label[EXPOSITION_LABELS_MAX];
};

#define EXPOSITION_LABELS(number, ...)                                                             \
    (&(const struct exposition_labels){.count = (number), .label = {__VA_ARGS__}})

/* HELP and TYPE; the family's samples follow at once. */
void exposition_family(FILE *out, const char *name, enum exposition_type type, const char *help);

/* labels NULL: none. */
void exposition_sample(FILE *out, const char *name, const struct exposition_labels *labels,
                       double value);

/* A family of one sample without labels. */
void exposition_single(FILE *out, const char *name, enum exposition_type type, const char *help,
                       double value);

/* One series of a histogram: its buckets, sum and count. At most EXPOSITION_LABELS_MAX - 1 labels.
 */
void exposition_histogram(FILE *out, const char *name, const struct exposition_labels *labels,
                          const struct histogram *histogram, const struct histogram_scale *scale);

#endif
