/*
 * demand_read.h - one demand after the other from a text without MIME.
 */
#ifndef TOOLS_DEMAND_READ_H
#define TOOLS_DEMAND_READ_H

#include "tools/demand.h"

#define DEMAND_READ_MAX 10000 /* tokens of one text that are looked at */

struct demand_read {
    char *text; /* a copy, made readable */
    size_t len;
    size_t at;
    unsigned seen; /* tokens so far */
};

void demand_read_init(struct demand_read *read, const char *text, size_t len, bool html);
bool demand_read_next(struct demand_read *read, struct demand *demand_r);
void demand_read_clear(struct demand_read *read);

#endif
