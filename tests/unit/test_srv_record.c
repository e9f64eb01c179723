/* test_srv_record.c - SRV records: octets that are one and octets that are none, and their order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/srv_record.h"

#define RECORD(bytes)                                                                              \
    {                                                                                              \
        (const uint8_t *)bytes, sizeof bytes - 1                                                   \
    }

static void test_good(void **state)
{
    static const struct {
        const uint8_t *data;
        size_t len;
    } rows[] = {RECORD("\0\1\0\2\0\31\3abc\5onion"
                       "\0"),
                RECORD("\377\377\0\0\377\377\0"), RECORD("\0\0\0\0\0\31\1A\0")};
    struct srv_record record;
    (void)state;
    assert_true(srv_record_parse(rows[0].data, rows[0].len, &record));
    assert_int_equal(record.priority, 1);
    assert_int_equal(record.weight, 2);
    assert_int_equal(record.port, 25);
    assert_string_equal(record.target, "abc.onion");
    assert_true(srv_record_parse(rows[1].data, rows[1].len, &record));
    assert_int_equal(record.priority, 65535);
    assert_string_equal(record.target, "");
    assert_true(srv_record_parse(rows[2].data, rows[2].len, &record));
    assert_string_equal(record.target, "A");
}

static void test_bad(void **state)
{
    static const struct {
        const char *label;
        const uint8_t *data;
        size_t len;
    } rows[] = {
        {"empty", (const uint8_t *)"", 0},
        {"no name", (const uint8_t *)"\0\0\0\0\0\31", 6},
        {"no end", (const uint8_t *)"\0\0\0\0\0\31\3abc", 10},
        {"label beyond the end", (const uint8_t *)"\0\0\0\0\0\31\4abc", 10},
        {"text behind the end", (const uint8_t *)"\0\0\0\0\0\31\1a\0\0", 10},
        {"pointer", (const uint8_t *)"\0\0\0\0\0\31\300\0", 8},
        {"blank", (const uint8_t *)"\0\0\0\0\0\31\3a c\0", 11},
        {"dot in a label", (const uint8_t *)"\0\0\0\0\0\31\3a.c\0", 11},
        {"NUL in a label", (const uint8_t *)"\0\0\0\0\0\31\3a\0c\0", 11},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct srv_record record = {.port = 7};
        if (srv_record_parse(rows[i].data, rows[i].len, &record))
            fail_msg("%s: is taken", rows[i].label);
        assert_int_equal(record.port, 7);
    }
}

/* A name of 253 characters fits; one more label does not. */
static void test_long(void **state)
{
    uint8_t data[6 + 6 * 64] = {0};
    struct srv_record record;
    (void)state;
    memset(data, 'a', sizeof data);
    for (size_t label = 0; label < 4; label++)
        data[6 + 64 * label] = 63;
    data[6 + 256] = 0;
    assert_true(srv_record_parse(data, 6 + 257, &record)); /* longer than DNS allows, but fits */
    assert_int_equal(strlen(record.target), 255);
    data[6 + 256] = 1;
    data[6 + 258] = 0;
    assert_false(srv_record_parse(data, 6 + 259, &record));
}

static uint32_t draw_fixed(void *arg, uint32_t most)
{
    uint32_t wanted = *(uint32_t *)arg;
    return wanted < most ? wanted : most;
}

static void test_order(void **state)
{
    static const struct {
        const char *label;
        uint32_t drawn;
        const char *want;
    } rows[] = {
        /* a: priority 1; of priority 0: z has weight 0, p 10, q 30 */
        {"the lowest number draws what has no weight", 0, "zpqa"},
        {"10 is still within p, then q within the rest", 10, "pqza"},
        {"11 is of q", 11, "qpza"},
        {"the highest", UINT32_MAX, "qpza"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct srv_record records[] = {
            {1, 99, 25, "a"}, {0, 30, 25, "q"}, {0, 0, 25, "z"}, {0, 10, 25, "p"}};
        uint32_t drawn = rows[i].drawn;
        char got[5] = "";
        srv_record_order(records, 4, draw_fixed, &drawn);
        for (size_t j = 0; j < 4; j++)
            strcat(got, records[j].target);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s: %s", rows[i].label, got);
    }
    srv_record_order(NULL, 0, draw_fixed, NULL);
}

/* Over all numbers that can be drawn, each of a pair is first as often as its weight says. */
static void test_weights(void **state)
{
    unsigned first[2] = {0};
    (void)state;
    for (uint32_t drawn = 0; drawn <= 40; drawn++) {
        struct srv_record records[] = {{0, 10, 25, "p"}, {0, 30, 25, "q"}};
        srv_record_order(records, 2, draw_fixed, &drawn);
        first[records[0].target[0] == 'q']++;
    }
    assert_int_equal(first[0], 11); /* 0 to 10: RFC 2782 counts from 0 */
    assert_int_equal(first[1], 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),  cmocka_unit_test(test_bad),     cmocka_unit_test(test_long),
        cmocka_unit_test(test_order), cmocka_unit_test(test_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
