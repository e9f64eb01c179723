/*
 * test_simulate_script.c - scenarios: what they mean, what is refused and in which words; and
 * recorded arrivals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "milter/simulate_record.h"
#include "milter/simulate_script.h"

#define RUN "run span=2d row=6h\n"

static enum simulate_script_result read_text(const char *text, struct simulate_script **script_r,
                                             char why_r[SIMULATE_WHY_MAX])
{
    FILE *stream = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    enum simulate_script_result result;

    assert_non_null(stream);
    why_r[0] = '\0';
    result = simulate_script_read("s.txt", stream, script_r, why_r);
    fclose(stream);
    return result;
}

static struct simulate_script *must_read(const char *text)
{
    struct simulate_script *script = NULL;
    char why[SIMULATE_WHY_MAX];

    if (read_text(text, &script, why) != SIMULATE_SCRIPT_OK)
        fail_msg("%s\n  refused: %s", text, why);
    return script;
}

static void test_defaults(void **state)
{
    struct simulate_script *script = must_read("run span=3d");
    (void)state;
    assert_int_equal(script->span_s, 3 * 86400);
    assert_int_equal(script->row_s, 12 * 3600);
    assert_int_equal(script->start, 20260101);
    assert_true(script->seed == 0);
    assert_int_equal(script->source_count, 0);
    simulate_script_free(script);
}

static void test_every_key(void **state)
{
    struct simulate_script *script =
        must_read("# a comment\n\n"
                  "run span=90m row=30m seed=7 start=20270203 # another\n"
                  "honest mails=240/d cores=2 speed=0.5 patience=20m swing=1 from=1h until=80m\n"
                  "botnet hosts=1000 cores=8 speed=2 mails=1.5T from=1h until=2h ahead=30m rush=5m "
                  "quotes=yes on=10m off=20m\n"
                  "gpu cards=3\r\n"
                  "\tbuyer mails=60/h quotes=no\n"
                  "junk mails=1T\n"
                  "clock at=1h jump=-30d");
    const struct simulate_source *source = script->source;
    (void)state;
    assert_int_equal(script->start, 20270203);
    assert_true(script->seed == 7);
    assert_int_equal(script->source_count, 6);
    assert_int_equal(source[0].kind, SIMULATE_HONEST);
    assert_true(source[0].mails == 10 && !source[0].of_target && source[0].cores == 2);
    assert_true(source[0].speed == 0.5 && source[0].swing == 1);
    assert_int_equal(source[0].patience_s, 1200);
    assert_int_equal(source[0].from_s, 3600);
    assert_int_equal(source[0].until_s, 4800);
    assert_int_equal(source[1].kind, SIMULATE_BOTNET);
    assert_true(source[1].machines == 1000 && source[1].cores == 8 && source[1].speed == 2);
    assert_true(source[1].mails == 1.5 && source[1].of_target && source[1].quotes);
    assert_int_equal(source[1].ahead_s, 1800);
    assert_int_equal(source[1].rush_s, 300);
    assert_int_equal(source[1].on_s, 600);
    assert_int_equal(source[1].off_s, 1200);
    assert_int_equal(source[2].kind, SIMULATE_GPU);
    assert_true(source[2].machines == 3 && source[2].mails == 0);
    assert_int_equal(source[3].kind, SIMULATE_BUYER);
    assert_true(source[3].mails == 60 && !source[3].quotes);
    assert_int_equal(source[4].kind, SIMULATE_JUNK);
    assert_int_equal(source[5].kind, SIMULATE_CLOCK);
    assert_int_equal(source[5].from_s, 3600);
    assert_int_equal(source[5].jump_s, -30 * 86400);
    simulate_script_free(script);
}

static const struct {
    const char *text;
    const char *says[3];
} bad[] = {
    {"honest mails=1/h\n", {"s.txt:1: run: got \"nothing\"", "run span=14d"}},
    {"# nothing\n", {"run: got \"nothing\""}},
    {RUN RUN, {"s.txt:2: kind: got \"run\"", "one line"}},
    {"run row=1h", {"s.txt:1: span: got \"nothing\"", "up to 1000d"}},
    {"run span=1001d", {"span: got \"1001d\""}},
    {"run span=90s", {"span: got \"90s\"", "whole minutes"}},
    {"run span=0", {"span: got \"0\""}},
    {"run span=1000d row=1m", {"row: got", "10000 rows"}},
    {"run span=1d start=20261301", {"start: got \"20261301\"", "20261122"}},
    {"run span=1d start=99991231", {"start: got"}},
    {"run span=1d seed=1.5", {"seed: got \"1.5\"", "whole number"}},
    {"run span=1d seed=-1", {"seed: got \"-1\""}},
    {"run span=1d span=1d", {"span: got \"1d\"", "one value"}},
    {RUN "honset mails=1/h", {"s.txt:2: kind: got \"honset\"", "honest, replay, botnet"}},
    {RUN "honest", {"s.txt:2: mails: got \"nothing\"", "200/d"}},
    {RUN "honest mails", {"honest: got \"mails\"", "mails=, cores="}},
    {RUN "honest mails=1/h hosts=2", {"honest: got \"hosts\"", "patience="}},
    {RUN "honest mails=1", {"mails: got \"1\"", "1.5T"}},
    {RUN "honest mails=0/h", {"mails: got \"0/h\""}},
    {RUN "honest mails=/h", {"mails: got \"/h\""}},
    {RUN "honest mails=-1/h", {"mails: got \"-1/h\""}},
    {RUN "honest mails=nan/h", {"mails: got \"nan/h\""}},
    {RUN "honest mails=1.2.3/h", {"mails: got \"1.2.3/h\""}},
    {RUN "honest mails=1000000001/h", {"mails: got \"1000000001/h\""}},
    {RUN "honest mails=1/h swing=1.1", {"swing: got \"1.1\""}},
    {RUN "honest mails=1/h speed=0", {"speed: got \"0\""}},
    {RUN "honest mails=1/h speed=0x1", {"speed: got \"0x1\""}},
    {RUN "honest mails=1/h patience=2d", {"patience: got \"2d\""}},
    {RUN "honest mails=1/h from=2h until=2h", {"from: got \"2h\"", "before until"}},
    {RUN "botnet hosts=0", {"hosts: got \"0\""}},
    {RUN "botnet hosts=1.5", {"hosts: got \"1.5\""}},
    {RUN "botnet hosts=1 quotes=maybe", {"quotes: got \"maybe\"", "yes or no"}},
    {RUN "botnet hosts=1 from=1h ahead=2h", {"from: got \"1h\"", "less ahead"}},
    {RUN "botnet hosts=1 on=1h", {"on: got \"1h\"", "together"}},
    {RUN "botnet hosts=1 rush=2h", {"rush: got \"2h\""}},
    {RUN "buyer from=1h", {"mails: got \"nothing\""}},
    {RUN "clock at=1h", {"jump: got \"nothing\""}},
    {RUN "clock at=1h jump=3h", {"jump: got \"3h\"", "with its sign"}},
    {RUN "replay file=", {"file: got \"\""}},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct simulate_script *script = NULL;
        char why[SIMULATE_WHY_MAX];
        if (read_text(bad[i].text, &script, why) != SIMULATE_SCRIPT_BAD)
            fail_msg("accepted: %s", bad[i].text);
        for (size_t p = 0; p < 3 && bad[i].says[p] != NULL; p++)
            if (strstr(why, bad[i].says[p]) == NULL)
                fail_msg("%s\n  says: %s\n  lacks: %s", bad[i].text, why, bad[i].says[p]);
    }
}

static void test_bounds(void **state)
{
    struct simulate_script *script = NULL;
    char why[SIMULATE_WHY_MAX], *text = malloc(1 << 16);
    size_t len = 0;
    (void)state;
    assert_non_null(text);
    len = (size_t)sprintf(text, RUN);
    for (int i = 0; i < SIMULATE_SOURCES_MAX; i++)
        len += (size_t)sprintf(text + len, "gpu cards=1\n");
    simulate_script_free(must_read(text));
    sprintf(text + len, "gpu cards=1\n");
    assert_int_equal(read_text(text, &script, why), SIMULATE_SCRIPT_BAD);
    assert_non_null(strstr(why, "s.txt:66: "));

    len = (size_t)sprintf(text, RUN "#");
    memset(text + len, 'x', 4000);
    strcpy(text + len + 4000, "\n");
    assert_int_equal(read_text(text, &script, why), SIMULATE_SCRIPT_BAD);
    assert_non_null(strstr(why, "s.txt:2: line"));

    memset(text, '\n', 1001);
    strcpy(text + 1001, RUN);
    assert_int_equal(read_text(text, &script, why), SIMULATE_SCRIPT_BAD);
    assert_non_null(strstr(why, "1000 lines"));
    free(text);
}

/* A file of this content; the caller unlinks it. */
static void put(char path[32], const char *text)
{
    strcpy(path, "/tmp/onionpow-record-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void test_recorded(void **state)
{
    struct simulate_record record;
    char path[32], why[SIMULATE_WHY_MAX];
    bool missing;
    (void)state;
    put(path, "# times\n1000\n1000\n1059 5\n\n1060 2\n1120 0\n1300 9\n");
    assert_true(simulate_record_read(path, 4, &record, &missing, why, sizeof why));
    assert_int_equal(record.minutes, 4);
    assert_int_equal(record.mails[0], 7);
    assert_int_equal(record.mails[1], 2);
    assert_int_equal(record.mails[2], 0);
    assert_int_equal(record.mails[3], 0); /* 1300 is in the sixth minute */
    simulate_record_clear(&record);
    unlink(path);
    assert_false(simulate_record_read(path, 4, &record, &missing, why, sizeof why));
    assert_true(missing);
}

static void test_recorded_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "# none\n",
        "x\n",
        "-5\n",
        "10 x\n",
        "10 1000001\n",
        "10 1 1\n",
        "20\n10\n",
        "1.5\n",
        "10 999999\n11 2\n",
        "99999999999999999999\n",
    };
    struct simulate_record record;
    char path[32], why[SIMULATE_WHY_MAX];
    bool missing;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        put(path, texts[i]);
        if (simulate_record_read(path, 10, &record, &missing, why, sizeof why))
            fail_msg("accepted: %s", texts[i]);
        assert_false(missing);
        assert_non_null(strstr(why, path));
        assert_non_null(strstr(why, "allowed: "));
        unlink(path);
    }
}

static void test_replay(void **state)
{
    struct simulate_script *script = NULL;
    char path[32], text[128], why[SIMULATE_WHY_MAX];
    (void)state;
    put(path, "5\n65 3\n");
    snprintf(text, sizeof text, RUN "replay file=%s", path);
    script = must_read(text);
    assert_int_equal(script->source[0].record.minutes, 2 * 1440);
    assert_int_equal(script->source[0].record.mails[1], 3);
    simulate_script_free(script);
    unlink(path);
    assert_int_equal(read_text(text, &script, why), SIMULATE_SCRIPT_MISSING);
    assert_non_null(strstr(why, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_refused),  cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_recorded), cmocka_unit_test(test_recorded_refused),
        cmocka_unit_test(test_replay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
