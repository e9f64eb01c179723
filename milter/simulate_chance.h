/*
 * simulate_chance.h - numbers that look random and are the same in every run of a scenario.
 */
#ifndef SIMULATE_CHANCE_H
#define SIMULATE_CHANCE_H

#include <stdint.h>

struct simulate_chance { /* a value */
    uint64_t state;
};

/* A stream of its own for each (seed, number), so that one source more or less leaves the others'
 * numbers as they are. */
void simulate_chance_init(struct simulate_chance *chance, uint64_t seed, uint64_t number);

uint64_t simulate_chance_next(struct simulate_chance *chance);

/* Between 0 and 1, both excluded. */
double simulate_chance_uniform(struct simulate_chance *chance);

/* Events of a Poisson process; mean up to 1e9. */
uint64_t simulate_chance_poisson(struct simulate_chance *chance, double mean);

#endif
