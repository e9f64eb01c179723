/*
 * sender.h - the sender's configuration: /etc/onionpow/sender.conf, then the user's own
 * $XDG_CONFIG_HOME/onionpow/sender.conf, or the file named by --config alone.
 *
 * libconfuse syntax as in onionpow.conf(5); see sender.conf(5). What the second file says replaces
 * what the first one said, key by key; it has to be the user's or root's. Does not change once
 * loaded; strings are owned by it.
 */
#ifndef TOOLS_SENDER_H
#define TOOLS_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "pow/suite.h"

#define SENDER_PATH    "/etc/onionpow/sender.conf"
#define SENDER_WHY_MAX 1024 /* octets for an error text */

enum sender_tls {
    SENDER_TLS_NEVER,
    SENDER_TLS_OFFERED,  /* STARTTLS if the server offers it; the certificate is not judged: the
                            onion address has authenticated the server already */
    SENDER_TLS_REQUIRED, /* STARTTLS or nothing */
    SENDER_TLS_IMPLICIT, /* TLS from the first octet */
};

struct sender {
    char *socks; /* "HOST:PORT" of Tor's SOCKS port, or "/path" of its socket; 127.0.0.1:9050 */
    char *state; /* directory for offers, stamps and slots; "" = the user's own, see below */
    char *helo;  /* what EHLO says; "localhost": nothing that tells senders apart */
    enum sender_tls tls;
    unsigned minters;       /* that may mint at the same time, on this machine, by this state */
    unsigned threads;       /* of one minter; 0: all */
    uint64_t max_mem;       /* octets of all minters together; 0: half of the machine's */
    uint32_t max_time_s;    /* longest mint that is started */
    uint32_t bounce_time_s; /* ... for a message from the null sender; 0: none */
    int nice;
    uint32_t connect_s, reply_s; /* how long to wait for a connection, for a reply */
    uint32_t trip_s;             /* ... and for the other side in one delivery as a whole */
    uint32_t offer_s, stamp_s;   /* how long an offer is remembered, an unused stamp kept */
    bool refuse[OP_SUITES_MAX];  /* suites that are not minted, by op_suite_index */
    char *map;                   /* file of domains and their onions; "" = none */
    bool srv;                    /* ask DNS */
    bool srv_insecure;           /* believe DNS without DNSSEC */
    uint32_t srv_wait_s;         /* how long to wait for DNS */
    char *resolver;              /* "system", "recursive", "ADDRESS" or "ADDRESS@PORT" */
    char *trust_anchor;          /* file for DNSSEC; "" = the system's */
    char **own;                  /* domains that are ours, canonical: never asked for */
    size_t own_count;
};

/* path NULL: the files named above, those that exist. NULL with a sentence in why_r: file, line,
 * key, got, allowed. */
struct sender *sender_load(const char *path, char why_r[SENDER_WHY_MAX]);
/* The same for a text in memory alone; `name` stands for the file in messages. */
struct sender *sender_load_text(const char *name, const char *text, size_t len,
                                char why_r[SENDER_WHY_MAX]);
void sender_free(struct sender *sender);                  /* NULL is fine */
void sender_dump(const struct sender *sender, FILE *out); /* reads back */

const char *sender_tls_str(enum sender_tls tls);

/* The directory for state, made with mode 0700 if need be: sender->state, else
 * $XDG_STATE_HOME/onionpow, where HOME is that of the account if it is not set. One that belongs to
 * another user, that others may write to, that is a symbolic link or that holds other things is
 * refused. NULL with a sentence; to be freed. */
char *sender_state(const struct sender *sender, char why_r[SENDER_WHY_MAX]);

#endif
