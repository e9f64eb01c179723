/*
 * fuzz_transfer.c - any octets as text in a transfer encoding, and as HTML: what is decoded in
 * place is what is decoded elsewhere, and is never longer than it was.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pow/err.h"
#include "tools/markup.h"
#include "tools/transfer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* To be freed. Exactly as large, so that a sanitizer sees an octet too many. */
static char *copy(const char *text, size_t size)
{
    char *text_copy = malloc(size > 0 ? size : 1);

    OP_BUG_IF(text_copy == NULL);
    memcpy(text_copy, text, size);
    return text_copy;
}

static void check_transfer(enum transfer transfer, const char *text, size_t size)
{
    char *here = copy(text, size), *there = copy(text, size);
    size_t here_len = transfer_decode(transfer, here, size, here);
    size_t there_len = transfer_decode(transfer, text, size, there);

    OP_BUG_IF(here_len > size || here_len != there_len || memcmp(here, there, here_len) != 0);
    free(here);
    free(there);
}

static void check_markup(const char *text, size_t size)
{
    char *entities = copy(text, size), *tags = copy(text, size);

    OP_BUG_IF(markup_entities(entities, size) > size);
    OP_BUG_IF(markup_tags(tags, size) > size);
    free(entities);
    free(tags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;

    (void)transfer_parse(text, size);
    check_transfer(TRANSFER_PLAIN, text, size);
    check_transfer(TRANSFER_QUOTED_PRINTABLE, text, size);
    check_transfer(TRANSFER_BASE64, text, size);
    check_markup(text, size);
    return 0;
}
