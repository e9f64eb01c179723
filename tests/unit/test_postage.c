/*
 * test_postage.c - who gets a stamp, at what price, and what becomes of a message without; with a
 * real minter and cheap suites.
 */
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "milter/postage.h"
#include "pow/effort.h"
#include "pow/heard.h"
#include "pow/match.h"
#include "pow/verify.h"

#define ONION "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
#define PIN   "0123456789abcdef0123"

static char onion[] = ".onion", example[] = "Example.org", below[] = ".Below.example";
static char *domains[] = {onion, example, below};

struct office {
    struct conf conf;
    struct minter *minter;
    struct postage *postage;
    struct postage_result result;
};

static bool no_tick(void *arg)
{
    (void)arg;
    return true;
}

static void open_office(struct office *office)
{
    const struct minter_limits limits = {1, 1, 64 << 20, 4};

    memset(office, 0, sizeof *office);
    office->conf = fixture_conf();
    office->conf.fallback.mode = CONF_MINT;
    office->conf.fallback.mint_domains = domains;
    office->conf.fallback.mint_domains_count = 3;
    office->conf.mint.messages = 1;
    office->conf.mint.max_memory = 64 << 20;
    office->conf.mint.time_s = 200;
    office->conf.mint.recipients = 3;
    office->conf.mint.offers = fixture_empty;
    office->minter = minter_new(&limits);
    assert_non_null(office->minter);
}

static void begin(struct office *office)
{
    postage_free(office->postage);
    office->postage = postage_new(&office->conf, &office->conf.fallback);
    assert_non_null(office->postage);
}

static void close_office(struct office *office)
{
    postage_free(office->postage);
    minter_free(office->minter);
}

static enum outcome to(struct office *office, const char *address)
{
    return postage_recipient(office->postage, address, "smtp");
}

static enum outcome end(struct office *office)
{
    static const uint8_t owner[MINTER_OWNER_LEN];
    const struct postage_means means = {
        .minter = office->minter, .owner = owner, .now = FIXTURE_NOW, .tick = no_tick};

    postage_end(office->postage, &means, &office->result);
    return office->result.outcome;
}

/* The stamp is good for this recipient, at this effort and on this day. */
static void assert_stamp(struct office *office, size_t index, const char *suite, uint64_t effort,
                         const char *address)
{
    struct op_recipient recipient = fixture_recipient(address);
    char text[OP_STAMP_TEXT_MAX];
    uint8_t blind[OP_BLIND_LEN];
    struct op_worker *worker;
    struct op_stamp stamp;
    enum op_verdict verdict;

    postage_stamp(office->postage, index, text);
    assert_int_equal(op_stamp_parse(text, strlen(text), &stamp, NULL), OP_VERDICT_PASS);
    assert_string_equal(stamp.suite->name, suite);
    assert_int_equal(stamp.effort, effort);
    assert_int_equal(stamp.date, FIXTURE_DATE);
    op_stamp_blind(stamp.salt, &recipient, blind);
    assert_memory_equal(blind, stamp.blind, sizeof blind);
    assert_int_equal(op_worker_new(stamp.suite, &worker), OP_OK);
    assert_int_equal(op_verify_all(&stamp, worker, &verdict), OP_OK);
    assert_int_equal(verdict, OP_VERDICT_PASS);
    op_worker_free(worker);
}

static void test_domains(void **state)
{
    static const struct {
        const char *address, *mailer;
        enum outcome want;
    } rows[] = {
        {"<bob@abc.onion>", "smtp", OUTCOME_PASS},
        {"bob@ABC.Onion", NULL, OUTCOME_PASS},
        {"<bob@mx.abc.onion>", "smtp", OUTCOME_PASS},
        {"<bob@" ONION ">", "smtp", OUTCOME_PASS},
        {"<bob@a" ONION ">", "smtp", OUTCOME_PASS}, /* of 57 characters: no onion address */
        {"<bob@" PIN "." ONION ">", "smtp", OUTCOME_PASS},
        {"<bob@abc.onion>", "error", OUTCOME_EXEMPT},
        {"<bob@onion>", "smtp", OUTCOME_EXEMPT},
        {"<bob@notonion>", "smtp", OUTCOME_EXEMPT},
        {"<bob@x.notonion>", "smtp", OUTCOME_EXEMPT},
        {"<bob@abc.onion.example>", "smtp", OUTCOME_EXEMPT},
        {"<bob@example.org>", "smtp", OUTCOME_PASS},
        {"<bob@EXAMPLE.ORG>", "smtp", OUTCOME_PASS},
        {"<bob@mx.example.org>", "smtp", OUTCOME_EXEMPT},
        {"<bob@myexample.org>", "smtp", OUTCOME_EXEMPT},
        {"<bob@a.below.example>", "smtp", OUTCOME_PASS},
        {"<bob@below.example>", "smtp", OUTCOME_EXEMPT},
        {"<postmaster>", "local", OUTCOME_EXEMPT},
        {"<>", "smtp", OUTCOME_EXEMPT},
        {"not an address", "smtp", OUTCOME_EXEMPT},
    };
    struct office office;

    (void)state;
    open_office(&office);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(&office);
        if (postage_recipient(office.postage, rows[i].address, rows[i].mailer) != rows[i].want)
            fail_msg("%s", rows[i].address);
        assert_int_equal(postage_count(office.postage), rows[i].want == OUTCOME_PASS);
    }
    close_office(&office);
}

static void test_minted(void **state)
{
    struct office office;

    (void)state;
    open_office(&office);
    begin(&office);
    assert_int_equal(to(&office, "<Bob@abc.onion>"), OUTCOME_PASS);
    assert_int_equal(to(&office, "<eve@elsewhere.example>"), OUTCOME_EXEMPT);
    assert_int_equal(to(&office, "<ann@example.org>"), OUTCOME_PASS);
    assert_int_equal(to(&office, "<bob@ABC.onion>"), OUTCOME_PASS); /* the same */
    assert_int_equal(end(&office), OUTCOME_MINTED);
    assert_int_equal(postage_count(office.postage), 2);
    assert_string_equal(office.result.suite->name, "sha256");
    assert_int_equal(office.result.work, 16 * FIXTURE_EFFORT);
    assert_int_equal(postage_stamps(office.postage), 2);
    assert_stamp(&office, 0, "sha256", FIXTURE_EFFORT, "bob@abc.onion");
    assert_stamp(&office, 1, "sha256", FIXTURE_EFFORT, "ann@example.org");
    close_office(&office);
}

/* What the server will see of a pin is nothing; so two of them are one recipient. */
static void test_pin(void **state)
{
    struct office office;

    (void)state;
    open_office(&office);
    begin(&office);
    assert_int_equal(to(&office, "<Bob@" PIN "." ONION ">"), OUTCOME_PASS);
    assert_int_equal(to(&office, "<bob@" ONION ">"), OUTCOME_PASS);
    assert_int_equal(to(&office, "<bob@mail." ONION ">"), OUTCOME_PASS);
    assert_int_equal(end(&office), OUTCOME_MINTED);
    assert_int_equal(postage_count(office.postage), 2);
    assert_stamp(&office, 0, "sha256", FIXTURE_EFFORT, "bob@mail." ONION);
    assert_stamp(&office, 1, "sha256", FIXTURE_EFFORT, "bob@" ONION);
    close_office(&office);
}

static void test_nothing_to_mint(void **state)
{
    struct office office;

    (void)state;
    open_office(&office);
    minter_close(office.minter); /* it would refuse */
    begin(&office);
    assert_int_equal(end(&office), OUTCOME_EXEMPT);
    begin(&office);
    assert_int_equal(to(&office, "<eve@elsewhere.example>"), OUTCOME_EXEMPT);
    assert_int_equal(end(&office), OUTCOME_EXEMPT);
    begin(&office);
    assert_int_equal(to(&office, "<bob@abc.onion>"), OUTCOME_PASS);
    postage_field(office.postage, "Subject");
    postage_field(office.postage, "x-ONION-pow");
    assert_int_equal(end(&office), OUTCOME_STAMPED);
    begin(&office);
    assert_int_equal(to(&office, "<bob@abc.onion>"), OUTCOME_PASS);
    postage_field(office.postage, "X-Onion-PoW2");
    assert_int_equal(end(&office), OUTCOME_NO_MINTER);
    close_office(&office);
}

static void test_crowd(void **state)
{
    static const char *const names[] = {"<a@x.onion>", "<b@x.onion>", "<c@x.onion>"};
    struct office office;

    (void)state;
    open_office(&office);
    for (int late = CONF_LATE_SEND; late <= CONF_LATE_TEMPFAIL; late++) {
        bool send = late == CONF_LATE_SEND;
        office.conf.mint.late = (enum conf_late)late;
        begin(&office);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(to(&office, names[i]), OUTCOME_PASS);
        assert_int_equal(to(&office, "<c@x.onion>"), OUTCOME_PASS); /* there already */
        assert_int_equal(to(&office, "<d@x.onion>"), send ? OUTCOME_PASS : OUTCOME_CROWD);
        assert_int_equal(to(&office, "<d@elsewhere.example>"), OUTCOME_EXEMPT);
        /* refused, it is not in the message */
        assert_int_equal(end(&office), send ? OUTCOME_UNSTAMPED : OUTCOME_MINTED);
        assert_int_equal(office.result.lack, send ? OUTCOME_CROWD : OUTCOME_PASS);
        assert_int_equal(postage_count(office.postage), 3);
    }
    close_office(&office);
}

/* A price that nobody can pay in a second. */
static void test_late(void **state)
{
    const struct op_suite *suite = fixture_suite("sha256");
    struct office office;

    (void)state;
    open_office(&office);
    office.conf.mint.time_s = 1;
    office.conf.suite[op_suite_index(suite)].work = op_effort_to_work(suite, suite->effort_max);
    begin(&office);
    assert_int_equal(to(&office, "<bob@x.onion>"), OUTCOME_PASS);
    assert_int_equal(end(&office), OUTCOME_UNSTAMPED);
    assert_int_equal(office.result.lack, OUTCOME_LATE);
    assert_int_equal(office.result.missing, 1);
    assert_string_equal(office.result.dear, "x.onion");
    assert_null(office.result.suite);
    office.conf.mint.late = CONF_LATE_TEMPFAIL;
    begin(&office);
    assert_int_equal(to(&office, "<bob@x.onion>"), OUTCOME_PASS);
    assert_int_equal(end(&office), OUTCOME_LATE);
    assert_int_equal(office.result.lack, OUTCOME_PASS);
    close_office(&office);
}

/* The daemon stops: never sent without. */
static void test_stopping(void **state)
{
    struct office office;

    (void)state;
    open_office(&office);
    minter_close(office.minter);
    begin(&office);
    assert_int_equal(to(&office, "<bob@x.onion>"), OUTCOME_PASS);
    assert_int_equal(end(&office), OUTCOME_NO_MINTER);
    close_office(&office);
}

/* The first suite of ours that fits; none fits. */
static void test_memory(void **state)
{
    struct office office;
    struct conf_suite *argon2id;

    (void)state;
    open_office(&office);
    argon2id = &office.conf.suite[op_suite_index(fixture_suite("argon2id-16m"))];
    argon2id->enabled = true;
    argon2id->work = 32;
    begin(&office);
    assert_int_equal(to(&office, "<bob@x.onion>"), OUTCOME_PASS);
    assert_int_equal(end(&office), OUTCOME_MINTED);
    assert_stamp(&office, 0, "argon2id-16m", 1, "bob@x.onion");
    office.conf.mint.messages = 8; /* 8 MiB each */
    begin(&office);
    assert_int_equal(to(&office, "<bob@x.onion>"), OUTCOME_PASS);
    assert_int_equal(end(&office), OUTCOME_MINTED);
    assert_stamp(&office, 0, "sha256", FIXTURE_EFFORT, "bob@x.onion");
    office.conf.suite[op_suite_index(fixture_suite("sha256"))].enabled = false;
    begin(&office);
    assert_int_equal(to(&office, "<bob@x.onion>"), OUTCOME_PASS);
    assert_int_equal(end(&office), OUTCOME_UNSTAMPED);
    assert_int_equal(office.result.lack, OUTCOME_NO_MINTER);
    close_office(&office);
}

static void write_file(const char *path, const void *octets, size_t len)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    assert_int_equal(fwrite(octets, 1, len, out), len);
    fclose(out);
}

/* --- servers that have been heard of -------------------------------------------------------- */

struct book { /* what deliver has heard, in files */
    char directory[64], key_path[80], offers_path[80];
    struct op_key *key;
    char path[2][128];
    size_t count;
};

static void open_book(struct book *book, struct office *office)
{
    static const uint8_t material[OP_KEY_LEN] = "of the sender's side";

    *book = (struct book){.directory = "/tmp/onionpow-test-XXXXXX"};
    assert_non_null(mkdtemp(book->directory));
    snprintf(book->key_path, sizeof book->key_path, "%s/key", book->directory);
    snprintf(book->offers_path, sizeof book->offers_path, "%s/offers", book->directory);
    write_file(book->key_path, material, sizeof material);
    assert_int_equal(mkdir(book->offers_path, 0700), 0);
    assert_int_equal(op_key_new(material, &book->key), OP_OK);
    office->conf.mint.offers = book->directory;
}

static void hear(struct book *book, const char *destination, const char *offers)
{
    char name[OP_HEARD_NAME_MAX], text[128], *path = book->path[book->count++];

    op_heard_name(book->key, destination, name);
    snprintf(path, sizeof book->path[0], "%s/%s", book->offers_path, name);
    snprintf(text, sizeof text, "heard 1795003200 onionpow:1:%s\n", offers);
    write_file(path, text, strlen(text));
}

static void close_book(struct book *book)
{
    op_key_free(book->key);
    for (size_t i = 0; i < book->count; i++)
        unlink(book->path[i]);
    unlink(book->key_path);
    rmdir(book->offers_path);
    assert_int_equal(rmdir(book->directory), 0);
}

/* They are believed, the others pay what we ask for; the cheapest comes first. */
static void test_heard(void **state)
{
    struct office office;
    struct book book;

    (void)state;
    open_office(&office);
    open_book(&book, &office);
    hear(&book, "known.onion:25", "argon2id-256m/1,sha256/9"); /* 256 MiB are more than we have */
    begin(&office);
    assert_int_equal(to(&office, "<bob@Known.onion>"), OUTCOME_PASS);
    assert_int_equal(to(&office, "<bob@x.onion>"), OUTCOME_PASS);
    assert_int_equal(end(&office), OUTCOME_MINTED);
    assert_stamp(&office, 0, "sha256", FIXTURE_EFFORT, "bob@x.onion");
    assert_stamp(&office, 1, "sha256", 9, "bob@known.onion");
    close_book(&book);
    close_office(&office);
}

/* One domain that asks for too much, in work or in memory, is no harm to the others. */
static void test_dear_domain(void **state)
{
    static const struct {
        const char *offers;
        enum outcome lack;
    } rows[] = {
        {"sha256/1000000000000", OUTCOME_LATE},
        {"argon2id-256m/1", OUTCOME_NO_MINTER},
    };
    struct office office;
    struct book book;

    (void)state;
    open_office(&office);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        open_book(&book, &office);
        hear(&book, "evil.onion:25", rows[i].offers);
        for (int late = CONF_LATE_SEND; late <= CONF_LATE_TEMPFAIL; late++) {
            bool send = late == CONF_LATE_SEND;
            office.conf.mint.late = (enum conf_late)late;
            begin(&office);
            assert_int_equal(to(&office, "<eve@evil.onion>"), OUTCOME_PASS);
            assert_int_equal(to(&office, "<bob@x.onion>"), OUTCOME_PASS);
            assert_int_equal(to(&office, "<mallory@evil.onion>"), OUTCOME_PASS);
            assert_int_equal(end(&office), send ? OUTCOME_UNSTAMPED : rows[i].lack);
            assert_int_equal(office.result.lack, send ? rows[i].lack : OUTCOME_PASS);
            assert_string_equal(office.result.dear, "evil.onion");
            assert_int_equal(office.result.missing, send ? 2 : 0);
            assert_int_equal(postage_stamps(office.postage), send);
            assert_true((office.result.suite != NULL) == send);
            if (send)
                assert_stamp(&office, 0, "sha256", FIXTURE_EFFORT, "bob@x.onion");
        }
        close_book(&book);
    }
    close_office(&office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_domains),  cmocka_unit_test(test_minted),
        cmocka_unit_test(test_pin),      cmocka_unit_test(test_nothing_to_mint),
        cmocka_unit_test(test_crowd),    cmocka_unit_test(test_late),
        cmocka_unit_test(test_stopping), cmocka_unit_test(test_memory),
        cmocka_unit_test(test_heard),    cmocka_unit_test(test_dear_domain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
