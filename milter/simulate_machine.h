/*
 * simulate_machine.h - who computes how fast, and for how much. Here stand the assumptions of a
 * simulation, each with its source.
 */
#ifndef SIMULATE_MACHINE_H
#define SIMULATE_MACHINE_H

#include <stddef.h>

#include "pow/suite.h"

enum simulate_machine {
    SIMULATE_CORE, /* one of the reference laptop, while the other three compute as well */
    SIMULATE_CARD, /* a graphics card, rented */
};

/* Evaluations a second of one; 0: nothing is known. */
double simulate_machine_rate(enum simulate_machine machine, const struct op_suite *suite);

/* Dollars an hour that the attacker pays for one. */
double simulate_machine_rent(enum simulate_machine machine);

const char *simulate_machine_title(enum simulate_machine machine);
const char *simulate_machine_source(enum simulate_machine machine);

#endif
