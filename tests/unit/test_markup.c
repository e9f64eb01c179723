/* test_markup.c - entities and tags, and what only looks like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tools/markup.h"

static void test_entities(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"&lt;a&gt;&amp;&quot;&apos;", "<a>&\"'"},
        {"&#47;&#x2f;&#X2F;", "///"},
        {"&#228;&#x20AC;&#128512;", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"&#1114111;", "\xf4\x8f\xbf\xbf"},
        {"&#1114112; &#0; &#; &#x; &#4a; &#-1;", "&#1114112; &#0; &#; &#x; &#4a; &#-1;"},
        {"&unknown; &LT; &; & &lt", "&unknown; &LT; &; & &lt"},
        {"&amp;lt;", "&lt;"},
        {"&#000000047;", "&#000000047;"},
        {"&#xD7FF;&#xE000;", "\xed\x9f\xbf\xee\x80\x80"},
        {"&#xD800; &#57343;", "&#xD800; &#57343;"}, /* halves of a character */
        {"&#x10FFFF; &#4294967343;", "\xf4\x8f\xbf\xbf &#4294967343;"},
        {"&&lt;;&", "&<;&"},
        {"&#\r\n47;", "&#\r\n47;"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[128];
        strcpy(text, rows[i].text);
        text[markup_entities(text, strlen(text))] = '\0';
        assert_string_equal(text, rows[i].want);
    }
}

static void test_tags(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"a<b>b</b>c", "abc"},
        {"a<br>b<BR/>c<p class=\"x\">d</p>", "a\nb\nc\nd\n"},
        {"on<wbr>ion", "onion"},
        {"<bravo>a</bravo>", "a"},
        {"a<!-- <b> > -->b", "ab"},
        {"a<!-- b", "a"},
        {"a<b", "a"},
        {"a > b", "a > b"},
        {"a<<b>>c", "a>c"},
        {"a<br\r\n/>b</BR>c<br/d>e", "a\nb\nc\ne"},
        {"a<", "a"},
        {"a<!-->b-->c<!--->d", "ac"},
        {"a<b title='>'>c", "a'>c"},
        {"<>", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[128];
        strcpy(text, rows[i].text);
        text[markup_tags(text, strlen(text))] = '\0';
        assert_string_equal(text, rows[i].want);
    }
}

/* A NUL is an octet like another. */
static void test_nul(void **state)
{
    static const struct {
        size_t (*markup)(char *, size_t);
        const char *text, *want;
        size_t len, want_len;
    } rows[] = {
        {markup_entities, "a\0&lt;", "a\0<", 6, 3},
        {markup_entities, "&l\0t;&#4\0;", "&l\0t;&#4\0;", 10, 10},
        {markup_tags, "a\0<b>c", "a\0c", 6, 3},
        {markup_tags, "a<\0>b<br\0>c", "ab\nc", 11, 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[32];
        memcpy(text, rows[i].text, rows[i].len);
        assert_int_equal(rows[i].markup(text, rows[i].len), rows[i].want_len);
        assert_memory_equal(text, rows[i].want, rows[i].want_len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_entities), cmocka_unit_test(test_tags),
                                       cmocka_unit_test(test_nul)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
