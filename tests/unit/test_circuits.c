/* test_circuits.c - growth, decay, bounds, forgetting, clocks and threads of the clients' counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>

#include "milter/circuits.h"
#include "pow/bytes.h"

#define NOW    INT64_C(1795003200)
#define FORGET 600
#define YEAR   (INT64_C(365) * 86400)

static struct conf conf_of(unsigned free_messages, double growth, double surcharge, double ceiling)
{
    struct conf conf = {
        .circuit = {
            .free = free_messages, .growth = growth, .surcharge = surcharge, .forget_s = FORGET}};
    conf.price.ceiling = ceiling;
    return conf;
}

static struct scope_client client_of(const char *text)
{
    struct scope_client client = {0};
    uint8_t v4[4];

    if (text == NULL)
        return client;
    client.known = true;
    if (inet_pton(AF_INET, text, v4) == 1) {
        client.addr[10] = client.addr[11] = 0xff;
        for (size_t i = 0; i < 4; i++)
            client.addr[12 + i] = v4[i];
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, client.addr), 1);
    }
    return client;
}

static struct scope_client circuit_of(uint32_t number)
{
    struct scope_client client = client_of("fc00:dead:beef:4dad::");

    op_store_be32(client.addr + 12, number);
    return client;
}

static struct circuits *circuits_of(size_t max)
{
    struct circuits *circuits = circuits_new(max);

    assert_non_null(circuits);
    return circuits;
}

static void note(struct circuits *circuits, const struct conf *conf,
                 const struct scope_client *client, int64_t now, enum circuit_event event,
                 unsigned times)
{
    while (times-- > 0)
        circuits_note(circuits, conf, client, now, event);
}

/* Accepted at the reduced price. */
static void bounce(struct circuits *circuits, const struct conf *conf,
                   const struct scope_client *client, unsigned times)
{
    assert_true(circuits_claim_bounces(circuits, conf, client, NOW, times, 1e6));
    circuits_accept_bounces(circuits, conf, client, NOW, times);
    note(circuits, conf, client, NOW, CIRCUIT_ACCEPTED, times);
}

static bool near(double got, double want)
{
    return fabs(got - want) <= 1e-9 * fabs(want);
}

static void test_growth(void **state)
{
    static const struct {
        const char *label;
        unsigned accepted, refused, failed, bounces;
        double want; /* 3 free, growth 1.5, surcharge 4, ceiling 100 */
    } rows[] = {
        {"nothing", 0, 0, 0, 0, 1},
        {"the first", 1, 0, 0, 0, 1},
        {"the last that is free", 3, 0, 0, 0, 1},
        {"one more", 4, 0, 0, 0, 1.5},
        {"two more", 5, 0, 0, 0, 2.25},
        {"ten more", 13, 0, 0, 0, 57.6650390625},
        {"ceiling of growth", 15, 0, 0, 0, 100},
        {"far beyond it", 100000, 0, 0, 0, 100},
        {"asking is free", 0, 1000, 0, 0, 1},
        {"asking changes nothing", 5, 1000, 0, 0, 2.25},
        {"one failure", 0, 0, 1, 0, 4},
        {"three", 0, 0, 3, 0, 64},
        {"ceiling of failures", 0, 0, 4, 0, 100},
        {"far beyond it", 0, 0, 100000, 0, 100},
        {"growth times surcharge", 5, 0, 1, 0, 9},
        {"both beyond", 100000, 0, 100000, 0, 100},
        {"bounces count as well", 2, 0, 0, 3, 2.25},
    };
    struct conf conf = conf_of(3, 1.5, 4, 100);
    struct scope_client client = client_of("192.0.2.1"), other = client_of("192.0.2.2");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct circuits *circuits = circuits_of(100);
        print_message("%s\n", rows[i].label);
        note(circuits, &conf, &client, NOW, CIRCUIT_ACCEPTED, rows[i].accepted);
        for (unsigned n = 0; n < rows[i].refused; n++) { /* bounces that could not pay */
            assert_true(circuits_claim_bounces(circuits, &conf, &client, NOW, 1, 1));
            circuits_return_bounces(circuits, &client, 1);
        }
        note(circuits, &conf, &client, NOW, CIRCUIT_FAILED, rows[i].failed);
        bounce(circuits, &conf, &client, rows[i].bounces);
        double got = circuits_factor(circuits, &conf, &client, NOW);
        assert_true(near(got, rows[i].want));
        assert_true(got <= 100);
        assert_true(near(circuits_factor(circuits, &conf, &other, NOW), 1));
        assert_true(circuits_bounces(circuits, &conf, &client, NOW) == rows[i].bounces);
        circuits_free(circuits);
    }
    circuits_free(NULL);
}

/* Whatever the configuration holds, a factor is a number from 1 to the ceiling. */
static void test_odd_configurations(void **state)
{
    static const double odd[] = {0, -1, 0.5, 1, 1 + 1e-12, 1e6, INFINITY, NAN};
    static const unsigned free_messages[] = {0, 1, UINT32_MAX};
    const size_t count = sizeof odd / sizeof *odd;
    struct scope_client client = client_of(NULL);

    (void)state;
    for (size_t i = 0; i < count * count * count * 3; i++) {
        struct conf conf = conf_of(free_messages[i % 3], odd[i / 3 % count],
                                   odd[i / 3 / count % count], odd[i / 3 / count / count]);
        double ceiling = conf.price.ceiling > 1 ? conf.price.ceiling : 1;
        conf.circuit.forget_s = (uint32_t)(i % 2);
        struct circuits *circuits = circuits_of(1);
        for (int64_t n = 0; n < 30; n++) {
            circuits_note(circuits, &conf, &client, NOW + n % 3, (enum circuit_event)(n % 4));
            double factor = circuits_factor(circuits, &conf, &client, NOW + n % 5);
            assert_true(factor >= 1 && factor <= ceiling && !isnan(factor));
        }
        circuits_free(circuits);
    }
}

static void test_decay(void **state)
{
    struct conf conf = conf_of(3, 1.5, 4, 1000);
    struct circuits *circuits = circuits_of(100);
    struct scope_client client = client_of("192.0.2.1");

    (void)state;
    note(circuits, &conf, &client, NOW, CIRCUIT_ACCEPTED, 10);
    bounce(circuits, &conf, &client, 2);
    note(circuits, &conf, &client, NOW, CIRCUIT_FAILED, 1);
    for (int64_t t = 0; t <= 3 * FORGET; t += 60) { /* reading often changes nothing */
        double left = exp(-(double)t / FORGET), beyond = fmax(12 * left - 3, 0);
        assert_true(near(circuits_factor(circuits, &conf, &client, NOW + t),
                         pow(1.5, beyond) * pow(4, left)));
        assert_true(near(circuits_bounces(circuits, &conf, &client, NOW + t), 2 * left));
    }
    assert_true(circuits_factor(circuits, &conf, &client, NOW + 20 * FORGET) < 1.000001);
    circuits_free(circuits);
}

/* Half a million failures hurt those who share the address for as long as five. */
static void test_a_ceiling_is_left_at_once(void **state)
{
    static const enum circuit_event events[] = {CIRCUIT_FAILED, CIRCUIT_ACCEPTED};
    struct conf conf = conf_of(3, 1.5, 4, 1000);
    struct scope_client client = client_of("127.0.0.1");

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct circuits *circuits = circuits_of(100);
        note(circuits, &conf, &client, NOW, events[i], 500000);
        assert_true(circuits_factor(circuits, &conf, &client, NOW) > 999.999);
        assert_true(circuits_factor(circuits, &conf, &client, NOW + 10) < 990);
        assert_true(circuits_factor(circuits, &conf, &client, NOW + 5 * FORGET) < 1.05);
        circuits_free(circuits);
    }
}

static void test_bounces_are_capped(void **state)
{
    static const struct {
        unsigned count;
        double cap;
        bool room;
        double left;
    } rows[] = {
        {2, 5, true, 2},          {3, 5, true, 5},      {1, 5, false, 5},
        {1, 5.9, false, 5},       {1, 6, true, 6},      {4, 1e9, true, 10},
        {1, 0, false, 10},        {0, 10, true, 10},    {1000000, 1e9, false, 10},
        {999990, 1e9, true, 1e6}, {1, 1e9, false, 1e6},
    };
    struct conf conf = conf_of(3, 1.5, 4, 1000);
    struct circuits *circuits = circuits_of(100);
    struct scope_client client = client_of("192.0.2.1");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(
            circuits_claim_bounces(circuits, &conf, &client, NOW, rows[i].count, rows[i].cap),
            rows[i].room);
        if (rows[i].room)
            circuits_accept_bounces(circuits, &conf, &client, NOW, rows[i].count);
        assert_true(circuits_bounces(circuits, &conf, &client, NOW) == rows[i].left);
    }
    assert_true(circuits_factor(circuits, &conf, &client, NOW) == 1); /* no message is noted yet */
    circuits_free(circuits);
}

/* A claim takes room from other claims, and is not seen before its messages are accepted. */
static void test_claims(void **state)
{
    struct conf conf = conf_of(3, 1.5, 4, 1000);
    struct circuits *circuits = circuits_of(100);
    struct scope_client client = client_of("192.0.2.1");

    (void)state;
    assert_true(circuits_claim_bounces(circuits, &conf, &client, NOW, 3, 4));
    assert_true(circuits_bounces(circuits, &conf, &client, NOW) == 0);
    assert_false(circuits_claim_bounces(circuits, &conf, &client, NOW, 2, 4));
    circuits_return_bounces(circuits, &client, 1);
    assert_true(circuits_claim_bounces(circuits, &conf, &client, NOW, 2, 4));
    circuits_accept_bounces(circuits, &conf, &client, NOW, 3);
    assert_true(circuits_bounces(circuits, &conf, &client, NOW) == 3);
    assert_false(circuits_claim_bounces(circuits, &conf, &client, NOW, 1, 4));
    circuits_return_bounces(circuits, &client, 1);
    circuits_return_bounces(circuits, &client, 1); /* of an entry that was another's meanwhile */
    assert_true(circuits_bounces(circuits, &conf, &client, NOW) == 3);
    assert_true(circuits_claim_bounces(circuits, &conf, &client, NOW, 1, 4));
    circuits_free(circuits);
}

/* A claim keeps its place while its message is judged; once given back, the place is idle. */
static void test_claims_have_places(void **state)
{
    struct conf conf = conf_of(0, 1.5, 4, 1000);
    struct circuits *circuits = circuits_of(1);
    struct scope_client first = circuit_of(1), second = circuit_of(2), third = circuit_of(3);

    (void)state;
    assert_true(circuits_claim_bounces(circuits, &conf, &first, NOW, 2, 2));
    assert_int_equal(circuits_count(circuits, &conf, NOW), 1);
    circuits_return_bounces(circuits, &second, 2); /* is not known: nothing happens */
    assert_false(circuits_claim_bounces(circuits, &conf, &first, NOW, 1, 2));
    circuits_return_bounces(circuits, &first, 2);
    assert_int_equal(circuits_count(circuits, &conf, NOW), 0);
    note(circuits, &conf, &third, NOW, CIRCUIT_ACCEPTED, 1);
    assert_true(near(circuits_factor(circuits, &conf, &third, NOW), 1.5));
    circuits_free(circuits);
}

static void test_clock(void **state)
{
    static const struct {
        const char *label;
        int64_t then, after; /* what the clock says after the noting, and seconds from there */
        double left;         /* of the failure */
    } rows[] = {
        {"no jump", NOW, FORGET, 0.36787944117144233},
        {"a second back, as threads have it", NOW - 1, 0, 1},
        {"a year back does not freeze", NOW - YEAR, FORGET, 0.36787944117144233},
        {"a year ahead forgets", NOW + YEAR, 0, 0},
        {"to the start of time", 0, FORGET, 0.36787944117144233},
        {"before it", -YEAR, FORGET, 0.36787944117144233},
        {"the last second", INT64_MAX, 0, 0},
        {"the first second", INT64_MIN, 0, 1},
    };
    struct conf conf = conf_of(3, 1.5, 4, 1000);
    struct scope_client client = client_of("192.0.2.1");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct circuits *circuits = circuits_of(100);
        int64_t then = rows[i].then;
        print_message("%s\n", rows[i].label);
        note(circuits, &conf, &client, NOW, CIRCUIT_FAILED, 1);
        (void)circuits_count(circuits, &conf, then); /* the jump is seen */
        double got = circuits_factor(circuits, &conf, &client, then + rows[i].after);
        assert_true(fabs(got - pow(4, rows[i].left)) < 1e-9);
        circuits_free(circuits);
    }
}

/* A message that began long ago brings its time in at each of its recipients, and at its end:
 * between them, nothing decays a second time for others. */
static void test_old_times(void **state)
{
    static const int64_t ages[] = {1, 60, 3600, 86399, 86400, 3 * 86400};
    struct conf conf = conf_of(0, 1.5, 4, 1000);
    struct scope_client client = client_of("192.0.2.1");

    (void)state;
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
        struct circuits *circuits = circuits_of(100);
        bounce(circuits, &conf, &client, 1);
        for (unsigned n = 0; n < 60; n++) {
            (void)circuits_bounces(circuits, &conf, &client, NOW - ages[i]);
            (void)circuits_factor(circuits, &conf, &client, NOW - ages[i]);
            if (ages[i] < 86400) { /* an end waits for a slot, not for days */
                assert_true(circuits_claim_bounces(circuits, &conf, &client, NOW - ages[i], 1, 2));
                circuits_return_bounces(circuits, &client, 1);
            }
            assert_false(circuits_claim_bounces(circuits, &conf, &client, NOW, 1, 1));
        }
        assert_true(circuits_bounces(circuits, &conf, &client, NOW) == 1);
        assert_true(near(circuits_factor(circuits, &conf, &client, NOW), 1.5));
        circuits_free(circuits);
    }
}

/* Ahead by a year and back: what was noted meanwhile does not hold its place for that year. */
static void test_clock_that_was_ahead(void **state)
{
    struct conf conf = conf_of(3, 1.5, 4, 1000);
    struct circuits *circuits = circuits_of(256);

    (void)state;
    for (uint32_t i = 0; i < 10000; i++) {
        struct scope_client client = circuit_of(i);
        note(circuits, &conf, &client, NOW + YEAR, CIRCUIT_FAILED, 1);
    }
    assert_int_equal(circuits_count(circuits, &conf, NOW), 256);
    assert_int_equal(circuits_count(circuits, &conf, NOW + 10 * FORGET), 0);
    circuits_free(circuits);
}

static void test_who_is_one_client(void **state)
{
    static const struct {
        const char *label, *a, *b; /* NULL: unknown */
        bool same;
    } rows[] = {
        {"an address", "192.0.2.1", "192.0.2.1", true},
        {"its neighbour", "192.0.2.1", "192.0.2.0", false},
        {"mapped", "192.0.2.1", "::ffff:192.0.2.1", true},
        {"one /64", "2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true},
        {"its neighbour", "2001:db8:0:1::1", "2001:db8:0:0::1", false},
        {"a circuit", "fc00:dead:beef:4dad::7:1", "fc00:dead:beef:4dad::7:1", true},
        {"another circuit", "fc00:dead:beef:4dad::7:1", "fc00:dead:beef:4dad::7:2", false},
        {"beside the circuits", "fc00:dead:beef:4dac::7:1", "fc00:dead:beef:4dac::7:2", true},
        {"beyond the circuits", "fc00:dead:beef:4dae::7:1", "fc00:dead:beef:4dae::7:2", true},
        {"all that are unknown", NULL, NULL, true},
        {"unknown is not ::", NULL, "::", false},
        {"unknown is not all ones", NULL, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},
        {"IPv4 is not in its /64", "0.0.0.0", "::1", false},
    };
    struct conf conf = conf_of(0, 2, 1, 1000);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct circuits *circuits = circuits_of(100);
        struct scope_client a = client_of(rows[i].a), b = client_of(rows[i].b);
        print_message("%s\n", rows[i].label);
        note(circuits, &conf, &a, NOW, CIRCUIT_ACCEPTED, 3);
        assert_true(near(circuits_factor(circuits, &conf, &a, NOW), 8));
        assert_true(near(circuits_factor(circuits, &conf, &b, NOW), rows[i].same ? 8 : 1));
        assert_int_equal(circuits_count(circuits, &conf, NOW), 1);
        circuits_free(circuits);
    }
}

static size_t heap(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* A million circuits with a message each pass through a table of 1024; the ten that have risen keep
 * their price, and nothing grows. */
static void test_flood(void **state)
{
    struct conf conf = conf_of(3, 1.5, 4, 1000);
    struct circuits *circuits = circuits_of(1024);

    (void)state;
    for (uint32_t i = 0; i < 10; i++) {
        struct scope_client client = circuit_of(i);
        note(circuits, &conf, &client, NOW, CIRCUIT_ACCEPTED, 5);
    }
    size_t before = heap();
    for (uint32_t i = 0; i < 1000000; i++) {
        struct scope_client client = circuit_of(1000 + i);
        note(circuits, &conf, &client, NOW + i / 100000, CIRCUIT_ACCEPTED, 1);
    }
    assert_int_equal(heap(), before);
    assert_int_equal(circuits_count(circuits, &conf, NOW + 9), 1024);
    for (uint32_t i = 0; i < 10; i++) {
        struct scope_client client = circuit_of(i);
        double want = pow(1.5, 5 * exp(-9.0 / FORGET) - 3);
        assert_true(near(circuits_factor(circuits, &conf, &client, NOW + 9), want));
    }
    /* They do not hold their places for ever: once decayed, a busier newcomer passes them. */
    for (uint32_t i = 0; i < 100000; i++) {
        struct scope_client client = circuit_of(2000000 + i);
        note(circuits, &conf, &client, NOW + 4 * FORGET, CIRCUIT_ACCEPTED, 1);
    }
    for (uint32_t i = 0; i < 10; i++) {
        struct scope_client client = circuit_of(i);
        assert_true(circuits_bounces(circuits, &conf, &client, NOW + 4 * FORGET) == 0);
        note(circuits, &conf, &client, NOW + 4 * FORGET, CIRCUIT_ACCEPTED, 4);
        assert_true(near(circuits_factor(circuits, &conf, &client, NOW + 4 * FORGET), 1.5));
    }
    circuits_free(circuits);
}

static void test_count(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 15, 16, 17, 1000};
    struct conf conf = conf_of(3, 1.5, 4, 1000);

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct circuits *circuits = circuits_of(sizes[i]);
        assert_int_equal(circuits_count(circuits, &conf, NOW), 0);
        for (uint32_t n = 0; n < 20000; n++) {
            struct scope_client client = circuit_of(n);
            note(circuits, &conf, &client, NOW, CIRCUIT_ACCEPTED, 1);
        }
        size_t rows = sizes[i] <= 16 ? 1 : (sizes[i] + 15) / 16;
        size_t want = sizes[i] == 0 ? 1 : sizes[i] <= 16 ? sizes[i] : rows * 16;
        assert_int_equal(circuits_count(circuits, &conf, NOW), want);
        assert_int_equal(circuits_count(circuits, &conf, NOW + 4 * FORGET), want);
        assert_int_equal(circuits_count(circuits, &conf, NOW + 5 * FORGET), 0); /* exp(-5) < 1% */
        circuits_free(circuits);
    }
}

/*
 * Threads
 */

#define ROUNDS 20000

struct visitor {
    struct circuits *circuits;
    const struct conf *conf;
    uint32_t first;
    unsigned refused;
};

static void *visit(void *arg)
{
    struct visitor *visitor = arg;
    struct scope_client shared = client_of(NULL);

    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct scope_client own = circuit_of(visitor->first + i);
        if (!circuits_claim_bounces(visitor->circuits, visitor->conf, &shared, NOW, 1,
                                    2 * ROUNDS - 10))
            visitor->refused++;
        else
            circuits_accept_bounces(visitor->circuits, visitor->conf, &shared, NOW, 1);
        circuits_note(visitor->circuits, visitor->conf, &own, NOW, CIRCUIT_FAILED);
        (void)circuits_factor(visitor->circuits, visitor->conf, &own, NOW);
        if (i % 1000 == 0)
            (void)circuits_count(visitor->circuits, visitor->conf, NOW);
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct conf conf = conf_of(3, 1, 4, 1000);
    struct circuits *circuits = circuits_of(512);
    struct scope_client shared = client_of(NULL);
    struct visitor visitors[] = {{circuits, &conf, 0, 0}, {circuits, &conf, ROUNDS, 0}};
    pthread_t threads[2];

    (void)state;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, visit, &visitors[i]), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(circuits_bounces(circuits, &conf, &shared, NOW) == 2 * ROUNDS - 10);
    assert_int_equal(visitors[0].refused + visitors[1].refused, 10);
    assert_int_equal(circuits_count(circuits, &conf, NOW), 512);
    circuits_free(circuits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_odd_configurations),
        cmocka_unit_test(test_decay),
        cmocka_unit_test(test_a_ceiling_is_left_at_once),
        cmocka_unit_test(test_bounces_are_capped),
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_claims_have_places),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_old_times),
        cmocka_unit_test(test_clock_that_was_ahead),
        cmocka_unit_test(test_who_is_one_client),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
