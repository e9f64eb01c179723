/*
 * fuzz_letter.c - any octets as a message: it is refused, or every line on the wire ends with CRLF,
 * none is a dot alone, and taking the doubled dots away leaves what was read.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pow/err.h"
#include "tools/letter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reader { /* a strict server */
    bool cr, start;
    uint64_t octets;
};

static void check_octet(struct reader *reader, char c, bool *dot)
{
    OP_BUG_IF(c == '\0' || (reader->cr != (c == '\n')));
    if (*dot) /* a dot that starts a line is followed by another */
        OP_BUG_IF(c != '.');
    *dot = reader->start && c == '.' && !*dot;
    reader->octets += !*dot;
    reader->cr = c == '\r';
    reader->start = c == '\n';
}

static void check_wire(struct letter *letter)
{
    struct reader reader = {.start = true};
    char block[1024];
    bool dot = false;
    size_t n;

    xspool_rewind(&letter->wire);
    while ((n = xspool_next(&letter->wire, block, sizeof block)) > 0) {
        for (size_t i = 0; i < n; i++)
            check_octet(&reader, block[i], &dot);
    }
    OP_BUG_IF(!reader.start || dot || reader.octets != letter->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FILE *stream = size > 0 ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
    struct message message;
    struct letter letter;
    const char *why = NULL;

    if (stream == NULL)
        return 0;
    if (message_read(stream, &message) == MESSAGE_OK) {
        if (letter_make(stream, &message, NULL, true, &letter, &why)) {
            check_wire(&letter);
            letter_clear(&letter);
        } else {
            OP_BUG_IF(why == NULL);
        }
        message_clear(&message);
    }
    fclose(stream);
    return 0;
}
