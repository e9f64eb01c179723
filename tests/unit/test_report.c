/* test_report.c - the log line of a message, whole and in fixed order. */
#include "fixture.h"
#include "milter/report.h"

static void test_format(void **state)
{
    static const uint8_t stamp[OP_ID_LEN] = {0, 1, 2, 3, 4, 5, 6, 255};
    static const struct {
        struct report report;
        const char *want;
    } rows[] = {
        {{.queue_id = "4XyZ",
          .listener = "onion",
          .mode = CONF_ENFORCE,
          .outcome = OUTCOME_PASS,
          .recipients = 1,
          .suite = "argon2id-16m",
          .work = 16384,
          .price = 16384,
          .ms = 31},
         "4XyZ: verdict=pass listener=onion rcpts=1 suite=argon2id-16m work=16384 price=16384 "
         "reason=- ms=31"},
        {{.listener = "onion",
          .mode = CONF_ENFORCE,
          .outcome = OUTCOME_UNPAID,
          .verdict = OP_VERDICT_EXPIRED,
          .recipients = 2,
          .price = 16384},
         "NOQUEUE: verdict=fail listener=onion rcpts=2 suite=- work=0 price=16384 reason=expired "
         "ms=0"},
        {{.queue_id = "A",
          .listener = "l",
          .mode = CONF_MONITOR,
          .outcome = OUTCOME_UNPAID,
          .verdict = OP_VERDICT_MISSING,
          .recipients = 1},
         "A: verdict=would-fail listener=l rcpts=1 suite=- work=0 price=0 reason=missing ms=0"},
        {{.queue_id = "A", .listener = "l", .mode = CONF_ENFORCE, .outcome = OUTCOME_LEDGER},
         "A: verdict=tempfail listener=l rcpts=0 suite=- work=0 price=0 reason=ledger ms=0"},
        {{.queue_id = "A", .listener = "l", .mode = CONF_MONITOR, .outcome = OUTCOME_SATURATED},
         "A: verdict=would-tempfail listener=l rcpts=0 suite=- work=0 price=0 reason=saturated "
         "ms=0"},
        {{.queue_id = "A", .listener = "l", .mode = CONF_MONITOR, .outcome = OUTCOME_RELAY},
         "A: verdict=fail listener=l rcpts=0 suite=- work=0 price=0 reason=relay ms=0"},
        {{.queue_id = "A", .listener = "l", .mode = CONF_ENFORCE, .outcome = OUTCOME_EXEMPT},
         "A: verdict=pass listener=l rcpts=0 suite=- work=0 price=0 reason=exempt ms=0"},
        {{.queue_id = "A",
          .listener = "l",
          .outcome = OUTCOME_EXEMPT,
          .recipients = 1,
          .client = "127.0.0.1",
          .recipient = "bob@x.onion"},
         "A: verdict=pass listener=l rcpts=1 suite=- work=0 price=0 reason=exempt ms=0 "
         "client=127.0.0.1 rcpt=<bob@x.onion>"},
        {{.queue_id = "A",
          .listener = "l",
          .outcome = OUTCOME_EXEMPT,
          .recipients = 3,
          .client = "::1",
          .recipient = "bob@x.onion",
          .stamp = stamp},
         "A: verdict=pass listener=l rcpts=3 suite=- work=0 price=0 reason=exempt ms=0 client=::1 "
         "rcpt=<bob@x.onion>+2 stamp=00010203040506ff"},
        {{.queue_id = "A", .listener = "l", .outcome = OUTCOME_EXEMPT, .recipient = "bob@x.onion"},
         "A: verdict=pass listener=l rcpts=0 suite=- work=0 price=0 reason=exempt ms=0"},
        {{.queue_id = "A",
          .listener = "l",
          .mode = CONF_MINT,
          .outcome = OUTCOME_MINTED,
          .recipients = 2,
          .suite = "sha256",
          .work = 64,
          .price = 64},
         "A: verdict=pass listener=l rcpts=2 suite=sha256 work=64 price=64 reason=minted ms=0"},
        {{.queue_id = "A",
          .listener = "l",
          .mode = CONF_MINT,
          .outcome = OUTCOME_UNSTAMPED,
          .recipients = 3,
          .lack = OUTCOME_LATE,
          .missing = 2,
          .dear = "far.onion"},
         "A: verdict=pass listener=l rcpts=3 suite=- work=0 price=0 reason=unstamped ms=0 "
         "lack=late missing=2"},
        {{.queue_id = "A",
          .listener = "l",
          .mode = CONF_MINT,
          .outcome = OUTCOME_LATE,
          .recipients = 3,
          .client = "::1",
          .dear = "far.onion"},
         "A: verdict=tempfail listener=l rcpts=3 suite=- work=0 price=0 reason=late ms=0 "
         "client=::1 dear=far.onion"},
        {{.queue_id = "A", .listener = "l", .mode = CONF_MINT, .outcome = OUTCOME_NO_MINTER},
         "A: verdict=tempfail listener=l rcpts=0 suite=- work=0 price=0 reason=no-minter ms=0"},
        {{.queue_id = "A: verdict=pass\r\nB", .listener = "my onion=1", .outcome = OUTCOME_RELAY},
         "A:_verdict_pass__B: verdict=fail listener=my_onion_1 rcpts=0 suite=- work=0 price=0 "
         "reason=relay ms=0"},
    };
    char line[REPORT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        report_format(&rows[i].report, line);
        assert_string_equal(line, rows[i].want);
    }
}

static void test_longest(void **state)
{
    char name[1000], line[REPORT_MAX];
    struct report report = {.queue_id = name,
                            .listener = name,
                            .mode = CONF_MONITOR,
                            .outcome = OUTCOME_CROWD,
                            .recipients = 200,
                            .suite = "123456789012345678901234",
                            .work = UINT64_MAX,
                            .price = UINT64_MAX,
                            .ms = UINT64_MAX};

    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    report_format(&report, line);
    assert_non_null(strstr(line, " ms=18446744073709551615"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_longest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
