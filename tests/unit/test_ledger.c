/*
 * test_ledger.c - the ledger's promises, for each backend; the backends against each other and a
 * model.
 */
#include "ledger_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

struct fixture {
    const char *backend;
    char *path;
    struct ledger *ledger;
};

static int setup(void **state, const char *backend)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->backend = backend;
    f->path = fixture_dir();
    f->ledger = fixture_open(backend, f->path, SIZE);
    *state = f;
    return 0;
}

static int setup_lmdb(void **state)
{
    return setup(state, "lmdb");
}

static int setup_memory(void **state)
{
    return setup(state, "memory");
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    ledger_close(f->ledger);
    fixture_remove(f->path);
    free(f);
    return 0;
}

static struct ledger *ledger_of(void **state)
{
    return ((struct fixture *)*state)->ledger;
}

static void pass(struct ledger *ledger, struct ledger_key key, uint64_t token, int64_t now)
{
    assert_int_equal(ledger_pass(ledger, &key, token, now), LEDGER_OK);
}

static void burn(struct ledger *ledger, struct ledger_key key, uint64_t token, int64_t now)
{
    assert_int_equal(ledger_burn(ledger, &key, token, now), LEDGER_OK);
}

static void test_reserve(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key key = key_of(DAY, 1);
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_BUSY);
    assert_int_equal(reserve(ledger, key, 2, 2, NOW), LEDGER_BUSY);
    assert_int_equal(reserve(ledger, key_of(DAY, 2), 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_int_equal(reserve(ledger, key_of(DAY + 1, 1), 1, 1, NOW), LEDGER_RESERVED_NEW);
}

static void test_release(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key key = key_of(DAY, 1);
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_int_equal(ledger_release(ledger, &key, 2), LEDGER_OK);
    assert_int_equal(reserve(ledger, key, 1, 3, NOW), LEDGER_BUSY);
    assert_int_equal(ledger_release(ledger, &key, 1), LEDGER_OK);
    assert_int_equal(ledger_release(ledger, &key, 1), LEDGER_OK);
    assert_int_equal(reserve(ledger, key, 1, 3, NOW), LEDGER_RESERVED_NEW);
}

static void test_release_keeps_what_is_stored(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key key = key_of(DAY, 1);
    claim(ledger, key, 1);
    assert_int_equal(ledger_release(ledger, &key, 1), LEDGER_OK);
    assert_int_equal(reserve(ledger, key, 2, 2, NOW), LEDGER_SPENT_OTHER);
}

static void test_pass(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key key = key_of(DAY, 1);
    pass(ledger, key, 1, NOW); /* never reserved */
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
    pass(ledger, key, 2, NOW); /* not the holder */
    assert_int_equal(reserve(ledger, key, 1, 3, NOW), LEDGER_BUSY);
    pass(ledger, key, 1, NOW);
    assert_int_equal(reserve(ledger, key, 1, 3, NOW), LEDGER_PASSED);
    burn(ledger, key, 1, NOW); /* ended once */
    assert_int_equal(reserve(ledger, key, 1, 3, NOW), LEDGER_PASSED);
}

static void test_burn(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key key = key_of(DAY, 1);
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
    burn(ledger, key, 2, NOW); /* not the holder */
    assert_int_equal(reserve(ledger, key, 1, 3, NOW), LEDGER_BUSY);
    burn(ledger, key, 1, NOW);
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_BURNT);
    pass(ledger, key, 1, NOW);
    assert_int_equal(reserve(ledger, key, 1, 1, NOW + 1000000), LEDGER_BURNT);
    assert_false(spend(ledger, key, 1, 1, NOW));
}

static void test_lease(void **state)
{
    static const struct {
        const char *label;
        int64_t later;
        enum ledger_state want;
    } rows[] = {
        {"at once", 0, LEDGER_BUSY},
        {"last second", LEDGER_LEASE_S - 1, LEDGER_BUSY},
        {"over", LEDGER_LEASE_S, LEDGER_RESERVED_NEW},
        {"clock set back a little", -LEDGER_LEASE_S, LEDGER_BUSY},
        {"clock set back by more", -LEDGER_LEASE_S - 1, LEDGER_RESERVED_NEW},
        {"clock set back by years", -100000000, LEDGER_RESERVED_NEW},
    };
    struct ledger *ledger = ledger_of(state);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ledger_key key = key_of(DAY, i);
        assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
        enum ledger_state got = reserve(ledger, key, 2, 2, NOW + rows[i].later);
        if (got != rows[i].want)
            fail_msg("%s: %s", rows[i].label, ledger_state_str(got));
    }
}

static void test_lease_lost(void **state)
{
    struct ledger *ledger = ledger_of(state);
    int64_t late = NOW + LEDGER_LEASE_S;
    struct ledger_key key = key_of(DAY, 1);
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_int_equal(reserve(ledger, key, 2, 2, late), LEDGER_RESERVED_NEW);
    burn(ledger, key, 1, late);
    pass(ledger, key, 1, late);
    assert_int_equal(ledger_release(ledger, &key, 1), LEDGER_OK);
    assert_false(spend(ledger, key, 1, 1, late));
    assert_int_equal(reserve(ledger, key, 1, 1, late), LEDGER_BUSY);
    pass(ledger, key, 2, late);
    assert_int_equal(reserve(ledger, key, 1, 1, late), LEDGER_PASSED);
}

static void test_lease_over_is_no_right(void **state)
{
    struct ledger *ledger = ledger_of(state);
    int64_t late = NOW + LEDGER_LEASE_S;
    assert_int_equal(reserve(ledger, key_of(DAY, 1), 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_false(spend(ledger, key_of(DAY, 1), 1, 1, late));
    pass(ledger, key_of(DAY, 1), 1, late);
    assert_int_equal(reserve(ledger, key_of(DAY, 1), 1, 1, late), LEDGER_RESERVED_NEW);
}

static void test_spend(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key key = key_of(DAY, 1), passed = key_of(DAY, 2);
    assert_false(spend(ledger, key, 1, 1, NOW)); /* absent */
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_false(spend(ledger, key, 1, 2, NOW)); /* another's reservation */
    assert_int_equal(reserve(ledger, key, 1, 2, NOW), LEDGER_BUSY);
    assert_true(spend(ledger, key, 1, 1, NOW));
    assert_int_equal(reserve(ledger, key, 1, 3, NOW), LEDGER_SPENT_SAME);
    assert_int_equal(reserve(ledger, key, 2, 3, NOW), LEDGER_SPENT_OTHER);
    assert_false(spend(ledger, key, 2, 1, NOW)); /* the same token is no right either */
    burn(ledger, key, 1, NOW);
    assert_int_equal(reserve(ledger, key, 1, 3, NOW), LEDGER_SPENT_SAME);

    assert_int_equal(reserve(ledger, passed, 1, 1, NOW), LEDGER_RESERVED_NEW);
    pass(ledger, passed, 1, NOW);
    assert_true(spend(ledger, passed, 2, 9, NOW + 1000000)); /* anybody, at any time */
    assert_int_equal(reserve(ledger, passed, 1, 1, NOW), LEDGER_SPENT_OTHER);
}

static void test_retries(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key key = key_of(DAY, 1);
    claim(ledger, key, 1);
    for (int i = 0; i < LEDGER_RETRIES_MAX; i++) {
        assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_SPENT_SAME);
        assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_SPENT_SAME); /* asking is free */
        assert_int_equal(reserve(ledger, key, 2, 1, NOW), LEDGER_SPENT_OTHER);
        assert_false(spend(ledger, key, 2, 1, NOW));
        assert_true(spend(ledger, key, 1, 1, NOW));
    }
    assert_int_equal(reserve(ledger, key, 1, 1, NOW), LEDGER_SPENT_OTHER);
    assert_false(spend(ledger, key, 1, 1, NOW));
}

/* One key of each state; the last decides whether the message may go. */
static void test_spend_list(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key keys[5];
    for (unsigned i = 0; i < 5; i++) {
        keys[i] = key_of(DAY, i);
        assert_int_equal(reserve(ledger, keys[i], 1, i < 4 ? 1 : 2, NOW), LEDGER_RESERVED_NEW);
    }
    pass(ledger, keys[1], 1, NOW);
    assert_true(spend(ledger, keys[2], 1, 1, NOW));

    bool spent = true;
    size_t culprit = 0;
    const uint8_t *print = print_of(1);
    assert_int_equal(ledger_spend(ledger, keys, 5, print, 1, NOW, &spent, &culprit), LEDGER_OK);
    assert_false(spent);
    assert_int_equal(culprit, 4);
    assert_int_equal(reserve(ledger, keys[0], 2, 3, NOW), LEDGER_BUSY);
    assert_int_equal(reserve(ledger, keys[1], 2, 3, NOW), LEDGER_PASSED);
    assert_int_equal(reserve(ledger, keys[2], 1, 3, NOW), LEDGER_SPENT_SAME);

    culprit = 77;
    assert_int_equal(ledger_spend(ledger, keys, 4, print, 1, NOW, &spent, &culprit), LEDGER_OK);
    assert_true(spent);
    assert_int_equal(culprit, 77);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(reserve(ledger, keys[i], 1, 3, NOW), LEDGER_SPENT_SAME);
        assert_int_equal(reserve(ledger, keys[i], 2, 3, NOW), LEDGER_SPENT_OTHER);
    }
    assert_int_equal(ledger_spend(ledger, keys, 4, print_of(2), 1, NOW, &spent, &culprit),
                     LEDGER_OK);
    assert_false(spent);
    assert_int_equal(culprit, 0);
}

static void test_spend_nothing(void **state)
{
    bool spent = false;
    size_t culprit;
    assert_int_equal(ledger_spend(ledger_of(state), NULL, 0, print_of(1), 1, NOW, &spent, &culprit),
                     LEDGER_OK);
    assert_true(spent);
}

static void test_spend_many_and_twice(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key keys[LEDGER_SPEND_MAX];
    for (unsigned i = 0; i < LEDGER_SPEND_MAX; i++) {
        keys[i] = key_of(DAY, i / 2);
        if (i % 2 == 0)
            assert_int_equal(reserve(ledger, keys[i], 1, 1, NOW), LEDGER_RESERVED_NEW);
    }
    bool spent;
    size_t culprit;
    for (int i = 0; i < 1 + LEDGER_RETRIES_MAX + 1; i++) {
        assert_int_equal(
            ledger_spend(ledger, keys, LEDGER_SPEND_MAX, print_of(1), 1, NOW, &spent, &culprit),
            LEDGER_OK);
        assert_int_equal(spent, i <= LEDGER_RETRIES_MAX);
    }
}

static void purge(struct ledger *ledger, uint32_t before, size_t limit, bool want_more)
{
    bool more;
    assert_int_equal(ledger_purge(ledger, before, limit, &more), LEDGER_OK);
    assert_int_equal(more, want_more);
}

static uint64_t entries(struct ledger *ledger)
{
    struct ledger_stats stats;
    assert_int_equal(ledger_stats_get(ledger, &stats), LEDGER_OK);
    assert_true(stats.bytes <= stats.max_bytes);
    return stats.entries;
}

static void test_purge(void **state)
{
    struct ledger *ledger = ledger_of(state);
    for (unsigned i = 0; i < 10; i++) {
        claim(ledger, key_of(DAY, i), 1);
        claim(ledger, key_of(DAY + 1, i), 1);
    }
    assert_int_equal(entries(ledger), 20);
    purge(ledger, DAY, 100, false);
    assert_int_equal(entries(ledger), 20);
    purge(ledger, DAY + 1, 4, true);
    assert_int_equal(entries(ledger), 16);
    purge(ledger, DAY + 1, 6, false);
    assert_int_equal(entries(ledger), 10);
    for (unsigned i = 0; i < 11; i++)
        assert_int_equal(reserve(ledger, key_of(DAY, i), 1, 1, NOW), LEDGER_OUTDATED);
    assert_int_equal(reserve(ledger, key_of(DAY + 1, 1), 1, 1, NOW), LEDGER_SPENT_SAME);
    assert_int_equal(reserve(ledger, key_of(DAY + 1, 11), 1, 1, NOW), LEDGER_RESERVED_NEW);
    purge(ledger, DAY - 5, 100, false); /* the past stays forgotten */
    assert_int_equal(reserve(ledger, key_of(DAY, 1), 1, 1, NOW), LEDGER_OUTDATED);
}

/* By a clock that is years ahead: what is forgotten is outdated, a day of which nothing was known
 * is not. */
static void test_purge_too_far(void **state)
{
    struct ledger *ledger = ledger_of(state);
    purge(ledger, 20991231, 100, false); /* nothing to go, so nothing is outdated */
    claim(ledger, key_of(DAY, 1), 1);
    claim(ledger, key_of(DAY - 5, 1), 1);
    purge(ledger, 20991231, 1, true);
    assert_int_equal(reserve(ledger, key_of(DAY, 1), 1, 1, NOW), LEDGER_OUTDATED);
    purge(ledger, 20991231, 1, false);
    assert_int_equal(reserve(ledger, key_of(DAY, 1), 1, 1, NOW), LEDGER_OUTDATED);
    assert_int_equal(reserve(ledger, key_of(DAY, 2), 1, 1, NOW), LEDGER_OUTDATED);
    assert_int_equal(reserve(ledger, key_of(DAY - 5, 1), 1, 1, NOW), LEDGER_OUTDATED);
    assert_int_equal(entries(ledger), 0);
    claim(ledger, key_of(DAY + 1, 1), 1);
    assert_int_equal(reserve(ledger, key_of(DAY + 1, 1), 2, 1, NOW), LEDGER_SPENT_OTHER);
}

static void test_outdated_is_dead(void **state)
{
    struct ledger *ledger = ledger_of(state);
    struct ledger_key mine = key_of(DAY, 1), left = key_of(DAY, 2);
    assert_int_equal(reserve(ledger, mine, 1, 1, NOW), LEDGER_RESERVED_NEW);
    assert_int_equal(reserve(ledger, left, 1, 1, NOW), LEDGER_RESERVED_NEW);
    pass(ledger, left, 1, NOW);
    purge(ledger, DAY + 1, 0, true);
    assert_false(spend(ledger, mine, 1, 1, NOW)); /* reserved before the purge */
    assert_false(spend(ledger, left, 1, 1, NOW)); /* not deleted yet */
    pass(ledger, mine, 1, NOW);
    assert_int_equal(entries(ledger), 1);
    assert_int_equal(reserve(ledger, mine, 1, 1, NOW), LEDGER_OUTDATED);
    assert_int_equal(reserve(ledger, left, 1, 1, NOW), LEDGER_OUTDATED);
    purge(ledger, DAY + 1, 1, false);
    assert_int_equal(entries(ledger), 0);
}

/*
 * Races
 */

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

/*
 * The backends against each other, and against the states of protocol as a child would write them
 * down
 */

#define DATES 3
#define IDS   6
#define STEPS 6000

enum life { ABSENT, RESERVED, PASSED, SPENT, BURNT };

struct stamp {
    enum life life;
    uint64_t token;
    int64_t since;
    unsigned print, retries;
};

struct model {
    struct stamp stamps[DATES][IDS];
    unsigned purged; /* dates below this */
    unsigned left;   /* purged, but not deleted */
    int64_t now;
};

static uint32_t seed;

static unsigned dice(unsigned sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % sides;
}

static bool model_over(const struct model *m, const struct stamp *s)
{
    int64_t age = m->now - s->since;
    return age >= LEDGER_LEASE_S || age < -LEDGER_LEASE_S;
}

static enum ledger_state model_reserve(struct model *m, unsigned date, unsigned id, unsigned print,
                                       uint64_t token)
{
    struct stamp *s = &m->stamps[date][id];
    if (date < m->purged)
        return LEDGER_OUTDATED;
    if (s->life == PASSED)
        return LEDGER_PASSED;
    if (s->life == BURNT)
        return LEDGER_BURNT;
    if (s->life == SPENT)
        return s->print == print && s->retries < 16 ? LEDGER_SPENT_SAME : LEDGER_SPENT_OTHER;
    if (s->life == RESERVED && !model_over(m, s))
        return LEDGER_BUSY;
    *s = (struct stamp){.life = RESERVED, .token = token, .since = m->now};
    return LEDGER_RESERVED_NEW;
}

/* Pass, burn, release: the reservation is over in any case, if it is the token's. */
static void model_end(struct model *m, unsigned date, unsigned id, uint64_t token, enum life to)
{
    struct stamp *s = &m->stamps[date][id];
    if (date < m->purged || s->life != RESERVED || s->token != token)
        return;
    s->life = model_over(m, s) ? ABSENT : to;
}

static bool model_may_spend(const struct model *m, unsigned date, unsigned id, unsigned print,
                            uint64_t token)
{
    const struct stamp *s = &m->stamps[date][id];
    if (date < m->purged)
        return false;
    return s->life == PASSED || (s->life == RESERVED && s->token == token && !model_over(m, s)) ||
           (s->life == SPENT && s->print == print && s->retries < 16);
}

static void model_spend(struct model *m, unsigned date, unsigned id, unsigned print)
{
    struct stamp *s = &m->stamps[date][id];
    unsigned retries = s->life == SPENT ? s->retries + 1 : 0;
    *s = (struct stamp){.life = SPENT, .print = print, .retries = retries};
}

static bool stored(const struct stamp *s)
{
    return s->life == PASSED || s->life == SPENT || s->life == BURNT;
}

static unsigned model_entries(const struct model *m)
{
    unsigned n = m->left;
    for (unsigned date = m->purged; date < DATES; date++) {
        for (unsigned id = 0; id < IDS; id++)
            n += stored(&m->stamps[date][id]);
    }
    return n;
}

static bool model_purge(struct model *m, unsigned before, unsigned limit)
{
    unsigned mark = 0; /* the day after the newest that is to go */
    for (unsigned date = m->purged; date < before; date++) {
        for (unsigned id = 0; id < IDS; id++)
            mark = stored(&m->stamps[date][id]) ? date + 1 : mark;
    }
    for (; m->purged < mark; m->purged++) {
        for (unsigned id = 0; id < IDS; id++)
            m->left += stored(&m->stamps[m->purged][id]);
    }
    m->left -= m->left < limit ? m->left : limit;
    return m->left > 0;
}

struct pair {
    struct ledger *both[2];
    char *path;
    struct model model;
};

static void step_reserve(struct pair *p)
{
    unsigned date = dice(DATES), id = dice(IDS), print = dice(3), token = dice(3);
    enum ledger_state want = model_reserve(&p->model, date, id, print, token);
    for (int i = 0; i < 2; i++)
        assert_int_equal(reserve(p->both[i], key_of(DAY + date, id), print, token, p->model.now),
                         want);
}

static void step_end(struct pair *p)
{
    static const enum life to[] = {ABSENT, PASSED, BURNT};
    unsigned date = dice(DATES), id = dice(IDS), token = dice(3), which = dice(3);
    struct ledger_key key = key_of(DAY + date, id);
    model_end(&p->model, date, id, token, to[which]);
    for (int i = 0; i < 2; i++) {
        if (to[which] == PASSED)
            pass(p->both[i], key, token, p->model.now);
        else if (to[which] == BURNT)
            burn(p->both[i], key, token, p->model.now);
        else
            assert_int_equal(ledger_release(p->both[i], &key, token), LEDGER_OK);
    }
}

/* Neighbouring ids, so that none is twice in the list. */
static void step_spend(struct pair *p)
{
    unsigned date = dice(DATES), id = dice(IDS), count = 1 + dice(2), print = dice(3);
    uint64_t token = dice(3);
    struct ledger_key keys[2];
    size_t may = 0;
    for (unsigned i = 0; i < count; i++)
        keys[i] = key_of(DAY + date, (id + i) % IDS);
    while (may < count &&
           model_may_spend(&p->model, date, (id + (unsigned)may) % IDS, print, token))
        may++;
    for (unsigned i = 0; may == count && i < count; i++)
        model_spend(&p->model, date, (id + i) % IDS, print);
    for (int i = 0; i < 2; i++) {
        bool spent;
        size_t culprit = count;
        assert_int_equal(ledger_spend(p->both[i], keys, count, print_of(print), token, p->model.now,
                                      &spent, &culprit),
                         LEDGER_OK);
        assert_int_equal(spent, may == count);
        assert_int_equal(culprit, may);
    }
}

static void step_purge(struct pair *p)
{
    unsigned before = dice(DATES), limit = dice(3);
    bool want = model_purge(&p->model, before, limit);
    for (int i = 0; i < 2; i++)
        purge(p->both[i], DAY + before, limit, want);
}

/* The one on disk is opened anew; leases are gone, so the others give them up as well. */
static void step_reopen(struct pair *p)
{
    ledger_close(p->both[0]);
    p->both[0] = fixture_open("lmdb", p->path, SIZE);
    for (unsigned date = 0; date < DATES; date++) {
        for (unsigned id = 0; id < IDS; id++) {
            struct ledger_key key = key_of(DAY + date, id);
            for (uint64_t token = 0; token < 3; token++)
                assert_int_equal(ledger_release(p->both[1], &key, token), LEDGER_OK);
            if (p->model.stamps[date][id].life == RESERVED)
                p->model.stamps[date][id].life = ABSENT;
        }
    }
}

static void step(struct pair *p, unsigned n)
{
    static const int64_t leaps[] = {1, 1, 1, 40, 40, 119, 120, -60, -121, -5000};
    if (n % 8 == 0)
        p->model.now += leaps[dice(10)];
    if (n % 500 == 499)
        step_reopen(p);
    else if (dice(300) == 0)
        step_purge(p);
    else if (dice(5) < 2)
        step_reserve(p);
    else if (dice(2))
        step_end(p);
    else
        step_spend(p);
    for (int i = 0; i < 2; i++)
        assert_int_equal(entries(p->both[i]), model_entries(&p->model));
}

/* After every life is used up or purged nothing happens any more, so there are many short runs. */
static void test_backends_agree(void **state)
{
    (void)state;
    for (unsigned run = 0; run < STEPS / 300; run++) {
        struct pair p = {.path = fixture_dir(), .model = {.now = NOW}};
        p.both[0] = fixture_open("lmdb", p.path, SIZE);
        p.both[1] = fixture_open("memory", "", SIZE);
        seed = 1000 + run;
        for (unsigned n = 0; n < 300; n++)
            step(&p, n);
        ledger_close(p.both[0]);
        ledger_close(p.both[1]);
        fixture_remove(p.path);
    }
}

/*
 * Opening, names
 */

static void test_open_refuses(void **state)
{
    static const struct {
        const char *label, *backend;
        uint64_t size;
        const char *want; /* in the sentence */
    } rows[] = {
        {"unknown backend", "berkeley", SIZE, "\"berkeley\" is not known"},
        {"no backend", "", SIZE, "lmdb and memory"},
        {"too small", "memory", LEDGER_SIZE_MIN - 1, "1048575"},
        {"too small on disk", "lmdb", LEDGER_SIZE_MIN - 1, "1048575"},
        {"too large", "memory", LEDGER_SIZE_MAX + 1, "1TiB"},
        {"no such directory", "lmdb", SIZE, "No such file"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[256] = "";
        struct ledger_spec spec = {rows[i].backend, "/nonexistent/onionpow/ledger", rows[i].size};
        if (ledger_open(&spec, why, sizeof why) || !strstr(why, rows[i].want))
            fail_msg("%s: \"%s\"", rows[i].label, why);
    }
    ledger_close(NULL);
}

static void test_memory_full(void **state)
{
    (void)state;
    struct ledger *ledger = fixture_open("memory", "", LEDGER_SIZE_MIN);
    enum ledger_err err = LEDGER_OK;
    struct ledger_key keys[2] = {key_of(DAY, 0), key_of(DAY + 1, 0)};
    bool spent = true;
    size_t culprit;
    uint64_t n;
    for (n = 0; err == LEDGER_OK; n += 2) { /* an odd number of places must not matter */
        keys[0] = key_of(DAY, n);
        keys[1] = key_of(DAY + 1, n);
        assert_int_equal(reserve(ledger, keys[0], 1, 1, NOW), LEDGER_RESERVED_NEW);
        assert_int_equal(reserve(ledger, keys[1], 1, 1, NOW), LEDGER_RESERVED_NEW);
        err = ledger_spend(ledger, keys, 2, print_of(1), 1, NOW, &spent, &culprit);
        assert_true(n < 100000);
    }
    assert_int_equal(err, LEDGER_FULL);
    assert_int_equal(entries(ledger), n - 2);
    assert_int_equal(reserve(ledger, keys[0], 1, 2, NOW), LEDGER_BUSY);
    assert_int_equal(reserve(ledger, key_of(DAY, 0), 1, 2, NOW), LEDGER_SPENT_SAME);
    assert_true(spend(ledger, key_of(DAY + 1, 0), 1, 2, NOW)); /* needs no place */
    purge(ledger, DAY + 1, 1000000, false);
    assert_false(spend(ledger, keys[0], 1, 1, NOW));
    assert_true(spend(ledger, keys[1], 1, 1, NOW));
    ledger_close(ledger);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(ledger_err_str(LEDGER_OK), "ok");
    assert_string_equal(ledger_err_str(LEDGER_UNAVAILABLE), "ledger unavailable");
    assert_string_equal(ledger_err_str(LEDGER_FULL), "ledger full");
    assert_string_equal(ledger_state_str(LEDGER_RESERVED_NEW), "new");
    assert_string_equal(ledger_state_str(LEDGER_OUTDATED), "outdated");
}

#define BOTH(test)                                                                                 \
    {#test "/lmdb", test, setup_lmdb, teardown, NULL},                                             \
    {                                                                                              \
#test "/memory", test, setup_memory, teardown, NULL                                        \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_reserve),
        BOTH(test_release),
        BOTH(test_release_keeps_what_is_stored),
        BOTH(test_pass),
        BOTH(test_burn),
        BOTH(test_lease),
        BOTH(test_lease_lost),
        BOTH(test_lease_over_is_no_right),
        BOTH(test_spend),
        BOTH(test_retries),
        BOTH(test_spend_list),
        BOTH(test_spend_nothing),
        BOTH(test_spend_many_and_twice),
        BOTH(test_purge),
        BOTH(test_purge_too_far),
        BOTH(test_outdated_is_dead),
        BOTH(test_race_to_reserve),
        BOTH(test_race_to_spend),
        BOTH(test_race_through_life),
        cmocka_unit_test(test_backends_agree),
        cmocka_unit_test(test_open_refuses),
        cmocka_unit_test(test_memory_full),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
