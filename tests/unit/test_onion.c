/* test_onion.c - names of onion services, and base32: published names, made ones, forgeries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/base32.h"
#include "tools/onion.h"

/* The first three are Tor's own examples (rend-spec-v3, section 6). */
static const char *const good[] = {
    "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd",
    "sp3k262uwy4r2k3ycr5awluarykdpag6a7y33jxop4cs2lu5uz5sseqd",
    "xa4r2iadxm55fbnqgwwi5mymqdcofiu3w6rpbtqn7b2dyn7mgwj64jyd",
    "6mjpdytcwtak74xf54bfw3hqzr7qr3qqfozcshghchs6ba3wk4updpad",
    "vhf6xo6ae5a4lw77vxz3hqb5aptz2gikxm45yr7v4pbwkkzohezpixyd",
    "PGG4G6JUGBGDU57KJN3P7VDVA54RNRG352SSFW2VSJUTRKH5RFT7QGQD",
    "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3kead",
};

static void test_good(void **state)
{
    const char *why;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!onion_valid(good[i], strlen(good[i]), &why))
            fail_msg("%s: %s", good[i], why);
    }
}

/* Whichever character changes, the name is wrong. */
static void test_one_character(void **state)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    char name[ONION_LEN + 1];
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        for (size_t at = 0; at < ONION_LEN; at++) {
            const char *why = NULL;
            strcpy(name, good[i]);
            name[at] = letters[(strchr(letters, name[at] | 0x20) - letters + 1) % 32];
            if (strchr("234567", good[i][at]))
                name[at] = good[i][at] == '7' ? 'a' : (char)(good[i][at] + 1);
            if (onion_valid(name, ONION_LEN, &why))
                fail_msg("%s is taken", name);
            assert_non_null(why);
        }
    }
}

static void test_bad(void **state)
{
    static const struct {
        const char *name, *why;
    } rows[] = {
        {"", "56 characters"},
        {"cssj56utefk3wxsv", "version 2"},
        {"pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscry", "56 characters"},
        {"pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryda", "56 characters"},
        {"pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscry1", "letters a to z"},
        {"pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscry=", "letters a to z"},
        {"pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscr\303\251", "letters a to z"},
        {"gp6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd", "checksum"},
        /* right checksums of versions that are none */
        {"aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyprozyc", "not of version 3"},
        {"aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp2sxye", "not of version 3"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *why = "";
        assert_false(onion_valid(rows[i].name, strlen(rows[i].name), &why));
        if (!strstr(why, rows[i].why))
            fail_msg("%s: %s", rows[i].name, why);
    }
}

static void test_base32(void **state)
{
    static const struct {
        const char *text, *octets; /* RFC 4648 section 10; NULL: refused */
    } rows[] = {
        {"", ""},
        {"MY", "f"},
        {"MZXQ", "fo"},
        {"MZXW6", "foo"},
        {"mzxw6yq", "foob"},
        {"MZXW6YTB", "fooba"},
        {"MZXW6YTBOI", "foobar"},
        {"M", NULL},
        {"MZX", NULL},
        {"MZXW6Y", NULL}, /* a character too many */
        {"MZ", NULL},
        {"MZXR", NULL}, /* bits beyond the last octet */
        {"MY======", NULL},
        {"M1", NULL},
        {"MZXW6YTBOIMZXW6YTBOI", NULL}, /* too long */
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t octets[6];
        size_t count = 99;
        bool ok = base32_decode(rows[i].text, strlen(rows[i].text), octets, sizeof octets, &count);
        if (ok != (rows[i].octets != NULL))
            fail_msg("\"%s\"", rows[i].text);
        if (!ok) {
            assert_int_equal(count, 99);
            continue;
        }
        assert_int_equal(count, strlen(rows[i].octets));
        assert_memory_equal(octets, rows[i].octets, count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_one_character),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_base32),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
