/* test_dsn.c - bounces as captured, as the standard has them, and as forgers and broken software
 * write them; and what bounce.c makes of each recipient. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/slurp.h"
#include "tools/bounce.h"
#include "tools/mime.h"

static const char *original_str(enum dsn_original original)
{
    switch (original) {
    case DSN_ORIGINAL_NONE:
        return "none";
    case DSN_ORIGINAL_HEADER:
        return "header";
    case DSN_ORIGINAL_CUT:
        return "cut";
    case DSN_ORIGINAL_WHOLE:
        return "whole";
    }
    return "invalid";
}

static char fate_letter(const struct bounce_item *item)
{
    switch (item->fate) {
    case BOUNCE_UNPAID:
        return '$';
    case BOUNCE_FAILED:
        return '!';
    case BOUNCE_WAITING:
        return '~';
    case BOUNCE_DELIVERED:
        return '=';
    }
    return '?';
}

/* "SENDER ORIGINAL: FATE RECIPIENT ACTION STATUS [OFFERS]; ..." or "no report". */
static void tell(const char *text, size_t len, char *out, size_t size)
{
    struct bounce bounce;
    size_t n;

    if (!bounce_read(text, len, &bounce)) {
        snprintf(out, size, "no report");
        return;
    }
    n = (size_t)snprintf(out, size, "%s %s:", bounce.dsn.has_sender ? bounce.dsn.sender.text : "-",
                         original_str(bounce.dsn.original));
    for (size_t i = 0; i < bounce.count && n < size; i++) {
        const struct bounce_item *item = &bounce.items[i];
        n += (size_t)snprintf(out + n, size - n, "%s %c %s %s %s", i > 0 ? ";" : "",
                              fate_letter(item), item->about->recipient.text,
                              dsn_action_str(item->about->action), item->about->status);
        if (item->fate == BOUNCE_UNPAID)
            n += (size_t)snprintf(out + n, size - n, " %zu", item->demand.offers.count);
    }
    assert_true(n < size);
    bounce_clear(&bounce);
}

static void expect(const char *label, const char *text, size_t len, const char *want)
{
    char got[4096];

    tell(text, len, got, sizeof got);
    if (strcmp(got, want) != 0)
        fail_msg("%s:\n%s\nand not\n%s", label, got, want);
}

static void test_captured(void **state)
{
    static const struct {
        const char *name, *want, *body;
    } rows[] = {
        {"postfix.dsn", "alice@other.test whole: $ bob@example.test failed 5.7.1 4", "Body of "},
        {"sendmail.dsn", "alice@example.test whole: $ bob@other.test failed 5.7.1 4", "Body of "},
        {"exim.dsn", "alice@other.test whole: $ bob@example.test failed 5.0.0 4", "Body of d1"},
        {"exim-headers.dsn", "alice@other.test header: $ bob@example.test failed 5.0.0 4",
         "administrative limits"},
        {"exim-mixed.dsn",
         "alice@other.test whole: $ bob@example.test failed 5.0.0 4; ! nodemand@example.test "
         "failed "
         "5.0.0",
         "mixed"},
        {"exim-two.dsn",
         "alice@other.test whole: $ bob@example.test failed 5.0.0 4; $ carol@example.test failed "
         "5.0.0 4",
         "Body of d2"},
        {"postfix.log", "no report", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[256];
        size_t len;
        struct dsn dsn;
        snprintf(name, sizeof name, "tests/demands/%s", rows[i].name);
        char *text = slurp(name, &len);
        expect(rows[i].name, text, len, rows[i].want);
        if (rows[i].body != NULL) {
            assert_true(dsn_read(text, len, &dsn));
            assert_non_null(
                memmem(dsn.message, dsn.message_len, rows[i].body, strlen(rows[i].body)));
            assert_null(memmem(dsn.message, dsn.message_len, "\n--", 3));
            dsn_clear(&dsn);
        }
        free(text);
    }
}

/* Cut anywhere, a bounce must never show a message that could be taken for the whole one. */
static void test_cut(void **state)
{
    size_t len;
    char *text = slurp("tests/demands/postfix.dsn", &len);
    const char *last = strstr(text, "\n--B6AD1AB0A48.1795324139/out.test--");
    struct dsn dsn;

    (void)state;
    if (last == NULL)
        for (const char *at = text; (at = strstr(at, "\n--")) != NULL; at++)
            last = at;
    assert_non_null(last);
    for (size_t n = 0; n < len; n++) {
        char *cut = malloc(n + 1);
        memcpy(cut, text, n);
        if (dsn_read(cut, n, &dsn)) {
            if (dsn.original == DSN_ORIGINAL_WHOLE)
                assert_true(n > (size_t)(last - text) + 3);
            dsn_clear(&dsn);
        }
        free(cut);
    }
    free(text);
}

#define TOP  "To: a@x.test\nContent-Type: multipart/report; boundary=b\n\n--b\n\nwords\n"
#define STAT "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
#define ORIG "--b\nContent-Type: message/rfc822\n\nFrom: a@x.test\n\nhello\n--b--\n"
#define R    "Final-Recipient: rfc822; r@y.test\n"
#define D    "Diagnostic-Code: smtp; 554-5.7.1 onionpow:1:sha256/7 required\n"

static void test_forms(void **state)
{
    static const struct {
        const char *label, *text, *want;
    } rows[] = {
        {"plain", TOP STAT R "Action: failed\nStatus: 5.7.1\n" D ORIG,
         "a@x.test whole: $ r@y.test failed 5.7.1 1"},
        {"any order, any case",
         TOP STAT
         "DIAGNOSTIC-CODE:smtp;onionpow:1:sha256/7\nACTION:Failed\nfinal-recipient:RFC822;\n "
         "<R@Y.test> \n" ORIG,
         "a@x.test whole: $ r@y.test failed  1"},
        {"delayed: the queue tries on", TOP STAT R "Action: delayed\n" D ORIG,
         "a@x.test whole: ~ r@y.test delayed "},
        {"delivered", TOP STAT R "Action: delivered\n" D ORIG,
         "a@x.test whole: = r@y.test delivered "},
        {"relayed", TOP STAT R "Action: relayed\n" D ORIG, "a@x.test whole: = r@y.test relayed "},
        {"expanded", TOP STAT R "Action: expanded\n" D ORIG,
         "a@x.test whole: = r@y.test expanded "},
        {"not said", TOP STAT R D ORIG, "a@x.test whole: = r@y.test unknown "},
        {"a word of its own", TOP STAT R "Action: failedly\n" D ORIG,
         "a@x.test whole: = r@y.test unknown "},
        {"a comment behind the word", TOP STAT R "Action: failed (bad)\n" D ORIG,
         "a@x.test whole: $ r@y.test failed  1"},
        {"twice, once delivered",
         TOP STAT R "Action: failed\n" D "\n" R "Action: delivered\n\n" R "Action: failed\n" D ORIG,
         "a@x.test whole: = r@y.test failed "},
        {"twice failed is once", TOP STAT R "Action: failed\n" D "\n" R "Action: failed\n" D ORIG,
         "a@x.test whole: $ r@y.test failed  1"},
        {"no demand", TOP STAT R "Action: failed\nDiagnostic-Code: smtp; 550 no such user\n" ORIG,
         "a@x.test whole: ! r@y.test failed "},
        {"the demand in the words, one recipient",
         "To: a@x.test\nContent-Type: multipart/report; boundary=b\n\n--b\n\n554 "
         "onionpow:1:sha256/7 "
         "x\n" STAT R "Action: failed\n" ORIG,
         "a@x.test whole: $ r@y.test failed  1"},
        {"the demand in the words, whose is not said",
         "To: a@x.test\nContent-Type: multipart/report; boundary=b\n\n--b\n\n554 "
         "onionpow:1:sha256/7 "
         "x\n" STAT R "Action: failed\n\nFinal-Recipient: rfc822;s@y.test\nAction: failed\n" ORIG,
         "a@x.test whole: ! r@y.test failed ; ! s@y.test failed "},
        {"the demand in the words, said",
         "To: a@x.test\nContent-Type: multipart/report; boundary=b\n\n--b\n\n554 "
         "onionpow:1:sha256/7 "
         "for <s@y.test>\n" STAT R
         "Action: failed\n\nFinal-Recipient: rfc822;s@y.test\nAction: failed\n" ORIG,
         "a@x.test whole: ! r@y.test failed ; $ s@y.test failed  1"},
        {"a demand in the returned message is none",
         TOP STAT R "Action: failed\n--b\nContent-Type: message/rfc822\n\nSubject: "
                    "onionpow:1:sha256/7\n\nonionpow:1:sha256/7\n--b--\n",
         "a@x.test whole: ! r@y.test failed "},
        {"an address that is none",
         TOP STAT "Final-Recipient: rfc822; nobody\nAction: failed\n" D ORIG, "a@x.test whole:"},
        {"an address with a NUL-like trick",
         TOP STAT "Final-Recipient: rfc822; r@y.test, s@y.test\nAction: failed\n" D ORIG,
         "a@x.test whole:"},
        {"X.400", TOP STAT "Final-Recipient: x400; /CN=r/\nAction: failed\n" D ORIG,
         "a@x.test whole:"},
        {"without the original", TOP STAT R "Action: failed\n" D "--b--\n",
         "a@x.test none: $ r@y.test failed  1"},
        {"cut before it ends",
         TOP STAT R "Action: failed\n" D
                    "--b\nContent-Type: message/rfc822\n\nFrom: a@x.test\n\nhel",
         "a@x.test cut: $ r@y.test failed  1"},
        {"header alone",
         TOP STAT R "Action: failed\n" D
                    "--b\nContent-Type: text/rfc822-headers\n\nSubject: x\n--b--\n",
         "a@x.test header: $ r@y.test failed  1"},
        {"international forms",
         "To: a@x.test\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: "
         "message/global-delivery-status\nContent-Transfer-Encoding: "
         "quoted-printable\n\nReporting-MTA: "
         "dns; mx\n\nFinal-Recipient: utf-8; r@b=C3=BCcher.test\nAction: failed\n" D
         "--b\nContent-Type: message/global\n\nFrom: a@x.test\n\nx\n--b--\n",
         "a@x.test whole: $ r@xn--bcher-kva.test failed  1"},
        {"two originals: the first",
         TOP STAT R "Action: failed\n" D
                    "--b\nContent-Type: text/rfc822-headers\n\nSubject: x\n" ORIG,
         "a@x.test header: $ r@y.test failed  1"},
        {"two reports: the first",
         "To: a@x.test\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: "
         "multipart/report; boundary=b\n\n" STAT R "Action: failed\n" D ORIG
         "--m\nContent-Type: multipart/report; boundary=b\n\n" STAT
         "Final-Recipient: rfc822;s@y.test\nAction: failed\n" ORIG "--m--\n",
         "a@x.test whole: $ r@y.test failed  1"},
        {"forwarded: its own header counts",
         "To: z@z.test\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: "
         "message/rfc822\n\n" TOP STAT R "Action: failed\n" D ORIG "--m--\n",
         "a@x.test whole: $ r@y.test failed  1"},
        {"to two: the sender is not known",
         "To: a@x.test, c@x.test\nContent-Type: multipart/report; boundary=b\n\n" STAT R
         "Action: failed\n" D ORIG,
         "- whole: $ r@y.test failed  1"},
        {"a returned report is not the report",
         TOP "--b\nContent-Type: message/rfc822\n\nTo: a@x.test\nContent-Type: multipart/report; "
             "boundary=i\n\n--i\nContent-Type: message/delivery-status\n\n" R "Action: failed\n" D
             "--i--\n--b--\n",
         "no report"},
        {"no status", TOP ORIG, "no report"},
        {"not a report",
         "To: a@x.test\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nwords\n" STAT R
         "Action: failed\n" D ORIG,
         "no report"},
        {"no MIME", "To: a@x.test\n\n" R "Action: failed\n" D, "no report"},
        {"nothing", "", "no report"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(rows[i].label, rows[i].text, strlen(rows[i].text), rows[i].want);
}

/* What goes out again is addressed as the bounce has it. */
static void test_spelled(void **state)
{
    static const char text[] = "To: \"A b\"@X.test (Ann)\n"
                               "Content-Type: multipart/report; boundary=b\n\n--b\n\nwords\n" STAT
                               "Final-Recipient: rfc822;\n <Bob.McX@Y.test>\n\n"
                               "Final-Recipient: RFC822; \"C D\"@y.test \n\n"
                               "Final-Recipient: rfc822; RFC822\n" ORIG;
    struct dsn dsn;

    (void)state;
    assert_true(dsn_read(text, strlen(text), &dsn));
    assert_string_equal(dsn.sender_spelled, "\"A b\"@x.test");
    assert_string_equal(dsn.sender.text, "\"a b\"@x.test");
    assert_int_equal(dsn.count, 2);
    assert_string_equal(dsn.recipients[0].spelled, "Bob.McX@y.test");
    assert_string_equal(dsn.recipients[0].recipient.text, "bob.mcx@y.test");
    assert_string_equal(dsn.recipients[1].spelled, "\"C D\"@y.test");
    assert_int_equal(dsn.unreadable, 1);
    dsn_clear(&dsn);
}

/* More recipients than there is room for, a diagnosis without end, parts in parts in parts. */
static void test_bounds(void **state)
{
    size_t size = 1 << 20, n;
    char *text = malloc(size);
    struct dsn dsn;

    (void)state;
    n = (size_t)snprintf(text, size, "%s", TOP STAT);
    for (int i = 0; i < 2 * DSN_RECIPIENTS_MAX; i++)
        n += (size_t)snprintf(text + n, size - n, "\nFinal-Recipient: rfc822; r%d@y.test\n", i);
    assert_true(dsn_read(text, n, &dsn));
    assert_int_equal(dsn.count, DSN_RECIPIENTS_MAX);
    dsn_clear(&dsn);

    n = (size_t)snprintf(text, size, "%s", TOP STAT R "Action: failed\nDiagnostic-Code: smtp; ");
    memset(text + n, 'x', 100000);
    n += 100000;
    n += (size_t)snprintf(text + n, size - n, "\n%s", ORIG);
    assert_true(dsn_read(text, n, &dsn));
    assert_int_equal(strlen(dsn.recipients[0].diagnostic), DSN_DIAGNOSTIC_MAX - 1);
    assert_int_equal(dsn.original, DSN_ORIGINAL_WHOLE);
    dsn_clear(&dsn);

    for (int depth = 1; depth < 40; depth++) {
        n = 0;
        for (int i = 0; i < depth; i++)
            n += (size_t)snprintf(text + n, size - n,
                                  "Content-Type: multipart/mixed; boundary=m%d\n\n--m%d\n", i, i);
        n += (size_t)snprintf(text + n, size - n, "%s", TOP STAT R "Action: failed\n" ORIG);
        bool found = dsn_read(text, n, &dsn);
        assert_int_equal(found, depth < MIME_DEPTH_MAX);
        if (found)
            dsn_clear(&dsn);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_captured), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_forms),    cmocka_unit_test(test_spelled),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
