/* test_ledger_race.c - the ledger between threads, for each backend: one of many wins, and no use
 * is counted twice. */
#include "ledger_backends.h"

#include <pthread.h>
#include <stdatomic.h>

static int setup_lmdb(void **state)
{
    return backend_setup(state, "lmdb", SIZE);
}

static int setup_memory(void **state)
{
    return backend_setup(state, "memory", SIZE);
}

#define RACERS 6
#define ROUNDS 60

struct race {
    struct ledger *ledger;
    pthread_barrier_t start;
    atomic_uint wins[ROUNDS];
    atomic_bool wrong;
};

struct racer {
    struct race *race;
    unsigned number;
};

static void run_race(struct race *race, void *(*body)(void *))
{
    pthread_t threads[RACERS];
    struct racer racers[RACERS];
    assert_int_equal(pthread_barrier_init(&race->start, NULL, RACERS), 0);
    for (unsigned i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){.race = race, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, body, &racers[i]), 0);
    }
    for (unsigned i = 0; i < RACERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    pthread_barrier_destroy(&race->start);
    assert_false(race->wrong);
    for (unsigned i = 0; i < ROUNDS; i++)
        assert_int_equal(race->wins[i], 1);
}

static void *race_to_reserve(void *arg)
{
    struct racer *racer = arg;
    struct race *race = racer->race;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct ledger_key key = key_of(DAY, round);
        enum ledger_state found;
        pthread_barrier_wait(&race->start);
        if (ledger_reserve(race->ledger, &key, print_of(racer->number), racer->number, NOW,
                           &found) != LEDGER_OK)
            race->wrong = true;
        else if (found == LEDGER_RESERVED_NEW)
            race->wins[round]++;
        else if (found != LEDGER_BUSY)
            race->wrong = true;
    }
    return NULL;
}

static void test_race_to_reserve(void **state)
{
    struct race race = {.ledger = ledger_of(state)};
    run_race(&race, race_to_reserve);
}

/* Each round's stamp has passed; each racer is a message of its own that also brings one of its
 * own. */
static void *race_to_spend(void *arg)
{
    struct racer *racer = arg;
    struct race *race = racer->race;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct ledger_key keys[2] = {key_of(DAY, 1000 * (racer->number + 1) + round),
                                     key_of(DAY, round)};
        enum ledger_state found;
        bool spent = false;
        size_t culprit = 1;
        const uint8_t *print = print_of(racer->number);
        if (ledger_reserve(race->ledger, &keys[0], print, racer->number, NOW, &found) != LEDGER_OK)
            race->wrong = true;
        pthread_barrier_wait(&race->start);
        if (ledger_spend(race->ledger, keys, 2, print, racer->number, NOW, &spent, &culprit) !=
                LEDGER_OK ||
            culprit != 1)
            race->wrong = true;
        if (spent)
            race->wins[round]++;
        if (ledger_reserve(race->ledger, &keys[0], print, racer->number, NOW, &found) !=
                LEDGER_OK ||
            found != (spent ? LEDGER_SPENT_SAME : LEDGER_BUSY))
            race->wrong = true; /* all or nothing */
    }
    return NULL;
}

static void test_race_to_spend(void **state)
{
    struct race race = {.ledger = ledger_of(state)};
    for (unsigned i = 0; i < ROUNDS; i++) {
        assert_int_equal(reserve(race.ledger, key_of(DAY, i), 15, 99, NOW), LEDGER_RESERVED_NEW);
        pass(race.ledger, key_of(DAY, i), 99, NOW);
    }
    run_race(&race, race_to_spend);
}

/* Whole lives of the same stamps in all threads, with purges and looks at the numbers in between.
 */
static void *race_through_life(void *arg)
{
    struct racer *racer = arg;
    struct race *race = racer->race;
    struct ledger_stats stats;
    bool spent, more;
    size_t culprit;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct ledger_key key = key_of(DAY, round);
        enum ledger_state found = LEDGER_BUSY;
        while (found == LEDGER_BUSY) {
            if (ledger_reserve(race->ledger, &key, print_of(racer->number), racer->number, NOW,
                               &found) != LEDGER_OK)
                race->wrong = true;
        }
        if (found == LEDGER_RESERVED_NEW && round % 3 == racer->number % 3)
            (void)ledger_release(race->ledger, &key, racer->number);
        else if (found == LEDGER_RESERVED_NEW && round % 2 &&
                 ledger_pass(race->ledger, &key, racer->number, NOW) != LEDGER_OK)
            race->wrong = true;
        if (ledger_spend(race->ledger, &key, 1, print_of(racer->number), racer->number, NOW, &spent,
                         &culprit) != LEDGER_OK)
            race->wrong = true;
        if (spent)
            race->wins[round]++;
        if (ledger_purge(race->ledger, DAY, 10, &more) != LEDGER_OK ||
            ledger_stats_get(race->ledger, &stats) != LEDGER_OK)
            race->wrong = true;
        pthread_barrier_wait(&race->start);
        if (race->wins[round] == 0 && racer->number == 0) { /* all who had it let it go */
            claim(race->ledger, key, 1);
            race->wins[round]++;
        }
    }
    return NULL;
}

static void test_race_through_life(void **state)
{
    struct race race = {.ledger = ledger_of(state)};
    run_race(&race, race_through_life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_race_to_reserve),
        BOTH(test_race_to_spend),
        BOTH(test_race_through_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
