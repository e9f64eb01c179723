/*
 * test_courier.c - what becomes of a message, from scripts of what the server answers. SMTP and the
 * search for a way are this file's own; minting, the purse and the slots are real.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "tools/courier.h"
#include "tools/credit.h"
#include "tools/patience.h"
#include "tools/purse.h"
#include "tools/route.h"
#include "tools/slots.h"

#define ONION    "nodle477gt6odhllqbhp6wr7k5d23jhkuixr2soadzjn3n4hlnf5c3yd.onion"
#define ANSWERS  12
#define SENT_MAX 200
#define DEMAND(d)                                                                                  \
    {                                                                                              \
        SMTP_REFUSED, SMTP_STAGE_END, 554, "5.7.1", "554 5.7.1 onionpow:1:sha256/" #d              \
    }
#define TAKEN                                                                                      \
    {                                                                                              \
        SMTP_SENT, SMTP_STAGE_END, 250, "2.0.0", "250 2.0.0 ok"                                    \
    }
#define LOST_AT(s)                                                                                 \
    {                                                                                              \
        SMTP_LOST, SMTP_STAGE_##s, 0, "4.4.2", "it is gone"                                        \
    }
#define BUSY                                                                                       \
    {                                                                                              \
        SMTP_LATER, SMTP_STAGE_END, 451, "4.3.2", "451 4.3.2 busy"                                 \
    }
#define END                                                                                        \
    {                                                                                              \
        0, 0, -1, "", ""                                                                           \
    }

struct smtp {
    int unused;
};

static struct {
    const struct smtp_outcome *answers; /* to each message, up to one with code -1 */
    const struct smtp_outcome *failure; /* of each connection, or NULL */
    unsigned opened, closed, failing;   /* `failing`: how many of the first connections fail */
    char sent[SENT_MAX];                /* "-" for a bare message, the effort of a stamp, blanks */
    struct smtp_peer peer;
    double left_s; /* of the patience that the connection came with */
    double wait_s; /* what each connection takes of it */
    char user[64];
    bool usable;
    bool doubting; /* another process learns that offers cost stamps, while each message is sent */
    enum route_result route;
    size_t routes;
} fake;

static struct smtp fake_smtp;
static char directory[32];

enum route_result route_find(const struct sender *conf, const struct address *address,
                             const char *nexthop, struct route routes_r[ROUTE_MAX], size_t *count_r,
                             char why_r[ROUTE_WHY_MAX])
{
    (void)conf;
    (void)nexthop;
    snprintf(why_r, ROUTE_WHY_MAX, "no way");
    for (size_t i = 0; i < fake.routes; i++) {
        routes_r[i] = (struct route){.port = (uint16_t)(25 + i)};
        snprintf(routes_r[i].host, sizeof routes_r[i].host, "%s", address->host);
    }
    *count_r = fake.routes;
    return fake.route;
}

struct smtp *smtp_open(const struct smtp_peer *peer, struct smtp_outcome *outcome_r)
{
    fake.opened++;
    fake.peer = *peer;
    fake.left_s = peer->patience->left_s;
    peer->patience->left_s -= fake.wait_s;
    snprintf(fake.user, sizeof fake.user, "%s", peer->user);
    if (fake.failure != NULL && fake.opened <= fake.failing) {
        *outcome_r = *fake.failure;
        return NULL;
    }
    fake.usable = true;
    return &fake_smtp;
}

bool smtp_usable(const struct smtp *smtp)
{
    (void)smtp;
    return fake.usable;
}

void smtp_close(struct smtp *smtp)
{
    fake.closed += smtp != NULL;
}

const char *smtp_stage_str(enum smtp_stage stage)
{
    (void)stage;
    return "in reply to something";
}

static void fake_doubt(void)
{
    char why[PURSE_WHY_MAX];
    struct purse *purse = purse_open(directory, 3600, 3600, why);

    assert_non_null(purse);
    assert_true(purse_doubt(purse, ONION ":25"));
    purse_free(purse);
}

void smtp_send(struct smtp *smtp, const char *from, const char *rcpt, const char *first,
               size_t first_len, struct letter *letter, struct smtp_outcome *outcome_r)
{
    size_t at = strlen(fake.sent);
    struct op_stamp stamp;

    (void)smtp;
    (void)from;
    (void)rcpt;
    (void)letter;
    if (first_len == 0) {
        snprintf(fake.sent + at, SENT_MAX - at, "- ");
    } else if (op_stamp_parse(first + strlen(OP_STAMP_FIELD ":"),
                              first_len - strlen(OP_STAMP_FIELD ":"), &stamp,
                              NULL) == OP_VERDICT_PASS) {
        snprintf(fake.sent + at, SENT_MAX - at, "%llu ", (unsigned long long)stamp.effort);
    } else {
        snprintf(fake.sent + at, SENT_MAX - at, "? ");
    }
    assert_int_not_equal(fake.answers->code,
                         -1); /* more was sent than the script has answers for */
    if (fake.doubting)
        fake_doubt();
    *outcome_r = *fake.answers++;
    fake.usable = outcome_r->stage == SMTP_STAGE_END &&
                  (outcome_r->code == 250 || outcome_r->code == 554 || outcome_r->code == 451);
}

static struct sender conf;
static struct options options = {.progress = OPTIONS_PROGRESS_NEVER, .quiet = true};
static struct address address;
static struct letter letter;

static int setup(void **state)
{
    const char *why = "";

    (void)state;
    strcpy(directory, "/tmp/onionpow-test-XXXXXX");
    if (!mkdtemp(directory) || !address_parse("bob@" ONION, &address, &why))
        return -1;
    conf = (struct sender){.minters = 1,
                           .threads = 1,
                           .max_mem = 64 << 20,
                           .max_time_s = 60,
                           .bounce_time_s = 60,
                           .connect_s = 1,
                           .reply_s = 1,
                           .trip_s = 60,
                           .offer_s = 3600,
                           .stamp_s = 3600};
    letter = (struct letter){0};
    memset(&fake, 0, sizeof fake);
    fake.route = ROUTE_FOUND;
    fake.routes = 1;
    return 0;
}

static int teardown(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof command, "rm -r %s", directory);
    return system(command);
}

static struct courier_report deliver_job(struct courier_job job, const struct smtp_outcome *answers)
{
    char why[SENDER_WHY_MAX];
    struct courier *courier = courier_new(&conf, &options, directory, why);
    struct courier_report report;

    assert_non_null(courier);
    fake.answers = answers;
    fake.sent[0] = '\0';
    job.address = &address;
    if (job.from == NULL)
        job.from = "alice@x.org";
    job.letter = &letter;
    courier_deliver(courier, &job, &report);
    courier_free(courier);
    assert_int_equal(fake.answers->code, -1); /* all answers were wanted */
    return report;
}

static struct courier_report deliver(const struct smtp_outcome *answers)
{
    return deliver_job((struct courier_job){0}, answers);
}

static unsigned kept(void)
{
    char path[64];
    unsigned count = 0;

    snprintf(path, sizeof path, "%s/stamps", directory);
    DIR *stream = opendir(path);
    assert_non_null(stream);
    for (const struct dirent *at; (at = readdir(stream)) != NULL;)
        count += at->d_name[0] != '.';
    closedir(stream);
    return count;
}

static void test_flow(void **state)
{
    static const struct {
        const char *label;
        struct smtp_outcome answers[ANSWERS];
        const char *sent;
        int status;
        const char *enhanced;
        unsigned minted, kept, opened;
    } rows[] = {
        {"taken bare", {TAKEN, END}, "- ", EX_OK, "2.0.0", 0, 0, 1},
        {"demand met", {DEMAND(64), TAKEN, END}, "- 64 ", EX_OK, "2.0.0", 1, 0, 1},
        {"price rises", {DEMAND(64), DEMAND(65), TAKEN, END}, "- 64 65 ", EX_OK, "2.0.0", 2, 1, 1},
        {"and rises",
         {DEMAND(64), DEMAND(65), DEMAND(66), END},
         "- 64 65 ",
         EX_UNAVAILABLE,
         "5.7.1",
         2,
         2,
         1},
        {"price falls: what was refused did meet it",
         {DEMAND(64), DEMAND(63), TAKEN, END},
         "- 64 63 ",
         EX_OK,
         "2.0.0",
         2,
         0,
         1},
        {"busy once", {DEMAND(64), BUSY, TAKEN, END}, "- 64 64 ", EX_OK, "2.0.0", 1, 0, 1},
        {"busy twice", {DEMAND(64), BUSY, BUSY, END}, "- 64 64 ", EX_TEMPFAIL, "4.3.2", 1, 1, 1},
        {"busy without a stamp", {BUSY, END}, "- ", EX_TEMPFAIL, "4.3.2", 0, 0, 1},
        {"gone while minting",
         {DEMAND(64), LOST_AT(MAIL), TAKEN, END},
         "- 64 64 ",
         EX_OK,
         "2.0.0",
         1,
         0,
         2},
        {"gone again",
         {DEMAND(64), LOST_AT(MAIL), LOST_AT(MAIL), END},
         "- 64 64 ",
         EX_TEMPFAIL,
         "4.4.2",
         1,
         1,
         2},
        {"gone at once", {LOST_AT(MAIL), END}, "- ", EX_TEMPFAIL, "4.4.2", 0, 0, 1},
        {"gone in the message",
         {DEMAND(64), LOST_AT(MESSAGE), END},
         "- 64 ",
         EX_TEMPFAIL,
         "4.4.2",
         1,
         1,
         1},
        {"no answer",
         {DEMAND(64), {SMTP_UNKNOWN, SMTP_STAGE_END, 0, "4.4.2", "?"}, END},
         "- 64 ",
         EX_TEMPFAIL,
         "4.4.2",
         1,
         1,
         1},
        {"refused with a stamp",
         {DEMAND(64), {SMTP_REFUSED, SMTP_STAGE_END, 550, "5.6.0", "550 5.6.0 spam"}, END},
         "- 64 ",
         EX_UNAVAILABLE,
         "5.6.0",
         1,
         1,
         1},
        {"recipient unknown",
         {{SMTP_REFUSED, SMTP_STAGE_RCPT, 550, "5.1.1", "550 5.1.1 who?"}, END},
         "- ",
         EX_UNAVAILABLE,
         "5.1.1",
         0,
         0,
         1},
        {"babble",
         {{SMTP_BABBLE, SMTP_STAGE_DATA, 0, "4.5.0", "?"}, END},
         "- ",
         EX_TEMPFAIL,
         "4.5.0",
         0,
         0,
         1},
        {"too large there",
         {{SMTP_UNFIT, SMTP_STAGE_MAIL, 0, "5.3.4", "?"}, END},
         "- ",
         EX_UNAVAILABLE,
         "5.3.4",
         0,
         0,
         1},
        {"nothing known is offered",
         {{SMTP_REFUSED, SMTP_STAGE_END, 554, "5.7.1", "554 5.7.1 onionpow:1:rot13/5"}, END},
         "- ",
         EX_UNAVAILABLE,
         "5.7.1",
         0,
         0,
         1},
        {"beyond the limits",
         {DEMAND(72057594037927936), END},
         "- ",
         EX_UNAVAILABLE,
         "5.7.1",
         0,
         0,
         1},
        {"too much memory, and then not",
         {{SMTP_REFUSED, SMTP_STAGE_END, 554, "5.7.1",
           "554 5.7.1 onionpow:1:argon2id-256m/1,sha256/64"},
          TAKEN,
          END},
         "- 64 ",
         EX_OK,
         "2.0.0",
         1,
         0,
         1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].label);
        struct courier_report report = deliver(rows[i].answers);
        assert_string_equal(fake.sent, rows[i].sent);
        assert_int_equal(report.status, rows[i].status);
        assert_string_equal(report.enhanced, rows[i].enhanced);
        assert_int_equal(report.minted, rows[i].minted);
        assert_int_equal(kept(), rows[i].kept);
        assert_int_equal(fake.opened, rows[i].opened);
        assert_int_equal(fake.closed, fake.opened);
        assert_int_equal(teardown(state), 0);
        assert_int_equal(setup(state), 0);
    }
}

static void test_kept_stamp_is_presented(void **state)
{
    static const struct smtp_outcome first[] = {DEMAND(64), LOST_AT(MESSAGE), END};
    static const struct smtp_outcome then[] = {TAKEN, END};

    (void)state;
    deliver(first);
    struct courier_report report = deliver(then);
    assert_string_equal(fake.sent, "64 ");
    assert_int_equal(report.minted, 0);
    assert_int_equal(kept(), 0);
}

/* It waits for its own message; another mints. Once that message is given up, the next has it. */
static void test_whose_stamp(void **state)
{
    static const struct smtp_outcome lost[] = {DEMAND(64), LOST_AT(MESSAGE), END};
    static const struct smtp_outcome taken[] = {TAKEN, END};
    static const struct smtp_outcome spam[] = {
        {SMTP_REFUSED, SMTP_STAGE_END, 550, "5.6.0", "550 5.6.0 spam"}, END};

    (void)state;
    deliver(lost);
    letter.identity[0] = 1;
    assert_int_equal(deliver(taken).minted, 1); /* for the remembered offer */
    assert_int_equal(kept(), 1);
    letter.identity[0] = 0;
    assert_int_equal(deliver(spam).status, EX_UNAVAILABLE);
    letter.identity[0] = 1;
    assert_int_equal(deliver(taken).minted, 0);
    assert_string_equal(fake.sent, "64 ");
    assert_int_equal(kept(), 0);
}

static void test_remembered_offer(void **state)
{
    static const struct smtp_outcome first[] = {DEMAND(64), TAKEN, END};
    static const struct smtp_outcome then[] = {TAKEN, END};
    static const struct smtp_outcome bare[] = {TAKEN, END};

    (void)state;
    deliver(first);
    deliver(then);
    assert_string_equal(fake.sent, "64 ");
    conf.refuse[op_suite_index(op_suite_find("sha256", 6))] = true;
    deliver(bare); /* what we would not mint is no reason not to ask */
    assert_string_equal(fake.sent, "- ");
    conf.offer_s = 0;
    sleep(1);
    conf.refuse[op_suite_index(op_suite_find("sha256", 6))] = false;
    deliver(bare);
    assert_string_equal(fake.sent, "- ");
}

static void test_known_demand(void **state)
{
    static const struct smtp_outcome taken[] = {TAKEN, END};
    struct op_offers demand = {.count = 1,
                               .offer[0] = {.suite = op_suite_find("sha256", 6), .effort = 70}};

    (void)state;
    deliver_job((struct courier_job){.demand = &demand}, taken);
    assert_string_equal(fake.sent, "70 ");
    static const struct smtp_outcome none[] = {END};
    demand.offer[0].effort = UINT64_C(1) << 56;
    struct courier_report report = deliver_job((struct courier_job){.demand = &demand}, none);
    assert_int_equal(report.status, EX_UNAVAILABLE);
    assert_string_equal(fake.sent, "");
}

static void test_probe(void **state)
{
    static const struct smtp_outcome asked[] = {DEMAND(64), END};

    (void)state;
    struct courier_report report =
        deliver_job((struct courier_job){.probe = OP_STAMP_FIELD ": v=0"}, asked);
    assert_string_equal(fake.sent, "? ");
    assert_true(report.asked);
    assert_int_equal(report.offers.offer[0].effort, 64);
    assert_int_equal(report.minted, 0);
    assert_int_equal(kept(), 0);
}

static void test_ways(void **state)
{
    static const struct smtp_outcome taken[] = {TAKEN, END}, none[] = {END};
    static const struct smtp_outcome down = {SMTP_LOST, SMTP_STAGE_CONNECT, 0, "4.4.1", "down"};
    static const struct {
        enum route_result route;
        int status;
        const char *enhanced;
    } rows[] = {
        {ROUTE_NONE, EX_UNAVAILABLE, "5.4.4"},
        {ROUTE_LATER, EX_TEMPFAIL, "4.4.3"},
        {ROUTE_REFUSED, EX_UNAVAILABLE, "5.4.4"},
    };
    char user[64];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fake.route = rows[i].route;
        struct courier_report report = deliver(none);
        assert_int_equal(report.status, rows[i].status);
        assert_string_equal(report.enhanced, rows[i].enhanced);
        assert_string_equal(report.text, "no way");
        assert_int_equal(fake.opened, 0);
    }
    fake.route = ROUTE_FOUND;
    fake.routes = 3;
    fake.failure = &down;
    fake.failing = 2;
    assert_int_equal(deliver(taken).status, EX_OK);
    assert_int_equal(fake.peer.port, 27);
    strcpy(user, fake.user);
    fake.failing = 100;
    struct courier_report report = deliver(none);
    assert_int_equal(report.status, EX_TEMPFAIL);
    assert_non_null(strstr(report.text, ".onion:25: down")); /* the first one's failure is told */
    fake.failing = 0;
    deliver(taken);
    assert_string_not_equal(fake.user, user); /* another destination, another circuit */
    assert_int_equal(strlen(fake.user), 32);
}

/* After the final dot, and only then. */
static void test_maybe_delivered(void **state)
{
    static const struct smtp_outcome lost[] = {LOST_AT(MESSAGE), END}, busy[] = {BUSY, END};
    static const struct smtp_outcome unknown[] = {{SMTP_UNKNOWN, SMTP_STAGE_END, 0, "4.4.2", "?"},
                                                  END};
    static const struct smtp_outcome taken[] = {TAKEN, END};

    (void)state;
    assert_true(deliver(unknown).maybe_delivered);
    assert_false(deliver(lost).maybe_delivered);
    assert_false(deliver(busy).maybe_delivered);
    assert_false(deliver(taken).maybe_delivered);
}

/* All ways and connections of a call share what there is; the next call has it anew. */
static void test_patience(void **state)
{
    static const struct smtp_outcome down = {SMTP_LOST, SMTP_STAGE_CONNECT, 0, "4.4.1", "down"};
    static const struct smtp_outcome gone[] = {DEMAND(64), LOST_AT(MAIL), TAKEN, END};
    static const struct smtp_outcome none[] = {END};

    (void)state;
    fake.wait_s = 7;
    assert_int_equal(deliver(gone).status, EX_OK);
    assert_int_equal(fake.opened, 2);
    assert_true(fake.left_s == 53);
    fake.opened = 0;
    fake.routes = 3;
    fake.failure = &down;
    fake.failing = 100;
    assert_int_equal(deliver(none).status, EX_TEMPFAIL);
    assert_int_equal(fake.opened, 3);
    assert_true(fake.left_s == 46);
}

static void test_results(void **state)
{
    static const struct {
        enum smtp_result result;
        int status;
    } rows[] = {
        {SMTP_INSECURE, EX_TEMPFAIL}, {SMTP_LOST, EX_TEMPFAIL},       {SMTP_BABBLE, EX_TEMPFAIL},
        {SMTP_LATER, EX_TEMPFAIL},    {SMTP_REFUSED, EX_UNAVAILABLE},
    };
    static const struct smtp_outcome none[] = {END};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct smtp_outcome failure = {rows[i].result, SMTP_STAGE_TLS, 0, "4.0.0", "why"};
        fake.failure = &failure;
        fake.failing = 100;
        assert_int_equal(deliver(none).status, rows[i].status);
    }
}

/* A price may have fallen: what takes long is not minted unasked. */
static void test_long_offer_is_asked_again(void **state)
{
    (void)state;
    conf.max_time_s = 1;
    assert_int_equal(deliver((struct smtp_outcome[]){DEMAND(268435456), END}).status,
                     EX_UNAVAILABLE);
    conf.max_time_s = 3600;
    struct courier_report report = deliver((struct smtp_outcome[]){DEMAND(64), TAKEN, END});
    assert_string_equal(fake.sent, "- 64 ");
    assert_int_equal(report.minted, 1);
    report = deliver((struct smtp_outcome[]){TAKEN, END}); /* short work is */
    assert_string_equal(fake.sent, "64 ");
}

/* The one account that there is. "": there is none. */
static void account(char name_r[256])
{
    char path[64];

    snprintf(path, sizeof path, "%s/credit", directory);
    DIR *stream = opendir(path);
    assert_non_null(stream);
    name_r[0] = '\0';
    for (const struct dirent *at; (at = readdir(stream)) != NULL;) {
        if (at->d_name[0] == '.')
            continue;
        assert_string_equal(name_r, "");
        snprintf(name_r, 256, "%s", at->d_name);
    }
    closedir(stream);
}

static void spend(double seconds)
{
    char name[256];

    account(name);
    assert_int_equal(strlen(name), 32);
    assert_true(credit_add(directory, name, time(NULL), seconds));
}

static double spent(void)
{
    struct credit credit;
    char name[256];

    account(name);
    credit_read(directory, name, time(NULL), &credit);
    return credit.spent_s;
}

/* Who takes no stamp is given no more, whatever the message and the port, until he takes one. */
static void test_credit(void **state)
{
    static const struct smtp_outcome down = {SMTP_LOST, SMTP_STAGE_CONNECT, 0, "4.4.1", "down"};
    static const struct smtp_outcome lost[] = {DEMAND(64), LOST_AT(MESSAGE), END};
    static const struct smtp_outcome asks[] = {DEMAND(64), END}, taken[] = {TAKEN, END};
    char name[256];

    (void)state;
    deliver(lost);
    assert_true(spent() > 0);
    assert_true(spent() < 60);
    spend(3 * 60 - spent());
    letter.identity[0] = 1;
    for (int i = 0; i < 2; i++) {
        struct courier_report report = deliver(asks); /* to ask costs nothing */
        assert_string_equal(fake.sent, "- ");
        assert_int_equal(report.status, EX_TEMPFAIL);
        assert_string_equal(report.enhanced, "4.7.1");
        assert_int_equal(report.minted, 0);
        assert_non_null(strstr(report.text, "has had 3 min 0 s of minting and has taken no stamp"));
        assert_non_null(strstr(report.text, "there will be enough for this one in 8 h 0 min. "));
        assert_non_null(strstr(report.text, "said: 554 5.7.1 onionpow:1:sha256/64"));
        fake.routes = 2;
        fake.failure = &down;
        fake.failing = fake.opened + 1;
    }
    assert_int_equal(fake.peer.port, 26);
    assert_int_equal(deliver(taken).status, EX_OK); /* without a stamp: that ends nothing */
    assert_string_equal(fake.sent, "- ");
    assert_true(spent() > 2 * 60);
    letter.identity[0] = 0;
    assert_int_equal(deliver(taken).status, EX_OK);
    assert_string_equal(fake.sent, "64 "); /* the one that was kept */
    account(name);
    assert_string_equal(name, "");
    letter.identity[0] = 1;
    assert_int_equal(deliver(taken).minted, 1);
}

/* Of what is left no more is begun than fits into it. */
static void test_credit_left(void **state)
{
    static const struct smtp_outcome lost[] = {DEMAND(64), LOST_AT(MESSAGE), END};
    static const struct smtp_outcome gone[] = {LOST_AT(MESSAGE), END}, none[] = {END};
    const struct op_offers large = {
        .count = 1, .offer[0] = {.suite = op_suite_find("sha256", 6), .effort = 20000000000}};

    (void)state;
    deliver(lost);
    letter.identity[0] = 1;
    conf.max_time_s = 86400;
    spend(2 * 86400 - 1);
    double before = spent();
    assert_int_equal(deliver_job((struct courier_job){.demand = &large}, none).status, EX_TEMPFAIL);
    assert_true(spent() <= before);
    assert_int_equal(deliver(gone).minted, 1);
}

/* What is spent is forgotten, and then there is enough again, for small work before large. */
static void test_credit_comes_back(void **state)
{
    static const struct smtp_outcome lost[] = {DEMAND(64), LOST_AT(MESSAGE), END};
    static const struct smtp_outcome asks[] = {DEMAND(64), END}, taken[] = {DEMAND(64), TAKEN, END};
    char name[256];

    (void)state;
    deliver(lost);
    letter.identity[0] = 1;
    account(name);
    assert_true(credit_clear(directory, name));
    assert_true(credit_add(directory, name, time(NULL), 2 * 60 + 1));
    assert_string_equal(deliver(asks).enhanced, "4.7.1");
    assert_true(credit_clear(directory, name));
    assert_true(credit_add(directory, name, time(NULL) - CREDIT_S / 48, 2 * 60 + 1));
    fake_doubt();
    assert_int_equal(deliver(taken).status, EX_OK);
    assert_string_equal(fake.sent, "- 64 ");
}

/* Minted unasked, and refused before the stamp was seen: who was not asked is not charged, once;
 * and is asked from then on. */
static void test_forgiven(void **state)
{
    static const struct smtp_outcome first[] = {DEMAND(1048576), TAKEN, END};
    static const struct smtp_outcome dead[] = {
        {SMTP_REFUSED, SMTP_STAGE_RCPT, 550, "5.1.1", "550 5.1.1 who?"}, END};
    static const struct smtp_outcome spam[] = {
        {SMTP_REFUSED, SMTP_STAGE_END, 550, "5.6.0", "550 5.6.0 spam"}, END};
    static const struct {
        const char *label;
        const struct smtp_outcome *refusal;
        bool doubting, charged;
        const char *then;
    } rows[] = {
        {"the recipient is refused", dead, false, false, "- "},
        {"and not for the first time", dead, true, true, "- "},
        {"the message is refused", spam, false, true, "1048576 "},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].label);
        deliver(first);
        letter.identity[0] = 1;
        fake.doubting = rows[i].doubting;
        assert_int_equal(deliver(rows[i].refusal).minted, 1);
        assert_string_equal(fake.sent, "1048576 ");
        assert_int_equal(spent() > 0.004, rows[i].charged); /* each note rounds up to 0.001 */
        assert_int_equal(kept(), 1);
        letter.identity[0] = 2;
        assert_true(address_parse("eve@" ONION, &address, &(const char *){""}));
        deliver(dead);
        assert_string_equal(fake.sent, rows[i].then);
        assert_int_equal(teardown(state), 0);
        assert_int_equal(setup(state), 0);
    }
}

/* Nobody waits to mint what nobody has asked for. */
static void test_unasked_busy(void **state)
{
    static const struct smtp_outcome first[] = {DEMAND(64), TAKEN, END};
    static const struct smtp_outcome taken[] = {TAKEN, END}, asks[] = {DEMAND(64), END};
    const struct slots_wish wish = {.directory = directory, .whose = "00", .count = 1};
    struct slot slot;

    (void)state;
    deliver(first);
    letter.identity[0] = 1;
    conf.max_time_s = 1;
    assert_int_equal(slots_take(&wish, 0, &slot), SLOTS_TAKEN);
    fake.opened = 0;
    assert_int_equal(deliver(taken).status, EX_OK);
    assert_string_equal(fake.sent, "- ");
    assert_int_equal(fake.opened, 1); /* nor is the connection given up */
    assert_string_equal(deliver(asks).enhanced, "4.3.2");
    slots_give(slot);
    assert_int_equal(deliver(taken).status, EX_OK);
    assert_string_equal(fake.sent, "64 ");
}

/* What strangers make us send is counted apart, and has a limit of its own. */
static void test_bounces(void **state)
{
    static const struct smtp_outcome lost[] = {DEMAND(64), LOST_AT(MESSAGE), END};
    static const struct smtp_outcome asks[] = {DEMAND(64), END}, taken[] = {TAKEN, END};
    static const struct smtp_outcome large[] = {DEMAND(20000000000), END};
    static const struct courier_job bounce = {.from = ""};

    (void)state;
    deliver_job(bounce, lost);
    spend(2 * 60);
    letter.identity[0] = 1;
    assert_int_equal(deliver_job(bounce, asks).status, EX_TEMPFAIL);
    assert_int_equal(deliver(taken).minted, 1); /* for the remembered offer */
    letter.identity[0] = 2;
    conf.max_time_s = 86400;
    conf.bounce_time_s = 1;
    struct courier_report report = deliver_job(bounce, large);
    assert_int_equal(report.status, EX_UNAVAILABLE);
    assert_non_null(strstr(report.text, "beyond this sender's limits"));
    conf.bounce_time_s = 0;
    report = deliver_job(bounce, asks);
    assert_int_equal(report.status, EX_UNAVAILABLE);
    assert_non_null(strstr(report.text, "no stamp is minted for a bounce here"));
}

static void test_senders(void **state)
{
    static const struct {
        const char *from;
        bool valid;
    } rows[] = {
        {"", true},
        {"alice@x.org", true},
        {"SRS0=a=b=c=d@x.org", true},
        {"alice", false},
        {"postmaster", false},
        {"<alice@x.org>", false},
        {"a@b>\r\nRCPT TO:<c@d", false},
        {"a@b\n", false},
        {"a b@x.org", false},
        {"a@b> SIZE=1", false},
        {"\"a b\"@x.org", true},
        {"\"A \\\" > <b\"@x.org", true},
        {"\"a b\"@x.org> SIZE=1", false},
        {"\"a b\"> SIZE=1 @x.org", false},
        {"\"a\" b\"@x.org", false},
        {"\"a b@x.org", false},
        {"\"a b\\\"@x.org> SIZE=1", false},
        {"\"a\rb\"@x.org", false},
        {"\"a\\\rb\"@x.org", false},
        {"\"a\r\nRCPT TO:<c@d>\"@x.org", false},
        {"\"a\tb\"@x.org", false},
        {"\"a b\"@[>\"\"]", false},
        {"a@[\">SIZE=1\"]", false},
        {" \"a b\"@x.org", false},
        {"@b.test:\"a b\"@x.org", false},
        {"\"", false},
    };
    char many[600];
    const char *why;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].from);
        assert_int_equal(courier_sender_valid(rows[i].from, &why), rows[i].valid);
    }
    memset(many, 'a', sizeof many);
    strcpy(many + 590, "@x.org");
    assert_false(courier_sender_valid(many, &why));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_flow),
        TEST(test_kept_stamp_is_presented),
        TEST(test_whose_stamp),
        TEST(test_remembered_offer),
        TEST(test_known_demand),
        TEST(test_probe),
        TEST(test_ways),
        TEST(test_maybe_delivered),
        TEST(test_patience),
        TEST(test_results),
        TEST(test_credit),
        TEST(test_credit_left),
        TEST(test_credit_comes_back),
        TEST(test_forgiven),
        TEST(test_unasked_busy),
        TEST(test_bounces),
        cmocka_unit_test(test_senders),
        TEST(test_long_offer_is_asked_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
