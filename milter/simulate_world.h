/*
 * simulate_world.h - a scenario in virtual time, minute by minute, under the real price code.
 */
#ifndef SIMULATE_WORLD_H
#define SIMULATE_WORLD_H

#include <stdint.h>

#include "milter/conf.h"
#include "milter/simulate_script.h"

#define SIMULATE_CALM 1.2 /* a load above this counts as raised */

struct simulate_row {         /* a stretch of time; counts are mails */
    uint32_t at_s;            /* its end, since the start of the scenario */
    double load;              /* at its end */
    double peak;              /* highest load, */
    uint32_t peak_s;          /* when */
    uint32_t high_s;          /* the last minute with a load above SIMULATE_CALM; 0: none */
    double work, seconds;     /* of the suite offered first, at its end; 0: none is */
    double mint_s;            /* median of the honest mints that were begun; 0: none was */
    uint64_t honest, gave_up; /* accepted, and not sent after all */
    uint64_t spam, refused;   /* paid, and without (enough) payment */
    double honest_s, extra_s; /* of honest machines for accepted mail; owed to the load */
    double core_s, dollars;   /* the attackers' cost; seconds of a core of the reference laptop */
};

struct simulate_world;

/* Borrows both. NULL: out of memory. */
struct simulate_world *simulate_world_new(const struct conf *conf,
                                          const struct simulate_script *script);
void simulate_world_free(struct simulate_world *world); /* NULL is fine */

/* Goes on to `until_s` after the start, a whole minute and not in the past. */
void simulate_world_run(struct simulate_world *world, uint32_t until_s, struct simulate_row *row_r);

/* Of several rows in turn the whole. mint_s is not kept. */
void simulate_world_add(struct simulate_row *sum, const struct simulate_row *row);

#endif
