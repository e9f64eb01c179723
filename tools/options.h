/*
 * options.h - the command line: one table of options that drives parsing, --help and completions.
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "pow/suite.h"
#include "tools/lookup.h"

#define OPTIONS_MAX_TIME_S  600    /* --max-time unless given */
#define OPTIONS_VALIDITY_S  604800 /* --validity unless given: 7 days */
#define OPTIONS_NICE        10     /* --nice unless given */
#define OPTIONS_MESSAGE_MAX 256

enum options_verb { /* a set of verbs is the sum of its members */
                    OPTIONS_MINT = 1 << 0,
                    OPTIONS_VERIFY = 1 << 1,
                    OPTIONS_EXPLAIN = 1 << 2,
                    OPTIONS_STAMP = 1 << 3,
                    OPTIONS_SUITES = 1 << 4,
                    OPTIONS_BENCH = 1 << 5,
                    OPTIONS_DEMAND = 1 << 6,
                    OPTIONS_RETRY = 1 << 7,
                    OPTIONS_CONFIG = 1 << 8,
                    OPTIONS_MAP = 1 << 9,
                    OPTIONS_DELIVER = 1 << 10,
                    OPTIONS_SEND = 1 << 11,
                    OPTIONS_PROBE = 1 << 12,
                    OPTIONS_ALL = (1 << 15) - 1,
                    OPTIONS_SENDMAIL = 1 << 15, /* takes sendmail's flags */
};

enum options_progress {
    OPTIONS_PROGRESS_AUTO, /* if stderr is a terminal that can */
    OPTIONS_PROGRESS_ALWAYS,
    OPTIONS_PROGRESS_NEVER,
    OPTIONS_PROGRESS_JSON,
};

struct options {
    const struct op_suite *suite; /* NULL: not given */
    uint64_t work;                /* 0: not given */
    double seconds;               /* 0: not given */
    const char *offer;            /* NULL: not given */
    const char **rcpts;           /* arguments of --rcpt, in order */
    size_t rcpt_count;
    bool from_headers;
    unsigned threads; /* 0: not given */
    double max_time_s;
    bool max_time_given; /* false: max_time_s is the default */
    uint64_t max_mem;    /* octets; 0: not given */
    uint32_t date;       /* 0: not given */
    uint32_t validity_s;
    int nice;
    bool nice_given;
    bool json;
    bool quiet;
    enum options_progress progress;
    const char *plot;   /* NULL: not given */
    const char *config; /* the same for these */
    bool check;
    const char *sender; /* "": the null sender */
    const char *nexthop;
    const char *socks;
    bool yes;
    const char *message;
    bool output;
    bool again;
    const char *import;
    const char *lookup;
    const char *listen;
    const char *transport;
    enum lookup_protocol protocol;
    bool help;
    bool version;
    const char **args; /* what is no option, in order */
    size_t arg_count;
};

struct options_error {
    char message[OPTIONS_MESSAGE_MAX];
    char hint[OPTIONS_MESSAGE_MAX]; /* empty: none */
};

struct options_row {
    const char *name;    /* without the dashes */
    char letter;         /* short form, 0 if none */
    const char *value;   /* its argument's name, NULL for a flag */
    unsigned verbs;      /* sum of options_verb */
    const char *choices; /* what completes the argument: words, "@suites", "@files" (a file after a
                            "@"), "@path" or NULL */
    const char *help;
    const char *(*read)(struct options *options, const char *text); /* NULL, or what was expected */
};

size_t options_count(void);
const struct options_row *options_at(size_t i); /* i < options_count() */

/* Reads the words after the verb; they must live as long as the options do. Options and arguments
 * may be mixed; "--" ends options; "-" is an argument. On failure nothing needs to be cleared. */
bool options_parse(enum options_verb verb, int argc, char **argv, struct options *options_r,
                   struct options_error *error_r);
void options_clear(struct options *options);

/* Is --json among these words? So that even a bad command line is answered in JSON. */
bool options_want_json(int argc, char **argv);

/* The rows that a verb takes, two columns. */
void options_help(FILE *stream, enum options_verb verb);

#endif
