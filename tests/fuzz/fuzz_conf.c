/*
 * fuzz_conf.c - any text as a configuration: refused with a sentence, or taken; what is taken can
 * be written, read back, and is the same then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "milter/conf.h"
#include "pow/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *dump(const struct conf *conf, size_t *len_r)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len_r);
    OP_BUG_IF(!out);
    conf_dump(conf, out);
    fclose(out);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[CONF_WHY_MAX];
    const struct conf *conf = conf_load_text("input", (const char *)data, size, NULL, 0, why);
    if (!conf) {
        OP_BUG_IF(strncmp(why, "input", 5) != 0);
        return 0;
    }
    size_t len, again_len;
    char *text = dump(conf, &len);
    const struct conf *back = conf_load_text("dump", text, len, NULL, 0, why);
    OP_BUG_IF(!back);
    char *again = dump(back, &again_len);
    OP_BUG_IF(len != again_len || memcmp(text, again, len) != 0);
    free(text);
    free(again);
    conf_unref(conf);
    conf_unref(back);
    return 0;
}
