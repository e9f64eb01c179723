/*
 * simulate_script.h - a scenario: how long, who sends, who attacks. One line for each source, a
 * kind and its KEY=VALUEs; onionpow-milter(8) explains them.
 */
#ifndef SIMULATE_SCRIPT_H
#define SIMULATE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "milter/simulate_record.h"

#define SIMULATE_SOURCES_MAX 64
#define SIMULATE_SPAN_MAX    (1000u * 86400) /* seconds of virtual time */
#define SIMULATE_ROWS_MAX    10000
#define SIMULATE_PATH_MAX    1024
#define SIMULATE_WHY_MAX     1024

enum simulate_kind {
    SIMULATE_HONEST,
    SIMULATE_REPLAY, /* honest mail, as it once came */
    SIMULATE_BOTNET, /* sends what its hosts can pay for */
    SIMULATE_GPU,    /* the same with graphics cards */
    SIMULATE_BUYER,  /* sends so much, whatever it costs */
    SIMULATE_JUNK,   /* pays nothing */
    SIMULATE_CLOCK,  /* the server's clock is set */
    SIMULATE_KINDS,
};

struct simulate_source {
    enum simulate_kind kind;
    double mails;                  /* an hour, or in targets an hour; 0: no limit */
    bool of_target;                /* mails is a multiple of the configured target */
    double machines, cores, speed; /* how many; cores of each; of the reference's speed */
    double swing;                  /* of the day: 0 even, 1 nothing at night */
    uint32_t patience_s;           /* an honest mint that takes longer is given up */
    uint32_t from_s, until_s;      /* since the start */
    uint32_t on_s, off_s;          /* takes turns; on_s 0: always on */
    uint32_t ahead_s;              /* mints for so long before from_s, and keeps it */
    uint32_t rush_s;               /* sends in the last seconds before a step only; 0: at once */
    bool quotes;                   /* holds the best quotes that could be had */
    int64_t jump_s;                /* of the clock */
    char file[SIMULATE_PATH_MAX];
    struct simulate_record record; /* of that file */
};

struct simulate_script {
    uint32_t span_s, row_s; /* both in whole minutes */
    double seed;            /* a whole number */
    uint32_t start;         /* YYYYMMDD */
    struct simulate_source source[SIMULATE_SOURCES_MAX];
    size_t source_count;
};

enum simulate_script_result {
    SIMULATE_SCRIPT_OK,
    SIMULATE_SCRIPT_BAD,     /* not a scenario */
    SIMULATE_SCRIPT_MISSING, /* a file of recorded arrivals cannot be opened */
    SIMULATE_SCRIPT_BROKEN,  /* the scenario's own file cannot be read */
};

/* Reads the scenario in `stream`, which messages call `name`, and the recorded arrivals it names,
 * relative to the directory of `name`. Unless OK, why_r has file, line, what was got and what is
 * allowed. simulate_script_free the script. */
enum simulate_script_result simulate_script_read(const char *name, FILE *stream,
                                                 struct simulate_script **script_r,
                                                 char why_r[SIMULATE_WHY_MAX]);
void simulate_script_free(struct simulate_script *script); /* NULL is fine */

const char *simulate_kind_str(enum simulate_kind kind);

#endif
