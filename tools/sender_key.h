/*
 * sender_key.h - the table of the keys of sender.conf: name, default, what each may be.
 *
 * Internal to the sender files, config and tests.
 */
#ifndef TOOLS_SENDER_KEY_H
#define TOOLS_SENDER_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sender_key_kind {
    SENDER_KEY_TEXT,     /* char * */
    SENDER_KEY_TLS,      /* enum sender_tls */
    SENDER_KEY_BOOL,     /* bool */
    SENDER_KEY_NUMBER,   /* unsigned, or an int that is not negative */
    SENDER_KEY_DURATION, /* uint32_t, seconds */
    SENDER_KEY_SIZE,     /* uint64_t, octets */
    SENDER_KEY_SUITES,   /* bool [OP_SUITES_MAX], list of names */
    SENDER_KEY_DOMAINS,  /* list of sender.own and own_count; the row's offset means nothing */
};

struct sender_key {
    const char *name;
    enum sender_key_kind kind;
    size_t offset;                   /* of the value in struct sender */
    const char *fallback;            /* default; "" of a list: empty */
    const char *allowed;             /* for people */
    uint64_t min, max;               /* of a number; max 0 = whatever the kind holds */
    bool (*valid)(const char *text); /* of a text */
};

size_t sender_key_count(void);
const struct sender_key *sender_key_at(size_t index);
bool sender_key_is_list(const struct sender_key *key);

/* Is it a SOCKS port or socket, "HOST:PORT" or "/path"? */
bool sender_key_socks(const char *text);

#endif
