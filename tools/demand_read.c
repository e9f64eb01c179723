/*
 * demand_read.c - reads demands: the token, whom it is for, and the words behind it.
 *
 * First the text is made readable: line breaks that others have spelled in their way become line
 * breaks, invisible characters vanish. Then each token is looked at with what surrounds it.
 */
#include "tools/demand_read.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/fail.h"
#include "tools/markup.h"

static const char prefix[] = "onionpow:1:";
#define PREFIX_LEN (sizeof prefix - 1)

#define TOKEN_MAX  512  /* octets of a token: FORMAT.md section 6 */
#define WRAPS_MAX  8    /* line breaks inside a token that was wrapped */
#define AROUND_MAX 1200 /* octets before and behind a token that may belong to it */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The reply code at the start of a text, "554-", "554 5.7.1 ", ...: its length, 0 if it is none.
 * *final_r (unless NULL): is it the code of a reply's last line? */
static size_t code_len(const char *text, const char *end, bool *final_r)
{
    size_t n = (size_t)(end - text), i = 4;

    if (n < 4 || *text < '2' || *text > '5' || !is_digit(text[1]) || !is_digit(text[2]) ||
        (text[3] != '-' && text[3] != ' '))
        return 0;
    if (final_r != NULL)
        *final_r = text[3] == ' ';
    if (n < 9 || text[4] != *text || text[5] != '.')
        return i;
    size_t after = 4 + strspn(text + 4, "0123456789.");
    return after < n && text[after] == ' ' ? after + 1 : i;
}

/* A line break spelled in some other way, before a reply code. */
static size_t spelled_break(const char *text, const char *end)
{
    static const char *const spellings[] = {"\\r\\n", "\\n",      "\\012", "??",
                                            "__",     "#015#012", "#012"};

    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        size_t n = strlen(spellings[i]);
        if ((size_t)(end - text) > n && memcmp(text, spellings[i], n) == 0 &&
            code_len(text + n, end, NULL) > 0)
            return n;
    }
    return 0;
}

/* What no one sees: carriage returns, soft hyphens, zero-width blanks, soft line breaks. */
static size_t invisible(const char *text, const char *end)
{
    static const char *const signs[] = {"=\r\n",        "=\n",          "\r",          "\xc2\xad",
                                        "\xe2\x80\x8b", "\xe2\x81\xa0", "\xef\xbb\xbf"};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        size_t n = strlen(signs[i]);
        if ((size_t)(end - text) >= n && memcmp(text, signs[i], n) == 0)
            return n;
    }
    return 0;
}

/* In place; the new length. text[len] is NUL before and after. */
static size_t make_readable(char *text, size_t len)
{
    const char *end = text + len;
    char *out = text;

    for (const char *in = text; in < end;) {
        size_t skipped = strchr("=\r\xc2\xe2\xef", *in) != NULL ? invisible(in, end) : 0;
        size_t broken = strchr("\\?_#", *in) != NULL ? spelled_break(in, end) : 0;
        if (*in == '\0' || broken > 0) {
            in += broken > 0 ? broken : 1;
            *out++ = broken > 0 ? '\n' : ' ';
        } else if (end - in >= 3 && memcmp(in, "\xe2\x80\xa6", 3) == 0) {
            memcpy(out, "...", 3);
            out += 3;
            in += 3;
        } else if (skipped > 0) {
            in += skipped;
        } else {
            *out++ = *in++;
        }
    }
    *out = '\0';
    return (size_t)(out - text);
}

void demand_read_init(struct demand_read *read, const char *text, size_t len, bool html)
{
    char *copy = xmalloc(len + 1);

    if (len > 0)
        memcpy(copy, text, len);
    if (html)
        len = markup_tags(copy, len);
    len = markup_entities(copy, len);
    copy[len] = '\0';
    *read = (struct demand_read){.text = copy, .len = make_readable(copy, len)};
}

void demand_read_clear(struct demand_read *read)
{
    free(read->text);
    *read = (struct demand_read){0};
}

static bool token_octet(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' ||
           c == '_' || c == '/' || c == ',';
}

/* Appends the octets of a token; returns what is behind them. */
static const char *token_part(const char *text, char token[TOKEN_MAX], size_t *len)
{
    for (; token_octet(*text) && *len < TOKEN_MAX; text++)
        token[(*len)++] = *text;
    return text;
}

/* Behind a line break, the blanks and quote marks of the next line; NULL if there is none. */
static const char *next_line(const char *text)
{
    text += strspn(text, " \t");
    return *text == '\n' ? text + 1 + strspn(text + 1, " \t>|") : NULL;
}

/* The token at a text; NULL if there is none, else what is behind it. One that is whole ends with
 * its line; where it is not, the line may have been wrapped inside it. */
static const char *read_token(const char *text, struct op_offers *offers_r)
{
    char token[TOKEN_MAX];
    size_t len = PREFIX_LEN;

    memcpy(token, text, len);
    const char *first = token_part(text + len, token, &len), *next = first, *stop = first;
    size_t dots = strncmp(first, "...", 3) == 0 ? 3 : 0;
    if (dots == 0 && op_offers_parse(token, len, offers_r))
        return first;
    for (int i = 0; i < WRAPS_MAX && (next = next_line(stop)) != NULL && token_octet(*next); i++) {
        stop = token_part(next, token, &len);
        if (op_offers_parse(token, len, offers_r))
            return stop;
    }
    if (!op_offers_find(text, (size_t)(first - text) + dots, offers_r))
        return NULL;
    return dots > 0 ? first + strcspn(first, " \t\n") : first;
}

static const char *line_start(const char *start, const char *text)
{
    while (text > start && text[-1] != '\n')
        text--;
    return text;
}

/* What an MTA puts before a line of the other side's, or a fold. */
static bool goes_on(const char *line)
{
    return is_blank(*line) || strncmp(line, "<<<", 3) == 0;
}

/* Where the text before a token begins that may name its recipient: its line, and those that it is
 * a continuation of. */
static const char *before_start(const char *start, const char *token)
{
    if (token - start > AROUND_MAX)
        start = token - AROUND_MAX;
    const char *line = line_start(start, token);
    while (line > start && goes_on(line)) {
        const char *above = line_start(start, line - 1);
        if (*above == '\n')
            break;
        line = above;
    }
    return line;
}

static bool behind(const char *start, const char *text, const char *word)
{
    size_t n = strlen(word);

    return (size_t)(text - start) >= n && strncasecmp(text - n, word, n) == 0;
}

/* The last address in angle brackets before the token that may be its recipient. */
static bool recipient_before(const char *start, const char *token, struct op_recipient *rcpt_r)
{
    for (const char *end = token; (end = memrchr(start, '>', (size_t)(end - start))) != NULL;) {
        const char *open = memrchr(start, '<', (size_t)(end - start));
        if (open == NULL)
            return false;
        bool sender = behind(start, open, "from=") || behind(start, open, "from:") ||
                      behind(start, open, "from: ") || behind(start, open, "msgid=");
        if (!sender && op_recipient_parse(open, (size_t)(end - open) + 1, rcpt_r, NULL))
            return end[1] != ',' || end[2] != '<' ? !behind(start, open, ",") : false;
        end = open;
    }
    return false;
}

/* The recipient that the server's words name: "for <ADDR>", or "onionpow mint ADDR". */
static bool recipient_named(const char *words, struct op_recipient *rcpt_r)
{
    const char *open = strstr(words, "for <"), *mint = strstr(words, "onionpow mint ");
    const char *close = open != NULL ? strchr(open, '>') : NULL;

    if (close != NULL && op_recipient_parse(open + 4, (size_t)(close - open) - 3, rcpt_r, NULL))
        return true;
    if (mint == NULL)
        return false;
    mint += strlen("onionpow mint ");
    if (strncmp(mint, "--offer ", 8) == 0) {
        mint += 8;
        mint += strcspn(mint, " ");
        mint += *mint == ' ';
    }
    size_t len = strcspn(mint, " ");
    return memchr(mint, '@', len) != NULL && op_recipient_parse(mint, len, rcpt_r, NULL);
}

/* What MTAs append to the other side's words. */
static bool words_end(const char *text)
{
    return strncmp(text, "(in reply to ", 13) == 0 || strncmp(text, "stat=", 5) == 0 ||
           strncmp(text, "dsn=", 4) == 0;
}

/* How far a line is indented, in columns. */
static size_t indent(const char *line)
{
    size_t columns = 0;

    for (; is_blank(*line); line++)
        columns += *line == '\t' ? 8 : 1;
    return columns;
}

/* The start of the next line if the reply goes on there: a fold, at least as deep as that of the
 * token's line, or another reply code. */
static const char *words_next_line(const char *text, const char *end, size_t depth, bool *final)
{
    const char *line = text + strspn(text, " \t");

    if (line >= end || *line == '\n')
        return NULL;
    if (strncmp(line, "<<< ", 4) == 0)
        line += 4;
    size_t code = *final ? 0 : code_len(line, end, final);
    if (code > 0)
        return line + code;
    return is_blank(*text) && indent(text) >= depth ? line : NULL;
}

/* The words behind a token as one line, without reply codes. */
static void read_words(const char *text, const char *end, size_t depth,
                       char words_r[DEMAND_TEXT_MAX])
{
    size_t n = 0;
    bool final = false;

    while (text != NULL && text < end && n + 1 < DEMAND_TEXT_MAX && !words_end(text)) {
        size_t blanks = strspn(text, " \t");
        size_t code = blanks > 0 ? code_len(text + blanks, end, &final) : 0;
        if (*text == '\n') {
            text = words_next_line(text + 1, end, depth, &final);
            if (text != NULL && n > 0 && words_r[n - 1] != ' ')
                words_r[n++] = ' ';
        } else if (blanks > 0) {
            text += blanks + (code > 4 ? code : 0); /* joined lines: "... 554 5.7.1 for ..." */
            if (n > 0 && words_r[n - 1] != ' ')
                words_r[n++] = ' ';
        } else {
            words_r[n++] = *text++;
        }
    }
    while (n > 0 && strchr(" ,", words_r[n - 1]) != NULL)
        n--;
    words_r[n] = '\0';
    if (n > 0 && words_r[n - 1] == ')' && strchr(words_r, '(') == NULL)
        words_r[n - 1] = '\0';
}

/* A token in a command that the server proposes is no demand of its own. */
static bool is_argument(const char *start, const char *token)
{
    while (token > start && (is_blank(token[-1]) || token[-1] == '\n'))
        token--;
    return behind(start, token, "--offer") || behind(start, token, "--offer=");
}

static const char *find_prefix(const char *text, const char *end)
{
    return memmem(text, (size_t)(end - text), prefix, PREFIX_LEN);
}

/* Where the words behind a token end at the latest: before the next demand. */
static const char *words_limit(const char *start, const char *text, const char *end)
{
    if (end - text > AROUND_MAX)
        end = text + AROUND_MAX;
    for (const char *at = text; (at = find_prefix(at, end)) != NULL; at++) {
        if (!is_argument(start, at))
            return at;
    }
    return end;
}

static void read_around(const struct demand_read *read, const char *token, const char *behind_it,
                        struct demand *demand)
{
    const char *start = read->text, *end = start + read->len;
    const char *near = token - start > AROUND_MAX ? token - AROUND_MAX : start;
    size_t depth = indent(line_start(near, token));

    read_words(behind_it, words_limit(start, behind_it, end), depth, demand->text);
    demand->known = recipient_named(demand->text, &demand->recipient) ||
                    recipient_before(before_start(start, token), token, &demand->recipient);
}

bool demand_read_next(struct demand_read *read, struct demand *demand_r)
{
    const char *start = read->text, *end = start + read->len, *at = start + read->at;

    while (read->seen++ < DEMAND_READ_MAX && (at = find_prefix(at, end)) != NULL) {
        struct demand demand = {.known = false};
        const char *stop = is_argument(start, at) ? NULL : read_token(at, &demand.offers);
        read->at = (size_t)((stop != NULL ? stop : at + PREFIX_LEN) - start);
        if (stop != NULL) {
            read_around(read, at, stop, &demand);
            *demand_r = demand;
            return true;
        }
        at = start + read->at;
    }
    return false;
}
