/*
 * simulate_attack.h - one attacker of a scenario: what it mints, when it sends, what that costs.
 *
 * It knows the rules and all prices, and always takes the suite that is cheapest on its machines.
 */
#ifndef SIMULATE_ATTACK_H
#define SIMULATE_ATTACK_H

#include "milter/conf.h"
#include "milter/simulate_chance.h"
#include "milter/simulate_script.h"
#include "pow/match.h"

struct simulate_minute { /* what holds in a minute */
    const struct conf *conf;
    uint32_t at_s;          /* since the start of the scenario */
    int64_t now, tick;      /* by the server's clock; when it will step */
    struct op_terms listed; /* what is asked for */
    struct op_terms lowest; /* for a stamp without a quote */
    struct op_terms quoted; /* for one with the best quote that could be had */
};

#define SIMULATE_LOTS_MAX 64

struct simulate_lot { /* stamps of one price that are ready to be sent */
    size_t suite;     /* op_suite_index */
    uint64_t effort, stamps;
};

struct simulate_attack {
    const struct simulate_source *source;
    struct simulate_chance chance;
    double carry; /* of a stamp that is being minted */
    struct simulate_lot lot[SIMULATE_LOTS_MAX];
    size_t lot_count;
};

struct simulate_deal {
    uint64_t accepted, refused; /* mails */
    double weight;              /* of those accepted: see market_arrival */
    double core_s, dollars;     /* in seconds of a core of the reference laptop */
};

/* The source is a botnet, a gpu or a buyer, and outlives the attack. */
void simulate_attack_init(struct simulate_attack *attack, const struct simulate_source *source,
                          struct simulate_chance chance);

/* Call for each minute in turn; adds to the deal. */
void simulate_attack_minute(struct simulate_attack *attack, const struct simulate_minute *minute,
                            struct simulate_deal *deal);

/* Does a source of any kind send in this second of the scenario? */
bool simulate_attack_active(const struct simulate_source *source, uint32_t at_s);

/* Mails that a source of limited mails sends in a minute, on average. */
double simulate_attack_mean(const struct simulate_source *source, const struct conf *conf);

#endif
