/*
 * recipient.c - one canonical text for each mail address.
 *
 * Decides what is an address; knows nothing of who may send to it.
 */
#include "pow/recipient.h"

#include <idn2.h>
#include <stdint.h>
#include <string.h>

#define ADDRESS_MAX 2048 /* octets of input that are looked at */

struct text { /* a slice */
    const char *at;
    size_t len;
};

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

/* atext of RFC 5322, with the UTF-8 of RFC 6531. */
static bool is_atext(char c)
{
    return is_alnum(c) || (c & 0x80) != 0 ||
           (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool dot_atom(const char *text, size_t len)
{
    if (len == 0 || text[0] == '.' || text[len - 1] == '.')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.' ? text[i - 1] == '.' : !is_atext(text[i]))
            return false;
    }
    return true;
}

/* The contents of a quoted string that starts at text; *used_r counts the octets with both quotes.
 */
static const char *unquote(struct text text, char *content_r, size_t *len_r, size_t *used_r)
{
    size_t len = 0;
    for (size_t i = 1; i < text.len; i++) {
        char c = text.at[i];
        if (c == '"') {
            *len_r = len;
            *used_r = i + 1;
            return NULL;
        }
        if (c == '\\' && ++i < text.len)
            c = text.at[i];
        if (control(c))
            return "a control character";
        if (len == OP_LOCAL_MAX)
            return "the local part is too long";
        content_r[len++] = c;
    }
    return "the quoted local part does not end";
}

static const char *read_local(struct text *rest, char *content_r, size_t *len_r)
{
    size_t used;
    if (rest->len > 0 && rest->at[0] == '"') {
        const char *why = unquote(*rest, content_r, len_r, &used);
        if (why)
            return why;
    } else {
        used = 0;
        while (used < rest->len && rest->at[used] != '@')
            used++;
        if (used > OP_LOCAL_MAX)
            return "the local part is too long";
        if (!dot_atom(rest->at, used))
            return used == 0 ? "the local part is empty" : "the local part is not valid";
        memcpy(content_r, rest->at, used);
        *len_r = used;
    }
    rest->at += used;
    rest->len -= used;
    for (size_t i = 0; i < *len_r; i++)
        content_r[i] = lower(content_r[i]);
    return NULL;
}

static void write_local(struct op_recipient *recipient, const char *content, size_t len)
{
    char *out = recipient->text;
    bool plain = dot_atom(content, len);
    if (!plain)
        *out++ = '"';
    for (size_t i = 0; i < len; i++) {
        if (!plain && (content[i] == '"' || content[i] == '\\'))
            *out++ = '\\';
        *out++ = content[i];
    }
    if (!plain)
        *out++ = '"';
    recipient->len = (size_t)(out - recipient->text);
}

/* Letters, digits, hyphens and (seen in the wild) underscores; labels of 1 to 63 octets. */
static bool host_name(const char *text, size_t len)
{
    size_t label = 0;
    if (len == 0 || len > OP_DOMAIN_MAX - 2) /* 253 characters make 255 octets on the wire */
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.') {
            if (label == 0)
                return false;
            label = 0;
        } else if (!is_alnum(text[i]) && text[i] != '-' && text[i] != '_') {
            return false;
        } else if (++label > 63) {
            return false;
        }
    }
    return label > 0;
}

static bool address_literal(const char *text, size_t len)
{
    if (len < 3 || len > OP_DOMAIN_MAX || text[0] != '[' || text[len - 1] != ']')
        return false;
    for (size_t i = 1; i + 1 < len; i++)
        if (text[i] <= 0x20 || text[i] >= 0x7f || strchr("[]\\@", text[i]))
            return false;
    return true;
}

static bool ascii(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] & 0x80)
            return false;
    return true;
}

static void append_domain(struct op_recipient *recipient, const char *domain, size_t len)
{
    recipient->text[recipient->len++] = '@';
    recipient->domain = recipient->len;
    for (size_t i = 0; i < len; i++)
        recipient->text[recipient->len++] = lower(domain[i]);
}

static const char *append_idn(struct op_recipient *recipient, struct text domain)
{
    char unicode[OP_DOMAIN_MAX * 4 + 1];
    if (domain.len >= sizeof unicode || memchr(domain.at, '\0', domain.len))
        return "the domain is too long or has a NUL";
    memcpy(unicode, domain.at, domain.len);
    unicode[domain.len] = '\0';
    uint8_t *alabels = NULL;
    int rc =
        idn2_lookup_u8((const uint8_t *)unicode, &alabels, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (rc != IDN2_OK)
        return "the domain is not a valid international name";
    const char *name = (const char *)alabels;
    size_t len = strlen(name);
    bool valid = host_name(name, len);
    if (valid)
        append_domain(recipient, name, len);
    idn2_free(alabels);
    return valid ? NULL : "the domain is not a valid name";
}

static const char *read_domain(struct op_recipient *recipient, struct text domain)
{
    if (domain.len == 0)
        return "the domain is missing";
    if (!ascii(domain.at, domain.len))
        return append_idn(recipient, domain);
    if (!host_name(domain.at, domain.len) && !address_literal(domain.at, domain.len))
        return "the domain is not a valid name";
    append_domain(recipient, domain.at, domain.len);
    return NULL;
}

/* Takes off white space, angle brackets and a source route ("@a,@b:"). */
static const char *strip(struct text *text)
{
    while (text->len > 0 && (*text->at == ' ' || *text->at == '\t'))
        text->at++, text->len--;
    while (text->len > 0 && (text->at[text->len - 1] == ' ' || text->at[text->len - 1] == '\t'))
        text->len--;
    if (text->len > 0 && *text->at == '<') {
        if (text->len < 2 || text->at[text->len - 1] != '>')
            return "the angle bracket does not close";
        text->at++, text->len -= 2;
    }
    if (text->len > 0 && *text->at == '@') {
        const char *colon = memchr(text->at, ':', text->len);
        if (!colon)
            return "the source route does not end";
        text->len -= (size_t)(colon + 1 - text->at);
        text->at = colon + 1;
    }
    return text->len == 0 ? "the address is empty" : NULL;
}

static const char *parse(struct text text, struct op_recipient *recipient)
{
    char local[OP_LOCAL_MAX];
    size_t local_len;
    if (text.len > ADDRESS_MAX)
        return "the address is too long";
    const char *why = strip(&text);
    if (!why)
        why = read_local(&text, local, &local_len);
    if (why)
        return why;
    for (size_t i = 0; i < local_len; i++)
        if (control(local[i]))
            return "a control character";
    write_local(recipient, local, local_len);
    recipient->domain = recipient->len;
    if (text.len > 0 && *text.at == '@')
        why = read_domain(recipient, (struct text){text.at + 1, text.len - 1});
    else if (text.len > 0)
        why = "text after the local part";
    else if (recipient->len != 10 || memcmp(recipient->text, "postmaster", 10) != 0)
        why = "the domain is missing";
    recipient->text[recipient->len] = '\0';
    return why;
}

bool op_recipient_parse(const char *text, size_t len, struct op_recipient *recipient_r,
                        const char **why_r)
{
    struct op_recipient recipient = {0};
    const char *why = parse((struct text){text, len}, &recipient);
    if (!why)
        *recipient_r = recipient;
    else if (why_r)
        *why_r = why;
    return !why;
}

bool op_recipient_equal(const struct op_recipient *a, const struct op_recipient *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}
