/* test_ledger_model.c - the backends against each other, and against the states of protocol as a
 * child would write them down. */
#include "ledger_backends.h"
#include "random.h"

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

static uint64_t seed;

static unsigned dice(unsigned sides)
{
    return (unsigned)random_below(&seed, sides);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backends_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
