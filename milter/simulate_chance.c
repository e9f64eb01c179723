/*
 * simulate_chance.c - splitmix64, and the Poisson distribution made of it. Nothing here is secret,
 * and nothing but a simulation may draw from it.
 */
#include "milter/simulate_chance.h"

#include <math.h>

#define CHANCE_GOLDEN UINT64_C(0x9e3779b97f4a7c15)
#define CHANCE_MANY   50.0 /* from this mean on, the normal distribution is near enough */
#define CHANCE_TURN   6.283185307179586

void simulate_chance_init(struct simulate_chance *chance, uint64_t seed, uint64_t number)
{
    struct simulate_chance seeds = {seed};

    chance->state = simulate_chance_next(&seeds) ^ number * CHANCE_GOLDEN;
    chance->state = simulate_chance_next(chance);
}

uint64_t simulate_chance_next(struct simulate_chance *chance)
{
    uint64_t z = (chance->state += CHANCE_GOLDEN);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

double simulate_chance_uniform(struct simulate_chance *chance)
{
    return ((double)(simulate_chance_next(chance) >> 11) + 0.5) * 0x1p-53;
}

/* Box and Muller; one of their two numbers. */
static double normal(struct simulate_chance *chance)
{
    double radius = sqrt(-2 * log(simulate_chance_uniform(chance)));

    return radius * cos(CHANCE_TURN * simulate_chance_uniform(chance));
}

uint64_t simulate_chance_poisson(struct simulate_chance *chance, double mean)
{
    double limit = exp(-mean), product = 1;
    uint64_t events = 0;

    if (!(mean > 0))
        return 0;
    if (mean >= CHANCE_MANY)
        return (uint64_t)fmax(0, round(mean + sqrt(mean) * normal(chance)));
    for (;;) {
        product *= simulate_chance_uniform(chance);
        if (product <= limit)
            return events;
        events++;
    }
}
