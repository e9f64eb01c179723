/*
 * conf_key.h - the table of the configuration's keys: where each stands, its default, what it may
 * be.
 *
 * Internal to the conf files. What values may be together is the business of conf_check.h.
 */
#ifndef CONF_KEY_H
#define CONF_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The block of the file in which a key stands. */
enum conf_key_block {
    CONF_KEY_ROOT,  /* none */
    CONF_KEY_SUITE, /* of struct conf_suite */
    CONF_KEY_LEDGER,
    CONF_KEY_VERIFY,
    CONF_KEY_PRICE,
    CONF_KEY_CIRCUIT,
    CONF_KEY_REPLIES,
    CONF_KEY_MINT,
    CONF_KEY_METRICS,
    CONF_KEY_LISTENER, /* of struct conf_listener */
    CONF_KEY_EXEMPT,   /* of struct conf_listener, inside its block */
};
#define CONF_KEY_BLOCKS 11

enum conf_key_kind {
    CONF_KEY_TEXT,      /* char * */
    CONF_KEY_WORD,      /* enum: index into words */
    CONF_KEY_BOOL,      /* bool */
    CONF_KEY_OCTAL,     /* mode_t */
    CONF_KEY_DURATION,  /* uint32_t, seconds */
    CONF_KEY_DATE,      /* uint32_t, YYYYMMDD; 0: "" */
    CONF_KEY_SIZE,      /* uint64_t, octets */
    CONF_KEY_COUNT,     /* uint64_t */
    CONF_KEY_NUMBER,    /* unsigned */
    CONF_KEY_DECIMAL,   /* double */
    CONF_KEY_NAMES,     /* char **, list */
    CONF_KEY_ADDRESSES, /* char **, list of the texts of addrkey.h */
    CONF_KEY_NETS,      /* struct conf_net *, list */
};

struct conf_key {
    enum conf_key_block block;
    enum conf_key_kind kind;
    const char *name;
    size_t offset;            /* of the value, in struct conf or the block's own struct */
    size_t count_offset;      /* of a list's length */
    const char *fallback;     /* default, as an override would write it; NULL: set by the suite */
    const char *allowed;      /* for people */
    uint64_t min, max;        /* of a number; max 0 = whatever the kind holds */
    double low, high;         /* of a decimal */
    const char *const *words; /* of a CONF_KEY_WORD, NULL at the end */
    bool (*valid)(const char *text); /* of a text or name; NULL = any */
    bool fixed;                      /* a change takes a restart, a reload is not enough */
};

size_t conf_key_count(void);
const struct conf_key *conf_key_at(size_t index);
const struct conf_key *conf_key_find(enum conf_key_block block,
                                     const char *name); /* NULL: unknown */

const char *conf_key_block_str(enum conf_key_block block);        /* "suite"; "" for the root */
bool conf_key_titled(enum conf_key_block block);                  /* suite "NAME" { } */
enum conf_key_block conf_key_block_in(enum conf_key_block block); /* the block around it */
bool conf_key_is_list(const struct conf_key *key);

#endif
