/*
 * srv_record.h - SRV records (RFC 2782): as they come, and in the order in which they are tried.
 */
#ifndef TOOLS_SRV_RECORD_H
#define TOOLS_SRV_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/address.h"

struct srv_record { /* a value */
    uint16_t priority, weight, port;
    char target[ADDRESS_HOST_MAX]; /* without the last dot; "" for the root: no such service */
};

/* Reads the data of a record, its name not compressed. False: it is none, or its target has other
 * characters than a host name has. */
bool srv_record_parse(const uint8_t *data, size_t len, struct srv_record *record_r);

/* A number from 0 to `most`, drawn evenly. */
typedef uint32_t srv_record_draw(void *arg, uint32_t most);

/* Lower priorities first; of the same priority drawn by weight. */
void srv_record_order(struct srv_record *records, size_t count, srv_record_draw *draw, void *arg);

#endif
