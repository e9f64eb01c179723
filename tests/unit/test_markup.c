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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_entities),
                                       cmocka_unit_test(test_tags)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
