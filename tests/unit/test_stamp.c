/* test_stamp.c - the stamp's text and identity: what is read, what is refused, and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "pow/date.h"
#include "pow/stamp.h"
#include "tests/unit/random.h"

/* A sha256 stamp is the shortest to write down. */
#define R     "r=2uUaqZH-l_oNFztWi8IA9A"
#define S     "s=AAECAwQFBgcICQoLDA0ODw"
#define A40   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define N     "n=AAAAAAAAAAYA" A40 A40 A40 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define G     "g=AAAAAAAAAAA"
#define HEAD  "v=1; a=sha256; d=2; t=20261122; "
#define TAIL  R "; " S "; " N "; " G
#define GOOD  HEAD TAIL
#define QUOTE "c=AAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static enum op_verdict parse(const char *text, size_t len, struct op_stamp *stamp_r)
{
    struct op_stamp before;
    const char *why = NULL;
    memset(stamp_r, 0x5a, sizeof *stamp_r);
    before = *stamp_r;
    enum op_verdict verdict = op_stamp_parse(text, len, stamp_r, &why);
    assert_int_equal(why == NULL, verdict == OP_VERDICT_PASS);
    assert_int_equal(memcmp(&before, stamp_r, sizeof before) == 0, verdict != OP_VERDICT_PASS);
    struct op_stamp again;
    assert_int_equal(op_stamp_parse(text, len, &again, NULL), verdict);
    return verdict;
}

#define OK        OP_VERDICT_PASS
#define MALFORMED OP_VERDICT_MALFORMED
#define VERSION   OP_VERDICT_VERSION
#define SUITE     OP_VERDICT_SUITE

struct row {
    const char *label, *text;
    enum op_verdict want;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct op_stamp stamp;
        enum op_verdict got = parse(rows[i].text, strlen(rows[i].text), &stamp);
        if (got != rows[i].want)
            fail_msg("%s: %s", rows[i].label, op_verdict_str(got));
    }
}

/* The tag-list of RFC 6376 section 3.2, whatever the tags mean. */
static void tag_list(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"as written", GOOD, OK},
        {"blank in front", " " GOOD, OK},
        {"semicolon at the end", GOOD ";", OK},
        {"semicolon and blanks at the end", GOOD " ; \r\n\t", OK},
        {"no blanks", "v=1;a=sha256;d=2;t=20261122;" R ";" S ";" N ";" G, OK},
        {"blanks around everything", " \t v \t = 1 ; a\r\n = \r\n\tsha256 ;d =2; t= 20261122;" TAIL,
         OK},
        {"another order", G ";" N ";" S ";" R ";t=20261122;d=2;a=sha256;v=1", OK},
        {"unknown tags", HEAD "x=1; y2_=; Z=a=b=c, d; xx=!~; " TAIL, OK},
        {"unknown tag with a fold inside", HEAD "x=a\r\n\t b; " TAIL, OK},
        {"upper case is another tag", HEAD "V=2; A=md5; " TAIL, OK},
        {"nothing", "", MALFORMED},
        {"blanks alone", " \t\r\n", MALFORMED},
        {"a semicolon alone", ";", MALFORMED},
        {"two semicolons at the end", GOOD ";;", MALFORMED},
        {"two semicolons inside", HEAD "; " TAIL, MALFORMED},
        {"semicolon in front", ";" GOOD, MALFORMED},
        {"no equals sign", HEAD "x; " TAIL, MALFORMED},
        {"no name", HEAD "=x; " TAIL, MALFORMED},
        {"name starts with a digit", HEAD "1x=x; " TAIL, MALFORMED},
        {"name starts with an underscore", HEAD "_x=x; " TAIL, MALFORMED},
        {"name with a hyphen", HEAD "x-y=x; " TAIL, MALFORMED},
        {"name with a blank inside", HEAD "x y=x; " TAIL, MALFORMED},
        {"name with a fold inside", HEAD "x\r\n\ty=x; " TAIL, MALFORMED},
        {"8 bits in a name", HEAD "x\xe9=x; " TAIL, MALFORMED},
        {"8 bits in a value", HEAD "x=\xc3\xbc; " TAIL, MALFORMED},
        {"a control character in a value", HEAD "x=a\x01; " TAIL, MALFORMED},
        {"DEL in a value", HEAD "x=\x7f; " TAIL, MALFORMED},
        {"vertical tab is no blank", HEAD "x=a\x0b; " TAIL, MALFORMED},
        {"form feed is no blank", HEAD "\x0cx=a; " TAIL, MALFORMED},
        {"the same tag twice", HEAD "d=2; " TAIL, MALFORMED},
        {"the same unknown tag twice", HEAD "x=1; x=1; " TAIL, MALFORMED},
        {"the version twice", "v=1; " GOOD, MALFORMED},
        {"twice, spelled with blanks", HEAD " v =1; " TAIL, MALFORMED},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void version_and_suite(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"no version", "a=sha256; d=2; t=20261122; " TAIL, MALFORMED},
        {"version 2", "v=2; a=sha256; d=2; t=20261122; " TAIL, VERSION},
        {"version 01", "v=01; a=sha256; d=2; t=20261122; " TAIL, VERSION},
        {"version 1.0", "v=1.0; a=sha256; d=2; t=20261122; " TAIL, VERSION},
        {"empty version", "v=; a=sha256; d=2; t=20261122; " TAIL, VERSION},
        {"version 1 1", "v=1 1; a=sha256; d=2; t=20261122; " TAIL, VERSION},
        {"version 2 and nothing else", "v=2", VERSION},
        {"version 2 and all wrong", "v=2; a=?; d=-1; n=%; r=", VERSION},
        {"but a broken list is broken first", "v=2; a", MALFORMED},
        {"no suite", "v=1; d=2; t=20261122; " TAIL, MALFORMED},
        {"empty suite", "v=1; a=; d=2; t=20261122; " TAIL, SUITE},
        {"reserved suite", "v=1; a=randomx; d=2; t=20261122; " TAIL, SUITE},
        {"suite in capitals", "v=1; a=SHA256; d=2; t=20261122; " TAIL, SUITE},
        {"suite with a blank inside", "v=1; a=sha 256; d=2; t=20261122; " TAIL, SUITE},
        {"suite with a fold inside", "v=1; a=sha\r\n\t256; d=2; t=20261122; " TAIL, SUITE},
        {"unknown suite and nothing else", "v=1; a=md5", SUITE},
        {"unknown suite and all wrong", "a=md5; v=1; d=-1; n=%; r=", SUITE},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
}

#define D(effort) "v=1; a=sha256; d=" effort "; t=20261122; " TAIL
#define T(date)   "v=1; a=sha256; d=2; t=" date "; " TAIL

static void effort_and_date(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"least effort", D("1"), OK},
        {"most effort", D("72057594037927936"), OK},
        {"one more", D("72057594037927937"), MALFORMED},
        {"beyond 64 bits", D("18446744073709551618"), MALFORMED},
        {"zero", D("0"), MALFORMED},
        {"leading zero", D("02"), MALFORMED},
        {"empty effort", D(""), MALFORMED},
        {"sign", D("+2"), MALFORMED},
        {"minus", D("-2"), MALFORMED},
        {"hexadecimal", D("0x2"), MALFORMED},
        {"exponent", D("2e1"), MALFORMED},
        {"blank inside", D("1 6"), MALFORMED},
        {"fold inside", D("1\r\n\t6"), MALFORMED},
        {"no effort", "v=1; a=sha256; t=20261122; " TAIL, MALFORMED},
        {"leap day", T("20240229"), OK},
        {"no leap day", T("20230229"), MALFORMED},
        {"first day", T("19700101"), OK},
        {"before it", T("19691231"), MALFORMED},
        {"last day", T("99991231"), OK},
        {"nine digits", T("020261122"), MALFORMED},
        {"seven digits", T("2026112"), MALFORMED},
        {"hyphens", T("2026-11-22"), MALFORMED},
        {"blank inside a date", T("2026 1122"), MALFORMED},
        {"empty date", T(""), MALFORMED},
        {"no date", "v=1; a=sha256; d=2; " TAIL, MALFORMED},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
    char text[sizeof GOOD + 64];
    struct op_stamp stamp;
    snprintf(text, sizeof text, "v=1; a=argon2id-16m; d=67108865; t=20261122; %s", TAIL);
    assert_int_equal(parse(text, strlen(text), &stamp), MALFORMED);
}

static void octets(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"folds inside", HEAD "r=2uUaqZH-l_\r\n\toNFztWi8\n IA9A; " S "; " N "; " G, OK},
        {"blanks between any two", HEAD R "; " S "; " N "; g= A A A A A A A A A A A ", OK},
        {"no recipient", HEAD S "; " N "; " G, MALFORMED},
        {"empty recipient", HEAD "r=; " S "; " N "; " G, MALFORMED},
        {"recipient too short", HEAD "r=2uUaqZH-l_oNFztWi8IA; " S "; " N "; " G, MALFORMED},
        {"recipient too long", HEAD "r=2uUaqZH-l_oNFztWi8IA9AAA; " S "; " N "; " G, MALFORMED},
        {"spare bits", HEAD "r=2uUaqZH-l_oNFztWi8IA9B; " S "; " N "; " G, MALFORMED},
        {"padding", HEAD "r=2uUaqZH-l_oNFztWi8IA9A==; " S "; " N "; " G, MALFORMED},
        {"plain base64", HEAD "r=2uUaqZH+l/oNFztWi8IA9A; " S "; " N "; " G, MALFORMED},
        {"no salt", HEAD R "; " N "; " G, MALFORMED},
        {"spare bits of the salt", HEAD R "; s=AAECAwQFBgcICQoLDA0ODz; " N "; " G, MALFORMED},
        {"no nonces", HEAD R "; " S "; " G, MALFORMED},
        {"a nonce short", HEAD R "; " S "; n=" A40 "; " G, MALFORMED},
        {"more nonces than any suite has", HEAD R "; " S "; " N A40 A40 "; " G, MALFORMED},
        {"no seal", HEAD R "; " S "; " N, MALFORMED},
        {"spare bits of the seal", HEAD R "; " S "; " N "; g=AAAAAAAAAAB", MALFORMED},
        {"seal too long", HEAD R "; " S "; " N "; g=AAAAAAAAAAAA", MALFORMED},
        {"a quote", HEAD QUOTE "; " TAIL, OK},
        {"empty quote", HEAD "c=; " TAIL, MALFORMED},
        {"quote too short", HEAD "c=AAAA; " TAIL, MALFORMED},
        {"quote too long", HEAD QUOTE "AA; " TAIL, MALFORMED},
        {"nonces of another suite", "v=1; a=argon2id-64m; d=2; t=20261122; " TAIL, MALFORMED},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void nul_anywhere(void **state)
{
    (void)state;
    struct op_stamp stamp;
    for (size_t at = 0; at <= strlen(GOOD); at++) {
        char text[sizeof GOOD + 1];
        memcpy(text, GOOD, at);
        text[at] = '\0';
        memcpy(text + at + 1, &GOOD[at], strlen(GOOD) - at);
        assert_int_equal(parse(text, sizeof GOOD, &stamp), MALFORMED);
    }
}

static void cut_anywhere(void **state)
{
    (void)state;
    struct op_stamp stamp;
    for (size_t len = 0; len < strlen(GOOD); len++)
        assert_int_not_equal(parse(GOOD, len, &stamp), OK);
}

static void length_limit(void **state)
{
    (void)state;
    static char text[OP_STAMP_MAX + 1];
    struct op_stamp stamp;
    size_t len = strlen(GOOD);
    memset(text, ' ', sizeof text);
    memcpy(text, GOOD, len);
    assert_int_equal(parse(text, OP_STAMP_MAX, &stamp), OK);
    assert_int_equal(parse(text, OP_STAMP_MAX + 1, &stamp), MALFORMED);
}

static void tag_limit(void **state)
{
    (void)state;
    for (int unknown = 23; unknown <= 26; unknown++) {
        char text[1000] = GOOD;
        struct op_stamp stamp;
        for (int i = 0; i < unknown; i++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "; x%d=", i);
        assert_int_equal(parse(text, strlen(text), &stamp), 8 + unknown <= 32 ? OK : MALFORMED);
    }
}

static void decoded_values(void **state)
{
    (void)state;
    struct op_stamp stamp;
    static const uint8_t blind[] = {0xda, 0xe5, 0x1a, 0xa9}, quote[] = {0x10, 0x51, 0x87};
    const char text[] = "c=EFGHAAAAAAAAAAAAAAAAAAAAAAAA;" GOOD;
    assert_int_equal(parse(text, strlen(text), &stamp), OK);
    assert_string_equal(stamp.suite->name, "sha256");
    assert_true(stamp.effort == 2);
    assert_int_equal(stamp.date, 20261122);
    assert_memory_equal(stamp.blind, blind, sizeof blind);
    for (uint8_t i = 0; i < OP_SALT_LEN; i++)
        assert_int_equal(stamp.salt[i], i);
    assert_int_equal(stamp.quote_len, OP_QUOTE_LEN);
    assert_memory_equal(stamp.quote, quote, sizeof quote);
    assert_true(op_stamp_nonce(&stamp, 0) == 6);
    assert_true(op_stamp_nonce(&stamp, 1) == 0);
}

static struct op_stamp random_stamp(uint64_t *seed)
{
    struct op_stamp stamp = {0};
    stamp.suite = op_suite_at((size_t)random_below(seed, op_suite_count()));
    stamp.effort = 1 + (random_next(seed) >> random_below(seed, 64)) % stamp.suite->effort_max;
    stamp.date = op_date_from_time((int64_t)random_below(seed, UINT64_C(253402300800)));
    random_fill(seed, stamp.blind, sizeof stamp.blind);
    random_fill(seed, stamp.salt, sizeof stamp.salt);
    if (random_below(seed, 2) == 0) {
        stamp.quote_len = OP_QUOTE_LEN;
        random_fill(seed, stamp.quote, sizeof stamp.quote);
    }
    random_fill(seed, stamp.nonces, stamp.suite->puzzles * stamp.suite->nonce_len);
    random_fill(seed, stamp.seal, sizeof stamp.seal);
    return stamp;
}

static void assert_same(const struct op_stamp *a, const struct op_stamp *b)
{
    assert_ptr_equal(a->suite, b->suite);
    assert_true(a->effort == b->effort);
    assert_int_equal(a->date, b->date);
    assert_memory_equal(a->blind, b->blind, sizeof a->blind);
    assert_memory_equal(a->salt, b->salt, sizeof a->salt);
    assert_int_equal(a->quote_len, b->quote_len);
    assert_memory_equal(a->quote, b->quote, sizeof a->quote);
    assert_memory_equal(a->nonces, b->nonces, sizeof a->nonces);
    assert_memory_equal(a->seal, b->seal, sizeof a->seal);
}

/* No line, with the field's name in front of the first, is wider than 76 columns or ends in a
 * blank. */
static void assert_folded(const char *text)
{
    char field[OP_STAMP_TEXT_MAX + 32];
    snprintf(field, sizeof field, OP_STAMP_FIELD ": %s", text);
    for (const char *line = field; line; line = strchr(line, '\n')) {
        if (*line == '\n') {
            assert_int_equal(line[1], '\t');
            line++;
        }
        size_t len = strcspn(line, "\n"), columns = len + (*line == '\t' ? 7 : 0);
        assert_in_range(columns, 10, 76);
        assert_int_not_equal(line[len - 1], ' ');
    }
}

static void round_trip(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int n = 0; n < 3000; n++) {
        struct op_stamp stamp = random_stamp(&seed), again;
        char text[OP_STAMP_TEXT_MAX];
        uint8_t id[OP_ID_LEN], id_again[OP_ID_LEN];
        size_t len = op_stamp_format(&stamp, text);
        assert_int_equal(len, strlen(text));
        assert_folded(text);
        assert_int_equal(parse(text, len, &again), OK);
        assert_same(&stamp, &again);
        op_stamp_id(&stamp, id);
        op_stamp_id(&again, id_again);
        assert_memory_equal(id, id_again, sizeof id);
    }
}

/* The longest text there can be: all of it at its greatest, and still below the promised size. */
static void longest_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < op_suite_count(); i++) {
        struct op_stamp stamp = {.suite = op_suite_at(i),
                                 .effort = op_suite_at(i)->effort_max,
                                 .date = 99991231,
                                 .quote_len = OP_QUOTE_LEN};
        char text[OP_STAMP_TEXT_MAX];
        assert_true(op_stamp_format(&stamp, text) < 500); /* as stamp.h says */
        assert_folded(text);
    }
}

/* The identity is that of the values: folds, order, blanks and unknown tags do not matter. */
static void identity_is_not_the_text(void **state)
{
    (void)state;
    static const char *spelling[] = {
        GOOD,
        GOOD ";",
        " " GOOD "; x=y ",
        G ";" N ";" S ";" R ";t=20261122;d=2;a=sha256;v=1",
        HEAD "r=2uUaqZH-l_\r\n\toNFztWi8\n IA9A; " S "; " N "; " G,
    };
    struct op_stamp stamp;
    uint8_t want[OP_ID_LEN], got[OP_ID_LEN];
    for (size_t i = 0; i < sizeof spelling / sizeof spelling[0]; i++) {
        assert_int_equal(parse(spelling[i], strlen(spelling[i]), &stamp), OK);
        op_stamp_id(&stamp, i == 0 ? want : got);
        if (i > 0)
            assert_memory_equal(got, want, sizeof want);
    }
}

static void identity_is_all_that_matters(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int n = 0; n < 200; n++) {
        struct op_stamp stamp = random_stamp(&seed);
        stamp.quote_len = OP_QUOTE_LEN;
        uint8_t id[OP_ID_LEN], other[OP_ID_LEN];
        op_stamp_id(&stamp, id);
        for (int what = 0; what < 9; what++) {
            struct op_stamp s = stamp;
            uint8_t bit = (uint8_t)(1u << random_below(&seed, 8));
            bool same = false;
            switch (what) {
            case 0:
                s.suite = op_suite_at((op_suite_index(s.suite) + 1) % op_suite_count());
                break;
            case 1:
                s.effort ^= UINT64_C(1) << random_below(&seed, 64);
                break;
            case 2:
                s.date ^= 1u << random_below(&seed, 32);
                break;
            case 3:
                s.blind[random_below(&seed, OP_BLIND_LEN)] ^= bit;
                break;
            case 4:
                s.salt[random_below(&seed, OP_SALT_LEN)] ^= bit;
                break;
            case 5:
                s.quote[random_below(&seed, OP_QUOTE_LEN)] ^= bit;
                break;
            case 6:
                s.quote_len = 0;
                break;
            case 7:
                s.nonces[random_below(&seed, OP_NONCES_MAX)] ^= bit;
                same = true;
                break;
            default:
                s.seal[random_below(&seed, OP_SEAL_LEN)] ^= bit;
                same = true;
            }
            op_stamp_id(&s, other);
            if ((memcmp(id, other, sizeof id) == 0) != same)
                fail_msg("field %d", what);
        }
    }
}

static void blind(void **state)
{
    (void)state;
    static const uint8_t want[OP_BLIND_LEN] = {0xda, 0xe5, 0x1a, 0xa9, 0x91, 0xfe, 0x97, 0xfa,
                                               0x0d, 0x17, 0x3b, 0x56, 0x8b, 0xc2, 0x00, 0xf4};
    uint8_t salt[OP_SALT_LEN], got[OP_BLIND_LEN];
    struct op_recipient bob, eve;
    for (uint8_t i = 0; i < OP_SALT_LEN; i++)
        salt[i] = i;
    assert_true(op_recipient_parse("Bob@Example.COM", 15, &bob, NULL));
    assert_true(op_recipient_parse("eve@example.com", 15, &eve, NULL));
    op_stamp_blind(salt, &bob, got);
    assert_memory_equal(got, want, sizeof want);
    op_stamp_blind(salt, &eve, got);
    assert_memory_not_equal(got, want, sizeof want);
    salt[15] ^= 1;
    op_stamp_blind(salt, &bob, got);
    assert_memory_not_equal(got, want, sizeof want);
}

static void nonces(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (size_t i = 0; i < op_suite_count(); i++) {
        struct op_stamp stamp = {.suite = op_suite_at(i)};
        uint64_t mask = stamp.suite->nonce_len == 8 ? UINT64_MAX : UINT32_MAX, want[OP_PUZZLES_MAX];
        for (unsigned j = 0; j < stamp.suite->puzzles; j++) {
            want[j] = random_next(&seed) & mask;
            op_stamp_set_nonce(&stamp, j, want[j]);
        }
        for (unsigned j = 0; j < stamp.suite->puzzles; j++)
            assert_true(op_stamp_nonce(&stamp, j) == want[j]);
        assert_int_equal(stamp.nonces[0], want[0] >> (8 * stamp.suite->nonce_len - 8));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tag_list),
        cmocka_unit_test(version_and_suite),
        cmocka_unit_test(effort_and_date),
        cmocka_unit_test(octets),
        cmocka_unit_test(nul_anywhere),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(length_limit),
        cmocka_unit_test(tag_limit),
        cmocka_unit_test(decoded_values),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(longest_text),
        cmocka_unit_test(identity_is_not_the_text),
        cmocka_unit_test(identity_is_all_that_matters),
        cmocka_unit_test(blind),
        cmocka_unit_test(nonces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
