/* test_match.c - every cheap verdict, at the very second and the very effort where it changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pow/date.h"
#include "pow/match.h"
#include "tests/unit/make_stamp.h"

#define DATE     20261122
#define MIDNIGHT INT64_C(1795305600) /* 2026-11-22 00:00:00 UTC */
#define VALIDITY 604800
#define SKEW     43200

static struct op_terms terms_at(int64_t now)
{
    struct op_terms terms = {.now = now, .validity_s = VALIDITY, .skew_s = SKEW};
    for (size_t i = 0; i < op_suite_count(); i++)
        terms.effort[i] = 2;
    return terms;
}

static void dates(void **state)
{
    (void)state;
    static const struct {
        const char *label;
        int64_t now;
        enum op_verdict want;
    } rows[] = {
        {"first second of its day", MIDNIGHT, OP_VERDICT_PASS},
        {"last second of its day", MIDNIGHT + 86399, OP_VERDICT_PASS},
        {"last second of its validity", MIDNIGHT + 86400 + VALIDITY - 1, OP_VERDICT_PASS},
        {"one second later", MIDNIGHT + 86400 + VALIDITY, OP_VERDICT_EXPIRED},
        {"long after", MIDNIGHT + 10 * INT64_C(31536000), OP_VERDICT_EXPIRED},
        {"earliest second of the skew", MIDNIGHT - SKEW, OP_VERDICT_PASS},
        {"one second before", MIDNIGHT - SKEW - 1, OP_VERDICT_FUTURE},
        {"at the beginning of time", 0, OP_VERDICT_FUTURE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct op_terms terms = terms_at(rows[i].now);
        if (op_match_date(DATE, &terms) != rows[i].want)
            fail_msg("%s", rows[i].label);
    }
    assert_true(op_date_to_time(DATE) == MIDNIGHT);
}

static void no_grace_at_all(void **state)
{
    (void)state;
    struct op_terms terms = {.now = MIDNIGHT};
    assert_int_equal(op_match_date(DATE, &terms), OP_VERDICT_PASS);
    terms.now = MIDNIGHT - 1;
    assert_int_equal(op_match_date(DATE, &terms), OP_VERDICT_FUTURE);
    terms.now = MIDNIGHT + 86399;
    assert_int_equal(op_match_date(DATE, &terms), OP_VERDICT_PASS);
    terms.now = MIDNIGHT + 86400;
    assert_int_equal(op_match_date(DATE, &terms), OP_VERDICT_EXPIRED);
}

static void expiry_is_the_last_good_second(void **state)
{
    (void)state;
    static const uint32_t dates[] = {19700101, 20240229, DATE, 99991231};
    static const uint32_t validity[] = {0, 1, VALIDITY, UINT32_MAX};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++) {
            struct op_terms terms = {.validity_s = validity[j]};
            terms.now = op_match_expiry(dates[i], &terms);
            assert_int_equal(op_match_date(dates[i], &terms), OP_VERDICT_PASS);
            terms.now++;
            assert_int_equal(op_match_date(dates[i], &terms), OP_VERDICT_EXPIRED);
        }
}

static enum op_verdict match(const struct op_stamp *stamp, const char *address,
                             const struct op_terms *terms, bool *id_written_r)
{
    struct op_recipient recipient = make_recipient(address);
    uint8_t id[OP_ID_LEN], before[OP_ID_LEN], want[OP_ID_LEN];
    memset(id, 0x5a, sizeof id);
    memcpy(before, id, sizeof id);
    enum op_verdict verdict = op_match(stamp, &recipient, terms, id);
    op_stamp_id(stamp, want);
    *id_written_r = memcmp(id, before, sizeof id) != 0;
    if (*id_written_r)
        assert_memory_equal(id, want, sizeof id);
    return verdict;
}

/* A stamp with a single fault gets its verdict; the one without any passes. */
static void each_verdict(void **state)
{
    (void)state;
    static const struct {
        const char *label, *address;
        uint64_t least;
        int64_t now;
        bool broken_seal;
        enum op_verdict want;
    } rows[] = {
        {"no fault", "bob@example.com", 2, MIDNIGHT, false, OP_VERDICT_PASS},
        {"another spelling of him", "\"BOB\"@EXAMPLE.com", 2, MIDNIGHT, false, OP_VERDICT_PASS},
        {"the effort exactly", "bob@example.com", 4, MIDNIGHT, false, OP_VERDICT_PASS},
        {"one more asked for", "bob@example.com", 5, MIDNIGHT, false, OP_VERDICT_WEAK},
        {"the most asked for", "bob@example.com", UINT64_MAX, MIDNIGHT, false, OP_VERDICT_WEAK},
        {"suite not accepted", "bob@example.com", 0, MIDNIGHT, false, OP_VERDICT_SUITE},
        {"somebody else", "bob@example.org", 2, MIDNIGHT, false, OP_VERDICT_RECIPIENT},
        {"too old", "bob@example.com", 2, MIDNIGHT + 691200, false, OP_VERDICT_EXPIRED},
        {"too new", "bob@example.com", 2, MIDNIGHT - SKEW - 1, false, OP_VERDICT_FUTURE},
        {"bad seal", "bob@example.com", 2, MIDNIGHT, true, OP_VERDICT_SEAL},
    };
    struct op_stamp good = make_sealed("argon2id-16m", 4, DATE, "bob@example.com");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct op_stamp stamp = good;
        struct op_terms terms = terms_at(rows[i].now);
        bool written;
        terms.effort[op_suite_index(stamp.suite)] = rows[i].least;
        stamp.seal[3] ^= rows[i].broken_seal;
        enum op_verdict got = match(&stamp, rows[i].address, &terms, &written);
        if (got != rows[i].want)
            fail_msg("%s: %s", rows[i].label, op_verdict_str(got));
        assert_int_equal(written, got == OP_VERDICT_PASS || got == OP_VERDICT_SEAL);
    }
}

/* Faults are mended one after the other; each time the next in the order comes to light. */
static void order(void **state)
{
    (void)state;
    struct op_stamp stamp = make_sealed("argon2id-16m", 4, DATE, "bob@example.com");
    struct op_terms terms = terms_at(MIDNIGHT + 10 * 86400);
    uint64_t *least = &terms.effort[op_suite_index(stamp.suite)];
    bool written;
    *least = 0;
    stamp.seal[3] ^= 1;
    assert_int_equal(match(&stamp, "eve@example.com", &terms, &written), OP_VERDICT_SUITE);
    *least = 5;
    assert_int_equal(match(&stamp, "eve@example.com", &terms, &written), OP_VERDICT_RECIPIENT);
    assert_int_equal(match(&stamp, "bob@example.com", &terms, &written), OP_VERDICT_WEAK);
    *least = 4;
    assert_int_equal(match(&stamp, "bob@example.com", &terms, &written), OP_VERDICT_EXPIRED);
    terms.now = MIDNIGHT;
    assert_int_equal(match(&stamp, "bob@example.com", &terms, &written), OP_VERDICT_SEAL);
    stamp.seal[3] ^= 1;
    assert_int_equal(match(&stamp, "bob@example.com", &terms, &written), OP_VERDICT_PASS);
}

/* Each field that the challenge covers breaks the seal when changed (or the recipient before it).
 */
static void no_field_can_be_changed(void **state)
{
    (void)state;
    struct op_stamp good = make_sealed("argon2id-16m", 4, DATE, "bob@example.com");
    struct op_terms terms = terms_at(MIDNIGHT);
    bool written;
    for (int what = 0; what < 6; what++) {
        static const enum op_verdict want[] = {OP_VERDICT_SEAL,      OP_VERDICT_SEAL,
                                               OP_VERDICT_RECIPIENT, OP_VERDICT_RECIPIENT,
                                               OP_VERDICT_SEAL,      OP_VERDICT_SEAL};
        struct op_stamp stamp = good;
        stamp.effort += what == 0;
        stamp.date -= what == 1;
        stamp.blind[0] ^= what == 2;
        stamp.salt[0] ^= what == 3;
        stamp.quote_len = what == 4 ? OP_QUOTE_LEN : 0;
        stamp.nonces[5] ^= what == 5;
        if (match(&stamp, "bob@example.com", &terms, &written) != want[what])
            fail_msg("field %d", what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates),
        cmocka_unit_test(no_grace_at_all),
        cmocka_unit_test(expiry_is_the_last_good_second),
        cmocka_unit_test(each_verdict),
        cmocka_unit_test(order),
        cmocka_unit_test(no_field_can_be_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
