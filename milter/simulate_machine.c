/*
 * simulate_machine.c - see simulate_machine.h.
 */
#include "milter/simulate_machine.h"

#include <string.h>

#define MACHINE_LAPTOP_CORES 4 /* of the reference laptop: suite.h */

static const struct {
    const char *suite;
    double rate;
} cards[] = {
    {"argon2id-16m", 26700}, /* of 64 MiB, t=1, four times as many */
    {"argon2id-64m", 6670},  /* hashcat PR 4284: 1667/s with t=3, four times as many with t=1 */
    {"argon2id-256m", 417},  /* a quarter by size and a quarter as few of them fit: a guess */
    {"sha256", 21.98e9},     /* hashcat's benchmark, at second hand */
};

double simulate_machine_rate(enum simulate_machine machine, const struct op_suite *suite)
{
    if (machine == SIMULATE_CORE)
        return suite->reference_rate / MACHINE_LAPTOP_CORES;
    for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++)
        if (strcmp(cards[i].suite, suite->name) == 0)
            return cards[i].rate;
    return 0;
}

double simulate_machine_rent(enum simulate_machine machine)
{
    switch (machine) {
    case SIMULATE_CORE:
        return 0;
    case SIMULATE_CARD:
        return 0.35;
    }
    return 0;
}

const char *simulate_machine_title(enum simulate_machine machine)
{
    switch (machine) {
    case SIMULATE_CORE:
        return "core";
    case SIMULATE_CARD:
        return "card";
    }
    return "unknown";
}

const char *simulate_machine_source(enum simulate_machine machine)
{
    switch (machine) {
    case SIMULATE_CORE:
        return "a quarter of the reference laptop; a botnet's are stolen, and cost it nothing";
    case SIMULATE_CARD:
        return "RTX 4090 for 0.35 $/h (offers of 0.31 to 0.45: fairlane.systems, deploybase.ai); "
               "rates after hashcat PR 4284";
    }
    return "unknown";
}
