/*
 * fuzz_token.c - any text as a References value: what is found in it is a token but not believed,
 * and what token_append makes of it has our token at the end, no other of our host, short lines,
 * and every octet that is neither white space nor a former token.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "milter/token.h"
#include "pow/date.h"

#define DAY   20261118
#define TOKEN "<opr1.ATUpYgECAwQFBgcIEEk4U1YuUMZNZx8kVKrr-medaNx2-Pup@mx.example.org>"
#define OTHER "<opr1.ATUpYgAAAAAAAAAAAAAAAAAA@MX.example.ORG>"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char space[] = " \t\r\n";

static void check_found(const char *value)
{
    static struct op_key *key;
    static struct op_recipient writer;
    struct token tokens[TOKENS_MAX];
    size_t count = 0;

    if (key == NULL) {
        OP_BUG_IF(op_key_new((const uint8_t[OP_KEY_LEN]){1}, &key) != OP_OK);
        OP_BUG_IF(!op_recipient_parse("bob@there.example", 17, &writer, NULL));
    }
    token_find(value, tokens, &count);
    OP_BUG_IF(count > TOKENS_MAX);
    for (size_t i = 0; i < count; i++) {
        OP_BUG_IF(tokens[i].macs == 0 || tokens[i].macs > TOKEN_RECIPIENTS_MAX);
        OP_BUG_IF(!op_date_valid(tokens[i].expires));
        OP_BUG_IF(token_check(key, &tokens[i], &writer, op_date_to_time(DAY)));
    }
}

static void check_lines(const char *value)
{
    size_t column = strlen("References: ");

    for (; *value != '\0'; value++) {
        column = *value == '\n' ? 0 : column + 1;
        OP_BUG_IF(column > 998);
    }
}

/* Equal but for white space. */
static bool same(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, space);
        b += strspn(b, space);
        if (*a != *b)
            return false;
        if (*a == '\0')
            return true;
    }
}

static void check_appended(const char *value, char *out, char *again, size_t size)
{
    if (!token_append(value, TOKEN, out, size))
        return;
    size_t len = strlen(out);
    OP_BUG_IF(len >= size || len < strlen(TOKEN));
    OP_BUG_IF(strcmp(out + len - strlen(TOKEN), TOKEN) != 0);
    OP_BUG_IF(strstr(out, TOKEN) != out + len - strlen(TOKEN));
    check_lines(out);
    if (strstr(value, "<opr1.") == NULL) { /* nothing to take out */
        out[len - strlen(TOKEN)] = '\0';
        OP_BUG_IF(!same(out, value));
        memcpy(out + len - strlen(TOKEN), TOKEN, strlen(TOKEN));
    }
    /* The token of the next message takes the place of this one; unless, with what stood between
     * them gone, two brackets now make an id that is too long for a line. */
    if (!token_append(out, OTHER, again, size))
        return;
    OP_BUG_IF(strstr(again, TOKEN) != NULL);
    again[strlen(again) - strlen(OTHER)] = '\0';
    out[len - strlen(TOKEN)] = '\0';
    OP_BUG_IF(!same(out, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t room = 2 * size + 256;
    char *value = malloc(size + 1), *out = malloc(room), *again = malloc(room);

    OP_BUG_IF(value == NULL || out == NULL || again == NULL);
    memcpy(value, data, size);
    value[size] = '\0';
    check_found(value);
    check_appended(value, out, again, room);
    free(value);
    free(out);
    free(again);
    return 0;
}
