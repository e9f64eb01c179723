/*
 * fuzz_stamp.c - any text as the value of a stamp. What is accepted must survive being written and
 * read again, with the same identity and in lines of at most 76 columns.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pow/stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct op_stamp stamp, again;
    uint8_t id[OP_ID_LEN], id_again[OP_ID_LEN];
    char text[OP_STAMP_TEXT_MAX], text_again[OP_STAMP_TEXT_MAX];
    const char *why = NULL;
    enum op_verdict verdict = op_stamp_parse((const char *)data, size, &stamp, &why);
    OP_BUG_IF((verdict == OP_VERDICT_PASS) != (why == NULL));
    if (verdict != OP_VERDICT_PASS) {
        OP_BUG_IF(verdict != OP_VERDICT_MALFORMED && verdict != OP_VERDICT_VERSION &&
                  verdict != OP_VERDICT_SUITE);
        return 0;
    }
    OP_BUG_IF(size > OP_STAMP_MAX);
    size_t len = op_stamp_format(&stamp, text);
    OP_BUG_IF(op_stamp_parse(text, len, &again, NULL) != OP_VERDICT_PASS);
    OP_BUG_IF(op_stamp_format(&again, text_again) != len || memcmp(text, text_again, len) != 0);
    op_stamp_id(&stamp, id);
    op_stamp_id(&again, id_again);
    OP_BUG_IF(memcmp(id, id_again, sizeof id) != 0);
    size_t column = sizeof OP_STAMP_FIELD ": " - 1;
    for (const char *c = text; *c; c++) {
        column = *c == '\n' ? 0 : *c == '\t' ? 8 : column + 1;
        OP_BUG_IF(column > 76);
    }
    return 0;
}
