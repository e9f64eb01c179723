/*
 * test_simulate.c - the price under load, in virtual time: bounded steps, no oscillation, recovery,
 * what inflation costs, and what must have no effect; and the attackers of the simulation.
 *
 * Every scenario is seeded, so that each run sees the same numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "milter/conf.h"
#include "milter/simulate_attack.h"
#include "milter/simulate_chance.h"
#include "milter/simulate_machine.h"
#include "milter/simulate_world.h"
#include "milter/tariff.h"

#define DAY        86400u
#define HOUR       3600u
#define TARGET     60.0
#define CEILING    16.0
#define SUITE_WORK 16384.0 /* of argon2id-16m */

struct run { /* of a scenario, in rows of equal length */
    struct simulate_row *row, sum;
    size_t count;
};

/* The defaults, but for the mode and what a test counts with. */
static const struct conf *conf_of(const char *more)
{
    char text[512], why[CONF_WHY_MAX];
    const struct conf *conf;

    snprintf(text, sizeof text,
             "price { mode = adaptive target = 60 ceiling = 16 }\n"
             "suite \"argon2id-16m\" { work = 16384 }\n%s",
             more);
    conf = conf_load_text("t.conf", text, strlen(text), NULL, 0, why);
    if (conf == NULL)
        fail_msg("%s", why);
    return conf;
}

static struct run run_conf(const struct conf *conf, const char *text)
{
    struct simulate_script *script;
    struct simulate_world *world;
    struct run run = {0};
    char why[SIMULATE_WHY_MAX];
    FILE *stream = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

    assert_non_null(stream);
    if (simulate_script_read("s.txt", stream, &script, why) != SIMULATE_SCRIPT_OK)
        fail_msg("%s", why);
    fclose(stream);
    run.count = script->span_s / script->row_s;
    run.row = calloc(run.count, sizeof *run.row);
    world = simulate_world_new(conf, script);
    assert_non_null(run.row);
    assert_non_null(world);
    for (size_t i = 0; i < run.count; i++) {
        simulate_world_run(world, (uint32_t)(i + 1) * script->row_s, &run.row[i]);
        simulate_world_add(&run.sum, &run.row[i]);
    }
    simulate_world_free(world);
    simulate_script_free(script);
    return run;
}

static struct run run_text(const char *text)
{
    const struct conf *conf = conf_of("");
    struct run run = run_conf(conf, text);

    conf_unref(conf);
    return run;
}

/* One step at most in any 50 minutes, each of TARIFF_STEP at most. Returns their number. */
static size_t check_steps(const struct run *minutes)
{
    size_t steps = 0;
    uint32_t last_s = 0;
    double before = 1;

    for (size_t i = 0; i < minutes->count; i++) {
        double load = minutes->row[i].load, factor = load / before;
        if (load < 1 || load > CEILING || factor > TARIFF_STEP + 1e-9 ||
            factor < 1 / TARIFF_STEP - 1e-9)
            fail_msg("minute %zu: from %g to %g", i, before, load);
        if (load != before) {
            if (steps > 0 && minutes->row[i].at_s - last_s < TARIFF_TICK_S - TARIFF_JITTER_S)
                fail_msg("minute %zu: a step after %u s", i, minutes->row[i].at_s - last_s);
            last_s = minutes->row[i].at_s;
            steps++;
        }
        before = load;
    }
    return steps;
}

static void test_steps_are_bounded(void **state)
{
    struct run run = run_text("run span=6d row=1m\nhonest mails=0.2T\n"
                              "buyer mails=1000T from=1d until=3d\n");
    (void)state;
    assert_true(check_steps(&run) > 20);
    assert_true(run.sum.peak == CEILING);
    free(run.row);
}

/* What is sent before the tick alone moves the price by no more than what is sent all the time. */
static void test_end_rush(void **state)
{
    struct run rush = run_text("run span=3d row=1m\nbuyer mails=20T from=1d until=30h rush=5m\n");
    struct run even = run_text("run span=3d row=1m\nbuyer mails=20T from=1d until=30h\n");
    (void)state;
    check_steps(&rush);
    assert_true(rush.sum.spam > 4 * 20 * (uint64_t)TARGET);
    assert_true(rush.sum.peak > 1.5);
    assert_true(rush.sum.peak <= even.sum.peak * TARIFF_STEP);
    free(rush.row);
    free(even.row);
}

/* The clock of a server is set by a month: prices neither jump nor stand still. */
static void test_clock_jumps(void **state)
{
    static const char *const jumps[] = {"+30d", "-30d", "+3h", "-3h", "+10m", "-10m", "-3650d"};
    (void)state;
    for (size_t i = 0; i < sizeof jumps / sizeof jumps[0]; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "run span=3d row=1m\nbuyer mails=20T from=1d\nclock at=30h jump=%s\n", jumps[i]);
        struct run run = run_text(text);
        check_steps(&run);
        double before = run.row[30 * 60 - 1].load, at = run.row[30 * 60].load;
        assert_true(at <= before * TARIFF_STEP + 1e-9 && at >= before / TARIFF_STEP - 1e-9);
        assert_true(run.row[36 * 60].load > before * pow(TARIFF_STEP, 3));
        assert_int_equal(run.sum.refused, 0);
        free(run.row);
    }
}

/* Ways back of more than a quarter from an extreme. */
static unsigned count_turns(const struct run *run)
{
    double extreme = 1;
    unsigned turns = 0;
    bool up = true;

    for (size_t i = 0; i < run->count; i++) {
        double load = run->row[i].load;
        extreme = up ? fmax(extreme, load) : fmin(extreme, load);
        if (up ? load < extreme / 1.25 : load > extreme * 1.25) {
            turns++;
            up = !up;
            extreme = load;
        }
    }
    return turns;
}

/* Senders who pay what they can, with quotes and without: the load rises to where they send as much
 * as it stands for, and stays there. */
static void test_no_oscillation(void **state)
{
    static const struct {
        unsigned hosts;
        const char *quotes;
        double least;
    } rows[] = {{20, "no", 2}, {46, "no", 3}, {92, "no", 4}, {20, "yes", 2}, {92, "yes", 4}};
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        double low = INFINITY, high = 0;
        char text[256];
        snprintf(text, sizeof text,
                 "run span=20d row=1h\nhonest mails=0.2T\n"
                 "botnet hosts=%u cores=1 speed=0.25 from=1d quotes=%s\n",
                 rows[r].hosts, rows[r].quotes);
        struct run run = run_text(text);
        for (size_t i = 10 * 24; i < run.count; i++) {
            low = fmin(low, run.row[i].load);
            high = fmax(high, run.row[i].load);
        }
        if (low < rows[r].least || high > 1.1 * low)
            fail_msg("%u hosts: from day 10 on between %g and %g", rows[r].hosts, low, high);
        if (run.sum.peak > 1.1 * high)
            fail_msg("%u hosts: up to %g, then below %g", rows[r].hosts, run.sum.peak, high);
        assert_int_equal(count_turns(&run), 0);
        free(run.row);
    }
}

/* Calm within 48 h after a flood of 20 targets and more that has ended on the fourth day, however
 * it was paid, and whether there is little honest mail or nearly as much as the target. */
static void test_recovery(void **state)
{
    static const char *const honest[] = {"0.2T", "0.8T"};
    static const char *const floods[] = {
        "buyer mails=20T from=3d until=4d",
        "buyer mails=20T from=1d until=4d",
        "buyer mails=20T from=1d until=4d quotes=yes",
        "buyer mails=20T from=3d until=4d rush=5m",
        "buyer mails=1000T from=1d until=4d",
        "botnet hosts=92 cores=1 speed=0.25 from=3d until=4d",
        "botnet hosts=92 cores=1 speed=0.25 from=1d until=4d quotes=yes",
        "gpu cards=1 from=3d until=4d",
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof floods / sizeof floods[0]; i++) {
        const char *flood = floods[i / 2];
        char text[256];
        snprintf(text, sizeof text, "run span=6d row=1h\nhonest mails=%s\n%s\n", honest[i % 2],
                 flood);
        struct run run = run_text(text);
        assert_true(run.row[4 * 24 - 1].load > 3);
        if (run.sum.load > SIMULATE_CALM)
            fail_msg("%s, honest %s: %g after 48 h", flood, honest[i % 2], run.sum.load);
        assert_int_equal(run.sum.gave_up, 0);
        free(run.row);
    }
}

struct held { /* by a buyer, over ten days */
    double load, square;
    double paid; /* stamps an hour at the price without load */
};

/* After a flood, twenty days with so much bought mail and no other. */
static struct held hold(double targets, const char *how)
{
    double base_s = SUITE_WORK / simulate_machine_rate(SIMULATE_CORE, op_suite_default());
    struct held held = {0};
    char text[256];

    snprintf(text, sizeof text,
             "run span=21d row=1h\nbuyer mails=20T until=1d\nbuyer mails=%gT from=1d %s\n", targets,
             how);
    struct run run = run_text(text);
    assert_true(run.row[23].load > 4);
    for (size_t i = 11 * 24; i < run.count; i++) {
        held.load += run.row[i].load / 240;
        held.square += run.row[i].load * run.row[i].load / 240;
        held.paid += run.row[i].core_s / base_s / 240;
    }
    free(run.row);
    return held;
}

/* Who would keep the load at m pays for more than m targets of full stamps an hour at price m,
 * whatever quotes he has collected; with less than one target there is nothing to be held. */
static void test_inflation(void **state)
{
    static const char *const ways[] = {"", "quotes=yes", "rush=5m", "on=6h off=6h"};
    static const double targets[] = {0.5, 0.9, 1.2, 2, 5, 20, 400};
    (void)state;

    for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
        for (size_t t = 0; t < sizeof targets / sizeof targets[0]; t++) {
            struct held held = hold(targets[t], ways[w]);
            if (held.load > CEILING || held.load > fmax(1.1, 1.1 * targets[t]))
                fail_msg("%gT %s: load %g", targets[t], ways[w], held.load);
            if (held.load > 1.1 && held.paid < TARGET * held.square * 0.95)
                fail_msg("%gT %s: load %g for %g an hour", targets[t], ways[w], held.load,
                         held.paid);
        }
    }
    assert_true(hold(5, "").load > 4); /* it can be had */
}

/* Mail that goes on at any price, a fifth above the target, is met by that fifth and by no more. */
static void test_a_little_too_much(void **state)
{
    struct run bought =
        run_text("run span=15d row=1h\nhonest mails=0.2T\nbuyer mails=1.2T from=1d until=13d\n");
    struct run honest = run_text("run span=30d row=1h\nhonest mails=1.2T\n");
    (void)state;
    assert_true(bought.sum.peak > 1.2 && bought.sum.peak < 2);
    assert_true(bought.sum.load < SIMULATE_CALM);
    assert_true(honest.sum.peak > 1.1 && honest.sum.peak < 2);
    assert_int_equal(honest.sum.gave_up + bought.sum.gave_up, 0);
    free(bought.row);
    free(honest.row);
}

/* Quotes of calm days let an attacker through at the old price; the load counts what was paid, and
 * goes no higher for them than for stamps at full price. */
static void test_hoarded_quotes(void **state)
{
    static const char *const attackers[] = {"botnet hosts=92 cores=1 speed=0.25", "gpu cards=1",
                                            "buyer mails=20T"};
    (void)state;
    for (size_t i = 0; i < sizeof attackers / sizeof attackers[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "run span=5d row=1h\n%s from=1d until=4d\n", attackers[i]);
        struct run full = run_text(text);
        snprintf(text, sizeof text, "run span=5d row=1h\n%s from=1d until=4d quotes=yes\n",
                 attackers[i]);
        struct run quotes = run_text(text);
        assert_true(quotes.sum.spam >= full.sum.spam && quotes.sum.peak > 3);
        if (quotes.sum.peak > full.sum.peak * TARIFF_STEP)
            fail_msg("%s: %g, without quotes %g", attackers[i], quotes.sum.peak, full.sum.peak);
        free(full.row);
        free(quotes.row);
    }
}

static void test_the_ceiling_holds(void **state)
{
    const struct conf *conf = conf_of("");
    struct run run = run_conf(conf, "run span=20d row=1h\nbuyer mails=1000000T\n");
    (void)state;
    for (size_t i = 0; i < run.count; i++)
        assert_true(run.row[i].peak <= conf->price.ceiling);
    assert_true(run.sum.load == conf->price.ceiling);
    assert_true(run.row[run.count - 1].work <= SUITE_WORK * conf->price.ceiling + 32);
    free(run.row);
    conf_unref(conf);
}

static void test_no_effect_of_junk(void **state)
{
#define SCENE "run span=3d row=1h\nhonest mails=0.5T\nbuyer mails=3T from=1d until=2d\n"
    struct run calm = run_text(SCENE);
    struct run junk = run_text(SCENE "junk mails=100000/h from=0 until=3d\n");
    struct run paid = run_text(SCENE "buyer mails=100T from=0 until=3d\n");
    (void)state;
    assert_true(junk.sum.refused > 7000000);
    for (size_t i = 0; i < calm.count; i++) {
        assert_true(calm.row[i].load == junk.row[i].load);
        assert_int_equal(calm.row[i].honest, junk.row[i].honest);
        assert_int_equal(calm.row[i].spam, junk.row[i].spam);
    }
    assert_true(paid.sum.load > calm.sum.load); /* the comparison can fail */
    free(calm.row);
    free(junk.row);
    free(paid.row);
#undef SCENE
}

static void test_fixed_prices_stay(void **state)
{
    static const char text[] = "price { mode = fixed }\n";
    char why[CONF_WHY_MAX];
    const struct conf *conf = conf_load_text("t.conf", text, strlen(text), NULL, 0, why);
    struct run run = run_conf(conf, "run span=5d row=1h\nbuyer mails=100T\n");
    (void)state;
    assert_true(run.sum.peak == 1);
    assert_true(run.sum.spam > 0);
    free(run.row);
    conf_unref(conf);
}

/* The same again, and something else with another seed. */
static void test_seeds(void **state)
{
#define SCENE "span=2d row=6h\nhonest mails=1T swing=0.5\nbotnet hosts=50 mails=2T\n"
    struct run one = run_text("run seed=5 " SCENE), two = run_text("run seed=5 " SCENE);
    struct run other = run_text("run seed=6 " SCENE);
    (void)state;
    assert_memory_equal(one.row, two.row, one.count * sizeof *one.row);
    assert_memory_not_equal(one.row, other.row, one.count * sizeof *one.row);
    free(one.row);
    free(two.row);
    free(other.row);
#undef SCENE
}

static void test_honest_patience(void **state)
{
    struct run fast = run_text("run span=4d row=1d\nhonest mails=30/h swing=0.5\n");
    struct run slow = run_text("run span=4d row=1d\nhonest mails=30/h speed=0.01\n");
    struct run calm = run_text("run span=4d row=1d\nhonest mails=30/h speed=0.01 patience=1d\n");
    (void)state;
    assert_int_equal(fast.sum.gave_up, 0);
    assert_true(fast.sum.honest > 2700 && fast.sum.honest < 3060);
    assert_true(fabs(fast.row[0].mint_s / (SUITE_WORK / 950) - 0.99) < 0.05);
    assert_int_equal(slow.sum.honest, 0); /* 29 minutes */
    assert_true(slow.sum.gave_up > 2700);
    assert_int_equal(calm.sum.gave_up, 0);
    free(fast.row);
    free(slow.row);
    free(calm.row);
}

/* 60 mails an hour at the base price on a card: 16384 / 26700 s of 0.35 $/h each. */
static void test_costs(void **state)
{
    struct run run = run_text("run span=10d row=1d\nbuyer mails=0.5T\n");
    double spam = (double)run.sum.spam, core_s = SUITE_WORK / 237.5;
    (void)state;
    assert_true(fabs(spam / (10 * 24 * 30) - 1) < 0.05);
    assert_true(fabs(run.sum.core_s / (spam * core_s) - 1) < 1e-9);
    assert_true(fabs(run.sum.dollars / (spam * SUITE_WORK / 26700 / 3600 * 0.35) - 1) < 1e-3);
    free(run.row);
}

/* A botnet sends what its cores can pay; half of them, half of it. */
static void test_botnet_pays(void **state)
{
    const struct conf *conf = conf_of("suite \"argon2id-64m\" { enabled = no }\n"
                                      "suite \"argon2id-256m\" { enabled = no }\n");
    struct run whole = run_conf(conf, "run span=2h row=1h\nbotnet hosts=100 cores=2 speed=0.5\n");
    struct run half = run_conf(conf, "run span=2h row=1h\nbotnet hosts=50 cores=2 speed=0.5\n");
    double stamps = 100 * 3600 / (SUITE_WORK / 237.5); /* in the first hour */
    (void)state;
    assert_true(fabs((double)whole.row[0].spam - stamps) < 2);
    assert_true(fabs((double)half.row[0].spam - stamps / 2) < 2);
    assert_true(whole.sum.dollars == 0);
    free(whole.row);
    free(half.row);
    conf_unref(conf);
}

static void test_replay(void **state)
{
    char path[] = "/tmp/onionpow-replay-XXXXXX", text[128];
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    (void)state;
    assert_non_null(file);
    for (int i = 0; i < 100; i++)
        fprintf(file, "%d 2\n", 1000000 + i * 600);
    fclose(file);
    snprintf(text, sizeof text, "run span=1d row=1h\nreplay file=%s from=2h\n", path);
    struct run run = run_text(text);
    assert_int_equal(run.row[1].honest, 0);
    assert_int_equal(run.row[2].honest, 12);
    assert_int_equal(run.sum.honest, 200);
    remove(path);
    free(run.row);
}

/* Stamps made ahead are good while their price holds, and not after. */
static void test_attack_keeps_stamps(void **state)
{
    const struct conf *conf = conf_of("");
    const struct op_suite *suite = op_suite_default();
    size_t i = op_suite_index(suite);
    (void)state;
    for (int dearer = 0; dearer <= 1; dearer++) {
        struct simulate_source source = {.kind = SIMULATE_BUYER,
                                         .mails = 6000,
                                         .from_s = HOUR,
                                         .until_s = HOUR + 60,
                                         .ahead_s = HOUR};
        struct simulate_minute minute = {.conf = conf, .now = 1000000};
        struct simulate_chance chance;
        struct simulate_attack attack;
        struct simulate_deal deal = {0};
        simulate_chance_init(&chance, 1, 1);
        simulate_attack_init(&attack, &source, chance);
        minute.lowest.effort[i] = 512;
        for (; minute.at_s < HOUR; minute.at_s += 60)
            simulate_attack_minute(&attack, &minute, &deal);
        assert_int_equal(deal.accepted + deal.refused, 0);
        double core_s = deal.core_s;
        assert_true(core_s > 5000 * SUITE_WORK / 237.5);
        minute.lowest.effort[i] += (uint64_t)dearer;
        simulate_attack_minute(&attack, &minute, &deal);
        if (dearer) {
            assert_true(deal.refused > 5000);
            assert_true(deal.accepted < 200); /* of this minute */
        } else {
            assert_int_equal(deal.refused, 0);
            assert_true(deal.accepted > 5000);
        }
    }
    conf_unref(conf);
}

/* With quotes it pays what was quoted, without them the lowest of the grace period. */
static void test_attack_quotes(void **state)
{
    struct run with = run_text("run span=4d row=1h\nbuyer mails=20T from=1d quotes=yes\n");
    struct run without = run_text("run span=4d row=1h\nbuyer mails=20T from=1d\n");
    double base_s = SUITE_WORK / 237.5;
    (void)state;
    const struct simulate_row *row = &with.row[46]; /* 22 h of flood: quotes of the calm hold */
    assert_true(fabs(row->core_s / ((double)row->spam * base_s) - 1) < 1e-6);
    row = &without.row[46];
    assert_true(row->core_s > (double)row->spam * base_s * 2);
    free(with.row);
    free(without.row);
}

static void test_poisson(void **state)
{
    static const double means[] = {0.01, 0.5, 10, 49, 51, 1000, 1e6};
    struct simulate_chance chance;
    (void)state;
    simulate_chance_init(&chance, 3, 4);
    for (size_t m = 0; m < sizeof means / sizeof means[0]; m++) {
        double sum = 0, squares = 0, count = 20000;
        for (int i = 0; i < 20000; i++) {
            double events = (double)simulate_chance_poisson(&chance, means[m]) - means[m];
            sum += events;
            squares += events * events;
        }
        assert_true(fabs(sum / count) < 5 * sqrt(means[m] / count));
        assert_true(fabs(squares / count / means[m] - 1) < (means[m] < 0.1 ? 0.4 : 0.06));
    }
    assert_int_equal(simulate_chance_poisson(&chance, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_are_bounded),
        cmocka_unit_test(test_end_rush),
        cmocka_unit_test(test_clock_jumps),
        cmocka_unit_test(test_no_oscillation),
        cmocka_unit_test(test_recovery),
        cmocka_unit_test(test_inflation),
        cmocka_unit_test(test_a_little_too_much),
        cmocka_unit_test(test_hoarded_quotes),
        cmocka_unit_test(test_the_ceiling_holds),
        cmocka_unit_test(test_no_effect_of_junk),
        cmocka_unit_test(test_fixed_prices_stay),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_honest_patience),
        cmocka_unit_test(test_costs),
        cmocka_unit_test(test_botnet_pays),
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_attack_keeps_stamps),
        cmocka_unit_test(test_attack_quotes),
        cmocka_unit_test(test_poisson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
