/*
 * token.c - makes reply tokens and finds them again.
 *
 * What is looked for is narrow, where it is looked for is not: any text between < and > that reads
 * as a token is one, be it in a comment or among rubbish. It is the MAC that is believed, never the
 * syntax. Every scan is linear in the text.
 */
#include "milter/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pow/base64url.h"
#include "pow/bytes.h"
#include "pow/date.h"
#include "pow/sha256.h"

#define PREFIX   "<opr1."
#define HEAD_LEN (4 + TOKEN_SALT_LEN) /* octets in front of the MACs */
#define FEW      4                    /* MACs that any token shows at least */
#define BLOB_MAX (HEAD_LEN + TOKEN_RECIPIENTS_MAX * TOKEN_MAC_LEN)

#define FIELD    "References: " /* what stands before the value in its first line */
#define COLUMNS  78             /* octets of a line: RFC 5322 section 2.1.1 asks for this */
#define LINE_MAX 998            /* and insists on this */

/* All lengths are multiples of 3 octets: base64url has no spare bits, each token one text. */
_Static_assert(HEAD_LEN % 3 == 0 && TOKEN_MAC_LEN % 3 == 0, "spare bits");

static const char space[] = " \t\r\n";

/*
 * MACs
 */

static void mac_for(const struct op_key *key, uint32_t expires, const uint8_t salt[TOKEN_SALT_LEN],
                    const struct op_recipient *recipient, uint8_t mac_r[OP_MAC_LEN])
{
    uint8_t data[HEAD_LEN + OP_RECIPIENT_MAX];

    op_store_be32(data, expires);
    memcpy(data + 4, salt, TOKEN_SALT_LEN);
    memcpy(data + HEAD_LEN, recipient->text, recipient->len);
    op_key_mac(key, "onionpow-v1 reply", data, HEAD_LEN + recipient->len, mac_r);
}

/* Looks like a MAC to all who have no key, and is nobody's. */
static void mac_decoy(const struct op_key *key, const uint8_t head[HEAD_LEN], size_t number,
                      uint8_t mac_r[OP_MAC_LEN])
{
    uint8_t data[HEAD_LEN + 1];

    memcpy(data, head, HEAD_LEN);
    data[HEAD_LEN] = (uint8_t)number;
    op_key_mac(key, "onionpow-v1 reply decoy", data, sizeof data, mac_r);
}

static int mac_compare(const void *a, const void *b)
{
    return memcmp(a, b, TOKEN_MAC_LEN);
}

/* Takes the same time wherever they differ: no octet can be guessed on its own. */
static bool mac_equal(const uint8_t *a, const uint8_t *b)
{
    uint8_t difference = 0;

    for (size_t i = 0; i < TOKEN_MAC_LEN; i++)
        difference |= a[i] ^ b[i];
    return difference == 0;
}

/*
 * Making
 */

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A dot-atom (RFC 5322 section 3.2.3) of the letters of host names; *len_r without what follows. */
static bool read_host(const char *text, size_t *len_r)
{
    size_t len = 0;

    for (; is_alnum(text[len]) || text[len] == '-' || text[len] == '_' || text[len] == '.'; len++) {
        if (text[len] == '.' && (len == 0 || text[len - 1] == '.'))
            return false;
    }
    *len_r = len;
    return len > 0 && text[len - 1] != '.';
}

bool token_make(const struct op_key *key, const struct op_recipient *recipients, size_t count,
                uint32_t expires, const uint8_t salt[TOKEN_SALT_LEN], const char *host,
                char text_r[TOKEN_TEXT_MAX])
{
    uint8_t blob[BLOB_MAX], mac[OP_MAC_LEN];
    char text[OP_BASE64URL_LEN(BLOB_MAX) + 1];
    size_t shown = count <= FEW ? FEW : TOKEN_RECIPIENTS_MAX, host_len;

    if (count == 0 || count > TOKEN_RECIPIENTS_MAX || !read_host(host, &host_len) ||
        host[host_len] != '\0')
        return false;
    op_store_be32(blob, expires);
    memcpy(blob + 4, salt, TOKEN_SALT_LEN);
    for (size_t i = 0; i < shown; i++) {
        if (i < count)
            mac_for(key, expires, salt, &recipients[i], mac);
        else
            mac_decoy(key, blob, i, mac);
        memcpy(blob + HEAD_LEN + i * TOKEN_MAC_LEN, mac, TOKEN_MAC_LEN);
    }
    qsort(blob + HEAD_LEN, shown, TOKEN_MAC_LEN, mac_compare);
    op_base64url_format(blob, HEAD_LEN + shown * TOKEN_MAC_LEN, text);
    if (strlen(PREFIX) + strlen(text) + 1 + host_len + 1 >= TOKEN_TEXT_MAX)
        return false;
    snprintf(text_r, TOKEN_TEXT_MAX, PREFIX "%s@%s>", text, host);
    return true;
}

/*
 * Finding
 */

struct found { /* borrows from the text it was found in */
    struct token token;
    const char *host;
    size_t host_len;
    size_t len; /* of all, from < to > */
};

static bool read_blob(const char *text, size_t len, struct token *token_r)
{
    uint8_t blob[BLOB_MAX];
    size_t octets = len / 4 * 3; /* of any other length than 4n there is none, see above */
    struct token token = {0};

    if (octets < HEAD_LEN + TOKEN_MAC_LEN || octets > BLOB_MAX ||
        (octets - HEAD_LEN) % TOKEN_MAC_LEN != 0 || !op_base64url_parse(text, len, blob, octets))
        return false;
    token.expires = op_load_be32(blob);
    memcpy(token.salt, blob + 4, TOKEN_SALT_LEN);
    token.macs = (uint8_t)((octets - HEAD_LEN) / TOKEN_MAC_LEN);
    memcpy(token.mac, blob + HEAD_LEN, octets - HEAD_LEN);
    if (!op_date_valid(token.expires))
        return false;
    *token_r = token;
    return true;
}

/* Is there a token at this place? The host may have any case, and be any. */
static bool read_token(const char *text, struct found *found_r)
{
    struct found found;

    if (strncmp(text, PREFIX, strlen(PREFIX)) != 0)
        return false;
    const char *blob = text + strlen(PREFIX);
    size_t len = strnlen(blob, TOKEN_TEXT_MAX);
    const char *at = memchr(blob, '@', len);
    if (at == NULL || !read_blob(blob, (size_t)(at - blob), &found.token))
        return false;
    found.host = at + 1;
    if (!read_host(found.host, &found.host_len) || found.host[found.host_len] != '>')
        return false;
    found.len = (size_t)(found.host + found.host_len + 1 - text);
    if (found.len >= TOKEN_TEXT_MAX)
        return false;
    *found_r = found;
    return true;
}

void token_find(const char *value, struct token tokens[TOKENS_MAX], size_t *count)
{
    struct found found;

    for (const char *at = value; *count < TOKENS_MAX && (at = strchr(at, '<')) != NULL; at++) {
        if (read_token(at, &found))
            tokens[(*count)++] = found.token;
    }
}

/*
 * Using
 */

bool token_check(const struct op_key *key, struct token *token,
                 const struct op_recipient *correspondent, int64_t now)
{
    uint8_t mac[OP_MAC_LEN];
    bool ours = false;

    if (op_date_from_time(now) > token->expires)
        return false;
    mac_for(key, token->expires, token->salt, correspondent, mac);
    for (size_t i = 0; i < token->macs; i++)
        ours |= mac_equal(token->mac[i], mac);
    if (ours)
        memcpy(token->id, mac, OP_ID_LEN); /* all of the MAC, of which the token shows a part */
    return ours;
}

void token_use_key(const struct token *token, unsigned use, struct ledger_key *key_r)
{
    static const char label[] = "onionpow-v1 reply use";
    uint8_t number[4];
    struct op_sha256 hash;

    op_store_be32(number, use);
    op_sha256_init(&hash);
    op_sha256_add(&hash, label, sizeof label - 1);
    op_sha256_add(&hash, token->id, sizeof token->id);
    op_sha256_add(&hash, number, sizeof number);
    op_sha256_final(&hash, key_r->id);
    key_r->date = token->expires;
}

_Static_assert(OP_ID_LEN == OP_MAC_LEN && OP_ID_LEN == OP_SHA256_LEN, "ids are whole hashes");

/*
 * References
 */

struct fold { /* a value in the making */
    char *out;
    size_t len, size; /* so far; room */
    size_t column;
};

/* False: no room, or no line would hold it. */
static bool add_word(struct fold *fold, const char *word, size_t len)
{
    bool first = fold->len == 0;
    bool fits = fold->column + 1 + len <= COLUMNS;
    const char *between = first ? "" : fits ? " " : "\n\t";
    size_t gap = strlen(between);

    if (!first && !fits)
        fold->column = 0;
    if (len > LINE_MAX - strlen(FIELD) || len + gap >= fold->size - fold->len)
        return false;
    memcpy(fold->out + fold->len, between, gap);
    memcpy(fold->out + fold->len + gap, word, len);
    fold->len += gap + len;
    fold->out[fold->len] = '\0';
    fold->column += (first ? 0 : 1) + len;
    return true;
}

static bool is_former(const char *text, const struct found *ours, size_t *len_r)
{
    struct found found;

    if (*text != '<' || !read_token(text, &found) || found.host_len != ours->host_len ||
        strncasecmp(found.host, ours->host, ours->host_len) != 0)
        return false;
    *len_r = found.len;
    return true;
}

/* The length of the word here: up to white space, except inside of < >, or to a former token. */
static size_t word_len(const char *text, const struct found *ours)
{
    size_t len = 0, former;

    while (text[len] != '\0' && strchr(space, text[len]) == NULL &&
           !is_former(text + len, ours, &former)) {
        size_t inside = text[len] == '<' ? strcspn(text + len + 1, "<>") : 0;
        len += text[len] == '<' && text[len + 1 + inside] == '>' ? inside + 2 : 1;
    }
    return len;
}

bool token_append(const char *references, const char *token, char *out_r, size_t size)
{
    struct fold fold = {.out = out_r, .size = size, .column = strlen(FIELD)};
    const char *at = references != NULL ? references : "";
    struct found ours;
    size_t len;

    OP_BUG_IF(!read_token(token, &ours));
    for (at += strspn(at, space); *at != '\0'; at += strspn(at, space)) {
        if (!is_former(at, &ours, &len)) {
            len = word_len(at, &ours);
            if (!add_word(&fold, at, len))
                return false;
        }
        at += len;
    }
    return add_word(&fold, token, ours.len);
}
