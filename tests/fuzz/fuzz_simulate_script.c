/*
 * fuzz_simulate_script.c - any text as a scenario: refused with a sentence that names the line, or
 * taken, and then within its bounds. Files of recorded arrivals are not looked for.
 */
#include <stdio.h>
#include <string.h>

#include "milter/simulate_script.h"
#include "pow/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct simulate_script *script)
{
    OP_BUG_IF(script->span_s < 60 || script->span_s > SIMULATE_SPAN_MAX || script->span_s % 60);
    OP_BUG_IF(script->row_s < 60 || script->row_s > script->span_s || script->row_s % 60);
    OP_BUG_IF(script->source_count > SIMULATE_SOURCES_MAX);
    for (size_t i = 0; i < script->source_count; i++) {
        const struct simulate_source *source = &script->source[i];
        OP_BUG_IF(!(source->mails >= 0 && source->mails <= 1e9));
        OP_BUG_IF(source->from_s >= source->until_s || source->ahead_s > source->from_s);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct simulate_script *script;
    char why[SIMULATE_WHY_MAX];

    if (size == 0 || memmem(data, size, "file", 4) != NULL)
        return 0;
    FILE *stream = fmemopen((void *)(uintptr_t)data, size, "r");
    OP_BUG_IF(stream == NULL);
    if (simulate_script_read("input", stream, &script, why) == SIMULATE_SCRIPT_OK) {
        check(script);
        simulate_script_free(script);
    } else {
        OP_BUG_IF(strncmp(why, "input:", 6) != 0);
    }
    fclose(stream);
    return 0;
}
