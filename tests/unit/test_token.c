/* test_token.c - reply tokens: made, carried, found, believed or not, counted; and References. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "milter/token.h"
#include "pow/base64url.h"
#include "pow/date.h"

#define EXPIRES  20261218
#define HOST     "mx.example.org"
#define BLOB_MAX 60

static const uint8_t salt[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static struct op_key *key_of(uint8_t octet)
{
    uint8_t material[OP_KEY_LEN];
    struct op_key *key;

    memset(material, octet, sizeof material);
    assert_int_equal(op_key_new(material, &key), OP_OK);
    return key;
}

static struct op_recipient recipient_of(const char *address)
{
    struct op_recipient recipient;

    assert_true(op_recipient_parse(address, strlen(address), &recipient, NULL));
    return recipient;
}

/* "user0@there.example" and so on. */
static struct op_recipient user(size_t number)
{
    char address[64];

    snprintf(address, sizeof address, "user%zu@there.example", number);
    return recipient_of(address);
}

static void make(const struct op_key *key, size_t count, const char *host,
                 char text[TOKEN_TEXT_MAX])
{
    struct op_recipient users[TOKEN_RECIPIENTS_MAX];

    for (size_t i = 0; i < count; i++)
        users[i] = user(i);
    assert_true(token_make(key, users, count, EXPIRES, salt, host, text));
}

static size_t find(const char *value, struct token tokens[TOKENS_MAX])
{
    size_t count = 0;

    token_find(value, tokens, &count);
    assert_true(count <= TOKENS_MAX);
    return count;
}

static int64_t noon(uint32_t date)
{
    return op_date_to_time(date) + OP_DAY_S / 2;
}

static bool believed(const struct op_key *key, const char *value,
                     const struct op_recipient *correspondent, int64_t now)
{
    struct token tokens[TOKENS_MAX];
    bool any = false;

    for (size_t i = 0, count = find(value, tokens); i < count; i++)
        any |= token_check(key, &tokens[i], correspondent, now);
    return any;
}

/* The octets of a token's text, and their number. */
static size_t open_blob(const char *text, uint8_t blob[BLOB_MAX])
{
    const char *start = strchr(text, '.') + 1;
    size_t len = strcspn(start, "@");

    assert_true(op_base64url_parse(start, len, blob, len / 4 * 3));
    return len / 4 * 3;
}

static void close_blob(const uint8_t *blob, size_t len, char text[TOKEN_TEXT_MAX])
{
    char encoded[OP_BASE64URL_LEN(2 * BLOB_MAX) + 1];

    op_base64url_format(blob, len, encoded);
    snprintf(text, TOKEN_TEXT_MAX, "<opr1.%s@" HOST ">", encoded);
}

/*
 * Making
 */

/* From another implementation, in Python's hmac. */
static void test_known_answer(void **state)
{
    struct op_key *key = key_of(7);
    struct op_recipient users[] = {user(0), user(1)};
    char text[TOKEN_TEXT_MAX];

    (void)state;
    assert_true(token_make(key, users, 2, EXPIRES, salt, HOST, text));
    assert_string_equal(text,
                        "<opr1.ATUpYgECAwQFBgcIEEk4U1YuUMZNZx8kVKrr-medaNx2-Pup@mx.example.org>");
    op_key_free(key);
}

static void test_make(void **state)
{
    struct op_key *key = key_of(7);
    char text[TOKEN_TEXT_MAX];
    struct token tokens[TOKENS_MAX];

    (void)state;
    for (size_t count = 1; count <= TOKEN_RECIPIENTS_MAX; count++) {
        make(key, count, HOST, text);
        assert_int_equal(find(text, tokens), 1);
        assert_int_equal(tokens[0].expires, EXPIRES);
        assert_memory_equal(tokens[0].salt, salt, sizeof salt);
        assert_int_equal(tokens[0].macs, count <= 4 ? 4 : 8);
        for (size_t i = 0; i < TOKEN_RECIPIENTS_MAX + 1; i++) {
            struct op_recipient writer = user(i);
            assert_true(token_check(key, &tokens[0], &writer, noon(20261118)) == (i < count));
        }
        for (size_t i = 1; i < tokens[0].macs; i++)
            assert_true(memcmp(tokens[0].mac[i - 1], tokens[0].mac[i], TOKEN_MAC_LEN) < 0);
    }
    op_key_free(key);
}

/* A msg-id of RFC 5322: "<" dot-atom-text "@" dot-atom-text ">". */
static void test_syntax(void **state)
{
    struct op_key *key = key_of(7);

    (void)state;
    for (unsigned n = 0; n < 200; n++) {
        struct op_recipient users[] = {user(n)};
        uint8_t other[8] = {(uint8_t)n, 0xff, (uint8_t)(n * 7)};
        char text[TOKEN_TEXT_MAX];
        assert_true(token_make(key, users, 1, EXPIRES, other, HOST, text));
        size_t len = strlen(text);
        assert_int_equal(len, 56 + strlen(HOST)); /* as "References: " in front: below 78 octets */
        assert_true(text[0] == '<' && text[len - 1] == '>');
        unsigned ats = 0;
        for (size_t i = 1; i + 1 < len; i++) {
            bool edge = i == 1 || i + 2 == len || text[i - 1] == '@' || text[i + 1] == '@';
            assert_true(isalnum((unsigned char)text[i]) || strchr("-_.@", text[i]) != NULL);
            assert_false(text[i] == '.' && (edge || text[i - 1] == '.'));
            ats += text[i] == '@';
        }
        assert_int_equal(ats, 1);
    }
    op_key_free(key);
}

static void test_order_tells_nothing(void **state)
{
    struct op_key *key = key_of(7);
    struct op_recipient users[8], reversed[8];
    char a[TOKEN_TEXT_MAX], b[TOKEN_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < 8; i++)
        users[i] = reversed[7 - i] = user(i);
    assert_true(token_make(key, users, 8, EXPIRES, salt, HOST, a));
    assert_true(token_make(key, reversed, 8, EXPIRES, salt, HOST, b));
    assert_string_equal(a, b);
    op_key_free(key);
}

static void test_refused_to_make(void **state)
{
    static const char *const hosts[] = {"",    ".",    ".a",  "a.",     "a..b", "a b",
                                        "a@b", "a>b",  "a\n", "[::1]",  "a,b",  "\xc3\xa4.example",
                                        "a/b", "(a)b", "a<b", "a\"b\"c"};
    struct op_key *key = key_of(7);
    struct op_recipient users[TOKEN_RECIPIENTS_MAX + 1];
    char text[TOKEN_TEXT_MAX] = "untouched", host[400];

    (void)state;
    for (size_t i = 0; i <= TOKEN_RECIPIENTS_MAX; i++)
        users[i] = user(i);
    assert_false(token_make(key, users, 0, EXPIRES, salt, HOST, text));
    assert_false(token_make(key, users, TOKEN_RECIPIENTS_MAX + 1, EXPIRES, salt, HOST, text));
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        assert_false(token_make(key, users, 1, EXPIRES, salt, hosts[i], text));
    memset(host, 'h', sizeof host);
    for (size_t len = 1; len < sizeof host; len++) {
        struct token tokens[TOKENS_MAX];
        snprintf(text, sizeof text, "untouched");
        host[len] = '\0';
        bool made = token_make(key, users, 8, EXPIRES, salt, host, text);
        assert_true(made == (6 + 80 + 1 + len + 1 < TOKEN_TEXT_MAX));
        if (made)
            assert_int_equal(find(text, tokens), 1);
        else
            assert_string_equal(text, "untouched");
        host[len] = 'h';
    }
    op_key_free(key);
}

/*
 * Believing
 */

static void test_forgeries(void **state)
{
    struct op_key *ours = key_of(7), *theirs = key_of(8);
    struct op_recipient writer = user(0);
    char good[TOKEN_TEXT_MAX], text[TOKEN_TEXT_MAX];
    uint8_t blob[BLOB_MAX];

    (void)state;
    make(ours, 3, HOST, good);
    size_t len = open_blob(good, blob);
    assert_int_equal(len, 12 + 4 * 6);
    assert_true(believed(ours, good, &writer, noon(EXPIRES)));
    assert_false(believed(theirs, good, &writer, noon(EXPIRES)));
    for (size_t i = 0; i < 12 * 8; i++) { /* another day, another salt: each bit counts */
        open_blob(good, blob);
        blob[i / 8] ^= (uint8_t)(1U << i % 8);
        close_blob(blob, len, text);
        assert_false(believed(ours, text, &writer, noon(20261118)));
    }
    open_blob(good, blob);
    memset(blob + 12, 0, len - 12);
    close_blob(blob, len, text);
    assert_false(believed(ours, text, &writer, noon(EXPIRES)));
    op_key_free(ours);
    op_key_free(theirs);
}

static void test_expiry(void **state)
{
    static const struct {
        const char *label;
        int64_t offset; /* from the first second of the last day */
        bool want;
    } rows[] = {
        {"a month before", -30 * OP_DAY_S, true}, {"on the day", 0, true},
        {"its last second", OP_DAY_S - 1, true},  {"the next", OP_DAY_S, false},
        {"a year later", 365 * OP_DAY_S, false},
    };
    struct op_key *key = key_of(7);
    struct op_recipient writer = user(0);
    char text[TOKEN_TEXT_MAX];

    (void)state;
    make(key, 1, HOST, text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].label);
        assert_true(believed(key, text, &writer, op_date_to_time(EXPIRES) + rows[i].offset) ==
                    rows[i].want);
    }
    op_key_free(key);
}

static void test_who_writes(void **state)
{
    static const struct {
        const char *label, *writer;
        bool want;
    } rows[] = {
        {"the recipient", "bob@there.example", true},
        {"the same in canonical form", "<BOB@There.Example>", true},
        {"another of the domain", "eve@there.example", false},
        {"the same name elsewhere", "bob@there.example.net", false},
        {"a longer name", "bobb@there.example", false},
        {"a tagged address", "bob+tag@there.example", false},
    };
    struct op_key *key = key_of(7);
    struct op_recipient bob = recipient_of("bob@there.example");
    char text[TOKEN_TEXT_MAX];

    (void)state;
    assert_true(token_make(key, &bob, 1, EXPIRES, salt, HOST, text));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct op_recipient writer = recipient_of(rows[i].writer);
        print_message("%s\n", rows[i].label);
        assert_true(believed(key, text, &writer, noon(EXPIRES)) == rows[i].want);
    }
    op_key_free(key);
}

/*
 * Finding
 */

static void test_where_it_is_found(void **state)
{
    static const struct {
        const char *label, *before, *after;
    } rows[] = {
        {"alone", "", ""},
        {"behind another", "<a@b> ", ""},
        {"between folds", "<a@b>\n\t", "\r\n <c@d>"},
        {"without blanks", "<a@b>", "<c@d>"},
        {"comments", "(of (nested) <x@y>) ", " (again)"},
        {"in a comment", "(", ")"},
        {"behind a comment that does not end", "((( ", ""},
        {"old style", "Your message of \"Mon, 1 Jan\" ", " from you"},
        {"behind an open bracket", "<", ""},
        {"behind many", "<<<<<<< < < <op <opr1. <opr1.@> ", ""},
        {"before an open quote", "", " \"<"},
        {"behind octets beyond ASCII", "\xff\xfe\x80<\xff@", "\x01"},
    };
    struct op_key *key = key_of(7);
    struct op_recipient writer = user(0);
    char text[TOKEN_TEXT_MAX], value[1024];

    (void)state;
    make(key, 1, HOST, text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct token tokens[TOKENS_MAX];
        print_message("%s\n", rows[i].label);
        snprintf(value, sizeof value, "%s%s%s", rows[i].before, text, rows[i].after);
        assert_int_equal(find(value, tokens), 1);
        assert_true(believed(key, value, &writer, noon(EXPIRES)));
    }
    op_key_free(key);
}

static void test_host(void **state)
{
    struct op_key *key = key_of(7);
    struct op_recipient writer = user(0);
    char text[TOKEN_TEXT_MAX];

    (void)state;
    make(key, 1, "Mx.Example.ORG", text);
    for (char *at = strchr(text, '@'); *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    assert_true(believed(key, text, &writer, noon(EXPIRES)));
    for (char *at = text; *at != '\0'; at++) /* the local part's case is the token */
        *at = (char)tolower((unsigned char)*at);
    assert_false(believed(key, text, &writer, noon(EXPIRES)));
    op_key_free(key);
}

/* Any single octet that is lost, doubled or changed in front of the @ makes another text of it; and
 * each text that is cut short is none. */
static void test_damage(void **state)
{
    struct op_key *key = key_of(7);
    struct op_recipient writer = user(0);
    char text[TOKEN_TEXT_MAX], damaged[TOKEN_TEXT_MAX + 1];
    struct token tokens[TOKENS_MAX];

    (void)state;
    make(key, 1, HOST, text);
    size_t len = strlen(text);
    for (size_t i = 0; text[i] != '@'; i++) {
        snprintf(damaged, sizeof damaged, "%.*s%s", (int)i, text, text + i + 1);
        assert_int_equal(find(damaged, tokens), 0);
        snprintf(damaged, sizeof damaged, "%.*s %s", (int)i + 1, text, text + i + 1);
        assert_int_equal(find(damaged, tokens), 0);
    }
    for (size_t i = 0; i < len; i++) {
        snprintf(damaged, sizeof damaged, "%.*s", (int)i, text);
        assert_int_equal(find(damaged, tokens), 0);
    }
    for (size_t i = 6; i < 22; i++) { /* expires and salt */
        snprintf(damaged, sizeof damaged, "%s", text);
        damaged[i] = damaged[i] == 'x' ? 'y' : 'x';
        assert_false(believed(key, damaged, &writer, noon(EXPIRES)));
    }
    op_key_free(key);
}

static void test_lengths(void **state)
{
    uint8_t blob[2 * BLOB_MAX] = {0x01, 0x35, 0x29, 0x62}; /* 20261218 */
    char text[TOKEN_TEXT_MAX];
    struct token tokens[TOKENS_MAX];

    (void)state;
    for (size_t len = 0; len < sizeof blob; len++) {
        close_blob(blob, len, text);
        bool want = len >= 18 && len <= 60 && len % 6 == 0;
        assert_int_equal(find(text, tokens), want ? 1 : 0);
        if (want)
            assert_int_equal(tokens[0].macs, (len - 12) / 6);
    }
    blob[3]++; /* 20261219 */
    close_blob(blob, 18, text);
    assert_int_equal(find(text, tokens), 1);
    blob[3] = (uint8_t)(blob[3] + 13); /* 20261232 */
    close_blob(blob, 18, text);
    assert_int_equal(find(text, tokens), 0);
}

static void test_many(void **state)
{
    struct op_key *key = key_of(7);
    size_t size = 100000, count = 0;
    char *value = malloc(size + TOKEN_TEXT_MAX), text[TOKEN_TEXT_MAX];
    struct token tokens[TOKENS_MAX];

    (void)state;
    assert_non_null(value);
    make(key, 1, HOST, text);
    for (size_t len = 0; len < size; len += strlen(text))
        memcpy(value + len, text, strlen(text) + 1);
    assert_int_equal(find(value, tokens), TOKENS_MAX);
    token_find(text, tokens, &count);
    token_find(text, tokens, &count);
    assert_int_equal(count, 2); /* appended */
    token_find(value, tokens, &count);
    assert_int_equal(count, TOKENS_MAX);
    token_find(text, tokens, &count);
    assert_int_equal(count, TOKENS_MAX);
    memset(value, '<', size);
    value[size] = '\0';
    assert_int_equal(find(value, tokens), 0);
    memset(value, 'A', size);
    memcpy(value, "<opr1.", 6);
    assert_int_equal(find(value, tokens), 0);
    free(value);
    op_key_free(key);
}

/*
 * Counting uses
 */

static struct token checked(const struct op_key *key, const char *value, size_t writer)
{
    struct op_recipient correspondent = user(writer);
    struct token tokens[TOKENS_MAX];

    assert_int_equal(find(value, tokens), 1);
    assert_true(token_check(key, &tokens[0], &correspondent, noon(EXPIRES)));
    return tokens[0];
}

static bool same_use(const struct token *a, unsigned use_a, const struct token *b, unsigned use_b)
{
    struct ledger_key key_a, key_b;

    token_use_key(a, use_a, &key_a);
    token_use_key(b, use_b, &key_b);
    assert_int_equal(key_a.date, EXPIRES);
    return memcmp(key_a.id, key_b.id, sizeof key_a.id) == 0;
}

static void test_uses(void **state)
{
    struct op_key *key = key_of(7);
    struct op_recipient bob = user(0);
    uint8_t other_salt[8] = {9};
    char text[TOKEN_TEXT_MAX], other[TOKEN_TEXT_MAX];

    (void)state;
    make(key, 3, HOST, text);
    assert_true(token_make(key, &bob, 1, EXPIRES, other_salt, HOST, other));
    struct token a = checked(key, text, 0), again = checked(key, text, 0),
                 b = checked(key, text, 1), later = checked(key, other, 0);
    assert_true(same_use(&a, 0, &again, 0));
    assert_true(same_use(&a, 5, &again, 5));
    assert_false(same_use(&a, 0, &a, 1));
    assert_false(same_use(&a, 0, &a, 256));
    assert_false(same_use(&a, 0, &b, 0));     /* each recipient has his own */
    assert_false(same_use(&a, 0, &later, 0)); /* and for each message */
    op_key_free(key);
}

/* A token with its other MACs left out, swapped or replaced, or of another host, is still this one:
 * no use is gained. */
static void test_rewriting_gains_no_use(void **state)
{
    struct op_key *key = key_of(7);
    char text[TOKEN_TEXT_MAX], rewritten[TOKEN_TEXT_MAX];
    uint8_t blob[BLOB_MAX], mine[TOKEN_MAC_LEN] = {0};

    (void)state;
    make(key, 8, HOST, text);
    struct token whole = checked(key, text, 0);
    size_t len = open_blob(text, blob), place = 0;
    while (memcmp(blob + 12 + place * 6, whole.id, 6) != 0)
        assert_true(++place < 8);
    memcpy(mine, blob + 12 + place * 6, 6);

    memmove(blob + 12 + place * 6, blob + 12, 6); /* swapped with the first */
    memcpy(blob + 12, mine, 6);
    close_blob(blob, len, rewritten);
    assert_true(place == 0 || strcmp(text, rewritten) != 0);
    struct token found = checked(key, rewritten, 0);
    assert_true(same_use(&whole, 0, &found, 0));
    close_blob(blob, 18, rewritten); /* alone */
    found = checked(key, rewritten, 0);
    assert_int_equal(found.macs, 1);
    assert_true(same_use(&whole, 0, &found, 0));
    memset(blob + 18, 0x55, len - 18); /* with rubbish */
    close_blob(blob, len, rewritten);
    found = checked(key, rewritten, 0);
    assert_true(same_use(&whole, 0, &found, 0));
    struct op_recipient other = user(1); /* who has been replaced */
    assert_false(believed(key, rewritten, &other, noon(EXPIRES)));
    op_key_free(key);
}

/*
 * References
 */

static void test_append(void **state)
{
    static const struct {
        const char *label, *before, *want; /* T: the token, O: a former one, F: of another site */
    } rows[] = {
        {"no field", NULL, "T"},
        {"empty", "", "T"},
        {"blanks", " \t\r\n ", "T"},
        {"one id", "<a@b>", "<a@b>\n\tT"},
        {"white space around", " <a@b>\n", "<a@b>\n\tT"},
        {"blanks and folds are ours", "<a@b>  \r\n\t <c@d>", "<a@b> <c@d>\n\tT"},
        {"no blanks", "<a@b><c@d>", "<a@b><c@d>\n\tT"},
        {"former token", "<a@b> O <c@d>", "<a@b> <c@d>\n\tT"},
        {"many", "O <a@b> O\n\tO <c@d> O", "<a@b> <c@d>\n\tT"},
        {"former tokens alone", "O O", "T"},
        {"glued", "<a@b>O<c@d>", "<a@b> <c@d>\n\tT"},
        {"in a comment", "(see O)", "(see )\n\tT"},
        {"another site's stays", "<a@b> F O", "<a@b>\n\tF\n\tT"},
        {"an id that looks like one", "<opr1.AAAA@mx.example.org>",
         "<opr1.AAAA@mx.example.org>\n\tT"},
        {"quoted id with blanks", "<\"a  b\"@c>", "<\"a  b\"@c>\n\tT"},
        {"old style", "Your  message (of\n Monday)", "Your message (of Monday)\n\tT"},
        {"rubbish", "< << <>> >", "< << <>> >\n\tT"},
    };
    struct op_key *key = key_of(7);
    char token[TOKEN_TEXT_MAX], former[TOKEN_TEXT_MAX], other[TOKEN_TEXT_MAX];
    uint8_t salts[8] = {7};
    struct op_recipient bob = user(0);

    (void)state;
    make(key, 1, HOST, token);
    make(key, 6, "other.example", other);
    assert_true(token_make(key, &bob, 1, 20200101, salts, "MX.example.ORG", former));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[2][2048], out[2048];
        const char *in[2] = {rows[i].before, rows[i].want};
        print_message("%s\n", rows[i].label);
        for (size_t n = 0; n < 2; n++) {
            text[n][0] = '\0';
            for (const char *at = in[n]; at != NULL && *at != '\0'; at++) {
                size_t len = strlen(text[n]);
                snprintf(text[n] + len, sizeof text[n] - len, "%s",
                         *at == 'T'   ? token
                         : *at == 'O' ? former
                         : *at == 'F' ? other
                                      : (char[]){*at, '\0'});
            }
        }
        assert_true(token_append(in[0] == NULL ? NULL : text[0], token, out, sizeof out));
        assert_string_equal(out, text[1]);
    }
    op_key_free(key);
}

static void test_append_folds(void **state)
{
    struct op_key *key = key_of(7);
    char token[TOKEN_TEXT_MAX], references[8192] = "", out[16384];
    size_t ids = 0, longest = 0;

    (void)state;
    make(key, 8, HOST, token);
    for (size_t len = 0; len + 100 < sizeof references; ids++, len = strlen(references))
        snprintf(references + len, 100, "%s<%zu.%.*s@example.org>", ids == 0 ? "" : " ", ids,
                 (int)(ids % 40), "abcdefghijklmnopqrstuvwxyzabcdefghijklmnop");
    assert_true(token_append(references, token, out, sizeof out));
    for (const char *line = out; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        size_t len = strcspn(line, "\n") + (line == out ? strlen("References: ") : 0);
        assert_true(len <= 78 || strncmp(line, "\t<opr1.", 7) == 0);
        assert_true(line == out || *line == '\t');
        longest = len > longest && len <= 78 ? len : longest;
    }
    assert_true(longest > 70);
    /* The same ids in the same order. */
    char *word = strtok(out, " \n\t");
    for (char *at = references; *at != '\0'; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        assert_int_equal(strlen(word), len);
        assert_memory_equal(word, at, len);
        word = strtok(NULL, " \n\t");
        at += len;
    }
    assert_string_equal(word, token);
    assert_null(strtok(NULL, " \n\t"));
    op_key_free(key);
}

static void test_append_limits(void **state)
{
    struct op_key *key = key_of(7);
    char token[TOKEN_TEXT_MAX], want[512], out[512], id[1200];

    (void)state;
    make(key, 1, HOST, token);
    assert_true(token_append("<a@b> <c@d>", token, want, sizeof want));
    for (size_t size = 0; size < sizeof out; size++) {
        memset(out, '!', sizeof out);
        assert_true(token_append("<a@b> <c@d>", token, out, size) == (size > strlen(want)));
        for (size_t i = size; i < sizeof out; i++)
            assert_int_equal(out[i], '!');
        if (size > strlen(want))
            assert_string_equal(out, want);
    }
    for (size_t len = 900; len < 1100; len++) { /* a word that no line may hold */
        char long_out[2048];
        memset(id, 'x', len);
        id[0] = '<';
        id[len - 1] = '>';
        id[len] = '\0';
        assert_true(token_append(id, token, long_out, sizeof long_out) == (len + 12 <= 998));
    }
    op_key_free(key);
}

/*
 * A conversation as RFC 5322 section 3.6.4 has it: a reply's References are its parent's, or the
 * parent's In-Reply-To if there are none, and the parent's Message-ID.
 */
static void test_conversation(void **state)
{
    struct op_key *key = key_of(7);
    struct op_recipient bob = user(0);
    char ours[4096] = "", theirs[4096] = "";

    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        uint8_t fresh[8] = {(uint8_t)round};
        struct token tokens[TOKENS_MAX];
        char token[TOKEN_TEXT_MAX];
        assert_true(token_make(key, &bob, 1, EXPIRES, fresh, HOST, token));
        assert_true(token_append(theirs, token, ours, sizeof ours));
        snprintf(theirs, sizeof theirs, "%.3800s\r\n <ours%u@" HOST ">", ours, round);
        assert_int_equal(find(theirs, tokens), 1); /* the thread grows, the tokens do not */
        assert_memory_equal(tokens[0].salt, fresh, sizeof fresh);
        assert_true(token_check(key, &tokens[0], &bob, noon(EXPIRES)));
        size_t len = strlen(theirs);
        snprintf(theirs + len, sizeof theirs - len, " <theirs%u@there.example>", round);
    }
    op_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answer),
        cmocka_unit_test(test_make),
        cmocka_unit_test(test_syntax),
        cmocka_unit_test(test_order_tells_nothing),
        cmocka_unit_test(test_refused_to_make),
        cmocka_unit_test(test_forgeries),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_who_writes),
        cmocka_unit_test(test_where_it_is_found),
        cmocka_unit_test(test_host),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_uses),
        cmocka_unit_test(test_rewriting_gains_no_use),
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_append_folds),
        cmocka_unit_test(test_append_limits),
        cmocka_unit_test(test_conversation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
