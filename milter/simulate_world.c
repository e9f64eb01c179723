/*
 * simulate_world.c - see simulate_world.h.
 *
 * Mail is counted by the minute, as the daemon's market does; of the honest a sample mints in
 * detail. Refused mail is never shown to the tariff: that is the rule of the daemon, too. The
 * prices are those without the factors of listeners, recipients and circuits.
 */
#include "milter/simulate_world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "milter/simulate_attack.h"
#include "milter/simulate_machine.h"
#include "milter/tariff.h"
#include "pow/date.h"
#include "pow/effort.h"

#define WORLD_SAMPLE  16    /* honest mints of a source in a minute that are drawn one by one */
#define WORLD_BINS    1000  /* of the histogram of mints, */
#define WORLD_DECADE  100.0 /* so many for each power of ten, */
#define WORLD_BIN_LOG -3.0  /* from a millisecond on */
#define WORLD_BAG     128   /* quotes that an attacker renews in the time that one is good for */
#define WORLD_NOON_S  43200 /* the busiest time of a swinging day */
#define WORLD_TURN    6.283185307179586

struct quote {
    int64_t taken; /* by the server's clock */
    struct price_list list;
};

struct simulate_world {
    const struct conf *conf;
    const struct simulate_script *script;
    struct tariff tariff;
    struct simulate_chance jitter, chance[SIMULATE_SOURCES_MAX];
    struct simulate_attack attack[SIMULATE_SOURCES_MAX]; /* unused for sources of other kinds */
    struct quote bag[WORLD_BAG];
    size_t bag_count, bag_next;
    struct simulate_minute minute;
    const struct op_suite *suite; /* that honest senders choose; NULL: nothing is accepted */
    uint64_t effort;              /* asked of them, */
    double base;                  /* and the work that it would be without load */
    double bin[WORLD_BINS];       /* mints in this row */
    struct simulate_row row;
};

struct simulate_world *simulate_world_new(const struct conf *conf,
                                          const struct simulate_script *script)
{
    struct simulate_world *world = calloc(1, sizeof *world);
    uint64_t seed = (uint64_t)script->seed;

    if (world == NULL)
        return NULL;
    world->conf = conf;
    world->script = script;
    world->minute.conf = conf;
    world->minute.now = op_date_to_time(script->start);
    simulate_chance_init(&world->jitter, seed, 0);
    for (size_t i = 0; i < script->source_count; i++) {
        simulate_chance_init(&world->chance[i], seed, i + 1);
        simulate_attack_init(&world->attack[i], &script->source[i], world->chance[i]);
    }
    tariff_init(&world->tariff, conf, world->minute.now);
    return world;
}

void simulate_world_free(struct simulate_world *world)
{
    free(world);
}

/*
 * Prices
 */

/* The best attackers ask for a quote again and again: each of them is a refused mail. */
static void take_quote(struct simulate_world *world)
{
    const struct quote *last = &world->bag[(world->bag_next + WORLD_BAG - 1) % WORLD_BAG];
    struct quote *quote = &world->bag[world->bag_next];
    int64_t pause = (int64_t)world->conf->price.quote_s / (WORLD_BAG - 1) + 1;

    if (world->bag_count > 0 && world->minute.now >= last->taken &&
        world->minute.now - last->taken < pause)
        return;
    quote->taken = world->minute.now;
    quote->list = world->tariff.list;
    world->bag_next = (world->bag_next + 1) % WORLD_BAG;
    if (world->bag_count < WORLD_BAG)
        world->bag_count++;
}

/* The cheapest of `lowest` and of all quotes that still hold. */
static struct price_list best_quotes(const struct simulate_world *world,
                                     const struct price_list *lowest)
{
    struct price_list best = *lowest;

    for (size_t q = 0; q < world->bag_count; q++) {
        if (world->minute.now > world->bag[q].taken + (int64_t)world->conf->price.quote_s)
            continue;
        for (size_t i = 0; i < op_suite_count(); i++)
            if (best.work[i] > 0 && world->bag[q].list.work[i] > 0)
                best.work[i] = fmin(best.work[i], world->bag[q].list.work[i]);
    }
    return best;
}

/* What honest senders are asked for: the first offer. */
static void set_offer(struct simulate_world *world)
{
    struct op_offers offers;
    struct price_list calm;
    int64_t now = world->minute.now;

    price_offers(world->conf, &world->tariff.list, 1, now, &offers);
    world->suite = offers.count > 0 ? offers.offer[0].suite : NULL;
    if (world->suite == NULL)
        return;
    world->effort = offers.offer[0].effort;
    price_list(world->conf, now, 1, &calm);
    world->base = calm.work[op_suite_index(world->suite)];
}

static void set_prices(struct simulate_world *world)
{
    struct simulate_minute *minute = &world->minute;
    struct price_list lowest, quoted;

    tariff_lowest(&world->tariff, world->conf, minute->now, &lowest);
    take_quote(world);
    quoted = best_quotes(world, &lowest);
    price_terms(world->conf, &world->tariff.list, 1, minute->now, &minute->listed);
    price_terms(world->conf, &lowest, 1, minute->now, &minute->lowest);
    price_terms(world->conf, &quoted, 1, minute->now, &minute->quoted);
    minute->tick = world->tariff.next;
    set_offer(world);
}

/*
 * Honest mail
 */

static void count_mint(struct simulate_world *world, double seconds, double mails)
{
    double bin = (log10(seconds) - WORLD_BIN_LOG) * WORLD_DECADE;

    world->bin[(size_t)fmin(fmax(bin, 0), WORLD_BINS - 1)] += mails;
}

static double median(const struct simulate_world *world)
{
    double all = 0, below = 0;
    size_t i = 0;

    for (size_t b = 0; b < WORLD_BINS; b++)
        all += world->bin[b];
    if (all == 0)
        return 0;
    while (below + world->bin[i] < all / 2)
        below += world->bin[i++];
    return pow(10, WORLD_BIN_LOG + ((double)i + (all / 2 - below) / world->bin[i]) / WORLD_DECADE);
}

/* A mint that outlasts both the quote and the grace period may meet another price: given up. */
static bool too_long(const struct simulate_world *world, const struct simulate_source *source,
                     double seconds)
{
    return seconds > source->patience_s ||
           (seconds > world->conf->price.quote_s && seconds > world->conf->price.grace_s);
}

/* Returns how many are accepted; they pay what is listed. */
static uint64_t honest_mails(struct simulate_world *world, size_t number, uint64_t mails)
{
    const struct simulate_source *source = &world->script->source[number];
    uint64_t accepted = 0, samples = mails < WORLD_SAMPLE ? mails : WORLD_SAMPLE;

    if (world->suite == NULL)
        samples = 0;
    for (uint64_t i = 0; i < samples; i++) {
        uint64_t like = mails * (i + 1) / samples - mails * i / samples;
        double rate =
            source->cores * source->speed * simulate_machine_rate(SIMULATE_CORE, world->suite);
        double work = op_effort_quantile(world->suite->puzzles, world->effort,
                                         simulate_chance_uniform(&world->chance[number]));
        double asked = (double)op_effort_to_work(world->suite, world->effort);
        count_mint(world, work / rate, (double)like);
        if (too_long(world, source, work / rate))
            continue;
        accepted += like;
        world->row.honest_s += work / rate * (double)like;
        world->row.extra_s += work / rate * (double)like * fmax(0, 1 - world->base / asked);
    }
    world->row.honest += accepted;
    world->row.gave_up += mails - accepted;
    return accepted;
}

static double honest_mean(const struct simulate_source *source, const struct conf *conf,
                          uint32_t at_s)
{
    double day = cos(WORLD_TURN * ((double)at_s - WORLD_NOON_S) / OP_DAY_S);

    return simulate_attack_mean(source, conf) * (1 + source->swing * day);
}

static uint64_t recorded(const struct simulate_source *source, uint32_t at_s)
{
    size_t minute = (at_s - source->from_s) / 60;

    return minute < source->record.minutes ? source->record.mails[minute] : 0;
}

/*
 * Time
 */

/* Returns how many of its mails were accepted for work, each with its weight. */
static double source_minute(struct simulate_world *world, size_t number)
{
    const struct simulate_source *source = &world->script->source[number];
    struct simulate_chance *chance = &world->chance[number];
    uint32_t at_s = world->minute.at_s;
    bool active = simulate_attack_active(source, at_s);
    struct simulate_deal deal = {0};

    switch (source->kind) {
    case SIMULATE_HONEST:
        if (!active)
            return 0;
        return (double)honest_mails(
            world, number, simulate_chance_poisson(chance, honest_mean(source, world->conf, at_s)));
    case SIMULATE_REPLAY:
        return active ? (double)honest_mails(world, number, recorded(source, at_s)) : 0;
    case SIMULATE_JUNK:
        if (active)
            world->row.refused +=
                simulate_chance_poisson(chance, simulate_attack_mean(source, world->conf));
        return 0;
    case SIMULATE_BOTNET:
    case SIMULATE_GPU:
    case SIMULATE_BUYER:
        simulate_attack_minute(&world->attack[number], &world->minute, &deal);
        world->row.spam += deal.accepted;
        world->row.refused += deal.refused;
        world->row.core_s += deal.core_s;
        world->row.dollars += deal.dollars;
        return deal.weight;
    case SIMULATE_CLOCK:
        if (at_s == source->from_s)
            world->minute.now += source->jump_s;
        return 0;
    case SIMULATE_KINDS:
        break;
    }
    return 0;
}

static void run_minute(struct simulate_world *world)
{
    struct simulate_row *row = &world->row;
    double arrivals = 0;

    set_prices(world);
    for (size_t i = 0; i < world->script->source_count; i++)
        arrivals += source_minute(world, i);
    world->minute.at_s += 60;
    world->minute.now += 60;
    tariff_advance(&world->tariff, world->conf, arrivals, world->minute.now,
                   simulate_chance_next(&world->jitter));
    row->load = tariff_load(&world->tariff, world->conf);
    if (row->load > row->peak) {
        row->peak = row->load;
        row->peak_s = world->minute.at_s;
    }
    if (row->load > SIMULATE_CALM)
        row->high_s = world->minute.at_s;
}

void simulate_world_run(struct simulate_world *world, uint32_t until_s, struct simulate_row *row_r)
{
    struct simulate_row *row = &world->row;

    memset(row, 0, sizeof *row);
    memset(world->bin, 0, sizeof world->bin);
    while (world->minute.at_s < until_s)
        run_minute(world);
    set_offer(world);
    row->at_s = world->minute.at_s;
    row->mint_s = median(world);
    if (world->suite != NULL) {
        row->work = (double)op_effort_to_work(world->suite, world->effort);
        row->seconds = row->work / world->suite->reference_rate;
    }
    *row_r = *row;
}

void simulate_world_add(struct simulate_row *sum, const struct simulate_row *row)
{
    if (row->peak > sum->peak) {
        sum->peak = row->peak;
        sum->peak_s = row->peak_s;
    }
    if (row->high_s > 0)
        sum->high_s = row->high_s;
    sum->at_s = row->at_s;
    sum->load = row->load;
    sum->work = row->work;
    sum->seconds = row->seconds;
    sum->honest += row->honest;
    sum->gave_up += row->gave_up;
    sum->spam += row->spam;
    sum->refused += row->refused;
    sum->honest_s += row->honest_s;
    sum->extra_s += row->extra_s;
    sum->core_s += row->core_s;
    sum->dollars += row->dollars;
}
