/*
 * conf.h - the configuration: a snapshot that does not change once loaded.
 *
 * Loaded from one file (libconfuse syntax, onionpow.conf(5)) and overrides of the command line,
 * checked as a whole. Reference counted: a session keeps the snapshot it started with.
 */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "milter/conf_net.h"
#include "pow/suite.h"

#define CONF_PATH          "/etc/onionpow/onionpow.conf"
#define CONF_LISTENERS_MAX 64
#define CONF_WHY_MAX       1024 /* octets for an error text */

enum conf_mode {
    CONF_ENFORCE,
    CONF_MONITOR,
    CONF_OFF,
    CONF_SIGN, /* outgoing mail: adds reply tokens */
    CONF_MINT, /* outgoing mail: the same, and stamps */
};
enum conf_privacy { CONF_STRICT, CONF_NORMAL, CONF_DEBUG };
enum conf_log { CONF_LOG_AUTO, CONF_LOG_SYSLOG, CONF_LOG_STDERR };
enum conf_price { CONF_FIXED, CONF_ADAPTIVE };
enum conf_late { CONF_LATE_SEND, CONF_LATE_TEMPFAIL };

struct conf_suite {
    bool enabled;
    uint64_t work;  /* expected evaluations asked for; a multiple of k, up to k * effort_max */
    double seconds; /* the same in seconds of the reference laptop; 0: work was given */
    uint32_t deprecated_since; /* YYYYMMDD; 0: not */
    uint32_t doubling_s;       /* the price doubles in this time from then on */
    uint32_t refuse_after;     /* the last day on which it is accepted, YYYYMMDD; 0: no end */
    double load_exponent;      /* how fast it follows the load, 0..8 */
};

struct conf_exempt {
    bool authenticated;
    struct conf_net *client;
    size_t client_count;
    char **sender; /* canonical addresses, or "@domain" */
    size_t sender_count;
    char *recipient_map;       /* path; "" = none */
    struct pricemap *map;      /* of that file */
    double role_factor;        /* postmaster, abuse; 0..1 */
    double null_sender_factor; /* 0..1 */
    unsigned null_sender_cap;  /* bounces of one circuit at that price, of late */
};

struct conf_listener {
    char *name;
    char **match_daemon; /* exact {daemon_name}s */
    size_t match_daemon_count;
    struct conf_net *match_client;
    size_t match_client_count;
    enum conf_mode mode;
    bool relay_guard;
    char **local_mailers; /* compared without case */
    size_t local_mailers_count;
    double price_factor; /* 0.01..1000 */
    bool gateway;        /* recipients elsewhere are taken too, at the full price each */
    char **mint_domains; /* "example.org", or ".onion" for all that ends so */
    size_t mint_domains_count;
    struct conf_exempt exempt;
};

struct conf {
    char *socket; /* as smfi_setconn takes it: "local:/path", "inet:port@host", "inet6:..." */
    mode_t socket_mode;
    char *user;        /* "" = stay */
    char *authserv_id; /* "" = the MTA's {j} */
    char *help_url;    /* "" = none; printable ASCII without blanks, at most 200 octets */
    char *key_file;
    uint32_t validity_s, clock_skew_s;
    enum conf_privacy log_privacy;
    enum conf_log log;
    struct conf_suite suite[OP_SUITES_MAX]; /* by op_suite_index */
    struct {
        char *backend; /* "lmdb", "memory" */
        char *path;
        uint64_t max_size;
    } ledger;
    struct {
        unsigned max_cpu_threads; /* 0 = all */
        uint64_t max_memory;
        unsigned queue;
        uint32_t wait_s;
    } verify;
    struct {
        enum conf_price mode;
        double target;  /* accepted, paid messages per hour that need no higher price */
        double ceiling; /* of the load multiplier, and of a circuit's factor; 1..1e6 */
        uint32_t window_s, grace_s, quote_s; /* averaging; old prices hold; quotes last */
    } price;
    struct {
        unsigned free;            /* messages before the price grows */
        double growth, surcharge; /* factors: for each further message, for a failed proof */
        uint32_t forget_s;        /* time constant of the decay */
        unsigned clients;         /* remembered at most; fixed */
    } circuit;
    struct {
        bool accept;
        uint32_t validity_s;
        unsigned uses; /* messages that one token pays for */
    } replies;
    struct {
        unsigned messages;        /* minted for at the same time */
        unsigned max_cpu_threads; /* of all of them; 0 = all */
        uint64_t max_memory;      /* of all of them */
        unsigned queue;           /* messages that may wait */
        uint32_t time_s;          /* for one message, waiting included */
        unsigned recipients;      /* of one message that stamps are made for */
        enum conf_late late;      /* what becomes of it without them */
        char *offers;             /* state directory of "onionpow deliver"; "" = none */
    } mint;
    struct {
        char *listen;   /* "" = none; "inet:9464@127.0.0.1", "local:/path" */
        bool public;    /* may listen beyond loopback */
        char *textfile; /* path; "" = none */
    } metrics;
    struct conf_listener *listener; /* in file order; first match wins */
    size_t listener_count;          /* 0: everything is guarded, as by a listener of all defaults */
    struct conf_listener fallback;  /* that listener of all defaults, named "default" */
};

/* Loads and checks. Overrides are "key=value" texts, nested keys as "ledger.path=/x", applied after
 * the file. NULL on failure with a sentence in why_r: file, line, key, what was there, what is
 * allowed. path NULL: the defaults alone. The new snapshot has one reference. */
const struct conf *conf_load(const char *path, const char *const *overrides, size_t override_count,
                             char why_r[CONF_WHY_MAX]);
/* The same for a text in memory; `name` stands for the file in messages. */
const struct conf *conf_load_text(const char *name, const char *text, size_t len,
                                  const char *const *overrides, size_t override_count,
                                  char why_r[CONF_WHY_MAX]);

const struct conf *conf_ref(const struct conf *conf);
void conf_unref(const struct conf *conf); /* NULL is fine */

/* Writes the effective configuration, every key, in a form that conf_load reads back. */
void conf_dump(const struct conf *conf, FILE *out);

#define CONF_FIXED_MAX 256 /* octets for the names of all fixed keys */

/* Which keys that a reload cannot change (socket, user, key-file, ledger ...) differ? Their names,
 * separated by commas; "" if none does. */
void conf_fixed_changes(const struct conf *running, const struct conf *loaded,
                        char names_r[CONF_FIXED_MAX]);

/* The path of a socket in the file system; NULL if the configured one is not of that kind. */
const char *conf_socket_path(const struct conf *conf);

const char *conf_mode_str(enum conf_mode mode);

#endif
