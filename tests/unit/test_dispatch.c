/* test_dispatch.c - who gets a message that a person or a program hands over, from whom, and what
 * is told of it. The courier is this file's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sysexits.h>
#include <unistd.h>

#include "tools/courier.h"
#include "tools/dispatch.h"
#include "tools/rcptlist.h"

#define ONION "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
#define PIN   "03d66dd08835c1ca3f12"
#define MAIL                                                                                       \
    "From: Ann.X@x.org\nTo: Bob <BoB@y.test>,\n \"C d\"@y.test\nBcc: Eve@y.test\nDate: now\n"      \
    "Message-ID: <1@x>\n\nhello\n"

struct courier {
    int unused;
};

static struct {
    struct courier courier;
    struct sender conf;
    const struct options *options; /* those it was opened with */
    const char *failing;           /* to whom nothing gets through */
    unsigned count;                /* of messages */
    char rcpts[512];               /* "MAILBOX PIN/..." in order */
    char from[600];
    char wire[4096];
} fake;

struct courier *xcourier_open(const struct options *options)
{
    fake.options = options;
    return &fake.courier;
}

const struct sender *courier_conf(const struct courier *courier)
{
    assert_ptr_equal(courier, &fake.courier);
    return &fake.conf;
}

bool courier_sender_valid(const char *from, const char **why_r)
{
    (void)why_r;
    return strlen(from) < sizeof fake.from;
}

void courier_deliver(struct courier *courier, const struct courier_job *job,
                     struct courier_report *report_r)
{
    size_t at = strlen(fake.rcpts);
    bool fails = fake.failing != NULL && strcmp(job->address->mailbox, fake.failing) == 0;

    assert_ptr_equal(courier, &fake.courier);
    fake.count++;
    snprintf(fake.rcpts + at, sizeof fake.rcpts - at, "%s%s%s", at > 0 ? "/" : "",
             job->address->mailbox, job->address->pin.len > 0 ? " pinned" : "");
    snprintf(fake.from, sizeof fake.from, "%s", job->from);
    xspool_rewind(&job->letter->wire);
    fake.wire[xspool_next(&job->letter->wire, fake.wire, sizeof fake.wire - 1)] = '\0';
    *report_r = fails ? (struct courier_report){EX_TEMPFAIL, "4.4.1", .text = "not \"now\""}
                      : (struct courier_report){EX_OK, "2.0.0", .text = "taken", .minted = 1};
}

void courier_free(struct courier *courier)
{
    assert_ptr_equal(courier, &fake.courier);
}

static int run(const struct dispatch *dispatch, const char *mail)
{
    FILE *before = stdin, *errors = stderr;
    const char *failing = fake.failing;

    memset(&fake, 0, sizeof fake);
    fake.conf.helo = (char *)(uintptr_t) "own.test";
    fake.failing = failing;
    stdin = fmemopen((char *)(uintptr_t)mail, strlen(mail), "r");
    stderr = fopen("/dev/null", "w");
    assert_non_null(stdin);
    assert_non_null(stderr);
    int status = xdispatch(dispatch);
    fclose(stdin);
    fclose(stderr);
    stdin = before;
    stderr = errors;
    return status;
}

static struct options options = {.progress = OPTIONS_PROGRESS_NEVER, .quiet = true};

static void test_recipients(void **state)
{
    static const struct {
        const char *label, *rcpts[4], *want;
        bool from_headers;
    } rows[] = {
        {"as spelled", {"Bob.McX@Y.Test", "<\"C d\"@y.test>"}, "Bob.McX@y.test/\"C d\"@y.test", 0},
        {"those of the header", {NULL}, "BoB@y.test/\"C d\"@y.test/Eve@y.test", true},
        {"both, and once",
         {"BOB@y.test", "Fay@y.test"},
         "BOB@y.test/Fay@y.test/\"C d\"@y.test/Eve@y.test",
         true},
        {"twice is once", {"bob@y.test", "Bob@Y.test", "\"bob\"@y.test"}, "bob@y.test", false},
        {"an onion", {"Bob@" ONION}, "Bob@" ONION, false},
        {"a pin is not told", {"Bob@" PIN "." ONION}, "Bob@" ONION " pinned", false},
        {"the first of them is meant",
         {"Bob@" PIN "." ONION, "bob@" ONION},
         "Bob@" ONION " pinned",
         false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dispatch dispatch = {
            .options = &options, .rcpts = rows[i].rcpts, .from_headers = rows[i].from_headers};
        print_message("%s\n", rows[i].label);
        while (dispatch.rcpt_count < 4 && rows[i].rcpts[dispatch.rcpt_count] != NULL)
            dispatch.rcpt_count++;
        assert_int_equal(run(&dispatch, MAIL), EX_OK);
        assert_string_equal(fake.rcpts, rows[i].want);
        assert_ptr_equal(fake.options, &options);
        assert_null(strstr(fake.wire, "Bcc"));
        assert_non_null(strstr(fake.wire, "BoB@y.test"));
    }
}

/* Each pays for itself: more may be named than one message could carry stamps for. */
static void test_many(void **state)
{
    const struct dispatch dispatch = {.options = &options, .from_headers = true};
    static char mail[RCPTLIST_EACH_MAX * sizeof "u0000@x.org,\n "];
    size_t len = (size_t)snprintf(mail, sizeof mail, "From: a@x.org\nTo: u@x.org");

    (void)state;
    for (int i = 1; i < RCPTLIST_EACH_MAX; i++)
        len += (size_t)snprintf(mail + len, sizeof mail - len, ",\n u%d@x.org", i);
    snprintf(mail + len, sizeof mail - len, "\n\n");
    assert_int_equal(run(&dispatch, mail), EX_OK);
    assert_int_equal(fake.count, RCPTLIST_EACH_MAX);
}

static void test_sender(void **state)
{
    static const char *const rcpts[] = {"bob@y.test"};
    static const struct {
        const char *label, *given, *mail, *want, *field; /* NULL: no From is added */
    } rows[] = {
        {"From", NULL, MAIL, "Ann.X@x.org", NULL},
        {"given", "Cy@Z.test", MAIL, "Cy@z.test", NULL},
        {"in brackets", "<Cy@z.test>", MAIL, "Cy@z.test", NULL},
        {"in quotes", "\"C y\"@z.test", MAIL, "\"C y\"@z.test", NULL},
        {"null", "", MAIL, "", NULL},
        {"a local user", "www-data", MAIL, "www-data@own.test", NULL},
        {"postmaster", "Postmaster", MAIL, "Postmaster@own.test", NULL},
        {"a local user, no From", "root", "Subject: x\n\n", "root@own.test",
         "From: \"Cron\" <root@own.test>\r\n"},
        {"given, no From", "\"C y\"@z.test", "Subject: x\n\n", "\"C y\"@z.test",
         "From: \"Cron\" <\"C y\"@z.test>\r\n"},
        {"null, no From", "", "Sender: Dan@z.test\n\n", "", "From: \"Cron\" <Dan@z.test>\r\n"},
        {"international", "Cy@b\303\274cher.example", MAIL, "Cy@xn--bcher-kva.example", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct dispatch dispatch = {.options = &options,
                                          .sender = rows[i].given,
                                          .name = "Cron",
                                          .rcpts = rcpts,
                                          .rcpt_count = 1};
        print_message("%s\n", rows[i].label);
        assert_int_equal(run(&dispatch, rows[i].mail), EX_OK);
        assert_string_equal(fake.from, rows[i].want);
        if (rows[i].field != NULL)
            assert_int_equal(strncmp(fake.wire, rows[i].field, strlen(rows[i].field)), 0);
        else
            assert_null(strstr(fake.wire, "Cron"));
    }
}

/* The rest is tried whoever fails, and the first failure is the run's. */
static void test_told(void **state)
{
    static const char *const rcpts[] = {"Ann@y.test", "Bob@y.test", "\"C d\"@y.test"};
    struct options json = {.progress = OPTIONS_PROGRESS_NEVER, .json = true};
    const struct dispatch dispatch = {.options = &json, .rcpts = rcpts, .rcpt_count = 3};
    FILE *before = stdout;
    char *text = NULL;
    size_t len;

    (void)state;
    fake.failing = "Bob@y.test";
    stdout = open_memstream(&text, &len);
    assert_non_null(stdout);
    int status = run(&dispatch, MAIL);
    fclose(stdout);
    stdout = before;
    fake.failing = NULL;
    assert_int_equal(status, EX_TEMPFAIL);
    assert_string_equal(fake.rcpts, "Ann@y.test/Bob@y.test/\"C d\"@y.test");
    assert_non_null(strstr(text, "{\"schema\":1,\"recipient\":\"Ann@y.test\",\"status\":0,"));
    assert_non_null(strstr(text, "}\n{\"schema\":1,\"recipient\":\"Bob@y.test\",\"status\":75,"));
    assert_non_null(strstr(text, "\"minted\":0,\"text\":\"not \\\"now\\\"\"}\n"));
    assert_non_null(
        strstr(text, "}\n{\"schema\":1,\"recipient\":\"\\\"C d\\\"@y.test\",\"status\":0,"));
    assert_non_null(strstr(text, "\"minted\":1,\"text\":\"taken\"}\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recipients),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_sender),
        cmocka_unit_test(test_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
