/*
 * simulate_attack.c - see simulate_attack.h.
 *
 * A mint takes minutes where prices take hours to move, so that a stamp is ready in the minute in
 * which it is paid. Stamps that the price has overtaken before they were sent are lost.
 */
#include "milter/simulate_attack.h"

#include <math.h>
#include <string.h>

#include "milter/simulate_machine.h"
#include "pow/date.h"
#include "pow/effort.h"

#define ATTACK_STAMPS_MAX 1e12 /* in a minute; the least effort is 1 */

void simulate_attack_init(struct simulate_attack *attack, const struct simulate_source *source,
                          struct simulate_chance chance)
{
    memset(attack, 0, sizeof *attack);
    attack->source = source;
    attack->chance = chance;
}

bool simulate_attack_active(const struct simulate_source *source, uint32_t at_s)
{
    if (at_s < source->from_s || at_s >= source->until_s)
        return false;
    return source->on_s == 0 ||
           (at_s - source->from_s) % (source->on_s + source->off_s) < source->on_s;
}

double simulate_attack_mean(const struct simulate_source *source, const struct conf *conf)
{
    return source->mails * (source->of_target ? conf->price.target : 1) / 60;
}

/* A stamp that is kept for longer than it is valid is worth nothing. */
static bool minting(const struct simulate_source *source, const struct simulate_minute *minute)
{
    uint32_t ahead_s = source->ahead_s;

    if (ahead_s > minute->conf->validity_s)
        ahead_s = minute->conf->validity_s / 60 * 60;
    if (minute->at_s < source->from_s)
        return minute->at_s >= source->from_s - ahead_s;
    return simulate_attack_active(source, minute->at_s);
}

static enum simulate_machine machine_of(const struct simulate_source *source)
{
    return source->kind == SIMULATE_BOTNET ? SIMULATE_CORE : SIMULATE_CARD;
}

/* Seconds of one of its machines for a stamp; 0: this suite is not for it. */
static double stamp_s(const struct simulate_source *source, const struct op_terms *terms, size_t i)
{
    const struct op_suite *suite = op_suite_at(i);
    double rate = simulate_machine_rate(machine_of(source), suite);

    if (terms->effort[i] == 0 || rate == 0)
        return 0;
    return (double)op_effort_to_work(suite, terms->effort[i]) / rate;
}

/* Seconds of a stamp of the cheapest suite; 0: there is none. */
static double cheapest(const struct simulate_source *source, const struct op_terms *terms,
                       size_t *index_r)
{
    double best = 0;

    for (size_t i = 0; i < op_suite_count(); i++) {
        double seconds = stamp_s(source, terms, i);
        if (seconds > 0 && (best == 0 || seconds < best)) {
            best = seconds;
            *index_r = i;
        }
    }
    return best;
}

/* Machine seconds that it has in a minute. */
static double power(const struct simulate_source *source)
{
    double each = machine_of(source) == SIMULATE_CORE ? source->cores * source->speed : 1;

    return 60 * each * source->machines;
}

static uint64_t affordable(struct simulate_attack *attack, const struct simulate_minute *minute,
                           double seconds)
{
    const struct simulate_source *source = attack->source;
    uint64_t wanted = UINT64_MAX, stamps;

    if (source->mails > 0)
        wanted =
            simulate_chance_poisson(&attack->chance, simulate_attack_mean(source, minute->conf));
    if (source->kind == SIMULATE_BUYER)
        return wanted;
    attack->carry = fmin(attack->carry + power(source) / seconds, ATTACK_STAMPS_MAX);
    stamps = (uint64_t)attack->carry;
    attack->carry -= (double)stamps;
    return stamps < wanted ? stamps : wanted;
}

/* Where there are too many lots, the last one takes what comes, and is worth its cheapest stamp. */
static void keep(struct simulate_attack *attack, size_t suite, uint64_t effort, uint64_t stamps)
{
    struct simulate_lot *last = &attack->lot[attack->lot_count > 0 ? attack->lot_count - 1 : 0];

    if (attack->lot_count == 0 || last->suite != suite || last->effort != effort) {
        if (attack->lot_count < SIMULATE_LOTS_MAX) {
            attack->lot[attack->lot_count++] = (struct simulate_lot){suite, effort, stamps};
            return;
        }
        if (last->suite != suite || last->effort > effort)
            last->effort = effort;
        last->suite = suite;
    }
    last->stamps += stamps;
}

static void mint(struct simulate_attack *attack, const struct simulate_minute *minute,
                 const struct op_terms *terms, struct simulate_deal *deal)
{
    enum simulate_machine machine = machine_of(attack->source);
    size_t i = 0;
    double seconds = cheapest(attack->source, terms, &i);
    uint64_t stamps = seconds > 0 ? affordable(attack, minute, seconds) : 0;
    double work;

    if (stamps == 0)
        return;
    keep(attack, i, terms->effort[i], stamps);
    work = (double)stamps * (double)op_effort_to_work(op_suite_at(i), terms->effort[i]);
    deal->core_s += work / simulate_machine_rate(SIMULATE_CORE, op_suite_at(i));
    deal->dollars += (double)stamps * seconds / 3600 * simulate_machine_rent(machine);
}

/* The share of the listed price that a stamp has paid. */
static double weight(const struct simulate_lot *lot, const struct op_terms *listed)
{
    double asked = (double)listed->effort[lot->suite];

    return asked > (double)lot->effort ? (double)lot->effort / asked : 1;
}

static void send_lots(struct simulate_attack *attack, const struct op_terms *listed,
                      const struct op_terms *terms, struct simulate_deal *deal)
{
    for (size_t i = 0; i < attack->lot_count; i++) {
        const struct simulate_lot *lot = &attack->lot[i];
        if (terms->effort[lot->suite] == 0 || lot->effort < terms->effort[lot->suite]) {
            deal->refused += lot->stamps;
            continue;
        }
        deal->accepted += lot->stamps;
        deal->weight += (double)lot->stamps * weight(lot, listed);
    }
    attack->lot_count = 0;
}

void simulate_attack_minute(struct simulate_attack *attack, const struct simulate_minute *minute,
                            struct simulate_deal *deal)
{
    const struct simulate_source *source = attack->source;
    const struct op_terms *terms = source->quotes ? &minute->quoted : &minute->lowest;

    if (minting(source, minute))
        mint(attack, minute, terms, deal);
    if (simulate_attack_active(source, minute->at_s) &&
        (source->rush_s == 0 || minute->tick - minute->now <= (int64_t)source->rush_s))
        send_lots(attack, &minute->listed, terms, deal);
}
