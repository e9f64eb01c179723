/*
 * fuzz_original.c - any octets as a message that goes out again: the body stays as it was, the
 * header loses what it should and nothing else, and a second reading finds nothing more to take
 * away.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pow/err.h"
#include "pow/stamp.h"
#include "tools/original.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_word(const char word[ORIGINAL_WORD_MAX])
{
    OP_BUG_IF(memchr(word, '\0', ORIGINAL_WORD_MAX) == NULL);
    OP_BUG_IF(strpbrk(word, "\r\n") != NULL);
}

/* What is left is in the order and number of the octets that were there. */
static void check_subsequence(const struct original *original, const char *text, size_t size)
{
    size_t at = 0;

    for (size_t i = 0; i < size && at < original->len; i++)
        at += text[i] == original->text[at];
    OP_BUG_IF(at < original->len);
}

static void check_again(const struct original *original)
{
    struct original again;

    if (!original_read(original->text, original->len, &again))
        return; /* the header was a stamp alone */
    OP_BUG_IF(again.len != original->len || memcmp(again.text, original->text, again.len) != 0);
    OP_BUG_IF(again.authors.count != original->authors.count);
    OP_BUG_IF(strcmp(again.id, original->id) != 0 || strcmp(again.subject, original->subject) != 0);
    original_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct original original;

    if (!original_read(text, size, &original))
        return 0;
    OP_BUG_IF(original.len > size);
    check_word(original.id);
    check_word(original.subject);
    check_subsequence(&original, text, size);
    check_again(&original);
    original_clear(&original);
    return 0;
}
