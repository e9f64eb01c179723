/*
 * fuzz_lookup.c - any octets as requests of a mail server, in both protocols: each read takes at
 * least one octet and no more than there are; a key has no NUL inside and fits.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pow/err.h"
#include "tools/lookup.h"
#include "tools/srv_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(enum lookup_protocol protocol, const char *text, size_t size)
{
    char key[LOOKUP_KEY_MAX];

    for (size_t at = 0; at < size;) {
        size_t left = size - at, used = 0;
        if (left > LOOKUP_REQUEST_MAX)
            left = LOOKUP_REQUEST_MAX;
        enum lookup_step step = lookup_read(protocol, text + at, left, key, &used);
        if (step == LOOKUP_MORE || step == LOOKUP_BROKEN) {
            OP_BUG_IF(step == LOOKUP_MORE && left == LOOKUP_REQUEST_MAX);
            return;
        }
        OP_BUG_IF(used == 0 || used > left);
        OP_BUG_IF(step == LOOKUP_KEY && memchr(key, '\0', sizeof key) == NULL);
        at += used;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct srv_record record;

    read_all(LOOKUP_SOCKETMAP, (const char *)data, size);
    read_all(LOOKUP_TCP_TABLE, (const char *)data, size);
    if (srv_record_parse(data, size, &record))
        OP_BUG_IF(strlen(record.target) >= sizeof record.target);
    return 0;
}
