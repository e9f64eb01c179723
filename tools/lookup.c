/* lookup.c - socketmap (socketmap_table(5)) and tcp_table(5): requests apart, replies together. */
#include "tools/lookup.h"

#include <stdio.h>
#include <string.h>

#include "pow/units.h"

#define LOOKUP_DIGITS_MAX 4 /* of a netstring's length: LOOKUP_REQUEST_MAX has no more */

/* --- socketmap ---------------------------------------------------------------------------- */

/* "LENGTH:DATA,". One that is too long is broken before its data has come. */
static enum lookup_step lookup_netstring(const char *text, size_t len, const char **data_r,
                                         size_t *data_len_r)
{
    const char *colon = memchr(text, ':', len);
    uint64_t size;

    if (colon == NULL) {
        bool digits = len == 0 || op_decimal_parse(text, len, &size);
        return digits && len <= LOOKUP_DIGITS_MAX ? LOOKUP_MORE : LOOKUP_BROKEN;
    }
    size_t head = (size_t)(colon - text) + 1;
    if (!op_decimal_parse(text, head - 1, &size) || size > LOOKUP_REQUEST_MAX ||
        head + size + 1 > LOOKUP_REQUEST_MAX)
        return LOOKUP_BROKEN;
    if (len < head + size + 1)
        return LOOKUP_MORE;
    *data_r = text + head;
    *data_len_r = (size_t)size;
    return text[head + size] == ',' ? LOOKUP_KEY : LOOKUP_BROKEN;
}

/* "MAPNAME KEY"; there is one map here, and so its name does not matter. */
static enum lookup_step lookup_read_socketmap(const char *text, size_t len,
                                              char key_r[LOOKUP_KEY_MAX], size_t *used_r)
{
    const char *data = NULL, *blank;
    size_t data_len = 0;
    enum lookup_step step = lookup_netstring(text, len, &data, &data_len);

    if (step != LOOKUP_KEY)
        return step;
    *used_r = (size_t)(data - text) + data_len + 1;
    blank = memchr(data, ' ', data_len);
    size_t key_len = blank != NULL ? data_len - (size_t)(blank + 1 - data) : 0;
    if (blank == NULL || key_len >= LOOKUP_KEY_MAX || memchr(data, '\0', data_len) != NULL)
        return LOOKUP_UNKNOWN;
    memcpy(key_r, blank + 1, key_len);
    key_r[key_len] = '\0';
    return LOOKUP_KEY;
}

static const char *lookup_word(enum lookup_result result)
{
    switch (result) {
    case LOOKUP_FOUND:
        return "OK";
    case LOOKUP_NONE:
        return "NOTFOUND";
    case LOOKUP_LATER:
        return "TEMP";
    case LOOKUP_NEVER:
        return "PERM";
    }
    return "TEMP";
}

static size_t lookup_write_socketmap(const struct lookup_reply *reply,
                                     char text_r[LOOKUP_REPLY_MAX])
{
    const char *word = lookup_word(reply->result);

    return (size_t)snprintf(text_r, LOOKUP_REPLY_MAX, "%zu:%s %s,",
                            strlen(word) + 1 + strlen(reply->value), word, reply->value);
}

/* --- tcp_table ---------------------------------------------------------------------------- */

static int lookup_hex(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* Undoes %XX; false if it is none, or a NUL, or too long. */
static bool lookup_decode(const char *text, size_t len, char key_r[LOOKUP_KEY_MAX])
{
    size_t used = 0;

    for (size_t i = 0; i < len; i++) {
        int c = (unsigned char)text[i];
        if (c == '%') {
            int high = len - i > 2 ? lookup_hex(text[i + 1]) : -1;
            int low = len - i > 2 ? lookup_hex(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = high << 4 | low;
            i += 2;
        }
        if (c == '\0' || used + 1 == LOOKUP_KEY_MAX)
            return false;
        key_r[used++] = (char)c;
    }
    key_r[used] = '\0';
    return true;
}

/* "get KEY" and a line end */
static enum lookup_step lookup_read_tcp_table(const char *text, size_t len,
                                              char key_r[LOOKUP_KEY_MAX], size_t *used_r)
{
    const char *end = memchr(text, '\n', len);

    if (end == NULL)
        return len < LOOKUP_REQUEST_MAX ? LOOKUP_MORE : LOOKUP_BROKEN;
    *used_r = (size_t)(end - text) + 1;
    if (end > text && end[-1] == '\r')
        end--;
    if (end - text < 4 || memcmp(text, "get ", 4) != 0 ||
        !lookup_decode(text + 4, (size_t)(end - text - 4), key_r))
        return LOOKUP_UNKNOWN;
    return LOOKUP_KEY;
}

static const char *lookup_code(enum lookup_result result)
{
    switch (result) {
    case LOOKUP_FOUND:
        return "200";
    case LOOKUP_NONE:
        return "500";
    case LOOKUP_LATER:
    case LOOKUP_NEVER: /* has no code of its own: 500 would be an answer */
        return "400";
    }
    return "400";
}

static size_t lookup_write_tcp_table(const struct lookup_reply *reply,
                                     char text_r[LOOKUP_REPLY_MAX])
{
    size_t used = (size_t)snprintf(text_r, LOOKUP_REPLY_MAX, "%s ", lookup_code(reply->result));
    const char *value = reply->result == LOOKUP_NONE ? "not found" : reply->value;

    for (; *value != '\0'; value++) {
        unsigned char c = (unsigned char)*value;
        bool plain = c > ' ' && c < 0x7f && c != '%';
        used +=
            (size_t)snprintf(text_r + used, LOOKUP_REPLY_MAX - used, plain ? "%c" : "%%%02x", c);
    }
    text_r[used++] = '\n';
    return used;
}

/* --- both --------------------------------------------------------------------------------- */

_Static_assert(LOOKUP_REPLY_MAX > 3 * LOOKUP_VALUE_MAX + 16, "every reply fits");

enum lookup_step lookup_read(enum lookup_protocol protocol, const char *text, size_t len,
                             char key_r[LOOKUP_KEY_MAX], size_t *used_r)
{
    return protocol == LOOKUP_SOCKETMAP ? lookup_read_socketmap(text, len, key_r, used_r)
                                        : lookup_read_tcp_table(text, len, key_r, used_r);
}

size_t lookup_write(enum lookup_protocol protocol, const struct lookup_reply *reply,
                    char text_r[LOOKUP_REPLY_MAX])
{
    return protocol == LOOKUP_SOCKETMAP ? lookup_write_socketmap(reply, text_r)
                                        : lookup_write_tcp_table(reply, text_r);
}

bool lookup_protocol_parse(const char *name, enum lookup_protocol *protocol_r)
{
    bool socketmap = strcmp(name, "socketmap") == 0;

    if (!socketmap && strcmp(name, "tcp_table") != 0)
        return false;
    *protocol_r = socketmap ? LOOKUP_SOCKETMAP : LOOKUP_TCP_TABLE;
    return true;
}
