/*
 * exposition.c - the text form that Prometheus reads: how names, labels and numbers are written.
 * Knows no metric by name.
 */
#include "milter/exposition.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pow/err.h"

#define NUMBER_MAX 32

static const char *type_str(enum exposition_type type)
{
    switch (type) {
    case EXPOSITION_COUNTER:
        return "counter";
    case EXPOSITION_GAUGE:
        return "gauge";
    case EXPOSITION_HISTOGRAM:
        return "histogram";
    }
    return "untyped";
}

static void write_escaped(FILE *out, const char *text, bool quoted)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            fputs("\\n", out);
        else if (*text == '\\' || (quoted && *text == '"'))
            fprintf(out, "\\%c", *text);
        else
            putc(*text, out);
    }
}

/* The shortest of two forms that reads back as the same number. */
static const char *number(double value, char text_r[NUMBER_MAX])
{
    if (isnan(value))
        return "NaN";
    if (isinf(value))
        return value > 0 ? "+Inf" : "-Inf";
    snprintf(text_r, NUMBER_MAX, "%.15g", value);
    if (strtod(text_r, NULL) < value || strtod(text_r, NULL) > value)
        snprintf(text_r, NUMBER_MAX, "%.17g", value);
    return text_r;
}

static void write_labels(FILE *out, const struct exposition_labels *labels)
{
    for (size_t i = 0; labels && i < labels->count; i++) {
        fprintf(out, "%c%s=\"", i == 0 ? '{' : ',', labels->label[i].name);
        write_escaped(out, labels->label[i].value, true);
        putc('"', out);
    }
    if (labels && labels->count > 0)
        putc('}', out);
}

static void write_sample(FILE *out, const char *name, const char *suffix,
                         const struct exposition_labels *labels, double value)
{
    char text[NUMBER_MAX];
    fprintf(out, "%s%s", name, suffix);
    write_labels(out, labels);
    fprintf(out, " %s\n", number(value, text));
}

void exposition_family(FILE *out, const char *name, enum exposition_type type, const char *help)
{
    fprintf(out, "# HELP %s ", name);
    write_escaped(out, help, false);
    fprintf(out, "\n# TYPE %s %s\n", name, type_str(type));
}

void exposition_sample(FILE *out, const char *name, const struct exposition_labels *labels,
                       double value)
{
    write_sample(out, name, "", labels, value);
}

void exposition_single(FILE *out, const char *name, enum exposition_type type, const char *help,
                       double value)
{
    exposition_family(out, name, type, help);
    exposition_sample(out, name, NULL, value);
}

void exposition_histogram(FILE *out, const char *name, const struct exposition_labels *labels,
                          const struct histogram *histogram, const struct histogram_scale *scale)
{
    struct exposition_labels more = *labels;
    struct histogram_view view;
    char text[NUMBER_MAX];

    OP_BUG_IF(more.count >= EXPOSITION_LABELS_MAX);
    struct exposition_label *bound = &more.label[more.count++];
    histogram_read(histogram, scale, &view);
    bound->name = "le";
    for (size_t i = 0; i < scale->bounds; i++) {
        bound->value = number(histogram_bound(scale, i), text);
        write_sample(out, name, "_bucket", &more, (double)view.at_most[i]);
    }
    bound->value = "+Inf";
    write_sample(out, name, "_bucket", &more, (double)view.count);
    write_sample(out, name, "_sum", labels, view.sum);
    write_sample(out, name, "_count", labels, (double)view.count);
}
