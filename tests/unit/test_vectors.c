/* test_vectors.c - every intermediate value of tests/vectors/stamps.txt, which another
 * implementation wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pow/bytes.h"
#include "pow/effort.h"
#include "pow/puzzle.h"
#include "pow/sha256.h"
#include "pow/sha256_search.h"
#include "pow/stamp.h"
#include "pow/verify.h"
#include "tests/unit/vectors.h"

struct record {
    char key[64][16], value[64][VECTORS_LINE_MAX];
    size_t lines;
};

/* The lines up to "end"; false at the end of file. */
static bool next_record(FILE *file, struct record *record)
{
    char line[VECTORS_LINE_MAX];
    for (record->lines = 0; vectors_line(file, line); record->lines++) {
        if (strcmp(line, "end") == 0)
            return true;
        char *blank = strchr(line, ' ');
        OP_BUG_IF(record->lines == 64 || !blank || blank - line > 15);
        *blank = '\0';
        strcpy(record->key[record->lines], line);
        strcpy(record->value[record->lines], blank + 1);
    }
    return false;
}

static const char *value(const struct record *record, const char *key)
{
    for (size_t i = 0; i < record->lines; i++)
        if (strcmp(record->key[i], key) == 0)
            return record->value[i];
    fail_msg("no line \"%s\"", key);
    return NULL;
}

static void assert_hex(const struct record *record, const char *key, const uint8_t *got, size_t len)
{
    uint8_t want[512];
    OP_BUG_IF(len > sizeof want);
    vectors_hex(value(record, key), want, len);
    if (memcmp(got, want, len) != 0)
        fail_msg("%s: %s differs", value(record, "label"), key);
}

static struct op_stamp parse(const struct record *record)
{
    struct op_stamp stamp;
    const char *text = value(record, "stamp"), *why = NULL;
    if (op_stamp_parse(text, strlen(text), &stamp, &why) != OP_VERDICT_PASS)
        fail_msg("%s: %s", value(record, "label"), why);
    assert_string_equal(stamp.suite->name, value(record, "suite"));
    assert_true(stamp.effort == strtoull(value(record, "effort"), NULL, 10));
    assert_int_equal(stamp.date, strtoul(value(record, "date"), NULL, 10));
    assert_hex(record, "salt", stamp.salt, OP_SALT_LEN);
    assert_hex(record, "blind", stamp.blind, OP_BLIND_LEN);
    assert_hex(record, "nonces", stamp.nonces, stamp.suite->puzzles * stamp.suite->nonce_len);
    assert_hex(record, "seal", stamp.seal, OP_SEAL_LEN);
    assert_int_equal(stamp.quote_len, strcmp(value(record, "quote"), "-") == 0 ? 0 : OP_QUOTE_LEN);
    if (stamp.quote_len > 0)
        assert_hex(record, "quote", stamp.quote, stamp.quote_len);
    return stamp;
}

static void check_recipient(const struct record *record, const struct op_stamp *stamp)
{
    struct op_recipient recipient;
    uint8_t blind[OP_BLIND_LEN];
    const char *address = value(record, "address");
    assert_true(op_recipient_parse(address, strlen(address), &recipient, NULL));
    assert_string_equal(recipient.text, value(record, "recipient"));
    op_stamp_blind(stamp->salt, &recipient, blind);
    assert_hex(record, "blind", blind, sizeof blind);
}

static void check_puzzles(const struct record *record, const struct op_stamp *stamp,
                          const uint8_t *id, struct op_worker *worker)
{
    unsigned seen = 0;
    for (size_t line = 0; line < record->lines; line++) {
        unsigned i;
        unsigned long long nonce, want;
        char hex[65];
        uint8_t puzzle[OP_PUZZLE_LEN], wanted[OP_PUZZLE_LEN];
        uint64_t x;
        if (strcmp(record->key[line], "puzzle") != 0)
            continue;
        assert_int_equal(sscanf(record->value[line], "%u %64s %llx %llx", &i, hex, &nonce, &want),
                         4);
        assert_int_equal(i, seen++);
        op_puzzle_input(id, i, puzzle);
        vectors_hex(hex, wanted, sizeof wanted);
        assert_memory_equal(puzzle, wanted, sizeof puzzle);
        assert_true(op_stamp_nonce(stamp, i) == nonce);
        assert_int_equal(op_worker_eval(worker, puzzle, nonce, &x), OP_OK);
        assert_true(x == want);
        assert_true(op_effort_met(x, stamp->effort));
    }
    assert_int_equal(seen, stamp->suite->puzzles);
}

static void check_seal(const struct record *record, const struct op_stamp *stamp, const uint8_t *id)
{
    uint8_t input[OP_PUZZLE_LEN], hash[OP_SHA256_LEN];
    op_seal_input(stamp, id, input);
    assert_hex(record, "seal-input", input, sizeof input);
    vectors_hex(value(record, "seal-hash"), hash, sizeof hash);
    assert_true(op_sha256_tail(input, op_load_be64(stamp->seal)) == op_load_be64(hash));
    assert_true(op_seal_valid(stamp, id));
}

static void check_sample(const struct record *record, const struct op_stamp *stamp,
                         const uint8_t *id, struct op_worker *worker)
{
    uint8_t material[OP_KEY_LEN], index[OP_PUZZLES_MAX];
    struct op_key *key;
    enum op_verdict verdict;
    char got[256] = "";
    vectors_hex(value(record, "key"), material, sizeof material);
    assert_int_equal(op_key_new(material, &key), OP_OK);
    op_verify_sample(stamp->suite, key, id, index);
    for (unsigned i = 0; i < stamp->suite->sample; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), i > 0 ? " %u" : "%u", index[i]);
    assert_string_equal(got, value(record, "sample"));
    assert_int_equal(op_verify(stamp, key, worker, &verdict), OP_OK);
    assert_int_equal(verdict, OP_VERDICT_PASS);
    op_key_free(key);
}

static void check_record(const struct record *record)
{
    struct op_worker *worker;
    uint8_t id[OP_ID_LEN], challenge[256], hash[OP_SHA256_LEN];
    struct op_sha256 sha256;
    struct op_stamp stamp = parse(record);
    check_recipient(record, &stamp);
    op_stamp_id(&stamp, id);
    assert_hex(record, "id", id, sizeof id);
    size_t len = strlen(value(record, "challenge")) / 2;
    vectors_hex(value(record, "challenge"), challenge, len);
    op_sha256_init(&sha256);
    op_sha256_add(&sha256, challenge, len);
    op_sha256_final(&sha256, hash);
    assert_memory_equal(hash, id, sizeof id);
    assert_int_equal(op_worker_new(stamp.suite, &worker), OP_OK);
    check_puzzles(record, &stamp, id, worker);
    check_seal(record, &stamp, id);
    check_sample(record, &stamp, id, worker);
    op_worker_free(worker);
}

static void stamps(void **state)
{
    (void)state;
    static struct record record;
    bool seen[OP_SUITES_MAX] = {false};
    FILE *file = vectors_open("stamps.txt");
    while (next_record(file, &record)) {
        const char *suite = value(&record, "suite");
        check_record(&record);
        seen[op_suite_index(op_suite_find(suite, strlen(suite)))] = true;
    }
    fclose(file);
    for (size_t i = 0; i < op_suite_count(); i++)
        assert_true(seen[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stamps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
