/*
 * stamp.c - the stamp's text (tag-list of RFC 6376 section 3.2) and its identity.
 *
 * The text is only a carrier: the identity is computed from the decoded values, so that no other
 * spelling of a stamp is another stamp.
 */
#include "pow/stamp.h"

#include <string.h>

#include "pow/base64url.h"
#include "pow/bytes.h"
#include "pow/date.h"
#include "pow/sha256.h"
#include "pow/units.h"

/* Values with the white space taken out; none of the known tags is longer. */
#define VALUE_MAX OP_BASE64URL_LEN(OP_NONCES_MAX)

struct tag { /* a slice of the text, value trimmed at both ends */
    const char *name, *value;
    size_t name_len, value_len;
};

struct tags {
    struct tag tag[OP_STAMP_TAGS_MAX];
    size_t count;
};

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(const char **text, size_t *len)
{
    while (*len > 0 && blank(**text))
        ++*text, --*len;
    while (*len > 0 && blank((*text)[*len - 1]))
        --*len;
}

static bool name_valid(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alpha && (i == 0 || !((c >= '0' && c <= '9') || c == '_')))
            return false;
    }
    return len > 0;
}

/* RFC 6376: a value is printable ASCII other than ";", and white space. */
static bool value_valid(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!blank(value[i]) && (value[i] < 0x21 || value[i] > 0x7e))
            return false;
    return true;
}

static const struct tag *find(const struct tags *tags, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < tags->count; i++)
        if (tags->tag[i].name_len == len && memcmp(tags->tag[i].name, name, len) == 0)
            return &tags->tag[i];
    return NULL;
}

static bool seen(const struct tags *tags, const struct tag *tag)
{
    for (size_t i = 0; i < tags->count; i++)
        if (tags->tag[i].name_len == tag->name_len &&
            memcmp(tags->tag[i].name, tag->name, tag->name_len) == 0)
            return true;
    return false;
}

/* One "name=value"; returns why it is none, or NULL. */
static const char *split_tag(const char *text, size_t len, struct tag *tag_r)
{
    const char *equals = memchr(text, '=', len);
    if (!equals)
        return "a tag has no \"=\"";
    *tag_r =
        (struct tag){text, equals + 1, (size_t)(equals - text), len - (size_t)(equals - text) - 1};
    trim(&tag_r->name, &tag_r->name_len);
    trim(&tag_r->value, &tag_r->value_len);
    if (!name_valid(tag_r->name, tag_r->name_len))
        return "a tag has no valid name";
    if (!value_valid(tag_r->value, tag_r->value_len))
        return "a tag has an octet that is not printable ASCII";
    return NULL;
}

static const char *split(const char *text, size_t len, struct tags *tags_r)
{
    if (len > OP_STAMP_MAX)
        return "longer than 4096 octets";
    tags_r->count = 0;
    for (;;) {
        const char *end = memchr(text, ';', len);
        size_t part = end ? (size_t)(end - text) : len;
        const char *item = text;
        size_t item_len = part;
        trim(&item, &item_len);
        if (item_len == 0 && !end) /* nothing after the last ";" */
            return tags_r->count > 0 ? NULL : "empty";
        struct tag tag;
        const char *why = split_tag(item, item_len, &tag);
        if (why)
            return why;
        if (seen(tags_r, &tag))
            return "a tag stands there twice";
        if (tags_r->count == OP_STAMP_TAGS_MAX)
            return "more than 32 tags";
        tags_r->tag[tags_r->count++] = tag;
        if (!end)
            return NULL;
        len -= part + 1;
        text = end + 1;
    }
}

/* Copies a value without its white space (folds may cut it anywhere); 0 if it does not fit. */
static size_t squeeze(const struct tag *tag, char value_r[VALUE_MAX])
{
    size_t len = 0;
    for (size_t i = 0; i < tag->value_len; i++) {
        if (blank(tag->value[i]))
            continue;
        if (len == VALUE_MAX)
            return 0;
        value_r[len++] = tag->value[i];
    }
    return len;
}

static bool get_octets(const struct tags *tags, const char *name, uint8_t *data_r, size_t len)
{
    char value[VALUE_MAX];
    const struct tag *tag = find(tags, name);
    return tag && op_base64url_parse(value, squeeze(tag, value), data_r, len);
}

static const char *get_values(const struct tags *tags, struct op_stamp *stamp)
{
    const struct tag *effort = find(tags, "d"), *date = find(tags, "t"), *quote = find(tags, "c");
    if (!effort || !op_decimal_parse(effort->value, effort->value_len, &stamp->effort) ||
        stamp->effort < 1 || stamp->effort > stamp->suite->effort_max)
        return "no valid effort (d=)";
    if (!date || !op_date_parse(date->value, date->value_len, &stamp->date))
        return "no valid date (t=)";
    if (!get_octets(tags, "r", stamp->blind, OP_BLIND_LEN))
        return "no valid recipient (r=)";
    if (!get_octets(tags, "s", stamp->salt, OP_SALT_LEN))
        return "no valid salt (s=)";
    if (quote && !get_octets(tags, "c", stamp->quote, OP_QUOTE_LEN))
        return "no valid quote (c=)";
    stamp->quote_len = quote ? OP_QUOTE_LEN : 0;
    if (!get_octets(tags, "n", stamp->nonces, stamp->suite->puzzles * stamp->suite->nonce_len))
        return "no valid nonces (n=)";
    if (!get_octets(tags, "g", stamp->seal, OP_SEAL_LEN))
        return "no valid seal (g=)";
    return NULL;
}

static enum op_verdict parse(const char *text, size_t len, struct op_stamp *stamp, const char **why)
{
    struct tags tags;
    *why = split(text, len, &tags);
    if (*why)
        return OP_VERDICT_MALFORMED;
    const struct tag *version = find(&tags, "v"), *suite = find(&tags, "a");
    *why = "no version (v=)";
    if (!version)
        return OP_VERDICT_MALFORMED;
    *why = "another version than 1";
    if (version->value_len != 1 || version->value[0] != '1')
        return OP_VERDICT_VERSION;
    *why = "no suite (a=)";
    if (!suite)
        return OP_VERDICT_MALFORMED;
    *why = "unknown suite";
    stamp->suite = op_suite_find(suite->value, suite->value_len);
    if (!stamp->suite)
        return OP_VERDICT_SUITE;
    *why = get_values(&tags, stamp);
    return *why ? OP_VERDICT_MALFORMED : OP_VERDICT_PASS;
}

enum op_verdict op_stamp_parse(const char *text, size_t len, struct op_stamp *stamp_r,
                               const char **why_r)
{
    struct op_stamp stamp = {0};
    const char *why;
    enum op_verdict verdict = parse(text, len, &stamp, &why);
    if (verdict == OP_VERDICT_PASS)
        *stamp_r = stamp;
    else if (why_r)
        *why_r = why;
    return verdict;
}

#define FOLD_COLUMNS 76

struct writer {
    char *text;
    size_t len, column;
};

static void put(struct writer *w, char c)
{
    OP_BUG_IF(w->len + 1 >= OP_STAMP_TEXT_MAX);
    w->text[w->len++] = c;
    w->text[w->len] = '\0';
    w->column++;
}

static void fold(struct writer *w)
{
    put(w, '\n');
    put(w, '\t');
    w->column = 8; /* a tab is counted as readers show it */
}

/* Writes "name=value;" on a line of its own if it does not fit the present one; long values are
 * cut. */
static void put_tag(struct writer *w, const char *name, const char *value, bool last)
{
    size_t need = strlen(name) + 1 + strlen(value) + !last;
    bool first = w->len == 0;
    if (!first && w->column + 1 + need > FOLD_COLUMNS)
        fold(w);
    else if (!first)
        put(w, ' ');
    for (const char *p = name; *p; p++)
        put(w, *p);
    put(w, '=');
    for (const char *p = value; *p; p++) {
        if (w->column + 1 >= FOLD_COLUMNS)
            fold(w);
        put(w, *p);
    }
    if (!last)
        put(w, ';');
}

static void put_octets(struct writer *w, const char *name, const uint8_t *data, size_t len,
                       bool last)
{
    char value[VALUE_MAX + 1];
    op_base64url_format(data, len, value);
    put_tag(w, name, value, last);
}

size_t op_stamp_format(const struct op_stamp *stamp, char text_r[OP_STAMP_TEXT_MAX])
{
    const struct op_suite *suite = stamp->suite;
    struct writer w = {text_r, 0, sizeof(OP_STAMP_FIELD ": ") - 1};
    char number[24];
    put_tag(&w, "v", "1", false);
    put_tag(&w, "a", suite->name, false);
    snprintf(number, sizeof number, "%llu", (unsigned long long)stamp->effort);
    put_tag(&w, "d", number, false);
    snprintf(number, sizeof number, "%08lu", (unsigned long)stamp->date);
    put_tag(&w, "t", number, false);
    put_octets(&w, "r", stamp->blind, OP_BLIND_LEN, false);
    put_octets(&w, "s", stamp->salt, OP_SALT_LEN, false);
    if (stamp->quote_len > 0)
        put_octets(&w, "c", stamp->quote, stamp->quote_len, false);
    put_octets(&w, "n", stamp->nonces, suite->puzzles * suite->nonce_len, false);
    put_octets(&w, "g", stamp->seal, OP_SEAL_LEN, true);
    return w.len;
}

void op_stamp_blind(const uint8_t salt[OP_SALT_LEN], const struct op_recipient *recipient,
                    uint8_t blind_r[OP_BLIND_LEN])
{
    static const char label[] = "onionpow-v1 recipient";
    struct op_sha256 hash;
    uint8_t digest[OP_SHA256_LEN];
    op_sha256_init(&hash);
    op_sha256_add(&hash, label, sizeof label - 1);
    op_sha256_add(&hash, salt, OP_SALT_LEN);
    op_sha256_add(&hash, recipient->text, recipient->len);
    op_sha256_final(&hash, digest);
    memcpy(blind_r, digest, OP_BLIND_LEN);
}

void op_stamp_id(const struct op_stamp *stamp, uint8_t id_r[OP_ID_LEN])
{
    static const char label[] = "onionpow-v1 challenge";
    struct op_sha256 hash;
    uint8_t number[8];
    uint8_t name_len = (uint8_t)strlen(stamp->suite->name);
    op_sha256_init(&hash);
    op_sha256_add(&hash, label, sizeof label - 1);
    op_sha256_add(&hash, &name_len, 1);
    op_sha256_add(&hash, stamp->suite->name, name_len);
    op_store_be64(number, stamp->effort);
    op_sha256_add(&hash, number, 8);
    op_store_be32(number, stamp->date);
    op_sha256_add(&hash, number, 4);
    op_sha256_add(&hash, stamp->blind, OP_BLIND_LEN);
    op_sha256_add(&hash, stamp->salt, OP_SALT_LEN);
    op_sha256_add(&hash, &stamp->quote_len, 1);
    op_sha256_add(&hash, stamp->quote, stamp->quote_len);
    op_sha256_final(&hash, id_r);
}

uint64_t op_stamp_nonce(const struct op_stamp *stamp, unsigned i)
{
    unsigned len = stamp->suite->nonce_len;
    uint64_t nonce = 0;
    for (unsigned j = 0; j < len; j++)
        nonce = nonce << 8 | stamp->nonces[i * len + j];
    return nonce;
}

void op_stamp_set_nonce(struct op_stamp *stamp, unsigned i, uint64_t nonce)
{
    unsigned len = stamp->suite->nonce_len;
    for (unsigned j = len; j-- > 0; nonce >>= 8)
        stamp->nonces[i * len + j] = (uint8_t)nonce;
}
