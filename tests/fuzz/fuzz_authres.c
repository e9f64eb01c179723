/*
 * fuzz_authres.c - the Authentication-Results parser on any text. What it says must not change when
 * a comment is put in front, and a field with a result of ours behind any whole one of ours stays
 * recognised.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "milter/authres.h"
#include "pow/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *joined(const char *front, const uint8_t *data, size_t size)
{
    size_t len = strlen(front);
    char *text = malloc(len + size + 1);

    OP_BUG_IF(text == NULL);
    memcpy(text, front, len);
    memcpy(text + len, data, size);
    text[len + size] = '\0';
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *plain = joined("", data, size);
    char *commented = joined(" (a (b) \\) c)\r\n\t", data, size);
    char *forged = joined("mx.example; x-onion-pow=pass;", data, size);

    OP_BUG_IF(authres_claims(plain, "mx.example") != authres_claims(commented, "mx.example"));
    OP_BUG_IF(!authres_claims(forged, "mx.example"));
    free(plain);
    free(commented);
    free(forged);
    return 0;
}
