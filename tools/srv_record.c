/* srv_record.c - SRV records, RFC 2782. Knows nothing of who sent them and whether to believe it.
 */
#include "tools/srv_record.h"

#include <stdlib.h>
#include <string.h>

#define SRV_RECORD_LABEL_MAX 63 /* octets, RFC 1035; more in the length octet is a pointer */

static uint16_t srv_record_u16(const uint8_t *data)
{
    return (uint16_t)(data[0] << 8 | data[1]);
}

static bool srv_record_is_host_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* The name has to end where the data does. */
static bool srv_record_read_name(const uint8_t *data, size_t len, char name_r[ADDRESS_HOST_MAX])
{
    size_t at = 0, used = 0;

    while (at < len && data[at] != 0) {
        size_t label = data[at++];
        if (label > SRV_RECORD_LABEL_MAX || label > len - at || used + label + 2 > ADDRESS_HOST_MAX)
            return false;
        if (used > 0)
            name_r[used++] = '.';
        for (; label > 0; label--, at++) {
            if (!srv_record_is_host_char(data[at]))
                return false;
            name_r[used++] = (char)data[at];
        }
    }
    name_r[used] = '\0';
    return at + 1 == len;
}

bool srv_record_parse(const uint8_t *data, size_t len, struct srv_record *record_r)
{
    struct srv_record record;

    if (len < 7 || !srv_record_read_name(data + 6, len - 6, record.target))
        return false;
    record.priority = srv_record_u16(data);
    record.weight = srv_record_u16(data + 2);
    record.port = srv_record_u16(data + 4);
    *record_r = record;
    return true;
}

static int srv_record_compare(const void *a, const void *b)
{
    const struct srv_record *left = a, *right = b;

    if (left->priority != right->priority)
        return left->priority < right->priority ? -1 : 1;
    return (left->weight > right->weight) - (left->weight < right->weight); /* zeros first */
}

/* Which of the records is tried first: a number is drawn up to the sum of the weights, and the
 * first whose running sum is not below it is taken. */
static size_t srv_record_pick(const struct srv_record *records, size_t count, srv_record_draw *draw,
                              void *arg)
{
    uint32_t sum = 0, running = 0;
    size_t i;

    for (i = 0; i < count; i++)
        sum += records[i].weight;
    uint32_t drawn = draw(arg, sum);
    for (i = 0; i + 1 < count; i++) {
        running += records[i].weight;
        if (running >= drawn)
            break;
    }
    return i;
}

void srv_record_order(struct srv_record *records, size_t count, srv_record_draw *draw, void *arg)
{
    if (count > 0)
        qsort(records, count, sizeof *records, srv_record_compare);
    for (size_t at = 0; at < count; at++) {
        size_t same = 1;
        while (at + same < count && records[at + same].priority == records[at].priority)
            same++;
        size_t picked = at + srv_record_pick(records + at, same, draw, arg);
        struct srv_record first = records[picked];
        memmove(records + at + 1, records + at, (picked - at) * sizeof *records);
        records[at] = first;
    }
}
