/* test_mime.c - the parts of messages, well formed, ill formed and made to do harm: where parts
 * begin and end, what is not walked, and that depth, number and work stay bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/mime.h"

#define TELL_MAX 4096

struct told {
    char text[TELL_MAX];
    size_t len;
};

static void tell(struct told *told, const char *text, size_t len)
{
    assert_true(told->len + len < TELL_MAX);
    for (size_t i = 0; i < len; i++)
        told->text[told->len++] = text[i] != '\0' ? text[i] : '@';
    told->text[told->len] = '\0';
}

/* "[TYPE#REPORT~ TEXT]"; no "#" outside of reports, "~" if it was cut off. */
static void tell_part(void *arg, const struct mime_part *part)
{
    struct told *told = arg;
    char report[16] = "";

    if (part->report > 0)
        snprintf(report, sizeof report, "#%u", part->report);
    tell(told, "[", 1);
    tell(told, part->type, strlen(part->type));
    tell(told, report, strlen(report));
    tell(told, part->whole ? " " : "~ ", part->whole ? 1 : 2);
    tell(told, part->text, part->len);
    tell(told, "]", 1);
}

/* A copy of just that size, so that a sanitizer sees a look beyond it. */
static bool walk(const char *text, size_t len, mime_visit *visit, void *arg)
{
    char *copy = malloc(len > 0 ? len : 1);

    assert_non_null(copy);
    memcpy(copy, text, len);
    bool found = mime_walk(copy, len, visit, arg);
    free(copy);
    return found;
}

static void expect(const char *label, const char *text, size_t len, const char *want)
{
    struct told told = {.len = 0};
    bool found = walk(text, len, tell_part, &told);

    if (found != (want != NULL) || strcmp(told.text, want != NULL ? want : "") != 0)
        fail_msg("%s: %d\n%s\nand not\n%s", label, found, told.text, want ? want : "no MIME");
}

struct row {
    const char *label, *text, *want; /* want NULL: the message does not speak of MIME */
    size_t len;                      /* of a text with a NUL; 0: up to its end */
};

static void expect_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect(rows[i].label, rows[i].text, rows[i].len ? rows[i].len : strlen(rows[i].text),
               rows[i].want);
}

#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"

static void test_heads(void **state)
{
    static const struct row rows[] = {
        {"nothing", "", NULL, 0},
        {"no header", "hello\n", NULL, 0},
        {"a header of other things", "Subject: a\n\nhello\n", NULL, 0},
        {"a field in the body", "\nContent-Type: text/x\n", NULL, 0},
        {"behind text", "hello\nContent-Type: text/x\n\nb", NULL, 0},
        {"behind an mbox line", "From a@b Mon\nContent-Type: text/x\n\nb", "[text/x b]", 0},
        {"a type", "Content-Type: text/html\n\nhello\n", "[text/html hello\n]", 0},
        {"CRLF", "Content-Type: text/html\r\n\r\nhello\r\n", "[text/html hello\r\n]", 0},
        {"case", "CONTENT-type: TEXT/Html; Charset=X\n\nA\n", "[text/html A\n]", 0},
        {"folded", "Content-Type:\n\ttext/x;\n a=b\n\nA", "[text/x A]", 0},
        {"no body", "Content-Type: text/x\n", "[text/x ]", 0},
        {"no line end", "Content-Type: text/x", "[text/x ]", 0},
        {"no type", "Content-Type:\n\nA", "[ A]", 0},
        {"an encoding alone", "Content-Transfer-Encoding: base64\n\nSGk=\n", "[text/plain Hi]", 0},
        {"an encoding of nothing", "Content-Transfer-Encoding: base64\n\n", "[text/plain ]", 0},
        {"an unknown encoding", "Content-Transfer-Encoding: x\n\nSGk=", "[text/plain SGk=]", 0},
        {"two types: the last", "Content-Type: text/a\nContent-Type: text/b\n\nA", "[text/b A]", 0},
        {"a bare CR ends no line", "Content-Type: text/x\rX: y\n\nA", "[text/x A]", 0},
        {"a NUL in the type", "Content-Type: te\0xt\n\nA", "[te A]", 22},
        {"a NUL before the type", "Content-Type: \0text/x\n\nA", "[ A]", 24},
        {"a NUL in the body", "Content-Type: text/x\n\na\0b", "[text/x a@b]", 25},
    };
    char text[512], want[256], name[MIME_TYPE_MAX];

    (void)state;
    expect_rows(rows, sizeof rows / sizeof *rows);
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0'; /* the longest that is kept */
    snprintf(text, sizeof text, "Content-Type: %syyy; boundary=b\n\nA", name);
    snprintf(want, sizeof want, "[%s A]", name);
    expect("a long type is cut", text, strlen(text), want);
}

/* All parts but the last are [text/plain a]; the field's parameters decide how they are found. */
static void test_parameters(void **state)
{
    static const struct {
        const char *label, *field, *delimiter; /* delimiter NULL: there are no parts to be found */
    } rows[] = {
        {"plain", "; boundary=b", "b"},
        {"without a blank", ";boundary=b", "b"},
        {"case", "; BOUNDARY=b", "b"},
        {"the boundary's own case", "; boundary=B", "B"},
        {"quoted", "; boundary=\"b c\"", "b c"},
        {"quoted pairs", "; boundary=\"b\\\"\\\\c\"", "b\"\\c"},
        {"quoted, with the signs of parameters", "; boundary=\"b;c=d\"", "b;c=d"},
        {"folded", ";\n\tboundary=b", "b"},
        {"among others", "; charset=x; boundary=b; format=flowed", "b"},
        {"behind a quoted semicolon", "; a=\"; boundary=c\"; boundary=b", "b"},
        {"behind a quote that a pair hides", "; a=\"\\\"; boundary=c\"; boundary=b", "b"},
        {"behind what is none", "; ;; =; ()=; \"x\"; boundary=b", "b"},
        {"twice: the last", "; boundary=c; boundary=b", "b"},
        {"not closed", "; boundary=\"b", "b"},
        {"a name that ends alike", "; xboundary=b", NULL},
        {"a name that begins alike", "; boundaryx=b", NULL},
        {"a value alone", "; b", NULL},
        {"no value", "; boundary=", NULL},
        {"empty", "; boundary=\"\"", NULL},
        {"no parameters", "", NULL},
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *b = rows[i].delimiter;
        snprintf(text, sizeof text, "Content-Type: multipart/mixed%s\n\n--%s\n\na\n--%s--\n",
                 rows[i].field, b ? b : "b", b ? b : "b");
        const char *body = strstr(text, "\n\n--") + 2;
        char want[512] = "[text/plain a]";
        if (b == NULL)
            snprintf(want, sizeof want, "[multipart/mixed %s]", body);
        expect(rows[i].label, text, strlen(text), want);
    }
}

static void test_delimiters(void **state)
{
    static const struct row rows[] = {
        {"two parts, and what is around them",
         MIXED "pre\n--b\n\none\n--b\nContent-Type: text/x\n\ntwo\n\n--b--\nbehind\n--b\n\nno\n",
         "[text/plain one][text/x two\n]", 0},
        {"CRLF, which is the delimiter's", MIXED "--b\r\n\r\na\r\n--b--\r\n", "[text/plain a]", 0},
        {"an empty part", MIXED "--b\n--b\n\n--b--\n", "[text/plain ][text/plain ]", 0},
        {"a header alone", MIXED "--b\nContent-Type: text/x\n--b--", "[text/x ]", 0},
        {"blanks behind", MIXED "--b \t \r\n\na\n--b-- \n", "[text/plain a]", 0},
        {"text behind is no delimiter", MIXED "--b\n\na\n--bb\n--b b\n--b-\n--b--b\n--b--",
         "[text/plain a\n--bb\n--b b\n--b-\n--b--b]", 0},
        {"not at the line's start", MIXED "--b\n\na\n --b\nx--b\n\r--b\n--b--",
         "[text/plain a\n --b\nx--b\n\r--b]", 0},
        {"a bare CR ends no line", MIXED "--b\n\na\r--b--\rb\n--b--", "[text/plain a\r--b--\rb]",
         0},
        {"no end: cut off", MIXED "--b\n\na\n", "[text/plain~ a\n]", 0},
        {"one whole, one cut off", MIXED "--b\n\na\n--b\n\nb", "[text/plain a][text/plain~ b]", 0},
        {"cut off in the delimiter", MIXED "--b\n\na\n--", "[text/plain~ a\n--]", 0},
        {"cut off in the closing one", MIXED "--b\n\na\n--b-", "[text/plain~ a\n--b-]", 0},
        {"cut off right behind the delimiter", MIXED "--b", "[text/plain~ ]", 0},
        {"closed at once", MIXED "--b--\n--b\n\na\n", "", 0},
        {"never begun", MIXED "hello\n", "", 0},
        {"no body", "Content-Type: multipart/mixed; boundary=b\n", "", 0},
        {"a NUL in the text", MIXED "--b\n\na\0\n--b--", "[text/plain a@]", 57},
        {"encoded, so no delimiter in it",
         MIXED "--b\nContent-Transfer-Encoding: quoted-printable\n\na\n=2D-b--\nc\n--b--",
         "[text/plain a\n--b--\nc]", 0},
    };
    (void)state;
    expect_rows(rows, sizeof rows / sizeof *rows);
}

#define INNER  "Content-Type: multipart/alternative; boundary=i\n\n"
#define REPORT "Content-Type: multipart/report; boundary=r\n\n"
#define MAIL   "Content-Type: message/rfc822\n\n"

static void test_nesting(void **state)
{
    static const struct row rows[] = {
        {"parts in a part",
         MIXED "--b\n" INNER "--i\n\none\n--i\n\ntwo\n--i--\n--b\n\nthree\n--b--",
         "[text/plain one][text/plain two][text/plain three]", 0},
        {"the outer delimiter cuts the inner part off",
         MIXED "--b\n" INNER "--i\n\none\n--b\n\ntwo\n--i--\n--b--",
         "[text/plain~ one][text/plain two\n--i--]", 0},
        {"both of one boundary: the outer one's",
         MIXED "--b\n" MIXED "--b\n\none\n--b--\n--b\n\ntwo\n--b--", "[text/plain one]", 0},
        {"a longer boundary inside",
         MIXED "--b\nContent-Type: multipart/x; boundary=bb\n\n--bb\n\none\n--bb--\n--b--",
         "[text/plain one]", 0},
        {"an attached message", MIXED "--b\n" MAIL "Subject: x\nContent-Type: text/x\n\none\n--b--",
         "[message/rfc822 Subject: x\nContent-Type: text/x\n\none][text/x one]", 0},
        {"an attached message, encoded",
         MIXED "--b\nContent-Transfer-Encoding: base64\n" MAIL
               "Q29udGVudC1UeXBlOiB0ZXh0L3gKCkhp\n--b--",
         "[message/rfc822 Content-Type: text/x\n\nHi][text/x Hi]", 0},
        {"what a report returns is not walked",
         REPORT "--r\n" MAIL "Content-Type: text/x\n\none\n--r--",
         "[message/rfc822#1 Content-Type: text/x\n\none]", 0},
        {"nor is it in an attached message",
         MIXED "--b\n" MAIL REPORT "--r\n" MAIL "Content-Type: text/x\n\none\n--r--\n--b--",
         "[message/rfc822 " REPORT "--r\n" MAIL "Content-Type: text/x\n\none\n--r--]"
         "[message/rfc822#1 Content-Type: text/x\n\none]",
         0},
        {"a report's direct parts alone are its own",
         REPORT "--r\n" INNER "--i\n\none\n--i--\n--r\n\ntwo\n--r--",
         "[text/plain one][text/plain#1 two]", 0},
        {"reports are numbered",
         MIXED "--b\n" REPORT "--r\n\none\n--r--\n--b\n" REPORT "--r\n\ntwo\n--r--\n--b--",
         "[text/plain#1 one][text/plain#2 two]", 0},
    };
    (void)state;
    expect_rows(rows, sizeof rows / sizeof *rows);
}

static void tell_header(void *arg, const struct mime_part *part)
{
    tell(arg, "[", 1);
    tell(arg, part->header, part->header_len);
    tell(arg, "]", 1);
}

/* Each part knows the header of the message that it is in, not of another part. */
static void test_headers(void **state)
{
    static const char text[] =
        "To: a\n" MIXED "--b\nX: y\n\none\n--b\n" MAIL "To: c\n\ntwo\n--b\n\nthree\n--b--";
    struct told told = {.len = 0};

    (void)state;
    assert_true(walk(text, sizeof text - 1, tell_header, &told));
    assert_string_equal(told.text,
                        "[To: a\n" MIXED "][To: a\n" MIXED "][To: c\n\n][To: a\n" MIXED "]");
}

/* --- bounds ------------------------------------------------------------------------------- */

struct text {
    char *octets;
    size_t len, room;
};

static void add(struct text *text, const char *octets)
{
    size_t len = strlen(octets);

    assert_true(text->len + len <= text->room);
    memcpy(text->octets + text->len, octets, len);
    text->len += len;
}

static struct text text_of(const char *start, size_t room)
{
    struct text text = {.octets = malloc(room), .room = room};

    assert_non_null(text.octets);
    add(&text, start);
    return text;
}

static void count_part(void *arg, const struct mime_part *part)
{
    (void)part;
    ++*(size_t *)arg;
}

/* Parts that come one after the other, and what is in them. */
static void test_number(void **state)
{
    static const struct {
        const char *label, *part;
        size_t times, want;
    } rows[] = {
        {"as many as are allowed", "\none\n", MIME_PARTS_MAX, MIME_PARTS_MAX},
        {"one more", "\none\n", MIME_PARTS_MAX + 1, MIME_PARTS_MAX},
        {"very many", "\n", 200000, MIME_PARTS_MAX},
        {"attached messages, two each", MAIL "\none\n", MIME_PARTS_MAX, MIME_PARTS_MAX},
        {"parts without parts", INNER "x\n", 20000, 0},
        {"one in each", INNER "--i\n\none\n--i--\n", 20000, MIME_PARTS_MAX},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text text = text_of(MIXED, 4 << 20);
        size_t count = 0;
        for (size_t n = 0; n < rows[i].times; n++) {
            add(&text, "--b\n");
            add(&text, rows[i].part);
        }
        add(&text, "--b--\n");
        print_message("%s\n", rows[i].label);
        assert_true(mime_walk(text.octets, text.len, count_part, &count));
        assert_int_equal(count, rows[i].want);
        free(text.octets);
    }
}

static void test_depth(void **state)
{
    (void)state;
    for (int depth = 0; depth < 2000; depth = depth < 20 ? depth + 1 : depth * 2) {
        struct text text = text_of("", 1 << 20);
        char part[128];
        size_t count = 0;
        for (int i = 0; i < depth; i++) {
            snprintf(part, sizeof part, "Content-Type: multipart/x; boundary=b%d\n\n--b%d\n", i, i);
            add(&text, part);
        }
        add(&text, "Content-Type: text/x\n\nhello\n");
        assert_true(mime_walk(text.octets, text.len, count_part, &count));
        assert_int_equal(count, depth <= MIME_DEPTH_MAX);

        text.len = 0;
        count = 0;
        for (int i = 0; i < depth; i++)
            add(&text, MAIL);
        add(&text, "Content-Type: text/x\n\nhello\n");
        assert_true(mime_walk(text.octets, text.len, count_part, &count));
        assert_int_equal(count, depth <= MIME_DEPTH_MAX ? depth + 1 : MIME_DEPTH_MAX + 1);
        free(text.octets);
    }
}

/* A header beyond all bounds is a text: of a part, and of a message. */
static void test_header_bomb(void **state)
{
    static const struct {
        const char *label, *line;
    } rows[] = {
        {"many fields", "Content-Type: multipart/x; boundary=c\n"},
        {"one field of many folds", " ; boundary=c\n"},
        {"one endless line", "; boundary=\"c\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text text = text_of(MIXED "--b\nContent-Type: text/x", 4 << 20);
        size_t count = 0, start = strlen(MIXED "--b\n");
        if (rows[i].line[0] != ';')
            add(&text, "\n");
        while (text.len < 3 << 20)
            add(&text, rows[i].line);
        add(&text, "\n\n--c\n\none\n--c--\n--b--\n");
        print_message("%s\n", rows[i].label);
        assert_true(mime_walk(text.octets, text.len, count_part, &count));
        assert_int_equal(count, 1);
        assert_false(mime_walk(text.octets + start, text.len - start, count_part, &count));
        assert_int_equal(count, 1);
        free(text.octets);
    }
}

/* Cut anywhere, a part is never called whole whose end was not there. */
static void test_cut(void **state)
{
    static const char text[] = MIXED "--b\nContent-Type: text/x\n\none\n--b--\n";
    const char *end = strstr(text, "\n--b--") + strlen("\n--b");

    (void)state;
    for (size_t len = strlen(MIXED "--b"); len < sizeof text - 1; len++) {
        struct told told = {.len = 0};
        assert_true(walk(text, len, tell_part, &told));
        bool cut = strchr(told.text, '~') != NULL;
        if (len < (size_t)(end - text) && !cut)
            fail_msg("whole at %zu: %s", len, told.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),   cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_nesting), cmocka_unit_test(test_delimiters),
        cmocka_unit_test(test_headers), cmocka_unit_test(test_number),
        cmocka_unit_test(test_depth),   cmocka_unit_test(test_header_bomb),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
