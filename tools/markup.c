/* markup.c - see markup.h. Knows no structure: a tag is what stands between "<" and ">". */
#include "tools/markup.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define MARKUP_ENTITY_MAX 10 /* octets of an entity, & and ; included: &#1114111; */

static size_t markup_utf8(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(unsigned char)(0x80 | (c & 0x3f));
    out[0] = (char)(unsigned char)(lead[len] | c);
    return len;
}

/* "#47" or "#x2F"; false if it is no character. */
static bool markup_number(const char *text, size_t len, uint32_t *c_r)
{
    bool hex = len > 1 && (text[1] == 'x' || text[1] == 'X');
    const char *digits = hex ? "0123456789abcdef" : "0123456789";
    uint32_t c = 0;
    size_t i = hex ? 2 : 1;

    if (i >= len)
        return false;
    for (; i < len; i++) {
        const char *digit = text[i] != '\0' ? strchr(digits, text[i] | 0x20) : NULL;
        if (digit == NULL)
            return false;
        c = c * (hex ? 16 : 10) + (uint32_t)(digit - digits);
    }
    *c_r = c;
    return c > 0 && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

/* The entity at an "&": its length, 0 if it is none, and the character. */
static size_t markup_entity(const char *text, size_t len, uint32_t *c_r)
{
    static const struct {
        const char *name;
        uint32_t c;
    } names[] = {
        {"lt", '<'},   {"gt", '>'},    {"amp", '&'},    {"quot", '"'},      {"apos", '\''},
        {"sol", '/'},  {"colon", ':'}, {"comma", ','},  {"nbsp", ' '},      {"lowbar", '_'},
        {"dash", '-'}, {"shy", 0xad},  {"commat", '@'}, {"hellip", 0x2026}, {"period", '.'},
    };
    const char *end = memchr(text, ';', len < MARKUP_ENTITY_MAX ? len : MARKUP_ENTITY_MAX);

    if (end == NULL)
        return 0;
    size_t name_len = (size_t)(end - text) - 1;
    if (text[1] == '#')
        return markup_number(text + 1, name_len, c_r) ? name_len + 2 : 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i].name) == name_len && memcmp(names[i].name, text + 1, name_len) == 0) {
            *c_r = names[i].c;
            return name_len + 2;
        }
    }
    return 0;
}

size_t markup_entities(char *text, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len;) {
        uint32_t c;
        size_t used = text[i] == '&' ? markup_entity(text + i, len - i, &c) : 0;
        if (used == 0) {
            text[n++] = text[i++];
            continue;
        }
        n += markup_utf8(c, text + n); /* never longer than the entity: 4 octets need 5 digits */
        i += used;
    }
    return n;
}

/* Would a browser begin a line here? */
static bool markup_breaks(const char *tag, size_t len)
{
    static const char *const names[] = {"br", "p",  "div",   "tr",         "li",  "dt", "dd", "h1",
                                        "h2", "h3", "table", "blockquote", "pre", "hr", "ul", "ol"};
    size_t name_len = 0;

    if (len > 0 && *tag == '/') {
        tag++;
        len--;
    }
    while (name_len < len && strchr(" \t\r\n/>", tag[name_len]) == NULL)
        name_len++;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i]) == name_len && strncasecmp(names[i], tag, name_len) == 0)
            return true;
    }
    return false;
}

static const char *markup_tag_end(const char *tag, size_t len)
{
    if (len >= 4 && memcmp(tag, "<!--", 4) == 0) {
        const char *end = memmem(tag + 4, len - 4, "-->", 3);
        return end != NULL ? end + 2 : NULL;
    }
    return memchr(tag, '>', len);
}

size_t markup_tags(char *text, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        const char *end = text[i] == '<' ? markup_tag_end(text + i, len - i) : NULL;
        if (text[i] == '<' && end == NULL)
            break; /* a tag that was cut off: it goes on to the end */
        if (end == NULL) {
            text[n++] = text[i];
            continue;
        }
        size_t tag_len = (size_t)(end - (text + i)) + 1;
        if (markup_breaks(text + i + 1, tag_len - 1))
            text[n++] = '\n';
        i += tag_len - 1;
    }
    return n;
}
