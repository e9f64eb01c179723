/*
 * authres.c - reads as much of RFC 8601 as it takes to tell whose result a field claims to be.
 *
 *     [CFWS] authserv-id [CFWS version] *( ";" method [ "/" version ] "=" result ... )
 *
 * Where the text departs from that grammar, other readers may see in it what this one does not;
 * then the mere mention of our id and our method, with comments and white space taken out or not,
 * is enough.
 */
#include "milter/authres.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct scan {
    const char *at;
    bool bad; /* a comment or a quoted string without an end */
};

struct word { /* a token or the contents of a quoted string */
    char text[AUTHRES_ID_MAX + 1];
    size_t len; /* may be longer than text holds; then the word equals nothing */
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_token(char c) /* of RFC 2045; octets of UTF-8 as RFC 8601 section 2.2 has them */
{
    unsigned char octet = (unsigned char)c;

    return octet > ' ' && octet != 0x7f && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

static void skip_comment(struct scan *scan) /* at "(" */
{
    unsigned depth = 0;

    do {
        if (*scan->at == '\\' && scan->at[1] != '\0')
            scan->at++;
        else if (*scan->at == '(')
            depth++;
        else if (*scan->at == ')')
            depth--;
        else if (*scan->at == '\0') {
            scan->bad = true;
            return;
        }
        scan->at++;
    } while (depth > 0);
}

static void skip_cfws(struct scan *scan)
{
    for (;;) {
        if (is_space(*scan->at))
            scan->at++;
        else if (*scan->at == '(')
            skip_comment(scan);
        else
            return;
    }
}

static void word_add(struct word *word, char c)
{
    if (word->len < AUTHRES_ID_MAX)
        word->text[word->len] = c;
    word->len++;
}

static void read_quoted(struct scan *scan, struct word *word) /* behind the first quote */
{
    while (*scan->at != '"') {
        if (*scan->at == '\\' && scan->at[1] != '\0')
            scan->at++;
        if (*scan->at == '\0') {
            scan->bad = true;
            return;
        }
        if (*scan->at != '\r' && *scan->at != '\n') /* folds are no part of the contents */
            word_add(word, *scan->at);
        scan->at++;
    }
    scan->at++;
}

/* Skips CFWS, then reads a word. False, with the scan at what else is there, if there is none. */
static bool read_word(struct scan *scan, struct word *word)
{
    word->len = 0;
    skip_cfws(scan);
    if (*scan->at == '"') {
        scan->at++;
        read_quoted(scan, word);
        return true;
    }
    while (is_token(*scan->at))
        word_add(word, *scan->at++);
    return word->len > 0;
}

static bool word_is(const struct word *word, const char *text)
{
    return word->len == strlen(text) && word->len <= AUTHRES_ID_MAX &&
           strncasecmp(word->text, text, word->len) == 0;
}

static bool is_version(const struct word *word)
{
    return word->len > 0 && word->len <= AUTHRES_ID_MAX &&
           strspn(word->text, "0123456789") >= word->len;
}

/* The next octet of a text without comments, white space, quotes and backslashes; '\0' at its end.
 */
static char next_bare(struct scan *scan)
{
    for (;;) {
        skip_cfws(scan);
        if (*scan->at != '"' && *scan->at != '\\')
            return *scan->at == '\0' ? '\0' : *scan->at++;
        scan->at++;
    }
}

static bool mentions_bare(const char *value, const char *what)
{
    struct scan start = {.at = value};

    do {
        struct scan scan = start;
        const char *left = what;
        while (*left != '\0' && strncasecmp((char[]){next_bare(&scan), '\0'}, left, 1) == 0)
            left++;
        if (*left == '\0')
            return true;
    } while (next_bare(&start) != '\0');
    return false;
}

static bool mentions(const char *value, const char *what)
{
    return strcasestr(value, what) != NULL || mentions_bare(value, what);
}

static bool murky_claims(const char *value, const char *id)
{
    return mentions(value, id) && mentions(value, AUTHRES_METHOD);
}

/* Is there a method of ours in the rest of the field? */
static bool has_method(struct scan *scan)
{
    struct word word;

    while (*scan->at != '\0') {
        if (!read_word(scan, &word)) {
            if (*scan->at != '\0')
                scan->at++;
            continue;
        }
        skip_cfws(scan);
        if (word_is(&word, AUTHRES_METHOD) && (*scan->at == '=' || *scan->at == '/'))
            return true;
    }
    return false;
}

bool authres_claims(const char *value, const char *id)
{
    struct scan scan = {.at = value};
    struct word word;
    bool ours;

    if (!read_word(&scan, &word) || scan.bad)
        return murky_claims(value, id);
    ours = word_is(&word, id);
    if (read_word(&scan, &word) && !is_version(&word))
        return murky_claims(value, id);
    skip_cfws(&scan);
    if (scan.bad || (*scan.at != ';' && *scan.at != '\0'))
        return murky_claims(value, id);
    if (!ours)
        return false;
    return has_method(&scan) || (scan.bad && murky_claims(value, id));
}

bool authres_id_valid(const char *id)
{
    size_t len = 0;

    while (is_token(id[len]) && (unsigned char)id[len] < 0x80)
        len++;
    return id[len] == '\0' && len >= 1 && len <= AUTHRES_ID_MAX;
}

void authres_format(const char *id, const struct authres_result *result, char text_r[AUTHRES_MAX])
{
    char reason[64] = "";
    char stamp[96] = "";

    if (result->reason != NULL)
        snprintf(reason, sizeof reason, " reason=%s", result->reason);
    if (result->suite != NULL)
        snprintf(stamp, sizeof stamp, " policy.suite=%s policy.work=%llu", result->suite,
                 (unsigned long long)result->work);
    snprintf(text_r, AUTHRES_MAX, "%s; " AUTHRES_METHOD "=%s%s%s", id, result->result, reason,
             stamp);
}

void authres_marks_add(struct authres_marks *marks, bool remove)
{
    uint32_t i = marks->fields;

    if (i < AUTHRES_MARKS_MAX && remove)
        marks->bits[i / 8] |= (uint8_t)(1U << i % 8);
    if (marks->fields < UINT32_MAX)
        marks->fields++;
}

bool authres_marks_get(const struct authres_marks *marks, uint32_t place)
{
    uint32_t i = place - 1;

    return i >= AUTHRES_MARKS_MAX || (marks->bits[i / 8] >> i % 8 & 1) != 0;
}
