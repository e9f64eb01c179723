/* test_demand.c - demands as mail servers pass them on, spelled out and as captured; and what is
 * none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/slurp.h"
#include "tools/demand.h"

#define Q1 "AciUswHm4oj9QKSqc0jhv_gmAM__" /* ends like the line break of one MTA */
#define Q2 "AciUswFWXNwpq5WnvzpiHzjw--Yn"
#define T  "onionpow:1:argon2id-16m/512/" Q1 ",argon2id-256m/48/" Q2

/* "RECIPIENT SUITE/EFFORT[+],...: WORDS" for each demand, a line each; "+" is a quote, "-" nobody,
 * "?" an unknown suite. */
static void tell(const struct demand_list *list, char *out, size_t size)
{
    size_t n = 0;

    *out = '\0';
    for (size_t i = 0; i < list->count; i++) {
        const struct demand *demand = &list->demands[i];
        n += (size_t)snprintf(out + n, size - n, "%s%s", i > 0 ? "\n" : "",
                              demand->known ? demand->recipient.text : "-");
        for (size_t j = 0; j < demand->offers.count; j++)
            n += (size_t)snprintf(out + n, size - n, "%c%s/%llu%s", j > 0 ? ',' : ' ',
                                  demand->offers.offer[j].suite->name,
                                  (unsigned long long)demand->offers.offer[j].effort,
                                  demand->offers.offer[j].quote_len > 0 ? "+" : "");
        for (unsigned j = 0; j < demand->offers.unknown; j++)
            n += (size_t)snprintf(out + n, size - n, "?");
        n += (size_t)snprintf(out + n, size - n, ": %s", demand->text);
        assert_true(n < size);
    }
}

/* Captured prices of sha256 hang on the day of the capture. */
static void forget_price(char *text)
{
    for (char *at = text; (at = strstr(at, "sha256/")) != NULL;) {
        at += strlen("sha256/");
        memmove(at, at + strspn(at, "0123456789"), strlen(at + strspn(at, "0123456789")) + 1);
    }
}

static void expect(const char *label, const char *text, size_t len, const char *want)
{
    struct demand_list list = {0};
    char got[8192];

    demand_find(&list, text, len);
    tell(&list, got, sizeof got);
    demand_clear(&list);
    if (strstr(want, "sha256/+") != NULL)
        forget_price(got);
    if (strcmp(got, want) != 0)
        fail_msg("%s:\n%s\nand not\n%s", label, got, want);
}

#define BOTH "argon2id-16m/512+,argon2id-256m/48+: "

static void test_text(void **state)
{
    static const struct {
        const char *label, *text, *want;
    } rows[] = {
        {"a reply",
         "554-5.7.1 " T " proof of work required\r\n"
         "554-5.7.1 for <Bob@Example.Test>: about 18 s. Run: onionpow mint bob@example.test\r\n"
         "554 5.7.1 Help: https://x.test\r\n250 2.0.0 ok\r\n",
         "bob@example.test " BOTH "proof of work required for <Bob@Example.Test>: about 18 s. Run: "
         "onionpow mint bob@example.test Help: https://x.test"},
        {"one line", "554 5.7.1 onionpow:1:sha256/7 proof of work required",
         "- sha256/7: proof of work required"},
        {"the token alone", "onionpow:1:sha256/7", "- sha256/7: "},
        {"no enhanced code", "554-onionpow:1:sha256/7 a\r\n554 b", "- sha256/7: a b"},
        {"codes between joined lines",
         "said: 554-5.7.1 " T " proof of work required 554 5.7.1 for <bob@x.test>: 18 s (in reply "
         "to end of DATA command)",
         "bob@x.test " BOTH "proof of work required for <bob@x.test>: 18 s"},
        {"a number is no code", "554 5.7.1 onionpow:1:sha256/7 takes 250 ms or 554-900",
         "- sha256/7: takes 250 ms or 554-900"},
        {"folds",
         "Diagnostic-Code: smtp; 554-5.7.1\n    " T "\n    proof of work\n\trequired\nX: y",
         "- " BOTH "proof of work required"},
        {"address in front, of Sendmail",
         "554-5.7.1 <bob@x.test>... " T " proof of work required\n554 5.7.1 Help: y",
         "bob@x.test " BOTH "proof of work required Help: y"},
        {"two underscores for a line break",
         "X-Postfix; " T " proof of work required__554 5.7.1 for <bob@x.test>: 18 s",
         "bob@x.test " BOTH "proof of work required for <bob@x.test>: 18 s"},
        {"two underscores behind the token", T "__554 5.7.1 for <bob@x.test>",
         "bob@x.test " BOTH "for <bob@x.test>"},
        {"underscores that end a quote", "onionpow:1:sha256/7/" Q1 ",sha256/8 554 5.7.1 x",
         "- sha256/7+,sha256/8: x"},
        {"question marks for a line break", T " required??554 5.7.1 for <bob@x.test>: why??",
         "bob@x.test " BOTH "required for <bob@x.test>: why??"},
        {"backslash n for a line break", T " required\\n554 5.7.1 for <bob@x.test>\\nand",
         "bob@x.test " BOTH "required for <bob@x.test>\\nand"},
        {"syslog's octal line break", T " required#012554 5.7.1 for <bob@x.test>",
         "bob@x.test " BOTH "required for <bob@x.test>"},
        {"cut in the second quote", "554 5.7.1 onionpow:1:argon2id-16m/512/" Q1 ",sha256/7/AAEC",
         "- argon2id-16m/512+: "},
        {"cut in the middle", "onionpow:1:argon2id-16m/512/" Q1 ",sha256/7...8/" Q2 " required",
         "- argon2id-16m/512+: required"},
        {"cut with an ellipsis", "onionpow:1:sha256/9,sha256/7\xe2\x80\xa6", "- sha256/9: "},
        {"wrapped inside the token",
         "> 554-5.7.1 onionpow:1:argon2id-16m/512/AciUswHm4oj9QKSqc0\n> jhv_gmAM__,argon2id-256m/"
         "48/\n> " Q2 " required",
         "- " BOTH "required"},
        {"a line that ends with the token is not wrapped", "onionpow:1:sha256/7\n8 9",
         "- sha256/7: "},
        {"soft line breaks",
         "onionpow:1:argon2id-16m/512/AciUswHm4oj9QK=\r\nSqc0jhv_gmAM__,argon2id"
         "-256m/48/=\n" Q2 " requ=\nired",
         "- " BOTH "required"},
        {"entities",
         "554 5.7.1 onionpow&#58;1&colon;argon2id-16m&#x2F;512/" Q1 "&comma;argon2id-256m/48/" Q2
         " for &lt;bob@x.test&gt;: 18&nbsp;s &unknown; &#; &",
         "bob@x.test " BOTH "for <bob@x.test>: 18 s &unknown; &#; &"},
        {"zero-width blanks",
         "onionpow:1:\xe2\x80\x8bsha\xc2\xad"
         "256/7 x",
         "- sha256/7: x"},
        {"a command in the words is no demand",
         "554-5.7.1 onionpow:1:sha256/600 proof of work required\r\n554 5.7.1 for <bob@x.test>: 2 "
         "s. "
         "Run: onionpow mint --offer onionpow:1:sha256/600 bob@x.test\r\n",
         "bob@x.test sha256/600: proof of work required for <bob@x.test>: 2 s. Run: onionpow mint "
         "--offer onionpow:1:sha256/600 bob@x.test"},
        {"whom the command is for",
         "onionpow:1:sha256/6 for the recipient. Run: onionpow mint --offer onionpow:1:sha256/6 "
         "bob@x.test now",
         "bob@x.test sha256/6: for the recipient. Run: onionpow mint --offer onionpow:1:sha256/6 "
         "bob@x.test now"},
        {"the command names no one",
         "onionpow:1:sha256/6 for the recipient. Run: onionpow mint RCPT",
         "- sha256/6: for the recipient. Run: onionpow mint RCPT"},
        {"several recipients lack a stamp",
         "554-5.7.1 onionpow:1:sha256/6 required\n554-5.7.1 2 of 2 recipients lack a good stamp\n"
         "554 5.7.1 They are: <a@x.test> <b@x.test>",
         "- sha256/6: required 2 of 2 recipients lack a good stamp They are: <a@x.test> "
         "<b@x.test>"},
        {"a log line names the recipient",
         "sm[1]: X: from=<alice@y.test>, to=<bob@x.test>, dsn=5.7.1, reply=554 5.7.1 "
         "onionpow:1:sha256/6 required, stat=Service unavailable",
         "bob@x.test sha256/6: required"},
        {"of two recipients none is taken",
         "to=<a@x.test>,<b@x.test>, reply=554 5.7.1 onionpow:1:sha256/6 required",
         "- sha256/6: "
         "required"},
        {"the sender is not the recipient", "from=<alice@y.test>, onionpow:1:sha256/6 required",
         "- sha256/6: required"},
        {"no address in the brackets", "554 <nobody> onionpow:1:sha256/6", "- sha256/6: "},
        {"the line above is another one", "to=<a@x.test>\nonionpow:1:sha256/6 b", "- sha256/6: b"},
        {"the reply ends", "554-5.7.1 onionpow:1:sha256/6 a\n554 5.7.1 b\n554 5.0.0 other",
         "- sha256/6: a b"},
        {"two demands",
         "554 5.7.1 onionpow:1:sha256/6 for <a@x.test>\n554 5.7.1 onionpow:1:sha256/6 for "
         "<b@x.test>",
         "a@x.test sha256/6: for <a@x.test>\nb@x.test sha256/6: for <b@x.test>"},
        {"two prices for one",
         "554 5.7.1 onionpow:1:sha256/6 for <a@x.test>\n554 5.7.1 onionpow:1:sha256/7 for "
         "<a@x.test>",
         "a@x.test sha256/6: for <a@x.test>\na@x.test sha256/7: for <a@x.test>"},
        {"the same thrice, once cut, once named",
         "onionpow:1:sha256/6,argon2id-16m/5...x\n\nonionpow:1:sha256/6,argon2id-16m/512 for "
         "<a@x.test>\n\nonionpow:1:sha256/6,argon2id-16m/512",
         "a@x.test sha256/6,argon2id-16m/512: for <a@x.test>"},
        {"suites of the future", "554 5.7.1 onionpow:1:md5/7,crc/8 required", "-??: required"},
        {"controls", "554 5.7.1 onionpow:1:sha256/6 a\033[2Jb", "- sha256/6: a\033[2Jb"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(rows[i].label, rows[i].text, strlen(rows[i].text), rows[i].want);
}

static void test_none(void **state)
{
    static const struct {
        const char *label, *text;
    } rows[] = {
        {"nothing", ""},
        {"another version", "554 5.7.1 onionpow:2:sha256/7"},
        {"the prefix alone", "554 5.7.1 onionpow:1: required"},
        {"prose", "onionpow:1 is a version; sha256/7 an offer"},
        {"cut in the first offer", "554 5.7.1 onionpow:1:sha256/7/AAEC"},
        {"cut in the first effort", "554 5.7.1 onionpow:1:sha256/7...8"},
        {"bad offers before the last", "onionpow:1:sha256/7/AA,sha256/8,sha256/9"},
        {"a command alone", "onionpow mint --offer onionpow:1:sha256/600 bob@x.test"},
        {"capitals", "OnionPoW:1:sha256/7"},
        {"another word in front of a wrapped one", "onionpow:1:sha\n\n256/7"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(rows[i].label, rows[i].text, strlen(rows[i].text), "");
}

#define MAIL "From: a@x.test\nMIME-Version: 1.0\n"

static void test_mail(void **state)
{
    static const struct {
        const char *label, *text, *want;
    } rows[] = {
        {"quoted-printable",
         MAIL
         "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: Quoted-Printable\n\n"
         "554 5.7.1 onionpow:1:argon2=\nid-16m=2F512 for =3Cbob@x.test=3E=\n: x =C3=A4 =ZZ\n",
         "bob@x.test argon2id-16m/512: for <bob@x.test>: x \xc3\xa4 =ZZ"},
        {"base64",
         MAIL "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
              "NTU0IDUuNy4xIG9uaW9ucG93OjE6c2hhMjU2\r\nLzcgZm9yIDxib2JAeC50ZXN0Pg==\n",
         "bob@x.test sha256/7: for <bob@x.test>"},
        {"HTML alone",
         MAIL
         "Content-Type: text/html\n\n<html><!-- onionpow:1:sha256/1 --><body class=\"a\"><p>Your "
         "mail <b>bounced</b></p><pre>554-5.7.1 onionpow:1:argon2id-<wbr>16m/512 required<br/>"
         "554 5.7.1 for &lt;bob@x.test&gt;</pre></body></html>",
         "bob@x.test argon2id-16m/512: required for <bob@x.test>"},
        {"text and HTML",
         MAIL "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nonionpow:1:sha256/7 for "
              "<bob@x.test>\n--b\nContent-Type: text/html\n\n<i>onionpow:1:sha256/7</i> for "
              "&lt;bob@x.test&gt;\n--b--\n",
         "bob@x.test sha256/7: for <bob@x.test>"},
        {"nested, quoted boundary, comment behind the delimiter's blanks",
         MAIL "Content-Type: multipart/mixed;\n\tboundary=\"a \\\"b\"\n\n--a \"b \t\nContent-Type: "
              "multipart/mixed; boundary=c\n\n--c\n\nonionpow:1:sha256/7 x\n--c--\n--a \"b--\n",
         "- sha256/7: x"},
        {"a mail that carries a bounce",
         MAIL "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nhelp\n--a\nContent-Type: "
              "message/rfc822\n\n" MAIL
              "Content-Type: text/plain\n\nonionpow:1:sha256/7 x\n--a--\n",
         "- sha256/7: x"},
        {"what a report returns is not the report",
         MAIL
         "Content-Type: multipart/report; boundary=a\n\n--a\n\nonionpow:1:sha256/7 x\n--a\n"
         "Content-Type: message/rfc822\n\nSubject: y\n\nonionpow:1:sha256/8 z\n--a\nContent-Type: "
         "text/rfc822-headers\n\nSubject: onionpow:1:sha256/9\n--a--\n",
         "- sha256/7: x"},
        {"attachments are no text",
         MAIL "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nonionpow:1:sha256/7 x\n--a\n"
              "Content-Type: image/png\n\nonionpow:1:sha256/8\n--a--\n",
         "- sha256/7: x"},
        {"cut off: no closing delimiter",
         MAIL "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nonionpow:1:sha256/7 x\n",
         "- sha256/7: x"},
        {"no delimiter at all: as it stands",
         MAIL "Content-Type: multipart/mixed; boundary=a\n\nonionpow:1:sha256/7 x\n",
         "- sha256/7: x"},
        {"no MIME", "From: a@x.test\nSubject: onionpow:1:sha256/6 in it\n\nonionpow:1:sha256/7 x\n",
         "- sha256/6: in it\n- sha256/7: x"},
        {"an mbox",
         "From a Sun\n" MAIL
         "Content-Type: text/plain\n\nonionpow:1:sha256/6 x\n\nFrom b Mon\n" MAIL
         "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n"
         "onionpow:1:sha256=2F7 y\n\nFrom c\n\nonionpow:1:sha256/8 z\n",
         "- sha256/6: x\n- sha256/7: y\n- sha256/8: z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(rows[i].label, rows[i].text, strlen(rows[i].text), rows[i].want);
}

#define ALL "argon2id-16m/512+,argon2id-256m/48+,argon2id-64m/256+,"

static void test_captured(void **state)
{
    static const struct {
        const char *name, *want;
    } rows[] = {
        {"postfix.dsn",
         "bob@example.test " ALL "sha256/+: proof of work required for <bob@example.test>: "
         "about 18 s of a laptop's time. Run: onionpow mint bob@example.test"},
        {"postfix.log",
         "bob@example.test " ALL "sha256/+: proof of work required for <bob@example.test>: "
         "about 18 s of a laptop's time. Run: onionpow mint bob@example.test"},
        {"sendmail.dsn",
         "bob@other.test " ALL "sha256/+: proof of work required for <bob@other.test>: "
         "about 18 s of a laptop's time. Run: onionpow mint bob@other.test"},
        {"sendmail.log", "bob@other.test argon2id-16m/512+: proof of work required"},
        {"exim.dsn",
         "bob@example.test " ALL "sha256/+: proof of work required for <bob@example.test>: "
         "about 18 s of a laptop's time. Run: onionpow mint bob@example.test Help: "
         "https://help.example.test/onionpow"},
        {"exim-headers.dsn",
         "bob@example.test " ALL "sha256/+: proof of work required for <bob@example.test>: "
         "about 18 s of a laptop's time. Run: onionpow mint bob@example.test Help: "
         "https://help.example.test/onionpow"},
        {"exim-mixed.dsn",
         "bob@example.test " ALL "sha256/+: proof of work required for <bob@example.test>: "
         "about 18 s of a laptop's time. Run: onionpow mint bob@example.test Help: "
         "https://help.example.test/onionpow"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[256];
        size_t len;
        snprintf(name, sizeof name, "tests/demands/%s", rows[i].name);
        char *text = slurp(name, &len);
        expect(rows[i].name, text, len, rows[i].want);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_mail),
        cmocka_unit_test(test_captured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
